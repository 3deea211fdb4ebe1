using System.Buffers;
using System.Runtime.InteropServices;
using CheckpointRestart.Core.Image.Records;

namespace CheckpointRestart.Core.Image;

/// <summary>Writes a model as a v5 image, exact to the byte: the same model gives the same bytes. Never seeks.</summary>
public static class ImageWriter
{
    /// <summary>Checks a whole model against the rules of the format, page contents aside.</summary>
    /// <returns>Bytes that its image has.</returns>
    /// <exception cref="CheckpointImageException">The model breaks a rule; the offset is where the record would have been written.</exception>
    public static long Measure(CheckpointImage image)
    {
        var measure = new MeasuringSink();
        ImageEmitter.Emit(image, measure);
        return measure.Position;
    }

    /// <summary>Writes an image, after checking that the model is valid: an invalid one leaves the stream untouched.</summary>
    /// <param name="progress">Bytes written so far.</param>
    /// <returns>Bytes written.</returns>
    /// <exception cref="CheckpointImageException">The model breaks a rule; the offset is where the record would have been written.</exception>
    public static long Write(CheckpointImage image, Stream stream, IProgress<long>? progress = null, CancellationToken cancellation = default)
    {
        Measure(image);
        using var sink = new StreamSink(stream, progress, cancellation);
        ImageEmitter.Emit(image, sink);
        sink.Flush();
        return sink.Position;
    }

    private sealed class MeasuringSink : IImageSink
    {
        public long Position { get; private set; }

        public void Record(in RecordHeader header, ReadOnlySpan<byte> payload) => Position += RecordHeader.Size + payload.Length;

        public void Descriptors(IReadOnlyList<SegmentDescriptor> entries) => Position += (long)entries.Count * MmContextRecord.EntrySize;

        public void Chunk(PageSet pages, int first, int count) => Position += (long)count * (sizeof(uint) + ImageLimits.PageSize);
    }

    private sealed class StreamSink(Stream stream, IProgress<long>? progress, CancellationToken cancellation) : IImageSink, IDisposable
    {
        private const int BufferSize = 64 * ImageLimits.PageSize;

        private readonly byte[] _buffer = ArrayPool<byte>.Shared.Rent(BufferSize);
        private int _used;
        private long _written;

        public long Position => _written + _used;

        public void Record(in RecordHeader header, ReadOnlySpan<byte> payload)
        {
            MemoryMarshal.Write(Room(RecordHeader.Size), in header);
            payload.CopyTo(Room(payload.Length));
        }

        public void Descriptors(IReadOnlyList<SegmentDescriptor> entries)
        {
            foreach (var entry in entries) MemoryMarshal.Write(Room(MmContextRecord.EntrySize), entry.Raw);
        }

        public void Chunk(PageSet pages, int first, int count)
        {
            for (var i = 0; i < count; i++) MemoryMarshal.Write(Room(sizeof(uint)), pages.AddressOf(first + i));
            while (count > 0)
            {
                var take = Math.Min(count, (BufferSize - _used) / ImageLimits.PageSize);
                if (take == 0)
                {
                    Flush();
                    continue;
                }
                pages.CopyPages(first, Room(take * ImageLimits.PageSize));
                first += take;
                count -= take;
            }
        }

        public void Flush()
        {
            if (_used == 0) return;
            cancellation.ThrowIfCancellationRequested();
            stream.Write(_buffer, 0, _used);
            _written += _used;
            _used = 0;
            progress?.Report(_written);
        }

        public void Dispose() => ArrayPool<byte>.Shared.Return(_buffer, clearArray: true);

        private Span<byte> Room(int bytes)
        {
            if (_used + bytes > BufferSize) Flush();
            _used += bytes;
            return _buffer.AsSpan(_used - bytes, bytes);
        }
    }
}
