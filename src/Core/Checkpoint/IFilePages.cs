namespace CheckpointRestart.Core.Checkpoint;

/// <summary>What lies behind the pages of an image's memory that the image leaves to files.</summary>
public interface IFilePages
{
    /// <summary>Copies bytes of the file that a region shows.</summary>
    /// <returns>Bytes read, to the end of the page at most; 0 where no file has it.</returns>
    int Read(uint address, Span<byte> to);
}
