using CheckpointRestart.Core.Files;
using CheckpointRestart.Core.Image;

namespace CheckpointRestart.PS.Objects;

/// <summary>What an open file is.</summary>
public enum CrFileKind
{
    Regular = 1,
    Directory = 2,
    SymbolicLink = 3,
    Pipe,
    CharacterDevice,
    BlockDevice,
    Socket,
    Other,
}

/// <summary>One descriptor of a task.</summary>
public sealed class CrFileDescriptor
{
    /// <summary>Its number.</summary>
    public required int Number { get; init; }

    public required CrFileKind Kind { get; init; }

    /// <summary>The guest path of the open file, or a kernel name such as pipe:[7].</summary>
    public required string Path { get; init; }

    /// <summary>f_flags, Linux O_*.</summary>
    public required FileFlags Flags { get; init; }

    /// <summary>f_mode, Linux FMODE_*.</summary>
    public required FileModes Mode { get; init; }

    /// <summary>Bytes from the file's start.</summary>
    public required ulong Position { get; init; }

    public required bool CloseOnExec { get; init; }

    /// <summary>The open file: descriptors that share it (dup) have the same number here. In an image its object reference.</summary>
    public required int ObjectReference { get; init; }

    /// <summary>The task or image that it belongs to.</summary>
    public required string Source { get; init; }

    /// <summary>As a program opens it: r, w or rw.</summary>
    public string Access => (Flags & FileFlags.AccessMode) switch
    {
        FileFlags.ReadOnly => "r",
        FileFlags.WriteOnly => "w",
        _ => "rw",
    };

    /// <inheritdoc/>
    public override string ToString() => $"{Number} {GuestText.ForDisplay(Path)}";
}
