using System.Runtime.InteropServices;

namespace CheckpointRestart.Core.Image.Records;

/// <summary>One open file: cr_hdr_fd_data, 24 bytes (reference 1.3).</summary>
[StructLayout(LayoutKind.Explicit, Size = 24)]
[Record("CR_HDR_FD_DATA", "One open file.", Parent = "objref of the FD_ENT before it", Then = "FNAME")]
public struct FileDataRecord : IRecord
{
    public static RecordType Type => RecordType.FileData;

    [FieldOffset(0), Field("fd_type", "1 regular file, 2 directory, 3 symbolic link")] public FileKind Kind;
    [FieldOffset(2), Field("f_mode", "FMODE_*", FieldFormat.Flags)] public FileModes Mode;
    [FieldOffset(4), Field("f_flags", "O_*", FieldFormat.Flags)] public FileFlags Flags;
    [FieldOffset(8), Field("f_pos", "position, bytes")] public ulong Position;
    [FieldOffset(16), Field("f_version", "a directory's version counter")] public ulong Version;

    public readonly void Validate(in RecordRules rules) =>
        rules.Require(Kind is FileKind.Regular or FileKind.Directory or FileKind.SymbolicLink, "an open file is regular (1), a directory (2) or a symbolic link (3)", (ushort)Kind)
             .Require((Flags & FileFlags.CreationOnly) == FileFlags.ReadOnly, "an open file's flags have no O_CREAT, O_EXCL, O_NOCTTY, O_TRUNC", (uint)Flags);
}
