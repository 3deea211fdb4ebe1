using System.Management.Automation;
using CheckpointRestart.Core.Checkpoint;
using CheckpointRestart.Core.Checkpoint.Editing;
using CheckpointRestart.Core.Checkpoint.Extended;
using CheckpointRestart.Core.Files;
using CheckpointRestart.Core.Kernel;

namespace CheckpointRestart.PS.Runtime;

/// <summary>Where a program's strings lie, as the loader noted it.</summary>
readonly record struct StringRanges(uint ArgumentStart, uint ArgumentEnd, uint EnvironmentStart, uint EnvironmentEnd);

/// <content>Its files, and what its program was started with.</content>
abstract partial class Subject
{
    /// <summary>Bytes of arguments or of the environment that are shown.</summary>
    const int MostStrings = 1 << 21;

    /// <summary>What / is to it.</summary>
    internal abstract SeenFile Root();

    /// <summary>What a descriptor stands for; null when it is closed.</summary>
    internal abstract SeenFile? OpenFile(int descriptor);

    /// <summary>Where its relative paths begin; null where an image does not say.</summary>
    internal abstract string? WorkingDirectory();

    /// <summary>The program that it runs; null where an image does not say.</summary>
    internal abstract string? Program();

    /// <summary>Its name.</summary>
    internal abstract string Name();

    internal abstract StringRanges Strings();

    /// <summary>The auxiliary vector: pairs of words.</summary>
    internal abstract byte[] AuxiliaryVector();

    internal IReadOnlyList<string> Arguments() => Split(Strings().ArgumentStart, Strings().ArgumentEnd);

    internal IReadOnlyList<string> Environment() => Split(Strings().EnvironmentStart, Strings().EnvironmentEnd);

    List<string> Split(uint start, uint end)
    {
        if (end <= start) return [];
        var bytes = ReadAll(start, (int)Math.Min(end - start, MostStrings)).AsSpan();
        var found = new List<string>();
        while (!bytes.IsEmpty)
        {
            int zero = bytes.IndexOf((byte)0);
            found.Add(GuestText.FromBytes(zero < 0 ? bytes : bytes[..zero]));
            bytes = zero < 0 ? default : bytes[(zero + 1)..];
        }
        return found;
    }
}

sealed partial class TaskSubject
{
    internal override SeenFile Root() => LiveFile.RootOf(task.Task);

    internal override SeenFile? OpenFile(int descriptor) => LiveFile.OfDescriptor(task.Task, descriptor);

    internal override string WorkingDirectory() => LiveFile.WorkingDirectoryOf(task.Task);

    internal override string? Program() => LiveFile.ProgramOf(task.Task);

    internal override string Name() => task.Name;

    internal override StringRanges Strings() => Look(static kernel =>
    {
        var layout = kernel.AddressSpace!.Layout;
        return new StringRanges(layout.ArgStart, layout.ArgEnd, layout.EnvStart, layout.EnvEnd);
    });

    internal override byte[] AuxiliaryVector() => Look(static kernel => kernel.Group.AuxiliaryVector);
}

sealed partial class ImageSubject
{
    /// <summary>The files of the root that the image was taken over; null when nobody has said where they are.</summary>
    internal SeenFile? Files { get; init; }

    internal override SeenFile Root() => StoredFile.RootOf(checkpoint, pid, Files);

    internal override SeenFile? OpenFile(int descriptor)
    {
        if (checkpoint.Extended != null) return StoredFile.OfDescriptor(checkpoint, pid, descriptor, Files);
        return Image.Files.Descriptors.Any(open => open.Number == descriptor)
            ? throw new SeenFileException(Core.Errno.ENODATA, $"fd/{descriptor}", $"{Label} is a v5 image, which holds no contents of files.")
            : null;
    }

    internal override string? WorkingDirectory() => checkpoint.Extended == null ? null : StoredFile.WorkingDirectoryOf(checkpoint, pid);

    internal override string? Program() => checkpoint.Extended == null ? null : StoredFile.ProgramOf(checkpoint, pid);

    internal override string Name() => Task.Comm;

    internal override StringRanges Strings()
    {
        var layout = Image.Memory.Layout;
        return new StringRanges((uint)layout.ArgumentStart, (uint)layout.ArgumentEnd, (uint)layout.EnvironmentStart, (uint)layout.EnvironmentEnd);
    }

    internal override byte[] AuxiliaryVector() => checkpoint.Extended == null ? new GuestEnvironment(Read).AuxiliaryVector((uint)Image.Memory.Layout.StartStack) : StoredFile.AuxiliaryVectorOf(checkpoint, pid);
}
