using CheckpointRestart.Core.Files;
using CheckpointRestart.Core.Kernel;
using CheckpointRestart.Core.Tests.Guests;
using Xunit;

namespace CheckpointRestart.Core.Tests.Kernel;

/// <summary>Our own guests print what a real kernel lets them print.</summary>
public sealed class OwnCaseTests
{
    public static TheoryData<string> Cases => [.. GuestCase.Own.Select(c => c.Name)];

    [Theory, MemberData(nameof(Cases))]
    public void Own(string name) => RecordedCase.Check(GuestCase.Own.Single(c => c.Name == name));
}

/// <summary>Debian's busybox prints what it prints on a real kernel.</summary>
public sealed class BusyboxCaseTests
{
    public static TheoryData<string> Cases => [.. GuestCase.Busybox.Select(c => c.Name)];

    [Theory, MemberData(nameof(Cases))]
    public void Busybox(string name)
    {
        Assert.SkipWhen(GuestFiles.Busybox == null, "busybox has not been fetched (tests/guests/fetch-busybox.sh)");
        RecordedCase.Check(GuestCase.Busybox.Single(c => c.Name == name));
    }
}

/// <summary>Debian's C library, and the programs that compute with it, give what they give on a real processor under a real kernel.</summary>
public sealed class DebianCaseTests
{
    public static TheoryData<string> Cases => [.. GuestCase.Debian.Select(c => c.Name)];

    [Theory, MemberData(nameof(Cases))]
    public void Debian(string name)
    {
        Assert.SkipWhen(GuestFiles.Debian == null || GuestFiles.Busybox == null, "Debian's programs have not been fetched (tests/guests/fetch-debian.sh, fetch-busybox.sh)");
        RecordedCase.Check(GuestCase.Debian.Single(c => c.Name == name), GuestRoot.DirectoryWithDebian);
    }
}

static class RecordedCase
{
    public static void Check(GuestCase guest) => Check(guest, GuestRoot.Directory);

    public static void Check(GuestCase guest, string root)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "the root is made by a shell script");
        var clock = guest.CountsExpirations ? ClockKind.Virtual : ClockKind.Real;
        var options = new MachineOptions { Root = new RootOptions { HostDirectory = root }, Clock = clock };
        var run = GuestRun.Run(options, new ProgramOptions { FilePath = guest.Program, Arguments = guest.Arguments, Environment = guest.Environment }, guest.Input, 600);
        Assert.Null(run.Failure);
        Assert.True(run.HasExited, $"it did not end: {run.Where}");
        Assert.Null(guest.Difference(run.Output, run.Errors, run.ExitCode));
    }
}
