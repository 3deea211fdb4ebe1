using System.Buffers.Binary;
using System.Diagnostics;
using System.Threading.Tasks;
using Xunit;

namespace CheckpointRestart.Core.Tests.Guests;

/// <summary>The committed guest programs and recorded cases are what they claim to be.</summary>
public sealed class GuestFilesTests
{
    public static TheoryData<string> Names => [.. GuestFiles.Names];

    [Theory, MemberData(nameof(Names))]
    public void A_guest_is_a_small_static_i386_program_with_its_source(string name)
    {
        var elf = File.ReadAllBytes(GuestFiles.Program(name));

        Assert.True(elf.Length < 32768, $"{name} has {elf.Length} bytes");
        Assert.Equal("\u007fELF\u0001\u0001\u0001"u8, elf.AsSpan(0, 7));
        Assert.Equal(2, BinaryPrimitives.ReadUInt16LittleEndian(elf.AsSpan(16))); // ET_EXEC
        Assert.Equal(3, BinaryPrimitives.ReadUInt16LittleEndian(elf.AsSpan(18))); // EM_386
        Assert.True(File.Exists(Source(name, ".c")) || File.Exists(Source(name, ".S")), $"{name} has no source");

        var headers = BinaryPrimitives.ReadInt32LittleEndian(elf.AsSpan(28));
        var count = BinaryPrimitives.ReadUInt16LittleEndian(elf.AsSpan(44));
        var types = Enumerable.Range(0, count).Select(i => BinaryPrimitives.ReadInt32LittleEndian(elf.AsSpan(headers + (i * 32)))).ToArray();
        Assert.Contains(1, types); // PT_LOAD
        Assert.DoesNotContain(3, types); // PT_INTERP
    }

    [Fact]
    public void A_guest_for_Debians_library_names_its_loader_and_has_its_source()
    {
        var folder = Path.Combine(GuestFiles.Directory, "debian");
        var built = Directory.EnumerateFiles(Path.Combine(folder, "bin")).Select(f => Path.GetFileName(f)).Order(StringComparer.Ordinal).ToArray();
        Assert.Equal(Directory.EnumerateFiles(folder, "*.c").Select(f => Path.GetFileNameWithoutExtension(f)).Order(StringComparer.Ordinal), built);
        Assert.All(built, name => Assert.Contains("/lib/ld-linux.so.2", File.ReadAllText(Path.Combine(folder, "bin", name), System.Text.Encoding.Latin1), StringComparison.Ordinal));
    }

    [Fact]
    public void Every_source_is_built() =>
        Assert.Equal(
            Directory.EnumerateFiles(Path.Combine(GuestFiles.Directory, "src")).Where(f => !f.EndsWith(".h", StringComparison.Ordinal))
                .Select(f => Path.GetFileNameWithoutExtension(f)).Order(StringComparer.Ordinal),
            GuestFiles.Names);

    [Fact]
    public async Task The_compiler_makes_the_committed_programs_of_the_sources()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "the guests are built on Linux");
        var start = new ProcessStartInfo("bash", [Path.Combine(GuestFiles.Directory, "build.sh"), "--check"]) { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true };
        using var build = Process.Start(start)!;
        var errors = build.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        var output = await build.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken) + await errors;
        await build.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.SkipWhen(build.ExitCode == 77, output);
        Assert.True(build.ExitCode == 0, output);
    }

    [Fact]
    public void Cases_are_enough_and_well_formed()
    {
        foreach (var cases in new[] { GuestCase.Own, GuestCase.Busybox, GuestCase.Debian })
        {
            Assert.Equal(cases.Count, cases.Select(c => c.Name).Distinct(StringComparer.Ordinal).Count());
            Assert.All(cases, c => Assert.InRange(c.ExitCode, 0, 255));
        }

        Assert.True(GuestCase.Busybox.Count >= 50);
        Assert.All(GuestCase.Busybox, c => Assert.Equal("/bin/busybox", c.Program));
        Assert.All(GuestCase.Own, c => Assert.Contains(c.Program["/guests/".Length..], GuestFiles.Names));

        // Twenty points of a run are worth testing only when it is long enough, and affordable only when it is not too long.
        var carried = GuestCase.Busybox.Where(c => c.CarriedByV5).ToArray();
        Assert.True(carried.Length >= 10);
        Assert.All(carried, c => Assert.InRange(c.Instructions ?? 0, 2_000_000, 60_000_000));
    }

    private static string Source(string name, string extension) => Path.Combine(GuestFiles.Directory, "src", name + extension);
}
