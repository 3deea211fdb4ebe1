using System.Buffers.Binary;
using CheckpointRestart.Core.State;

namespace CheckpointRestart.Core.Kernel.Seccomp;

/// <content>State.</content>
public sealed partial class SeccompFilter : IStateObject
{
    string IStateObject.StateKind => "seccomp-filter";

    void IStateObject.Visit(StateVisitor visitor)
    {
        Program.Visit(visitor);
        Previous = visitor.Ref("previous", Previous);
        Count = visitor.Int("count", Count, 1, MostInstructions);
        Cost = visitor.Int("cost", Cost, 1);
        if (!visitor.IsReading) return;
        // Numbers that fall from one filter to the one before lead in no circle.
        visitor.Later(0, () => visitor.Require(Count == 1 + (Previous?.Count ?? 0) && Cost == Program.Length + Overhead + (Previous?.Cost ?? 0), "a filter counts itself and those before"));
    }

    internal static SeccompFilter Create(StateVisitor visitor) => new(FilterProgram.Create(visitor), null);
}

/// <content>State: the instructions as seccomp(2) takes them.</content>
public sealed partial class FilterProgram
{
    const int InstructionBytes = 8;

    internal void Visit(StateVisitor visitor)
    {
        if (visitor.IsReading) return;
        var bytes = new byte[code.Length * InstructionBytes];
        for (int i = 0; i < code.Length; i++)
        {
            var at = bytes.AsSpan(i * InstructionBytes);
            BinaryPrimitives.WriteUInt16LittleEndian(at, code[i].Code);
            (at[2], at[3]) = (code[i].True, code[i].False);
            BinaryPrimitives.WriteUInt32LittleEndian(at[4..], code[i].Value);
        }
        visitor.Bytes("program", bytes, MostInstructions * InstructionBytes);
    }

    internal static FilterProgram Create(StateVisitor visitor)
    {
        var bytes = visitor.Bytes("program", null, MostInstructions * InstructionBytes) ?? [];
        visitor.Require(bytes.Length > 0 && bytes.Length % InstructionBytes == 0, "a filter has whole instructions");
        var code = new FilterInstruction[bytes.Length / InstructionBytes];
        for (int i = 0; i < code.Length; i++)
        {
            var at = bytes.AsSpan(i * InstructionBytes);
            code[i] = new(BinaryPrimitives.ReadUInt16LittleEndian(at), at[2], at[3], BinaryPrimitives.ReadUInt32LittleEndian(at[4..]));
        }
        return Check(code) ?? throw visitor.Broken("a filter does what filters may");
    }
}
