using CheckpointRestart.Core.Cpu;
using CheckpointRestart.Core.Files;
using CheckpointRestart.Core.Tests.Cpu.Engines;
using CheckpointRestart.Core.Tests.Guests;
using Xunit;

namespace CheckpointRestart.Core.Tests.Kernel;

/// <summary>Programs go through the same states under each engine: at many instruction counts, at the end of each process, and in what they print.</summary>
/// <remarks>CR_TEST_LONG=1 adds all of our guests, programs of several processes, and Debian's (of the directory that CR_COMPATIBILITY_ROOT names).</remarks>
public sealed class EngineTests
{
    /// <summary>The most stops in a run.</summary>
    const int Stops = 60;

    static readonly string[] Quick =
    [
        "hello", "fpu", "fpu-mmx", "twothreads", "futex-lock", "sig-registers", "sig-nested", "traps-faults", "traps-memory", "traps-align", "traps-float", "traps-step", "vforker", "writecode-self",
        "x87math-near", "pipes", "jobs", "midway-fault-zero-handled", "midway-fault-inexact-handled", "lduser", "sha256", "memory-map",
    ];

    static bool IsLong => Environment.GetEnvironmentVariable("CR_TEST_LONG") == "1";

    static string? Packages => Environment.GetEnvironmentVariable("CR_COMPATIBILITY_ROOT");

    public static TheoryData<string> Own => [.. GuestCase.Own.Select(static guest => guest.Name).Where(static name => IsLong || Quick.Contains(name))];

    public static TheoryData<string> Programs => [.. Chosen.Select(static program => program.Name)];

    /// <summary>CR_ENGINE_ONLY: part of a name.</summary>
    static string Only => Environment.GetEnvironmentVariable("CR_ENGINE_ONLY") ?? "";

    static IEnumerable<SameRun.Program> Chosen => SameRun.All.Concat(Debian).Where(static program => program.Name.Contains(Only, StringComparison.Ordinal) && program.Needs switch
    {
        SameRun.Needs.Nothing => true,
        SameRun.Needs.Busybox => IsLong && GuestFiles.Busybox != null,
        SameRun.Needs.Debian => IsLong && GuestFiles.Debian != null,
        _ => IsLong && (Packages != null || DebianRoot.Packages != null),
    });

    static SameRun.Program[] Debian =>
    [
        new("bash, loops", SameRun.Needs.Packages, "/bin/bash", "-c", """
            f() { local n=$1; ((n < 2)) && { echo $n; return; }; echo $(( $(f $((n - 1))) + $(f $((n - 2))) )); }
            f 7; for ((i = 0; i < 3000; i++)); do a[i % 50]=$((i * i)); s="$s${i: -1}"; done; echo "${a[@]}" ${#s} "${s//12/x}" | md5sum
            """),
        new("perl, text", SameRun.Needs.Packages, "/usr/bin/perl", "-e", """
            my %h; for (1..4000) { my $w = sprintf("%x", $_ * 2654435761 % 65536); $h{$w} .= $_; $h{$w} =~ s/(\d)\1/<$1>/g }
            print join(",", map { "$_=$h{$_}" } (sort keys %h)[0..40]), "\n"; my $s = 0; $s += sin($_) * sqrt($_) for 1..3000; print "$s\n";
            """),
        new("python, numbers", SameRun.Needs.Packages, "/usr/bin/python3", "-c", """
            import json, re, hashlib, math, decimal
            d = {str(i): [i, i * i, i / 7, math.sin(i)] for i in range(300)}
            s = json.dumps(d); print(hashlib.sha256(s.encode()).hexdigest(), json.loads(s) == d, len(re.findall(r'\d+\.\d+', s)))
            print(sum(pow(i, 65537, 10**18 + 9) for i in range(30)), decimal.Decimal(2).sqrt(), sorted(map(hash, (1.5, 2**70, "a"[:0]))))
            """),
        new("sqlite", SameRun.Needs.Packages, "/usr/bin/sqlite3", ":memory:", """
            create table t(a, b, c text); with recursive n(i) as (select 1 union all select i + 1 from n where i < 1500) insert into t select i, i * 7919 % 1009, hex(i * 31) from n;
            create index x on t(b); select count(*), sum(a * 1.5), group_concat(distinct b % 7) from t; select t.a, u.c from t join t u on t.b = u.a order by u.c limit 20; select avg(b), max(c) from t group by a % 10;
            """),
        new("gcc", SameRun.Needs.Packages, "/bin/bash", "-c", """
            cd /tmp; echo 'int printf(const char *, ...); double f(int n) { double s = 0; for (int i = 1; i < n; i++) s += 1.0 / i; return s; } int main(void) { printf("%f\n", f(1000)); return 0; }' > a.c
            gcc -O2 -o a a.c && ./a && md5sum a
            """),
    ];

    [Theory, MemberData(nameof(Own))]
    public void A_guest_goes_through_the_same_states(string name)
    {
        var guest = GuestCase.Own.Single(c => c.Name == name);
        var program = new SameRun.Program(name, SameRun.Needs.Nothing, guest.Program, [.. guest.Arguments]) { Input = guest.Input, Environment = guest.Environment };
        Check(program, new RootOptions { HostDirectory = GuestRoot.Directory }, 3000);
    }

    [Theory, MemberData(nameof(Programs))]
    public void A_program_goes_through_the_same_states(string name)
    {
        var program = Chosen.Single(c => c.Name == name);
        Check(program, SameRun.RootFor(program, Packages), 400_000);
    }

    static ulong At(string stop) => ulong.Parse(stop.AsSpan(0, stop.IndexOf(' ')), System.Globalization.CultureInfo.InvariantCulture);

    static void Check(SameRun.Program program, RootOptions root, int pace)
    {
        if (Processor.TranslationRefusal != null) return;
        List<string> expected = [];
        string first = SameRun.Run(program, root, disturb: false, CpuEngine.Interpreter, null, new SameRun.Stops(Stops, pace, expected));
        Assert.DoesNotContain("did not end", first[..Math.Min(20, first.Length)], StringComparison.Ordinal);
        foreach (var (engine, after) in Translated.Engines.SelectMany(static engine => (int[])[1, 30], static (engine, after) => (engine, after)))
        {
            List<string> stops = [];
            string second = SameRun.Run(program, root, disturb: false, engine, after, new SameRun.Stops(Stops, pace, stops));
            for (int i = 0; i < Math.Min(expected.Count, stops.Count); i++)
                if (expected[i] != stops[i]) Assert.Fail($"stop {i}, {engine}, translated after {after}: {expected[i]} and {stops[i]}; {EngineDifference.Find(program, root, engine, after, i == 0 ? 0 : At(expected[i - 1]), At(expected[i]))}");
            Assert.Equal(expected.Count, stops.Count);
            Assert.True(first == second, $"{engine}, translated after {after}:\n{first}\n{second}");
        }
    }
}
