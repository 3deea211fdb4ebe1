using CheckpointRestart.Core.Kernel.Syscalls;
using CheckpointRestart.Core.Tests.Guests;
using Xunit;

namespace CheckpointRestart.Core.Tests.Kernel;

/// <summary>The table of system calls is its own documentation.</summary>
public sealed class SyscallTableTests
{
    static string DocumentPath => Path.Combine(GuestFiles.Repository, "docs", "syscalls.md");

    /// <summary>Set CR_UPDATE_DOCS=1 to write the page.</summary>
    [Fact]
    public void The_page_is_what_the_table_says()
    {
        string text = SyscallTable.ToMarkdown();
        if (Environment.GetEnvironmentVariable("CR_UPDATE_DOCS") == "1") File.WriteAllText(DocumentPath, text);
        Assert.Equal(text, File.ReadAllText(DocumentPath));
    }

    [Fact]
    public void What_is_not_full_says_why() =>
        Assert.All(SyscallTable.All.Where(c => c.Support != Support.Full), c => Assert.NotEmpty(c.Note));

    [Fact]
    public void Refused_names_its_errno() =>
        Assert.All(SyscallTable.All.Where(c => c.Support == Support.Refused), c => Assert.Matches("^E[A-Z]+: ", c.Note));

    [Fact]
    public void Numbers_333_and_334_are_Linuxs_own_and_the_checkpoint_floor_adds_its_calls()
    {
        Assert.Equal("preadv", SyscallTable.Find(333)!.Name);
        Assert.Equal("pwritev", SyscallTable.Find(334)!.Name);
    }

    [Fact]
    public void Every_number_is_answered_on_purpose() => Assert.DoesNotContain("not there yet", SyscallTable.ToMarkdown().Split("| number")[1], StringComparison.Ordinal);
}
