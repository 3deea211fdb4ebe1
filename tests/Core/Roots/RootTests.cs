using System.IO.Compression;
using System.Text;
using CheckpointRestart.Core.Files;
using CheckpointRestart.Core.Kernel;
using CheckpointRestart.Core.Roots;
using CheckpointRestart.Core.Tests.Files;
using CheckpointRestart.Core.Tests.Guests;
using CheckpointRestart.Core.Tests.Kernel;
using Xunit;

namespace CheckpointRestart.Core.Tests.Roots;

/// <summary>Roots made in one step, and Debian's programs in them.</summary>
public sealed class RootTests : IDisposable
{
    readonly HostDirectory host = new();

    public void Dispose() => host.Dispose();

    static GuestRun Shell(TarArchive archive, string script, double seconds = 120) => GuestRun.Run(
        new MachineOptions { Root = new RootOptions { Archive = archive }, Clock = ClockKind.Virtual },
        new ProgramOptions { FilePath = "/bin/bash", Arguments = ["-c", script], Environment = ["PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C.UTF-8", "HOME=/root"] }, seconds: seconds);

    [Fact]
    public void ADirectoryBecomesARootWithItsLinksAndModes()
    {
        host.Write("tree/a/b", "text");
        host.Write("tree/big", new string('x', 300_000));
        if (!OperatingSystem.IsWindows())
        {
            File.CreateSymbolicLink(host.At("tree/link"), "a/b");
            File.SetUnixFileMode(host.At("tree/a/b"), UnixFileMode.UserRead | UnixFileMode.UserExecute | UnixFileMode.SetUser);
        }
        var built = RootBuilder.FromDirectory(host.At("tree"), new RootBuilderOptions());
        using (built.Archive)
        using (var machine = new TestMachine(new RootOptions { Archive = built.Archive }))
        {
            Assert.True(built.IsTemporary);
            Assert.Equal("text", machine.Read("/a/b"));
            Assert.Equal(300_000, machine.ReadBytes("/big").Length);
            if (!OperatingSystem.IsWindows())
            {
                Assert.Equal("text", machine.Read("/link"));
                Assert.Equal(FileModeBits.Regular | 0x940u, machine.Stat("/a/b").Mode);
            }
        }
        Assert.False(File.Exists(built.Archive.Path));
    }

