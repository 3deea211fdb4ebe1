using CheckpointRestart.Core.Cpu;
using CheckpointRestart.Core.Image;
using Xunit;

namespace CheckpointRestart.Core.Tests.Cpu;

/// <summary>Registers set from outside: each holds what it was given, nothing else changes, and what a task may not have is refused.</summary>
public sealed class RegisterAccessTests
{
    static string? Set(Registers registers, string name, ulong value)
    {
        var register = RegisterAccess.Find(name)!;
        var bytes = new byte[register.Size];
        BitConverter.GetBytes(value).AsSpan(0, Math.Min(8, bytes.Length)).CopyTo(bytes);
        return RegisterAccess.Set(registers, register, bytes);
    }

    static byte[] Image(Registers registers)
    {
        var image = new byte[512];
        registers.SaveFxsr(image);
        return image;
    }

    [Fact]
    public void Every_general_register_is_set_alone()
    {
        var names = RegisterAccess.All.Where(register => register.Kind == RegisterKind.General).ToArray();
        Assert.Equal(9, names.Length);
        foreach (var register in names)
        {
            using var registers = new Registers();
            Assert.Null(Set(registers, register.Name.ToUpperInvariant(), 0x87654321));
            uint[] values = [registers.Eax, registers.Ecx, registers.Edx, registers.Ebx, registers.Esp, registers.Ebp, registers.Esi, registers.Edi, registers.Eip];
            string[] order = ["eax", "ecx", "edx", "ebx", "esp", "ebp", "esi", "edi", "eip"];
            for (int i = 0; i < 9; i++) Assert.Equal(order[i] == register.Name ? 0x87654321 : 0, values[i]);
        }
    }

    [Fact]
    public void Flags_take_what_user_mode_has()
    {
        using var registers = new Registers();
        Assert.Null(Set(registers, "eflags", 0x244CD5 | 0x100));
        Assert.Equal(0x244FD7u, registers.Eflags);
        Assert.Null(Set(registers, "eflags", 0));
        Assert.Equal(0x202u, registers.Eflags);
        foreach (uint bit in (uint[])[8, 0x20, 0x1000, 0x2000, 0x8000, 0x10000, 0x20000, 0x80000, 0x100000, 0x400000, 0x80000000])
            Assert.NotNull(Set(registers, "eflags", bit));
        Assert.Equal(0x202u, registers.Eflags);
    }

    [Theory]
    [InlineData("ds", 0x7B, true)]
    [InlineData("gs", 0, true)]
    [InlineData("gs", 3, true)]
    [InlineData("es", 0x73, true)]
    [InlineData("ds", 0x33, false)]
    [InlineData("ds", 0x60, false)]
    [InlineData("ds", 0x7, false)]
    [InlineData("ss", 0, false)]
    [InlineData("ss", 0x73, false)]
    [InlineData("ss", 0x78, false)]
    [InlineData("cs", 0x7B, false)]
    [InlineData("cs", 0, false)]
    [InlineData("cs", 0x70, false)]
    [InlineData("cs", 0x73, true)]
    public void Selectors_are_checked_as_the_processor_does(string name, ulong selector, bool isGood)
    {
        using var registers = new Registers();
        var register = RegisterAccess.Find(name)!;
        ushort before = registers.GetSegment((SegmentName)register.Index);
        Assert.Equal(isGood, Set(registers, name, selector) == null);
        Assert.Equal(isGood ? selector : before, registers.GetSegment((SegmentName)register.Index));
    }

    [Fact]
    public void A_selector_of_the_tasks_own_is_good()
    {
        using var registers = new Registers();
        registers.SetTls(0, SegmentDescriptor.Create(0x1000, 0xFFFFF, 3).Raw);
        Assert.Null(Set(registers, "gs", 0x33));
        Assert.Equal(0x33, registers.Gs);
    }

    [Fact]
    public void Floating_point_registers_stand_by_their_place_in_the_stack_and_mmx_by_number()
    {
        using var registers = new Registers();
        Assert.Null(Set(registers, "fsw", 3 << 11));
        var pi = Convert.FromHexString("35C26821A2DA0FC90040");
        Assert.Null(RegisterAccess.Set(registers, RegisterAccess.Find("st2")!, pi));
        var image = Image(registers);
        Assert.Equal(pi, image[64..74]);
        Assert.Equal(1 << 5, image[4]);
        // R5 is ST2 and MM5.
        Assert.Null(Set(registers, "mm5", 0x1122334455667788));
        image = Image(registers);
        Assert.Equal(0x1122334455667788u, BitConverter.ToUInt64(image, 64));
        Assert.Equal(0x4000, BitConverter.ToUInt16(image, 72));
        Assert.Null(Set(registers, "ftw", 0xFFFF));
        Assert.Equal(0, Image(registers)[4]);
        Assert.Null(Set(registers, "ftw", 0xFFFF & ~(3 << 4) | (1 << 4) & ~(3 << 14)));
        Assert.Equal(1 << 2, Image(registers)[4]);
    }

