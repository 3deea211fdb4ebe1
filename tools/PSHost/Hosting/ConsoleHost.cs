using System.Globalization;
using System.Management.Automation;
using System.Management.Automation.Host;

namespace CheckpointRestart.PSHost.Hosting;

/// <summary>What the engine knows of the program that hosts it.</summary>
internal sealed class ConsoleHost(Session session, ConsoleInterface ui) : System.Management.Automation.Host.PSHost
{
    public override string Name => "ConsoleHost";
    public override Version Version => Session.EngineVersion;
    public override Guid InstanceId { get; } = Guid.NewGuid();
    public override PSHostUserInterface UI => ui;
    public override CultureInfo CurrentCulture => CultureInfo.CurrentCulture;
    public override CultureInfo CurrentUICulture => CultureInfo.CurrentUICulture;
    public override PSObject? PrivateData => null;

    public override void SetShouldExit(int exitCode) => session.RequestExit(exitCode);

    public override void EnterNestedPrompt() => throw new PSNotSupportedException("This host has no nested prompts.");
    public override void ExitNestedPrompt() => throw new PSNotSupportedException("This host has no nested prompts.");
    public override void NotifyBeginApplication() { }
    public override void NotifyEndApplication() { }
}
