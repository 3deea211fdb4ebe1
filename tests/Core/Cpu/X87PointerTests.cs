using System.Buffers.Binary;
using CheckpointRestart.Core.Tests.Vectors;
using Iced.Intel;
using Xunit;

namespace CheckpointRestart.Core.Tests.Cpu;

/// <summary>
/// The last instruction and its operand, which makers of processors keep differently and recorded vectors therefore leave out. Here as Intel documents them
/// (SDM 1, 8.1.8 and 8.1.9): the instruction always, its operand when it has one, the opcode only of an unmasked exception. Control instructions leave them.
/// </summary>
public class X87PointerTests
{
    const int Cases = 60;
    const ushort Opcode = 0x123, CodeSelector = 0x5555, DataSelector = 0x6666;
    const uint Instruction = 0x11223344, Operand = 0x55667788;

    static readonly Mnemonic[] Control =
    [
        Mnemonic.Fldcw, Mnemonic.Fnstcw, Mnemonic.Fnstsw, Mnemonic.Fnstenv, Mnemonic.Fnclex, Mnemonic.Wait, Mnemonic.Fxsave, Mnemonic.Emms,
        Mnemonic.Fneni, Mnemonic.Fndisi, Mnemonic.Fnsetpm,
    ];

    /// <summary>They load or reset the pointers, which tests of their images see.</summary>
    static readonly Mnemonic[] Setting = [Mnemonic.Fninit, Mnemonic.Fnsave, Mnemonic.Frstor, Mnemonic.Fldenv, Mnemonic.Fxrstor];

    public static TheoryData<string> Codes()
    {
        var data = new TheoryData<string>();
        foreach (var code in Forms().Select(form => form.Code).Distinct()) data.Add(code.ToString());
        return data;
    }

    [Theory]
    [MemberData(nameof(Codes))]
    public void EveryInstructionLeavesThePointersThatIntelDocuments(string name)
    {
        using var machine = new VectorMachine();
        int completed = 0;
        foreach (var form in Forms().Where(form => form.Code.ToString() == name))
        {
            for (int i = 0; i < Cases; i++)
            {
                var made = form.MakeCase(i);
                Span<byte> before = made.Fx;
                BinaryPrimitives.WriteUInt16LittleEndian(before[6..], Opcode);
                BinaryPrimitives.WriteUInt32LittleEndian(before[8..], Instruction);
                BinaryPrimitives.WriteUInt16LittleEndian(before[12..], CodeSelector);
                BinaryPrimitives.WriteUInt32LittleEndian(before[16..], Operand);
                BinaryPrimitives.WriteUInt16LittleEndian(before[20..], DataSelector);
                machine.Run(ref made, pieces: false, out var result);
                bool completes = result.Trap == 3;
                if (completes) completed++;
                Check(form, i, ref made, ref result, completes && !Control.Contains(form.Code.Mnemonic()));
            }
        }
        Assert.True(completed > 0);
    }

    static void Check(VectorForm form, int index, ref VectorState made, ref VectorState result, bool notes)
    {
        var instruction = Decode(ref made);
        Span<byte> before = made.Fx, after = result.Fx;
        bool raised = (after[2] & 0x80) != 0 && (before[2] & 0x80) == 0;
        bool memory = form.Has(FormTraits.Memory);
        string what = $"{form.Name} case {index}: ";
        Equal(notes && raised ? Opcode11(ref made) : Opcode, BinaryPrimitives.ReadUInt16LittleEndian(after[6..]), what + "opcode");
        Equal(notes ? made.Eip : Instruction, BinaryPrimitives.ReadUInt32LittleEndian(after[8..]), what + "instruction");
        Equal(notes ? made.Cs : CodeSelector, BinaryPrimitives.ReadUInt16LittleEndian(after[12..]), what + "code segment");
        Equal(notes && memory ? Offset(instruction, ref made) : Operand, BinaryPrimitives.ReadUInt32LittleEndian(after[16..]), what + "operand");
        Equal(notes && memory ? Selector(instruction.MemorySegment, ref made) : DataSelector, BinaryPrimitives.ReadUInt16LittleEndian(after[20..]), what + "data segment");
    }

    static void Equal(uint expected, uint actual, string what)
    {
        if (expected != actual) Assert.Fail($"{what} is {actual:x}, not {expected:x}");
    }

    static Instruction Decode(ref VectorState made)
    {
        var decoder = Decoder.Create(made.Cs == VectorLayout.Code16 ? 16 : 32, ((ReadOnlySpan<byte>)made.Code)[..(int)made.Length].ToArray(), made.Eip);
        return decoder.Decode();
    }

    /// <summary>The low three bits of the first byte and all of the second, behind the prefixes.</summary>
    static uint Opcode11(ref VectorState made)
    {
        int at = 0;
        while (made.Code[at] is not (>= 0xD8 and <= 0xDF)) at++;
        return ((made.Code[at] & 7u) << 8) | made.Code[at + 1];
    }

    static uint Offset(in Instruction instruction, ref VectorState made)
    {
        var gpr = made.Gpr;
        return (uint)instruction.GetVirtualAddress(0, 0, (register, _, _) => register.IsSegmentRegister() ? 0 : register.GetSize() == 2 ? (ushort)gpr[register.GetNumber()] : gpr[register.GetNumber()]);
    }

    static ushort Selector(Register register, ref VectorState made) => register switch
    {
        Register.ES => made.Es,
        Register.CS => made.Cs,
        Register.SS => made.Ss,
        Register.DS => made.Ds,
        Register.FS => made.Fs,
        _ => made.Gs,
    };

    /// <summary>Of every code the plain form and those with segments.</summary>
    static IEnumerable<VectorForm> Forms() =>
        from family in (string[])["x87", "x87-state"]
        from form in VectorFamilies.Of(family)
        where !Setting.Contains(form.Code.Mnemonic()) && !form.Has(FormTraits.Step) && form.Mode is null or { Rounding: 0, Precision: 64 }
        select form;
}
