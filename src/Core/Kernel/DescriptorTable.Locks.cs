using CheckpointRestart.Core.Files;

namespace CheckpointRestart.Core.Kernel;

/// <content>The owner of a process's locks.</content>
public sealed partial class DescriptorTable : ILockingProcess
{
    bool ILockingProcess.IsGone => Users == 0;
}
