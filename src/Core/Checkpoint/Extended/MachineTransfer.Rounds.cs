using CheckpointRestart.Core.Image.Extended;

namespace CheckpointRestart.Core.Checkpoint.Extended;

/// <content>Images that go ahead while the machine runs, each an increment of the one before, and the last one, of the machine at rest.</content>
public static partial class MachineTransfer
{
    /// <summary>Most images that can go ahead of the last one.</summary>
    public const int MostRounds = ExtendedLimits.MostChain - 1;

    static ReadOnlySpan<byte> BeginRounds => "CrMove02"u8;

    static ReadOnlySpan<byte> More => "CrMore01"u8;

    static ReadOnlySpan<byte> LastOne => "CrLast01"u8;

    /// <summary>What the sender has sent.</summary>
    sealed class Sending(Stream stream, int most, IProgress<long>? progress, CancellationToken cancellation) : IDisposable
    {
        Checkpoint? last;

        public int Rounds { get; private set; }

        public long RoundBytes { get; private set; }

        public long Bytes { get; private set; }

        public long Pages { get; private set; }

        public void Begin(ReadOnlySpan<byte> hash)
        {
            stream.Write(most > 0 ? BeginRounds : MachineTransfer.Begin);
            stream.Write(hash);
        }

        /// <summary>Sends images of the machine as it runs, until the next would have no fewer pages than the one before.</summary>
        public void GoAhead(Func<Checkpoint> capture)
        {
            for (long fewest = long.MaxValue; Rounds < most && fewest > 0; Rounds++)
            {
                cancellation.ThrowIfCancellationRequested();
                long before = Pages;
                Send(More, capture());
                RoundBytes = Bytes;
                if (Pages - before >= fewest)
                {
                    Rounds++;
                    break;
                }
                fewest = Pages - before;
            }
        }

        /// <summary>Sends the image that the machine is made of.</summary>
        public void Last(Checkpoint image) => Send(LastOne, image);

        void Send(ReadOnlySpan<byte> word, Checkpoint image)
        {
            var before = last;
            last = image;
            using (before)
            {
                if (most > 0) stream.Write(word);
                var options = before == null ? ExtendedWriterOptions.Usual : new ExtendedWriterOptions { Parent = Increment.Between(image.Extended!, before.Extended!, cancellation) };
                Bytes += ExtendedWriter.Write(image.Extended!, stream, options, progress == null ? null : new Onward(progress, Bytes), cancellation);
                stream.Flush();
                Pages += image.PagesStored;
            }
        }

        public void Dispose() => last?.Dispose();
    }

    /// <summary>Counts on from where the image before ended.</summary>
    sealed class Onward(IProgress<long> progress, long before) : IProgress<long>
    {
        public void Report(long value) => progress.Report(before + value);
    }

    /// <summary>Reads the images that come, to the last one.</summary>
    /// <returns>That one, with those that it builds on.</returns>
    static Checkpoint ReadRounds(Stream stream, CancellationToken cancellation)
    {
        ExtendedImage? image = null;
        try
        {
            Span<byte> word = stackalloc byte[8];
            while (true)
            {
                stream.ReadExactly(word);
                bool isLast = word.SequenceEqual(LastOne);
                if (!isLast && !word.SequenceEqual(More)) throw new InvalidDataException("who is at the other end sends something that is no image");
                image = ExtendedReader.Read(stream, image, cancellation);
                if (isLast) return new Checkpoint(image);
            }
        }
        catch
        {
            image?.Dispose();
            throw;
        }
    }
}
