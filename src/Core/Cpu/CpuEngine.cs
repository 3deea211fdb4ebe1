namespace CheckpointRestart.Core.Cpu;

/// <summary>What runs guest code. All end in the same state at the same instruction counts.</summary>
public enum CpuEngine
{
    /// <summary>The fastest that the host allows.</summary>
    Auto,
    /// <summary>Decoded instructions, one after the other: on every host.</summary>
    Interpreter,
    /// <summary>Code that runs often is translated for the host; each access to memory looks in tables. On x64 hosts.</summary>
    Tables,
    /// <summary>As Tables; an address space that runs for long gets a window, in which the host's page protection does what the tables do. On x64 hosts
    /// with Linux.</summary>
    Window,
}
