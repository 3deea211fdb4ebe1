using System.Runtime.InteropServices;

namespace CheckpointRestart.Core.Image.Records;

/// <summary>The table of descriptors: cr_hdr_files, 8 bytes (reference 1.3).</summary>
[StructLayout(LayoutKind.Explicit, Size = 8)]
[Record("CR_HDR_FILES", "The table of descriptors.", Parent = "the task's pid", Then = "nfds descriptors")]
public struct FilesRecord : IRecord
{
    public static RecordType Type => RecordType.Files;

    [FieldOffset(0), Field("objref", "0; every FD_ENT repeats it as its parent")] public uint ObjectReference;
    [FieldOffset(4), Field("nfds", "number of descriptors")] public int Count;

    public readonly void Validate(in RecordRules rules) =>
        rules.Require((int)ObjectReference >= 0, "an object reference has bit 31 clear", ObjectReference)
             .Require(Count >= 0, "the number of descriptors is not negative", (uint)Count)
             .Require(Count <= ImageLimits.MaxDescriptors, "a task has at most 1048576 descriptors", (uint)Count, Errno.EMFILE);
}
