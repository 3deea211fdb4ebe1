using System.Buffers.Binary;
using CheckpointRestart.Core.Cpu;
using Xunit;

namespace CheckpointRestart.Core.Tests.Cpu;

/// <summary>Where the environment's fields lie (Intel SDM 1, figures 8-9 and 8-11): with the pointers, which recorded vectors leave out.</summary>
public class X87ImageTests
{
    const ushort Control = 0x0B7A, Tags = 0x8C41, CodeSelector = 0x1357, DataSelector = 0x2468, Opcode = 0x5A5;
    const ushort Status = 0x6B00;
    const uint Instruction = 0x11223344, Operand = 0x55667788;

    static readonly byte[] Load32 = [0xD9, 0x25, 0, 0, 0, 9], Store32 = [0xD9, 0x35, 0, 1, 0, 9], Save32 = [0xDD, 0x35, 0, 1, 0, 9], Restore32 = [0xDD, 0x25, 0, 0, 0, 9];

    public static TheoryData<bool, bool> Kinds() => new() { { false, false }, { false, true }, { true, false }, { true, true } };

    /// <summary>FLDENV and FRSTOR, then FSTENV and FNSAVE.</summary>
    [Theory]
    [MemberData(nameof(Kinds))]
    public void FieldsAreLoadedAndStoredWhereIntelHasThem(bool small, bool registers)
    {
        byte[] prefix = small ? [0x66] : [];
        using var cpu = new TestCpu([.. prefix, .. registers ? Restore32 : Load32, .. prefix, .. registers ? Save32 : Store32, 0xCC]);
        var image = Environment(small);
        cpu.Memory.Write(TestCpu.Data, image);
        cpu.Run(1);

        var fx = new byte[512];
        cpu.Registers.SaveFxsr(fx);
        Assert.Equal(Control, BinaryPrimitives.ReadUInt16LittleEndian(fx));
        Assert.Equal(Status, BinaryPrimitives.ReadUInt16LittleEndian(fx.AsSpan(2)));
        Assert.Equal(small ? 0 : Opcode, BinaryPrimitives.ReadUInt16LittleEndian(fx.AsSpan(6)));
        Assert.Equal(small ? Instruction & 0xFFFF : Instruction, BinaryPrimitives.ReadUInt32LittleEndian(fx.AsSpan(8)));
        Assert.Equal(CodeSelector, BinaryPrimitives.ReadUInt16LittleEndian(fx.AsSpan(12)));
        Assert.Equal(small ? Operand & 0xFFFF : Operand, BinaryPrimitives.ReadUInt32LittleEndian(fx.AsSpan(16)));
        Assert.Equal(DataSelector, BinaryPrimitives.ReadUInt16LittleEndian(fx.AsSpan(20)));

        cpu.Run(1);
        var stored = new byte[image.Length];
        cpu.Memory.Read(TestCpu.Data + 0x100, stored);
        int tags = small ? 4 : 8;
        stored.AsSpan(tags, 2).Clear();
        image.AsSpan(tags, 2).Clear();
        Assert.Equal(image, stored);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void InitialisationForgetsTheLastInstruction(bool save)
    {
        byte[] reset = save ? Save32 : [0xDB, 0xE3];
        using var cpu = new TestCpu([.. Load32, .. reset, 0xCC]);
        cpu.Memory.Write(TestCpu.Data, Environment(small: false));
        cpu.Run(2);
        var fx = new byte[512];
        cpu.Registers.SaveFxsr(fx);
        Assert.Equal(0x37F, BinaryPrimitives.ReadUInt16LittleEndian(fx));
        Assert.Equal(new byte[22], fx[2..24]);
    }

    /// <summary>What is reserved is all ones in 32 bits.</summary>
    static byte[] Environment(bool small)
    {
        if (small)
        {
            var narrow = new byte[14];
            ushort[] words = [Control, Status, Tags, unchecked((ushort)Instruction), CodeSelector, unchecked((ushort)Operand), DataSelector];
            for (int i = 0; i < words.Length; i++) BinaryPrimitives.WriteUInt16LittleEndian(narrow.AsSpan(2 * i), words[i]);
            return narrow;
        }
        var wide = new byte[28];
        uint[] fields = [0xFFFF0000u | Control, 0xFFFF0000u | Status, 0xFFFF0000u | Tags, Instruction, CodeSelector | ((uint)Opcode << 16), Operand, 0xFFFF0000u | DataSelector];
        for (int i = 0; i < fields.Length; i++) BinaryPrimitives.WriteUInt32LittleEndian(wide.AsSpan(4 * i), fields[i]);
        return wide;
    }
}
