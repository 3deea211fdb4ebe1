using CheckpointRestart.Core.Cpu;
using CheckpointRestart.Core.Tests.Vectors;
using Xunit;

namespace CheckpointRestart.Core.Tests.Cpu;

/// <summary>Repeated string comparisons that go over a page at once end as those that are stopped behind every iteration.</summary>
public sealed class StringBulkTests
{
    /// <summary>REPNE and REPE, SCAS and CMPS, of 1, 2 and 4 bytes.</summary>
    public static TheoryData<string> Instructions => ["F2AE", "F3AE", "F266AF", "F366AF", "F2AF", "F3AF", "F2A6", "F3A6", "F266A7", "F366A7", "F2A7", "F3A7"];

    [Theory, MemberData(nameof(Instructions))]
    public void Comparisons_over_pages_end_as_one_by_one(string instruction)
    {
        byte[] code = Convert.FromHexString(instruction);
        var random = new VectorRandom(Convert.ToUInt64(instruction, 16));
        for (int i = 0; i < 300; i++)
        {
            using TestCpu whole = new([.. code, 0xCC]), single = new([.. code, 0xCC]);
            byte[] data = new byte[0x4000];
            // Long runs of what is looked for, and what is not.
            for (int at = 0; at < data.Length;)
            {
                int length = Math.Min(1 + random.Below(random.OneIn(3) ? 6000 : 40), data.Length - at);
                data.AsSpan(at, length).Fill((byte)random.Below(3));
                at += length;
            }
            uint from = (uint)random.Below(0x2000), to = (uint)random.Below(0x2000), count = (uint)random.Below(random.OneIn(4) ? 0x1800 : 50);
            uint value = random.OneIn(2) ? 0x01010101u : 0;
            foreach (var cpu in (TestCpu[])[whole, single])
            {
                cpu.Memory.Write(TestCpu.Data, data);
                var r = cpu.Registers;
                (r.Esi, r.Edi, r.Ecx, r.Eax) = (TestCpu.Data + from, TestCpu.Data + to, count, value);
            }
            ulong retired = 0;
            Trap trap;
            whole.Run();
            do
            {
                trap = single.Run(1);
                retired += single.Retired;
            }
            while (trap.Kind == TrapKind.None);
            Registers a = whole.Registers, b = single.Registers;
            Assert.Equal((retired, b.Esi, b.Edi, b.Ecx, b.Eip, b.Eflags), (whole.Retired, a.Esi, a.Edi, a.Ecx, a.Eip, a.Eflags));
        }
    }
}
