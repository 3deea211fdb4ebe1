using CheckpointRestart.Core.Roots;
using Xunit;

namespace CheckpointRestart.Core.Tests.Roots;

/// <summary>Debian's rules: the order of versions, dependencies, alternatives, and what a package file may be.</summary>
public class PackageTests
{
    [Theory]
    [InlineData("1.0", "1.0", 0)]
    [InlineData("1.0-1", "1.0-2", -1)]
    [InlineData("1.0~rc1", "1.0", -1)]
    [InlineData("1.0~~", "1.0~", -1)]
    [InlineData("1.0~", "1.0", -1)]
    [InlineData("1.0", "1.0a", -1)]
    [InlineData("1.0a", "1.0+", -1)]
    [InlineData("1.9", "1.10", -1)]
    [InlineData("1:0.1", "9.9", 1)]
    [InlineData("0:1", "1", 0)]
    [InlineData("1.007", "1.7", 0)]
    [InlineData("2.36-9+deb12u14", "2.36-9+deb12u9", 1)]
    [InlineData("12.4+deb12u15", "12.4", 1)]
    [InlineData("5.2.15-2+b13", "5.2.15-2+b2", 1)]
    [InlineData("1-", "1-0", 0)]
    public void VersionsAreInDebiansOrder(string first, string second, int order)
    {
        Assert.Equal(order, Math.Sign(DebianVersion.Compare(first, second)));
        Assert.Equal(-order, Math.Sign(DebianVersion.Compare(second, first)));
    }

    [Fact]
    public void DependenciesHaveVersionsAndAlternatives()
    {
        var parsed = Dependency.Parse("libc6 (>= 2.36), debconf (>= 0.5) | debconf-2.0, perl:any, make(<<5)");
        Assert.Equal(["libc6 (>= 2.36)", "debconf (>= 0.5) | debconf-2.0", "perl", "make (<< 5)"], parsed.Select(static one => one.ToString()));
        Assert.True(parsed[0].Alternatives[0].IsMetBy("2.36-9"));
        Assert.False(parsed[0].Alternatives[0].IsMetBy("2.36~rc1"));
        Assert.Empty(Dependency.Parse(""));
    }

    [Fact]
    public void AlternativesAreReadWhereTheyStandWordForWord()
    {
        var found = Alternatives.Parse("""
            if true; then
              update-alternatives --quiet --install /usr/bin/awk awk /usr/bin/gawk 10 \
                --slave /usr/bin/nawk nawk /usr/bin/gawk
            fi
            update-alternatives --install "/usr/bin/x" x "/usr/bin/x1" 5;
            for i in a b; do update-alternatives --install /usr/bin/$i $i /usr/bin/$i.1 5; done
            update-alternatives --remove y /usr/bin/y1
            """);
        Assert.Equal([("awk", "/usr/bin/gawk", 10), ("x", "/usr/bin/x1", 5)], found.Select(static one => (one.Name, one.Path, one.Priority)));
        Assert.Equal([("nawk", "/usr/bin/nawk", "/usr/bin/gawk")], found[0].Slaves);
    }

    [Theory]
    [InlineData("libc.so.6", "libc.so.10", -1)]
    [InlineData("libx.so", "libx.so.1", -1)]
    [InlineData("lib9.so", "liba.so", 1)]
    [InlineData("liba.so.1", "liba.so.1", 0)]
    public void LibrariesAreInTheLinkersOrder(string first, string second, int order) => Assert.Equal(order, Math.Sign(LibraryCache.Compare(first, second)));

    [Fact]
    public void WhatIsNoPackageIsRefusedByName()
    {
        string path = Path.GetTempFileName();
        try
        {
            File.WriteAllText(path, "no package");
            Assert.Contains("it does not begin with '!<arch>'", Assert.Throws<RootException>(() => DebianPackage.Read(path)).Message, StringComparison.Ordinal);
            File.WriteAllText(path, "!<arch>\ndebian-binary   0           0     0     100644  4         `\n2.0\n");
            Assert.Contains("it has no control.tar", Assert.Throws<RootException>(() => DebianPackage.Read(path)).Message, StringComparison.Ordinal);
            File.WriteAllText(path, "!<arch>\ndebian-binary   0           0     0     100644  400       `\n2.0\n");
            Assert.Contains("member 'debian-binary' is cut short", Assert.Throws<RootException>(() => DebianPackage.Read(path)).Message, StringComparison.Ordinal);
        }
        finally
        {
            File.Delete(path);
        }
    }
}
