using System.Management.Automation;

namespace CheckpointRestart.PS.Runtime;

/// <summary>Ends all machines when the module is removed.</summary>
public sealed class ModuleLifetime : IModuleAssemblyCleanup
{
    public void OnRemove(PSModuleInfo psModuleInfo)
    {
        Objects.CrJob.StopAll();
        Schedules.ScheduleRegistry.StopAll();
        Moving.HeldMachines.StopAll();
        Registry.StopAll();
        Drives.ImageList.Clear();
    }
}