    [Fact]
    public void ACompressedTarFileIsKnownByItsContents()
    {
        TarTree.Write(TarTree.Random(5, isPlain: false), host.At("plain"));
        using (var packed = new GZipStream(File.Create(host.At("packed")), CompressionMode.Compress)) packed.Write(File.ReadAllBytes(host.At("plain")));
        var plain = RootBuilder.FromTar(host.At("plain"), new RootBuilderOptions());
        Assert.Equal(host.At("plain"), plain.Archive.Path);
        var unpacked = RootBuilder.FromTar(host.At("packed"), new RootBuilderOptions { Destination = host.At("kept.tar") });
        Assert.Equal(File.ReadAllBytes(host.At("plain")), File.ReadAllBytes(host.At("kept.tar")));
        Assert.Equal(plain.Archive.Count, unpacked.Archive.Count);
        byte[] damaged = File.ReadAllBytes(host.At("packed"))[..^200];
        File.WriteAllBytes(host.At("damaged"), damaged);
        Assert.ThrowsAny<IOException>(() => RootBuilder.FromTar(host.At("damaged"), new RootBuilderOptions { Destination = host.At("none.tar") }));
        Assert.Equal(["damaged", "kept.tar", "packed", "plain"], Directory.GetFiles(host.Path).Select(Path.GetFileName).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void WhatPackagesNeedIsNamed()
    {
        Assert.SkipWhen(DebianRoot.Packages == null, DebianRoot.NotFetched);
        string[] bash = Directory.GetFiles(DebianRoot.Packages!, "bash_*.deb");
        var error = Assert.Throws<RootException>(() => RootBuilder.FromPackages(bash, new RootBuilderOptions()));
        Assert.True(error.IsAboutDependencies);
        Assert.Contains(error.Problems, static problem => problem.Contains("depends on libtinfo6 (>= 6), which is not among the files", StringComparison.Ordinal));
        using var built = RootBuilder.FromPackages(bash, new RootBuilderOptions { Force = true }).Archive;
        Assert.True(built.Count > 50);
    }

    [Fact]
    public void DebiansProgramsRunFromTheirPackages()
    {
        Assert.SkipWhen(DebianRoot.Packages == null, DebianRoot.NotFetched);
        var run = Shell(DebianRoot.Archive!, """
            set -e
            ls -ld /bin /var/run /tmp /root
            awk 'BEGIN { print 6 * 7 }'; awk --version | head -1
            readlink -f /usr/bin/awk /usr/bin/editor /usr/bin/pager /usr/bin/vi
            id -un; getent hosts localhost | tail -1; grep -c . /etc/shells
            dpkg -l bash coreutils | tail -2 | cut -c1-60; dpkg -S /bin/bash; dpkg --audit; dpkg -V coreutils bash libc6
            stat -c '%a %U %G %n' /usr/bin/passwd /tmp /var/mail
            findmnt -no FSTYPE /tmp; df -T /tmp | tail -1 | awk '{ print $2 }'
            """);
        Assert.Equal("", run.ErrorText);
        Assert.Equal(0, run.ExitCode);
        Assert.Contains("/bin -> usr/bin\n", run.Text, StringComparison.Ordinal);
        Assert.Contains("/var/run -> /run\n", run.Text, StringComparison.Ordinal);
        Assert.Contains("42\nGNU Awk 5.2.1", run.Text, StringComparison.Ordinal);
        Assert.Contains("/usr/bin/gawk\n/usr/bin/nano\n/usr/bin/less\n/usr/bin/vim.tiny\nroot\n", run.Text, StringComparison.Ordinal);
        Assert.Contains("ii  bash ", run.Text, StringComparison.Ordinal);
        Assert.Contains("bash: /bin/bash\n", run.Text, StringComparison.Ordinal);
        Assert.Contains("4755 root root /usr/bin/passwd\n", run.Text, StringComparison.Ordinal);
        Assert.Contains("1777 root root /tmp\n2775 root mail /var/mail\ntmpfs\ntmpfs\n", run.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void TheLinkersCacheIsTheOneThatLdconfigMakes()
    {
        Assert.SkipWhen(DebianRoot.Packages == null, DebianRoot.NotFetched);
        var run = Shell(DebianRoot.Archive!, "/sbin/ldconfig -p > /tmp/ours && /sbin/ldconfig && /sbin/ldconfig -p | grep -v '^Cache generated by' > /tmp/theirs && wc -l < /tmp/ours && diff /tmp/ours /tmp/theirs");
        Assert.Equal((0, ""), (run.ExitCode, run.ErrorText));
        Assert.True(int.Parse(run.Text, System.Globalization.CultureInfo.InvariantCulture) > 150, run.Text);
    }

    [Fact]
    public void MaintainerScriptsRunInsideAMachine()
    {
        Assert.SkipWhen(DebianRoot.Packages == null, DebianRoot.NotFetched);
        string[] wanted = ["base-files", "base-passwd", "bash", "dash", "coreutils", "debianutils", "dpkg", "grep", "sed", "mawk", "tar", "zlib1g", "perl-base",
            "libc6", "libgcc-s1", "gcc-12-base", "libtinfo6", "libselinux1", "libpcre2-8-0", "libacl1", "libattr1", "libgmp10", "libcrypt1", "liblzma5", "libbz2-1.0", "libzstd1", "libmd0", "libssl3", "libdebconfclient0",
            "debconf", "libc-bin", "less", "diffutils"];
        string[] files = [.. wanted.SelectMany(static name => Directory.GetFiles(DebianRoot.Packages!, name + "_*.deb"))];
        var said = new StringBuilder();
        using var built = RootBuilder.FromPackages(files, new RootBuilderOptions { Configure = true, Output = text => said.Append(text) }).Archive;
        Assert.Contains("Setting up bash", said.ToString(), StringComparison.Ordinal);
        var run = Shell(built, "dpkg -l | grep -c ^ii; dpkg -l | grep '^i[^i]'; readlink -f /usr/bin/pager; update-alternatives --query awk | head -4; ls /usr/sbin/policy-rc.d");
        Assert.StartsWith($"{files.Length}\n/usr/bin/less\nName: awk\n", run.Text, StringComparison.Ordinal);
        Assert.Contains("No such file", run.ErrorText, StringComparison.Ordinal);
    }
}
