using System.Buffers.Binary;
using CheckpointRestart.Core.Cpu;
using Xunit;

namespace CheckpointRestart.Core.Tests.Cpu;

/// <summary>CMPXCHG, XADD, XCHG and CMPXCHG8B wherever an operand may lie around the border of two pages.</summary>
public class ExchangeTests
{
    const uint Border = TestCpu.Data + 0x1000;
    static readonly ulong Old = 0x1122334455667788, New = 0xFEDCBA9876543210;

    public static TheoryData<string, int, bool> Exchanges()
    {
        var data = new TheoryData<string, int, bool>();
        foreach (bool equal in (bool[])[false, true])
        {
            data.Add("0FB016", 1, equal);
            data.Add("660FB116", 2, equal);
            data.Add("0FB116", 4, equal);
            data.Add("0FC70E", 8, equal);
        }
        return data;
    }

    [Theory]
    [MemberData(nameof(Exchanges))]
    public void EqualValuesAreReplacedAndOthersAreLoaded(string code, int size, bool equal)
    {
        for (uint before = 0; before <= size; before++)
        {
            using var cpu = new TestCpu([.. Convert.FromHexString(code), 0xCC]);
            ulong mask = ulong.MaxValue >> (64 - (8 * size)), expected = equal ? Old : Old ^ 1;
            var bytes = new byte[8];
            BinaryPrimitives.WriteUInt64LittleEndian(bytes, Old);
            cpu.Memory.Write(Border - before, bytes);
            var registers = cpu.Registers;
            registers.Esi = Border - before;
            registers.Eax = (uint)expected;
            registers.Edx = size == 8 ? (uint)(expected >> 32) : (uint)New;
            (registers.Ebx, registers.Ecx) = ((uint)New, (uint)(New >> 32));
            Assert.Equal(new Trap(TrapKind.Exception, 3), cpu.Run());

            cpu.Memory.Read(Border - before, bytes);
            ulong left = equal ? (Old & ~mask) | (New & mask) : Old;
            Assert.Equal(left, BinaryPrimitives.ReadUInt64LittleEndian(bytes));
            Assert.Equal((uint)Old, registers.Eax);
            Assert.Equal(equal, (registers.Eflags & 0x40) != 0);
        }
    }
}
