using CheckpointRestart.Core.Cpu;
using Xunit;

namespace CheckpointRestart.Core.Tests.Cpu;

/// <summary>Machine code as a debugger shows it.</summary>
public sealed class DisassemblerTests
{
    const uint Start = 0x08048000;

    static Disassembler Of(byte[] code, SymbolNamer? names = null, bool is16Bit = false) => new(
        (address, to) =>
        {
            if (address < Start || address >= Start + (uint)code.Length) return 0;
            var from = code.AsSpan((int)(address - Start));
            from = from[..Math.Min(from.Length, to.Length)];
            from.CopyTo(to);
            return from.Length;
        },
        names,
        is16Bit);

    static DecodedInstruction One(string hex, bool is16Bit = false) => Of(Convert.FromHexString(hex), is16Bit: is16Bit).At(Start)!;

    [Theory]
    [InlineData("31ED", "xor ebp, ebp", InstructionFlow.Next, null)]
    [InlineData("E8FBFFFFFF", "call 0x8048000", InstructionFlow.Call, 0x08048000u)]
    [InlineData("FFD0", "call eax", InstructionFlow.Call, null)]
    [InlineData("EBFE", "jmp 0x8048000", InstructionFlow.Jump, 0x08048000u)]
    [InlineData("FF6004", "jmp dword ptr [eax+4]", InstructionFlow.Jump, null)]
    [InlineData("7402", "je 0x8048004", InstructionFlow.Branch, 0x08048004u)]
    [InlineData("E302", "jecxz 0x8048004", InstructionFlow.Branch, 0x08048004u)]
    [InlineData("E202", "loop 0x8048004", InstructionFlow.Branch, 0x08048004u)]
    [InlineData("C3", "ret", InstructionFlow.Return, null)]
    [InlineData("CD80", "int 0x80", InstructionFlow.SystemCall, null)]
    [InlineData("0F34", "sysenter", InstructionFlow.SystemCall, null)]
    [InlineData("CD03", "int 3", InstructionFlow.Interrupt, null)]
    [InlineData("0F0B", "ud2", InstructionFlow.Interrupt, null)]
    [InlineData("F3A4", "rep movsb [edi], [esi]", InstructionFlow.Repeat, null)]
    [InlineData("F2AE", "repne scasb [edi]", InstructionFlow.Repeat, null)]
    [InlineData("A4", "movsb [edi], [esi]", InstructionFlow.Next, null)]
    [InlineData("F30FBCC1", "bsf eax, ecx", InstructionFlow.Next, null)]
    [InlineData("0FFF", "(bad)", InstructionFlow.Invalid, null)]
    [InlineData("E8FB", "(bad)", InstructionFlow.Invalid, null)]
    public void Instructions_have_a_text_and_a_direction(string hex, string text, InstructionFlow flow, uint? target)
    {
        var found = One(hex);
        Assert.Equal(text, found.Text);
        Assert.Equal(flow, found.Flow);
        Assert.Equal(target, found.Target);
        Assert.Equal(flow == InstructionFlow.Invalid ? hex[..2] : hex, Convert.ToHexString(found.Bytes));
    }

    [Fact]
    public void Code_of_16_bits_is_read_as_such() => Assert.Equal("mov ax, 0x1234", One("B83412", is16Bit: true).Text);

    [Fact]
    public void Addresses_have_names_and_plain_numbers_only_exact_ones()
    {
        (string, uint)? Names(uint address, bool exact) => address >= 0x0804A000 && (!exact || address == 0x0804A000) ? ("data", 0x0804A000) : address == Start ? ("begin", Start) : null;
        byte[] code = Convert.FromHexString("EBFE" + "A104A00408" + "6800A00408" + "6801A00408" + "8B8310A00408");
        Assert.Equal(
            ["jmp begin", "mov eax, [data+4]", "push data", "push 0x804a001", "mov eax, [ebx+data+0x10]"],
            Of(code, Names).From(Start, 5).Select(found => found.Text));
    }

    [Fact]
    public void A_listing_ends_with_memory() => Assert.Equal(2, Of([0x90, 0x90]).From(Start, 10).Count());

    [Fact]
    public void What_cannot_be_read_is_no_instruction() => Assert.Null(Of([]).At(Start));

    [Fact]
    public void Backwards_is_right_or_nothing()
    {
        // mov eax, imm32; nop; nop; ret
        byte[] code = Convert.FromHexString("B8909090909090C3");
        Assert.Equal(["nop", "nop"], Of(code).Before(Start, Start + 7, 2).Select(found => found.Text));
        Assert.Equal([Start, Start + 5, Start + 6], Of(code).Before(Start, Start + 7, 9).Select(found => found.Address));
        Assert.Empty(Of(code).Before(Start, Start + 3, 2));
        Assert.Empty(Of(code).Before(Start, Start, 2));
        Assert.Empty(Of(code).Before(Start, Start + 20, 2));
    }
}
