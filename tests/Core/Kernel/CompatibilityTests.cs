using CheckpointRestart.Core.Tests.Guests;
using Xunit;

namespace CheckpointRestart.Core.Tests.Kernel;

/// <summary>Debian's programs give the output and the status that they give natively, and of CPython's tests those pass that pass natively (tests/compatibility).</summary>
public sealed class CompatibilityTests
{
    const double Seconds = 3600;

    static bool IsLong => Environment.GetEnvironmentVariable("CR_TEST_LONG") == "1";

    public static TheoryData<string> Cases => [.. GuestCase.Compatibility.Where(static c => c.IsQuick || IsLong).Select(static c => c.Name)];

    public static TheoryData<string> PythonFiles => [.. IsLong ? PythonTests.Plan.Files : PythonTests.Plan.QuickFiles];

    [Theory, MemberData(nameof(Cases))]
    public void DebiansProgramsDoWhatTheyDoNatively(string name)
    {
        Assert.SkipWhen(DebianRoot.Packages == null, DebianRoot.NotFetched);
        Assert.Null(CompatibilityRun.Of(GuestCase.Compatibility.Single(c => c.Name == name), DebianRoot.Archive!, Seconds).Difference);
    }

    [Theory, MemberData(nameof(PythonFiles))]
    public void CPythonsTestsPassThatPassNatively(string file)
    {
        Assert.SkipWhen(DebianRoot.Packages == null, DebianRoot.NotFetched);
        var run = CompatibilityRun.OfPython(file, DebianRoot.Archive!, Seconds);
        Assert.Null(run.Difference);
        Assert.Empty(run.Missing);
    }

    [Fact]
    public void WhatARunOfCPythonsTestsPrintedTellsHowFarItCame()
    {
        const string Printed = """
            test_a (test.test_x.T.test_a) ... ok
            test_b (test.test_x.T.test_b) ... FAIL
            test_c (test.test_x.T.test_c) ... said something
            ok
            test_d (test.test_x.T.test_d)
            What it is about. ... ok
            test_e (test.test_x.T.test_e) ... skipped 'not ok'
            test_f (test.test_x.T.test_f) ...
            """;
        Assert.Equal(["test.test_x.T.test_a", "test.test_x.T.test_c", "test.test_x.T.test_d"], PythonTests.PassingSoFar(Printed).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void EachProgramOfCoreutilsIsInACase()
    {
        Assert.SkipWhen(DebianRoot.Packages == null, DebianRoot.NotFetched);
        using var root = new Files.TestMachine(new Core.Files.RootOptions { Archive = DebianRoot.Archive! });
        string commands = string.Concat(GuestCase.Compatibility.Where(static c => c.Of == "coreutils").Select(static c => c.Arguments[^1] + "\n"));
        string[] words = commands.Split([' ', '\n', '\t', ';', '|', '&', '(', ')', '\'', '"', '/', '<', '>', '$'], StringSplitOptions.RemoveEmptyEntries);
        string[] programs = [.. root.Read("/var/lib/dpkg/info/coreutils.list").Split('\n').Where(static path => path.Contains("bin/", StringComparison.Ordinal)).Select(static path => path[(path.LastIndexOf('/') + 1)..])];
        Assert.True(programs.Length > 100);
        // md5sum by an old name.
        Assert.Equal(["md5sum.textutils"], programs.Except(words, StringComparer.Ordinal));
    }
}
