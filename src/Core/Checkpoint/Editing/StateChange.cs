using System.Globalization;
using CheckpointRestart.Core.Cpu;

namespace CheckpointRestart.Core.Checkpoint.Editing;

/// <summary>Something that is to be otherwise in a task, live or in an image.</summary>
/// <param name="Pid">The task.</param>
public abstract record StateChange(int Pid)
{
    /// <summary>What is changed, in words: an image keeps them.</summary>
    public abstract string Description { get; }
}

/// <summary>A register has another value.</summary>
/// <param name="Pid">The task.</param>
/// <param name="Register">Which.</param>
/// <param name="Value">Its bytes, least significant first.</param>
public sealed record RegisterChange(int Pid, RegisterName Register, ReadOnlyMemory<byte> Value) : StateChange(Pid)
{
    /// <inheritdoc/>
    public override string Description => string.Create(CultureInfo.InvariantCulture, $"task {Pid}: {Register.Name} = 0x{RegisterBytes.ToHexadecimal(Value.Span)}");
}

/// <summary>Memory has other bytes.</summary>
/// <param name="Pid">The task.</param>
/// <param name="Address">The first.</param>
/// <param name="Bytes">What they are.</param>
public sealed record MemoryChange(int Pid, uint Address, ReadOnlyMemory<byte> Bytes) : StateChange(Pid)
{
    /// <inheritdoc/>
    public override string Description => string.Create(CultureInfo.InvariantCulture, $"task {Pid}: {Bytes.Length} {(Bytes.Length == 1 ? "byte" : "bytes")} at {Address:x8}");
}

/// <summary>The task has another name (comm).</summary>
/// <param name="Pid">The task.</param>
/// <param name="Name">At most 15 bytes.</param>
public sealed record NameChange(int Pid, string Name) : StateChange(Pid)
{
    /// <inheritdoc/>
    public override string Description => $"task {Pid}: name = {Name}";
}

/// <summary>The environment that the program was started with has a variable otherwise.</summary>
/// <param name="Pid">The task.</param>
/// <param name="Variable">Its name.</param>
/// <param name="Value">Null takes it away.</param>
public sealed record EnvironmentChange(int Pid, string Variable, string? Value) : StateChange(Pid)
{
    /// <inheritdoc/>
    public override string Description => Value == null ? $"task {Pid}: environment without {Variable}" : $"task {Pid}: environment {Variable}={Value}";
}

/// <summary>A descriptor is of another file.</summary>
/// <param name="Pid">The task.</param>
/// <param name="Number">The descriptor, of a regular file.</param>
/// <param name="Path">The other file's guest path.</param>
public sealed record DescriptorChange(int Pid, int Number, string Path) : StateChange(Pid)
{
    /// <inheritdoc/>
    public override string Description => $"task {Pid}: descriptor {Number.ToString(CultureInfo.InvariantCulture)} = {Path}";
}

/// <summary>What an image was made of by changes.</summary>
/// <param name="Change">What was changed, in words.</param>
/// <param name="Identity">The identity of the image before, in hexadecimal; empty for one that had none.</param>
public sealed record ImageEdit(string Change, string Identity);
