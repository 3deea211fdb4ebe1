namespace CheckpointRestart.Core.Image;

/// <summary>Record types of a v5 image (reference 1.2); the value is the header's <c>type</c> field.</summary>
public enum RecordType : short
{
    None = 0,
    Head = 1, String = 2, FileName = 3,
    Task = 101, Thread = 102, Cpu = 103,
    Mm = 201, Vma = 202, PageArray = 203, MmContext = 204,
    Files = 301, FileDescriptor = 302, FileData = 303,
    Tail = 5001,
}
