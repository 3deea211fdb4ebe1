using CheckpointRestart.Core.Checkpoint.Schedules;
using CheckpointRestart.Core.Cpu;
using Xunit;

namespace CheckpointRestart.Core.Tests.Checkpoint.Schedules;

/// <summary>What stands beside the images, which of them are kept, and how often something is started again.</summary>
public sealed class ScheduleFilesTests : IDisposable
{
    readonly string folder = Directory.CreateTempSubdirectory("cr-schedule-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    static ScheduleRecord Sample => new()
    {
        Settings = new ScheduleSettings
        {
            Name = "web-1.x",
            Instructions = ulong.MaxValue,
            Origin = 77,
            Keep = 3,
            FullEvery = 4,
            AutoRestart = new RestartSettings { Limit = 9, Within = TimeSpan.FromSeconds(90), Delay = TimeSpan.FromMilliseconds(250) },
            IsSupervised = true,
            Heartbeat = TimeSpan.FromSeconds(2.5),
            AllowChangedFiles = true,
            Engine = CpuEngine.Interpreter,
            Root = new ScheduleRoot { Directory = "/srv/a \"b\" ü", Writable = true, OverlayLimit = 5 },
        },
        State = ScheduleState.Failed,
        ExitCode = 139,
        Images =
        [
            new ScheduleImage { Sequence = 3, Instructions = 1000, Taken = DateTimeOffset.FromUnixTimeMilliseconds(1_700_000_000_123), Output = 5, Error = 0 },
            new ScheduleImage { Sequence = 4, Parent = 3, Instructions = 2000, Taken = DateTimeOffset.FromUnixTimeMilliseconds(1_700_000_001_123) },
        ],
    };

    [Fact]
    public void AFileGivesBackWhatWasWritten()
    {
        string path = Path.Combine(folder, "web-1.x.schedule.json");
        ScheduleFile.Write(path, Sample);
        var read = ScheduleFile.Read(path);
        Assert.Equal(Sample.Settings, read.Settings);
        Assert.Equal(Sample.Images, read.Images);
        Assert.Equal((Sample.State, Sample.ExitCode), (read.State, read.ExitCode));
        Assert.Equal(["web-1.x.schedule.json"], Directory.GetFiles(folder).Select(Path.GetFileName));
    }

    [Theory]
    [InlineData("\"format\": \"checkpoint-schedule\"", "\"format\": \"x\"", "format")]
    [InlineData("\"revision\": 1", "\"revision\": 2", "revision")]
    [InlineData("\"name\": \"web-1.x\"", "\"name\": \"../x\"", "name")]
    [InlineData("\"keep\": 3", "\"keep\": 0", "keep")]
    [InlineData("\"keep\": 3", "\"keep\": 1e99", "keep")]
    [InlineData("\"fullEvery\": 4", "\"fullEvery\": \"4\"", "fullEvery")]
    [InlineData("\"everyInstructions\": 18446744073709551615", "\"everyInstructions\": 0", "everyInstructions")]
    [InlineData("\"everyInstructions\": 18446744073709551615", "\"everyInstructions\": 5, \"everySeconds\": 5", "one of everySeconds")]
    [InlineData("\"heartbeatSeconds\": 2.5", "\"heartbeatSeconds\": -1", "heartbeatSeconds")]
    [InlineData("\"state\": \"Failed\"", "\"state\": \"7\"", "state")]
    [InlineData("\"exitCode\": 139", "\"exitCode\": 256", "exitCode")]
    [InlineData("\"limit\": 9", "\"limit\": -1", "autoRestart.limit")]
    [InlineData("\"writable\": true", "\"writable\": true, \"program\": \"/x\"", "root is")]
    [InlineData("\"supervised\": true", "\"supervised\": 1", "supervised")]
    [InlineData("\"sequence\": 4", "\"sequence\": 3", "sequence")]
    [InlineData("\"parent\": 3", "\"parent\": 4", "builds on")]
    [InlineData("\"taken\": \"2023", "\"taken\": \"then", "images[0].taken")]
    [InlineData("\"format\"", "\"format", "")]
    public void AFileThatBreaksARuleIsRefusedByItsName(string from, string to, string rule)
    {
        string path = Path.Combine(folder, "x.schedule.json");
        ScheduleFile.Write(path, Sample);
        string text = File.ReadAllText(path), broken = text.Replace(from, to, StringComparison.Ordinal);
        Assert.NotEqual(text, broken);
        File.WriteAllText(path, broken);
        var refused = Assert.Throws<ScheduleException>(() => ScheduleFile.Read(path));
        Assert.Equal(ScheduleProblem.InvalidFile, refused.Problem);
        Assert.Contains(rule, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void AnyByteOfAFileMayBeWrong()
    {
        string path = Path.Combine(folder, "x.schedule.json");
        ScheduleFile.Write(path, Sample);
        byte[] good = File.ReadAllBytes(path);
        for (int i = 0; i < good.Length; i++)
        {
            byte[] bad = [.. good];
            bad[i] ^= (byte)(1 << i % 8);
            File.WriteAllBytes(path, i % 3 == 0 ? bad[..i] : bad);
            try
            {
                Assert.True(ScheduleSettings.IsValidName(ScheduleFile.Read(path).Settings.Name));
            }
            catch (ScheduleException refused)
            {
                Assert.Equal(ScheduleProblem.InvalidFile, refused.Problem);
            }
        }
    }

    [Theory]
    [InlineData("counter", true)]
    [InlineData("a.b-c_9", true)]
    [InlineData("", false)]
    [InlineData(".hidden", false)]
    [InlineData("a/b", false)]
    [InlineData("a\n", false)]
    [InlineData("ä", false)]
    public void ANameIsOneThatEveryFileSystemTakes(string name, bool valid) => Assert.Equal(valid, ScheduleSettings.IsValidName(name));

    [Theory]
    // Full ones: the newest stay.
    [InlineData("1 2 3 4 5", "", 2, "1 2 3")]
    // A full one every three: what a kept one builds on stays, whatever its age.
    [InlineData("1 2<1 3<2 4 5<4", "", 2, "1 2 3")]
    [InlineData("1 2<1 3<2 4 5<4", "", 3, "")]
    [InlineData("1 2<1 3<2 4 5<4 6<5 7", "", 2, "1 2 3")]
    [InlineData("1 2<1 3<2 4 5<4 6<5 7", "", 1, "1 2 3 4 5 6")]
    // A damaged one does not count, so that as many good ones as asked for stay.
    [InlineData("1 2 3 4 5", "5", 2, "1 2 5")]
    [InlineData("1", "", 1, "")]
    [InlineData("", "", 1, "")]
    public void RetentionKeepsWhatKeptImagesBuildOn(string images, string damaged, int keep, string gone)
    {
        var list = images.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(static text => text.Split('<'))
            .Select(static parts => new ScheduleImage { Sequence = long.Parse(parts[0]), Parent = parts.Length > 1 ? long.Parse(parts[1]) : null }).ToArray();
        var bad = damaged.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(long.Parse).ToHashSet();
        Assert.Equal(gone, string.Join(' ', ScheduleStore.Superfluous(list, bad, keep)));
    }

    [Fact]
    public void RestartsAreFewAndTheirWaitsDouble()
    {
        var policy = new RestartPolicy(new RestartSettings { Limit = 3, Within = TimeSpan.FromSeconds(100), Delay = TimeSpan.FromSeconds(2) });
        Assert.Equal(TimeSpan.FromSeconds(2), policy.Next(TimeSpan.FromSeconds(0)));
        Assert.Equal(TimeSpan.FromSeconds(4), policy.Next(TimeSpan.FromSeconds(5)));
        Assert.Equal(TimeSpan.FromSeconds(8), policy.Next(TimeSpan.FromSeconds(10)));
        Assert.Null(policy.Next(TimeSpan.FromSeconds(30)));
        // The first two are long past: two are left, and it begins with a longer wait only while others are near.
        Assert.Equal(TimeSpan.FromSeconds(4), policy.Next(TimeSpan.FromSeconds(110)));
        Assert.Equal(4, policy.Count);
        Assert.Equal(TimeSpan.FromSeconds(2), policy.Next(TimeSpan.FromSeconds(1000)));
        Assert.Null(new RestartPolicy(new RestartSettings { Limit = 0 }).Next(default));
    }

    [Theory]
    [InlineData(0, 100, 0, 100)]
    [InlineData(0, 100, 99, 100)]
    [InlineData(0, 100, 100, 200)]
    [InlineData(7, 100, 7, 107)]
    [InlineData(7, 100, 206, 207)]
    [InlineData(7, 100, 3, 7)]
    public void CountsLieOnAGrid(ulong origin, ulong step, ulong at, ulong next) =>
        Assert.Equal(next, new ScheduleSettings { Name = "x", Instructions = step, Origin = origin }.NextInstruction(at));

    [Fact]
    public void AStatusIsALineThatCanBeReadBack()
    {
        var status = new ScheduleStatus
        {
            State = ScheduleState.Waiting,
            Instructions = ulong.MaxValue,
            Saved = 4,
            FailedSaves = 1,
            Restarts = 2,
            ExitCode = 3,
            LastImage = "/a/b\nc",
            LastSave = DateTimeOffset.FromUnixTimeMilliseconds(1_700_000_000_123),
            LastPause = TimeSpan.FromMilliseconds(3.5),
            LastError = "no room",
            Warnings = ["one", "two"],
        };
        string line = status.ToLine();
        Assert.DoesNotContain('\n', line);
        var read = ScheduleStatus.Parse(line);
        Assert.Equal(status.Warnings, read.Warnings);
        Assert.Equal(status with { Warnings = read.Warnings }, read);
        Assert.Throws<FormatException>(() => ScheduleStatus.Parse("{"));
    }
}
