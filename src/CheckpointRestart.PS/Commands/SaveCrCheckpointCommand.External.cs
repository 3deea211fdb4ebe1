using System.Management.Automation;
using CheckpointRestart.PS.Runtime;

namespace CheckpointRestart.PS.Commands;

/// <content>What a subtree shares with the outside.</content>
public sealed partial class SaveCrCheckpointCommand
{
    /// <summary>With -Subtree: leaves open what leads out.</summary>
    [Parameter]
    public SwitchParameter AllowExternal { get; set; }

    void CheckExternal()
    {
        if (AllowExternal && !Subtree)
            Fail(new CrException("ParameterConflict", ErrorCategory.InvalidArgument, "-AllowExternal is about what a subtree shares with the outside: of a whole machine there is nothing outside.", "Give -Subtree too, or leave it out."), null);
    }
}
