using System.Text;
using CheckpointRestart.Core.Files;
using Xunit;

namespace CheckpointRestart.Core.Tests.Files;

/// <summary>Copies to the host stay in the folder that is copied to, whatever a guest or an image has for names and links.</summary>
public sealed class FileCopierTests : IDisposable
{
    readonly HostDirectory host = new();
    readonly List<string> refused = [];

    public FileCopierTests()
    {
        Directory.CreateDirectory(host.At("target"));
        File.WriteAllText(host.At("secret"), "secret");
    }

    public void Dispose() => host.Dispose();

    string Target(string name) => host.At(Path.Combine("target", name));

    void Copy(SeenFile source, string name, bool recurse = true, bool replace = false, bool follow = false)
    {
        using var folder = new HostFolder(host.At("target"));
        var root = source;
        while (root.Parent != null) root = root.Parent;
        new FileCopier(folder, new CopyOptions { Recurse = recurse, Replace = replace, FollowLinks = follow, Failed = (error, path) => refused.Add($"{path}: {error.Message}") }).Copy(root, source, name);
    }

    void AssertNothingOutside()
    {
        Assert.Equal(["secret", "target"], Directory.GetFileSystemEntries(host.Path).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        Assert.Equal("secret", File.ReadAllText(host.At("secret")));
    }

    [Theory]
    [InlineData("..")]
    [InlineData(".")]
    [InlineData("")]
    [InlineData("../secret")]
    [InlineData("../new")]
    [InlineData("/etc/new")]
    [InlineData("a/b")]
    [InlineData("a\0b")]
    public void A_name_that_leads_elsewhere_is_refused(string name)
    {
        var top = Made.Directory(null, "", below => [Made.File(below, name, "overwritten"), Made.Directory(below, name, inner => [Made.File(inner, "secret", "overwritten")]), Made.File(below, "good", "good")]);
        Copy(top, "copy");
        Assert.Equal(2, refused.Count);
        Assert.Equal(["good"], Directory.GetFileSystemEntries(Target("copy")).Select(Path.GetFileName));
        AssertNothingOutside();
    }

    [Theory]
    [InlineData("b", true)]
    [InlineData("../b", true)]
    [InlineData("../../other/b", true)]
    [InlineData("d/b", true)]
    [InlineData("../../../secret", false)]
    [InlineData("../../..", false)]
    [InlineData("/etc/passwd", false)]
    [InlineData("d/../../../../secret", false)]
    [InlineData("d/..", false)]
    public void A_link_is_made_when_it_stays_inside(string text, bool isMade)
    {
        // Two directories deep: copy/a/link.
        var top = Made.Directory(null, "", below => [Made.Directory(below, "a", inner => [Made.Link(inner, "link", text)])]);
        Copy(top, "copy");
        Assert.Equal(isMade ? 0 : 1, refused.Count);
        Assert.Equal(isMade ? text : null, new FileInfo(Target("copy/a/link")).LinkTarget);
        AssertNothingOutside();
    }

    [Fact]
    public void Links_in_a_row_do_not_lead_out_together()
    {
        // Each is harmless, by its text alone: l is the directory itself, and l/../.. is above.
        var top = Made.Directory(null, "", below => [Made.Link(below, "l", "."), Made.Link(below, "x", "l/../secret"), Made.Directory(below, "y", inner => [Made.Link(inner, "z", "../l/../../secret")])]);
        Copy(top, "copy");
        Assert.Equal(2, refused.Count);
        Assert.True(File.Exists(Target("copy/l")) || Directory.Exists(Target("copy/l")));
        AssertNothingOutside();
    }

    [Fact]
    public void What_is_a_link_on_the_host_is_neither_followed_nor_written_through()
    {
        File.CreateSymbolicLink(Target("f"), "../secret");
        Directory.CreateSymbolicLink(Target("d"), "..");
        var top = Made.Directory(null, "", below => [Made.File(below, "f", "overwritten"), Made.Directory(below, "d", inner => [Made.File(inner, "secret", "overwritten"), Made.File(inner, "new", "new")])]);
        foreach (var child in top.List()) Copy(child, child.Name);
        Assert.Equal(2, refused.Count);
        AssertNothingOutside();
        // With -Force the link itself goes.
        Copy(top.Child("f")!, "f", replace: true);
        Assert.Equal("overwritten", File.ReadAllText(Target("f")));
        Assert.Null(new FileInfo(Target("f")).LinkTarget);
        AssertNothingOutside();
    }

    [Fact]
    public void Followed_links_stay_in_the_guest_and_end_where_they_go_round()
    {
        var top = Made.Directory(null, "", below =>
        [
            Made.Link(below, "out", "../../../../../../etc/passwd"),
            Made.Directory(below, "etc", inner => [Made.File(inner, "passwd", "of the guest"), Made.Link(inner, "round", "..")]),
        ]);
        Copy(top, "copy", follow: true);
        Assert.Equal("of the guest", File.ReadAllText(Target("copy/out")));
        Assert.Equal("of the guest", File.ReadAllText(Target("copy/etc/passwd")));
        Assert.Contains("leads back", Assert.Single(refused), StringComparison.Ordinal);
    }

    [Fact]
    public void Nothing_stays_of_what_cannot_be_read_and_what_was_there_does()
    {
        File.WriteAllText(Target("old"), "old");
        var top = Made.Directory(null, "", below => [Made.Broken(below, "new"), Made.Broken(below, "old")]);
        Copy(top.Child("new")!, "new");
        Copy(top.Child("old")!, "old", replace: true);
        Assert.Equal(2, refused.Count);
        Assert.Equal(["old"], Directory.GetFileSystemEntries(host.At("target")).Select(Path.GetFileName));
        Assert.Equal("old", File.ReadAllText(Target("old")));
    }

    [Fact]
    public void Permissions_and_times_come_along_and_rights_of_others_do_not()
    {
        var top = Made.Directory(null, "", below => [Made.File(below, "tool", new string('\0', 600_000) + "end", 0x8000 | 0xDED)], 0x4000 | 0x3ED);
        Copy(top, "copy");
        Assert.Empty(refused);
        Assert.Equal(new string('\0', 600_000) + "end", File.ReadAllText(Target("copy/tool")));
        Assert.Equal(Made.Time, new DateTimeOffset(File.GetLastWriteTimeUtc(Target("copy/tool")), TimeSpan.Zero));
        Assert.Equal(Made.Time, new DateTimeOffset(Directory.GetLastWriteTimeUtc(Target("copy")), TimeSpan.Zero));
        if (OperatingSystem.IsWindows()) return;
        // No set-user-id, no sticky bit.
        Assert.Equal((UnixFileMode)0x1ED, File.GetUnixFileMode(Target("copy/tool")));
        Assert.Equal((UnixFileMode)0x1ED, File.GetUnixFileMode(Target("copy")));
    }

    [Theory]
    [InlineData(long.MaxValue, 5u)]
    [InlineData(long.MinValue, 4_000_000_000u)]
    [InlineData(0, uint.MaxValue)]
    public void No_time_is_too_odd(long seconds, uint nanoseconds)
    {
        var top = Made.Directory(null, "", below => [Made.File(below, "file", "text", time: new Timespec(seconds, nanoseconds))]);
        Copy(top, "copy");
        Assert.Empty(refused);
        Assert.Equal("text", File.ReadAllText(Target("copy/file")));
    }

    [Fact]
    public void Without_recursion_a_directory_is_refused_and_a_device_always()
    {
        var top = Made.Directory(null, "", below => [Made.Device(below, "null")]);
        Copy(top, "copy", recurse: false);
        Copy(top, "copy");
        Assert.Equal(2, refused.Count);
        Assert.Empty(Directory.GetFileSystemEntries(Target("copy")));
    }

    /// <summary>Files of a guest that never was: as hostile as an image may be.</summary>
    sealed class Made : SeenFile
    {
        public static readonly DateTimeOffset Time = new(2020, 2, 20, 20, 20, 20, TimeSpan.Zero);

        readonly IReadOnlyList<SeenFile> children;
        readonly byte[]? content;
        readonly string? text;

        Made(SeenFile? parent, string name, uint mode, Func<SeenFile, SeenFile[]>? children = null, string? content = null, string? text = null, Timespec? time = null) : base(parent, name)
        {
            this.text = text;
            this.content = content == null ? null : Encoding.UTF8.GetBytes(content);
            var changed = time ?? new Timespec(Time.ToUnixTimeSeconds(), 0);
            Facts = new StatData { Mode = mode, AccessTime = changed, ModifyTime = changed };
            this.children = children?.Invoke(this) ?? [];
        }

        public static Made File(SeenFile parent, string name, string content, uint mode = 0x81A4, Timespec? time = null) => new(parent, name, mode, content: content, time: time);

        public static Made Directory(SeenFile? parent, string name, Func<SeenFile, SeenFile[]> children, uint mode = 0x41ED) => new(parent, name, mode, children);

        public static Made Link(SeenFile parent, string name, string text) => new(parent, name, 0xA1FF, text: text);

        public static Made Device(SeenFile parent, string name) => new(parent, name, 0x21B6);

        public static Made Broken(SeenFile parent, string name) => new(parent, name, 0x81A4);

        public override StatData Facts { get; }

        public override string Target => text!;

        public override IReadOnlyList<SeenFile> List() => children;

        public override int Read(long position, Span<byte> to)
        {
            if (content == null) return position == 0 ? Fill(to) : throw new SeenFileException(Errno.EIO, Path, "broken");
            int length = (int)Math.Clamp(content.Length - position, 0, to.Length);
            content.AsSpan((int)Math.Min(position, content.Length), length).CopyTo(to);
            return length;
        }

        static int Fill(Span<byte> to)
        {
            to.Fill(1);
            return to.Length;
        }
    }
}
