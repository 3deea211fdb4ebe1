namespace CheckpointRestart.Core.Memory;

/// <summary>The file of a running program: nobody may write to it while an address space holds it (mm_struct's exe_file).</summary>
public interface IProgramFile
{
    /// <summary>One more address space holds it; another one does already.</summary>
    void HoldProgram();

    /// <summary>An address space lets go of it.</summary>
    void ReleaseProgram();
}
