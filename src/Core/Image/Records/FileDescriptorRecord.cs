using System.Runtime.InteropServices;

namespace CheckpointRestart.Core.Image.Records;

/// <summary>One descriptor: cr_hdr_fd_ent, 16 bytes (reference 1.3).</summary>
[StructLayout(LayoutKind.Explicit, Size = 16)]
[Unused(12, "padding")]
[Record("CR_HDR_FD_ENT", "One descriptor. Two that share an open file (dup) have one objref.", Parent = "objref of the FILES record", Then = "FD_DATA and FNAME when the objref is seen for the first time")]
public struct FileDescriptorRecord : IRecord
{
    public static RecordType Type => RecordType.FileDescriptor;

    [FieldOffset(0), Field("objref", "the open file, from 1")] public int ObjectReference;
    [FieldOffset(4), Field("fd", "the descriptor's number")] public int Number;
    [FieldOffset(8), Field("close_on_exec", "0 or 1")] public uint CloseOnExec;

    public readonly void Validate(in RecordRules rules) =>
        rules.Require(ObjectReference > 0, "an open file's object reference is positive", (uint)ObjectReference)
             .Require(Number >= 0, "a descriptor's number is not negative", (uint)Number)
             .Require(Number < ImageLimits.MaxDescriptors, "a descriptor's number is below 1048576", (uint)Number, Errno.EMFILE);
}