    [Theory]
    [InlineData("fcw", 0, 0x27F, 0x27F)]
    [InlineData("fcw", 0, 0x33F, 0x37F)]
    [InlineData("fop", 6, 0x7FF, 0x7FF)]
    [InlineData("fip", 8, 0x87654321, 0x87654321)]
    [InlineData("fcs", 12, 0x73, 0x73)]
    [InlineData("fdp", 16, 0x87654321, 0x87654321)]
    [InlineData("fds", 20, 0x7B, 0x7B)]
    [InlineData("mxcsr", 24, 0xFFFF, 0xFFFF)]
    public void Control_words_lie_where_FXSAVE_has_them(string name, int offset, ulong value, ulong found)
    {
        using var registers = new Registers();
        var before = Image(registers);
        Assert.Null(Set(registers, name, value));
        var after = Image(registers);
        int size = RegisterAccess.Find(name)!.Size;
        Assert.Equal(BitConverter.GetBytes(found)[..size], after[offset..(offset + size)]);
        before.AsSpan(offset, size).Clear();
        after.AsSpan(offset, size).Clear();
        Assert.Equal(before, after);
    }

    [Theory]
    [InlineData("fcw", 0x2000)]
    [InlineData("fcw", 0x8000)]
    [InlineData("fcw", 0x80)]
    [InlineData("fop", 0x800)]
    [InlineData("mxcsr", 0x10000)]
    [InlineData("mxcsr", 0x80000000)]
    public void Reserved_bits_are_refused(string name, ulong value)
    {
        using var registers = new Registers();
        var before = Image(registers);
        Assert.NotNull(Set(registers, name, value));
        Assert.Equal(before, Image(registers));
    }

    [Fact]
    public void Vector_registers_hold_128_bits()
    {
        using var registers = new Registers();
        byte[] value = [.. Enumerable.Range(1, 16).Select(i => (byte)i)];
        Assert.Null(RegisterAccess.Set(registers, RegisterAccess.Find("xmm7")!, value));
        Assert.Equal(value, Image(registers)[272..288]);
        Assert.Throws<ArgumentOutOfRangeException>(() => RegisterAccess.Set(registers, RegisterAccess.Find("xmm7")!, new byte[4]));
    }

    [Fact]
    public void Debug_registers_take_what_ptrace_takes()
    {
        using var registers = new Registers();
        Assert.Null(Set(registers, "dr0", 0x20000000));
        Assert.NotNull(Set(registers, "dr1", 0xC0000000));
        Assert.NotNull(Set(registers, "dr1", 0xBFFFFFFD));
        Assert.Null(Set(registers, "dr1", 0xBFFFFFFC));
        Assert.Null(Set(registers, "dr7", 0x000D0301));
        Assert.Equal(0x000D0701u, registers.GetDebug(7));
        // Enabled with four bytes: the address must stay a multiple of four.
        Assert.NotNull(Set(registers, "dr0", 0x20000002));
        Assert.Equal(0x20000000u, registers.GetDebug(0));
        Assert.Null(Set(registers, "dr0", 0x20000004));
        Assert.NotNull(Set(registers, "dr7", 0x00020001));
        Assert.NotNull(Set(registers, "dr7", 0x00090001));
        Assert.NotNull(Set(registers, "dr7", 0x00040001));
        Assert.NotNull(Set(registers, "dr7", 0x2000));
        Assert.NotNull(Set(registers, "dr7", 0x0800));
        Assert.Equal(0x000D0701u, registers.GetDebug(7));
        Assert.Null(Set(registers, "dr6", 0));
        Assert.Equal(0xFFFF0FF0u, registers.GetDebug(6));
        Assert.Null(Set(registers, "dr6", 0xFFFFFFFF));
        Assert.Equal(0xFFFFEFFFu, registers.GetDebug(6));
        Assert.Null(RegisterAccess.Find("dr4"));
        Assert.Null(RegisterAccess.Find("orig_eax"));
    }
}
