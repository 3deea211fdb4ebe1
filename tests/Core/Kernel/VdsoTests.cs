using System.Buffers.Binary;
using System.Text;
using CheckpointRestart.Core.Cpu;
using CheckpointRestart.Core.Kernel.Loading;
using Xunit;

namespace CheckpointRestart.Core.Tests.Kernel;

/// <summary>The vdso is a shared object that a C library can read.</summary>
public sealed class VdsoTests
{
    static ReadOnlySpan<byte> Bytes => Vdso.BytesFor(CpuModel.Maximum);

    static uint Word(uint at) => BinaryPrimitives.ReadUInt32LittleEndian(Bytes[(int)at..]);

    static ushort Half(uint at) => BinaryPrimitives.ReadUInt16LittleEndian(Bytes[(int)at..]);

    [Fact]
    public void Its_symbols_lead_to_the_entry_points()
    {
        Assert.True(Bytes.StartsWith("\u007fELF"u8));
        uint dynamic = 0, headers = Word(28);
        for (uint i = 0; i < Half(44); i++)
            if (Word(headers + i * 32) == 2) dynamic = Word(headers + i * 32 + 8);
        var entries = new Dictionary<uint, uint>();
        for (uint at = dynamic; Word(at) != 0; at += 8) entries[Word(at)] = Word(at + 4);
        uint symbols = entries[6], names = entries[5], hash = entries[4];
        var found = new Dictionary<string, uint>();
        for (uint index = Word(hash + 8); index != 0; index = Word(hash + 12 + index * 4))
        {
            var text = Bytes[(int)(names + Word(symbols + index * 16))..];
            found.Add(Encoding.ASCII.GetString(text[..text.IndexOf((byte)0)]), Vdso.Address + Word(symbols + index * 16 + 4));
        }
        Assert.Equal(Vdso.SystemCall, found["__kernel_vsyscall"]);
        Assert.Equal(Vdso.SignalReturn, found["__kernel_sigreturn"]);
        Assert.Equal(Vdso.InfoSignalReturn, found["__kernel_rt_sigreturn"]);
        string[] clocks = ["__vdso_clock_getres", "__vdso_clock_gettime", "__vdso_clock_gettime64", "__vdso_gettimeofday", "__vdso_time"];
        Assert.All(clocks, name => Assert.True(found.ContainsKey(name), name));
        Assert.Equal(3 + clocks.Length, found.Count);
    }

    [Fact]
    public void A_debugger_finds_symbols_and_frames_by_its_sections()
    {
        var sections = new Dictionary<string, (uint Type, int Offset, int Size, int Link)>();
        uint headers = Word(32), names = Word(headers + Half(50) * 40u + 16);
        for (uint i = 1; i < Half(48); i++)
        {
            uint at = headers + i * 40;
            var text = Bytes[(int)(names + Word(at))..];
            sections.Add(Encoding.ASCII.GetString(text[..text.IndexOf((byte)0)]), (Word(at + 4), (int)Word(at + 16), (int)Word(at + 20), (int)Word(at + 24)));
        }
        Assert.All(sections.Values, section => Assert.InRange(section.Offset + section.Size, 1, (int)headers));
        var (type, symbols, length, link) = sections[".dynsym"];
        Assert.Equal((11u, Vdso.EntryPoints.Count() + 1), (type, length / 16));
        Assert.Equal(sections[".dynstr"].Offset, (int)Word(headers + (uint)link * 40 + 16));
        for (int at = symbols + 16; at < symbols + length; at += 16)
            Assert.InRange((int)Word((uint)at + 4), sections[".text"].Offset, sections[".text"].Offset + sections[".text"].Size - (int)Word((uint)at + 8));
        var frames = sections[".eh_frame"];
        int entry = frames.Offset, count = 0;
        for (; Word((uint)entry) != 0; entry += 4 + (int)Word((uint)entry)) count++;
        // Two kinds of frames, and every function.
        Assert.Equal((frames.Offset + frames.Size, 2 + Vdso.EntryPoints.Count()), (entry + 4, count));
    }

    [Fact]
    public void Without_SYSENTER_its_place_holds_NOPs()
    {
        byte[] fast = Bytes.ToArray(), slow = Vdso.BytesFor(CpuModel.I586).ToArray();
        Assert.Equal([3, 4, 5, 6], Enumerable.Range(0, fast.Length).Where(i => fast[i] != slow[i]).Select(i => i - (int)(Vdso.SystemCall - Vdso.Address)));
        Assert.Equal([0x51, 0x52, 0x55, 0x90, 0x90, 0x90, 0x90, 0xCD, 0x80], slow.AsSpan((int)(Vdso.SystemCall - Vdso.Address), 9).ToArray());
        Assert.All(CpuModel.All, model => Assert.Equal(model.Has(CpuFeatures.Sep), Vdso.BytesFor(model).SequenceEqual(fast)));
    }

    [Fact]
    public void The_landing_place_is_behind_INT_80h() =>
        Assert.Equal([0xCD, 0x80], Bytes.Slice((int)(Vdso.Landing - Vdso.Address) - 2, 2).ToArray());
}
