using CheckpointRestart.Core.Files;
using Xunit;

namespace CheckpointRestart.Core.Tests.Files;

/// <summary>What guests call things, for people to read.</summary>
public class GuestTextTests
{
    [Theory]
    [InlineData("plain name", "plain name")]
    [InlineData("größe 好 \U0001F600", "größe 好 \U0001F600")]
    [InlineData("\u001b[31mred\u001b[0m", "?[31mred?[0m")]
    [InlineData("a\nb\tc\u007fd\u0085e", "a?b?c?d?e")]
    [InlineData("a\u202etxt.exe\u200b", "a?txt.exe?")]
    [InlineData("", "")]
    public void What_a_terminal_acts_on_is_a_question_mark(string text, string shown) => Assert.Equal(shown, GuestText.ForDisplay(text));

    [Fact]
    public void What_is_no_text_is_a_question_mark() => Assert.Equal("?bytes?", GuestText.ForDisplay(GuestText.FromBytes([0x80, .. "bytes"u8, 0xFF])));

    [Fact]
    public void Lines_of_a_message_stay_where_they_are_wanted() => Assert.Equal("one\n\ttwo?", GuestText.ForDisplay("one\n\ttwo\u001b", keepLines: true));
}
