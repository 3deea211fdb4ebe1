using CheckpointRestart.Core.Cpu;
using Iced.Intel;
using Xunit;
using Encoding = System.Text.Encoding;

namespace CheckpointRestart.Core.Tests.Cpu;

/// <summary>A model has the instructions that its CPUID promises, and no others.</summary>
public sealed unsafe class CpuModelTests
{
    const uint UndefinedVector = 6;

    public static TheoryData<string> Models => [.. CpuModel.All.Select(model => model.Name)];

    /// <summary>What the processor does not have, though its feature is there: mnemonics of Iced's that stand for two instructions, or of processors with only a part.</summary>
    static bool IsPseudo(Code code) => code is Code.Fstenv_m14byte or Code.Fstenv_m28byte or Code.Fsave_m94byte or Code.Fsave_m108byte or Code.Fstcw_m2byte
        or Code.Fstsw_m2byte or Code.Fstsw_AX or Code.Fclex or Code.Finit or Code.Feni or Code.Fdisi or Code.Fsetpm
        or Code.Ud0 or Code.Ud0_r16_rm16 or Code.Ud0_r32_rm32 or Code.Ud1_r16_rm16 or Code.Ud1_r32_rm32 or Code.Ud2;

    /// <summary>Every legacy instruction of 32-bit mode, with a register operand and with one in memory, as bytes.</summary>
    static readonly List<(Code Code, byte[] Bytes)> Catalogue = [.. Encode()];

    [Fact]
    public void WhatTheLargestModelPromisesIsThereAndNothingElse()
    {
        foreach (var code in Enum.GetValues<Code>())
        {
            var info = code.ToOpCode();
            if (!info.IsInstruction || !info.Mode32 || info.Encoding != EncodingKind.Legacy || IsPseudo(code)) continue;
            bool promised = (FeatureTable.Needed(code) & ~CpuModel.Maximum.Features) == 0;
            bool there = HandlerTable.Instance.Find(code, memory: false) != null || HandlerTable.Instance.Find(code, memory: true) != null;
            if (promised) Assert.True(there || IsNotDecoded(info), $"{code} is promised and has no handler");
            else Assert.False(there, $"{code} has a handler and no feature that promises it");
        }
    }

    /// <summary>Lists that are written down are those that Iced's opcodes give.</summary>
    [Fact]
    public void HintsArePlacesInTheOpcodeMap()
    {
        Assert.Equal(IcedConstants.CodeEnumCount, Enum.GetValues<Code>().Max(static code => (int)code) + 1);
        foreach (var code in Enum.GetValues<Code>())
        {
            var info = code.ToOpCode();
            uint first = info.OpCodeLength == 2 ? info.OpCode >> 8 : info.OpCode;
            bool isLegacy = info.Encoding == EncodingKind.Legacy && info.Table == OpCodeTableKind.T0F;
            Assert.True((isLegacy && first is >= 0x18 and <= 0x1F) == (FeatureTable.Needed(code) == CpuFeatures.Hints), $"{code}");
            Assert.True((isLegacy && first == 0x0D) == (FeatureTable.Needed(code) == CpuFeatures.PrefetchW), $"{code}");
        }
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void AnInstructionThatNeedsMoreThanTheModelHasIsInvalid(string name)
    {
        var model = CpuModel.Find(name)!;
        using var cpu = new TestCpu(model);
        int valid = 0, invalid = 0;
        foreach (var (code, bytes) in Catalogue)
        {
            bool has = (FeatureTable.Needed(code) & ~model.Features) == 0;
            uint vector = cpu.Try(bytes);
            if (!has) Assert.True(vector == UndefinedVector, $"{code} {Convert.ToHexString(bytes)} is not #UD but {vector}");
            else if (!IsPseudo(code)) Assert.True(vector != UndefinedVector, $"{code} {Convert.ToHexString(bytes)} is #UD");
            if (has) valid++;
            else invalid++;
        }
        Assert.InRange(valid, 700, 2000);
        Assert.InRange(invalid, 50, 1500);
    }

    /// <summary>What each feature means; also of those that all models have.</summary>
    [Theory]
    [InlineData(Code.Add_rm32_r32, CpuFeatures.None)]
    [InlineData(Code.Cpuid, CpuFeatures.None)]
    [InlineData(Code.Xadd_rm32_r32, CpuFeatures.None)]
    [InlineData(Code.Rdmsr, CpuFeatures.None)]
    [InlineData(Code.Pause, CpuFeatures.None)]
    [InlineData(Code.Fadd_m32fp, CpuFeatures.Fpu)]
    [InlineData(Code.Fnstsw_AX, CpuFeatures.Fpu)]
    [InlineData(Code.Fprem1, CpuFeatures.Fpu)]
    [InlineData(Code.Fcomi_st0_sti, CpuFeatures.Fpu | CpuFeatures.Cmov)]
    [InlineData(Code.Fisttp_m32int, CpuFeatures.Fpu | CpuFeatures.Sse3)]
    [InlineData(Code.Rdtsc, CpuFeatures.Tsc)]
    [InlineData(Code.Cmpxchg8b_m64, CpuFeatures.Cx8)]
    [InlineData(Code.Sysenter, CpuFeatures.Sep)]
    [InlineData(Code.Cmovb_r32_rm32, CpuFeatures.Cmov)]
    [InlineData(Code.Clflush_m8, CpuFeatures.Clflush)]
    [InlineData(Code.Paddb_mm_mmm64, CpuFeatures.Mmx)]
    [InlineData(Code.Fxsave_m512byte, CpuFeatures.Fxsr)]
    [InlineData(Code.Addps_xmm_xmmm128, CpuFeatures.Sse)]
    [InlineData(Code.Pavgb_mm_mmm64, CpuFeatures.Sse)]
    [InlineData(Code.Addpd_xmm_xmmm128, CpuFeatures.Sse2)]
    [InlineData(Code.Paddq_mm_mmm64, CpuFeatures.Sse2)]
    [InlineData(Code.Psubq_mm_mmm64, CpuFeatures.Sse2)]
    [InlineData(Code.Haddps_xmm_xmmm128, CpuFeatures.Sse3)]
    [InlineData(Code.Pabsb_mm_mmm64, CpuFeatures.Ssse3)]
    [InlineData(Code.Pminsd_xmm_xmmm128, CpuFeatures.Sse41)]
    [InlineData(Code.Crc32_r32_rm8, CpuFeatures.Sse42)]
    [InlineData(Code.Pclmulqdq_xmm_xmmm128_imm8, CpuFeatures.Pclmulqdq)]
    [InlineData(Code.Movbe_r32_m32, CpuFeatures.Movbe)]
    [InlineData(Code.Popcnt_r32_rm32, CpuFeatures.Popcnt)]
    [InlineData(Code.Aesenc_xmm_xmmm128, CpuFeatures.Aes)]
    [InlineData(Code.Rdtscp, CpuFeatures.Rdtscp)]
    [InlineData(Code.Prefetchw_m8, CpuFeatures.PrefetchW)]
    [InlineData(Code.Prefetchnta_m8, CpuFeatures.Hints)]
    [InlineData(Code.Nop_rm32, CpuFeatures.Hints)]
    [InlineData(Code.Endbr32, CpuFeatures.Hints)]
    [InlineData(Code.Movups_xmm_xmmm128, CpuFeatures.Sse)]
    [InlineData(Code.Mov_r32_cr, CpuFeatures.None)]
    [InlineData(Code.Syscall, CpuFeatures.Absent)]
    [InlineData(Code.Rdrand_r32, CpuFeatures.Absent)]
    [InlineData(Code.Loadall386, CpuFeatures.Absent)]
    public void WhatAnInstructionNeeds(Code code, CpuFeatures needed) => Assert.Equal(needed, FeatureTable.Needed(code));

    /// <summary>Encodings that older processors read in another way, and what comes of them: #UD, or what is in EAX, which holds 12345678h before.
    /// EDX is 80h.</summary>
    [Theory]
    [InlineData("F30FBCC2", "i586 i686 pentium4 max", 7u)]
    [InlineData("F30FBDC2", "i586 i686 pentium4 max", 7u)]
    [InlineData("F30FB8C2", "max", 1u)]
    [InlineData("F390", "i586 i686 pentium4 max", 0x12345678u)]
    [InlineData("0F1FC0", "i686 pentium4 max", 0x12345678u)]
    [InlineData("0F1F440000", "i686 pentium4 max", 0x12345678u)]
    [InlineData("0F1884000000000A", "i686 pentium4 max", 0x12345678u)]
    [InlineData("0F18C0", "i686 pentium4 max", 0x12345678u)]
    [InlineData("F30F1EFB", "i686 pentium4 max", 0x12345678u)]
    [InlineData("F30F1EC8", "i686 pentium4 max", 0x12345678u)]
    [InlineData("0F0D0D00000009", "max", 0x12345678u)]
    [InlineData("0F0D1500000009", "max", 0x12345678u)]
    [InlineData("0F38F00500000009", "max", 0x04030201u)]
    [InlineData("F20F38F1C2", "max", 0xA8D49F0Bu)]
    [InlineData("0F44C2", "i686 pentium4 max", 0x80u)]
    [InlineData("0F45C2", "i686 pentium4 max", 0x12345678u)]
    [InlineData("9F", "i586 i686 pentium4 max", 0x12344278u)]
    [InlineData("0FC8", "i586 i686 pentium4 max", 0x78563412u)]
    [InlineData("0FAEFF", "pentium4 max", 0x12345678u)]
    [InlineData("0FAEE9", "pentium4 max", 0x12345678u)]
    [InlineData("0FAEF7", "pentium4 max", 0x12345678u)]
    [InlineData("0FAE3D00000009", "pentium4 max", 0x12345678u)]
    [InlineData("0F05", "", 0u)]
    [InlineData("0FC7F0", "", 0u)]
    [InlineData("0F01D0", "", 0u)]
    public void WhatAnEncodingMeans(string bytes, string on, uint eax)
    {
        foreach (var model in CpuModel.All)
        {
            using var cpu = new TestCpu(model);
            uint vector = cpu.Try(Convert.FromHexString(bytes), zero: true);
            if (on.Split(' ').Contains(model.Name)) Assert.Equal((model.Name, 3u, eax), (model.Name, vector, cpu.Registers.Eax));
            else Assert.Equal((model.Name, UndefinedVector), (model.Name, vector));
        }
    }

    [Fact]
    public void WhatOnlyMeansNothingToOthersIsProtected()
    {
        using var cpu = new TestCpu(CpuModel.Maximum);
        Assert.Equal(13u, cpu.Try([0xF3, 0x0F, 0x09]));
    }

    [Fact]
    public void EachModelHasWhatTheSmallerOnesHave()
    {
        Assert.Equal(["i586", "i686", "pentium4", "max"], CpuModel.All.Select(model => model.Name));
        foreach (var (small, large) in CpuModel.All.Zip(CpuModel.All.Skip(1)))
        {
            Assert.True(large.Has(small.Features));
            Assert.False(small.Has(large.Features));
        }
        Assert.Same(CpuModel.Maximum, CpuModel.All[^1]);
        Assert.Same(CpuModel.I686, CpuModel.Find("I686"));
        Assert.Null(CpuModel.Find("i486"));
    }

    [Theory]
    [InlineData("i586", 5, 2, 12, 1u, 0x00000111u, 0u, 0u, 0u, "i586")]
    [InlineData("i686", 6, 5, 2, 2u, 0x01808911u, 0u, 0u, 0u, "i686")]
    [InlineData("pentium4", 15, 2, 9, 2u, 0x07888911u, 0u, 0u, 0u, "i686")]
    [InlineData("max", 6, 77, 8, 7u, 0x07888911u, 0x02D80203u, 0x08100000u, 0x00000101u, "i686")]
    public void CpuidTellsOfTheModel(string name, int family, int number, int stepping, uint highest, uint edx, uint ecx, uint extendedEdx, uint extendedEcx, string machine)
    {
        var model = CpuModel.Find(name)!;
        Assert.Equal((family, number, stepping, machine), (model.Family, model.Number, model.Stepping, model.MachineName));
        var zero = model.Identify(0, 0);
        Assert.Equal((highest, "GenuineIntel"), (zero.Eax, Ascii(zero.Ebx, zero.Edx, zero.Ecx)));
        var one = model.Identify(1, 0);
        Assert.Equal((model.Signature, ecx, edx), (one.Eax, one.Ecx, one.Edx));
        Assert.Equal(edx, model.FeaturesEdx);
        Assert.Equal(model.Has(CpuFeatures.Clflush) ? 0x10800u : 0, one.Ebx);
        Assert.Equal(model.Identify(highest, 9), model.Identify(highest + 1, 9));
        Assert.Equal(model.Identify(highest, 0), model.Identify(0x7FFFFFFF, 0));
        var extended = model.Identify(0x80000000, 0).Eax;
        if (extended < 0x80000000)
        {
            Assert.Equal(model.Identify(highest, 0), model.Identify(0x80000001, 0));
            return;
        }
        Assert.Equal(name == "max" ? 0x80000008 : 0x80000004, extended);
        Assert.Equal(new CpuidLeaf(0, 0, extendedEcx, extendedEdx), model.Identify(0x80000001, 0));
        string brand = string.Concat(Enumerable.Range(2, 3).Select(i => model.Identify(0x80000000 + (uint)i, 0)).Select(leaf => Ascii(leaf.Eax, leaf.Ebx, leaf.Ecx, leaf.Edx)));
        Assert.Equal(model.Brand, brand.TrimEnd('\0'));
        Assert.EndsWith("\0", brand, StringComparison.Ordinal);
        Assert.Equal(model.Identify(highest, 0), model.Identify(extended + 1, 0));
    }

    /// <summary>The three ways in which CPUID tells of caches agree.</summary>
    [Fact]
    public void TheCachesAreOfOneKind()
    {
        var model = CpuModel.Maximum;
        Assert.Equal(new CpuidLeaf(0x0000FF01, 0, 0, 0), model.Identify(2, 0));
        List<(uint Kind, uint Level, uint Kilobytes)> caches = [];
        for (uint subleaf = 0; model.Identify(4, subleaf) is { Eax: not 0 } leaf; subleaf++)
        {
            Assert.Equal(0x100u, leaf.Eax & ~0xFFu);
            uint ways = (leaf.Ebx >> 22) + 1, partitions = (leaf.Ebx >> 12 & 1023) + 1, line = (leaf.Ebx & 4095) + 1;
            Assert.Equal((64u, 0u), (line, leaf.Edx));
            caches.Add((leaf.Eax & 31, leaf.Eax >> 5 & 7, ways * partitions * line * (leaf.Ecx + 1) / 1024));
        }
        Assert.Equal([(1u, 1u, 24u), (2u, 1u, 32u), (3u, 2u, 1024u)], caches);
        Assert.Equal(new CpuidLeaf(0, 0, 1024u << 16 | 8 << 12 | 64, 0), model.Identify(0x80000006, 0));
        Assert.Equal(new CpuidLeaf(0x2020, 0, 0, 0), model.Identify(0x80000008, 0));
        foreach (uint leaf in (uint[])[3, 5, 6, 7, 0x80000005, 0x80000007]) Assert.Equal(default, model.Identify(leaf, 0));
        Assert.Equal(new CpuidLeaf(0x03020101, 0, 0, 0x0C040843), CpuModel.I686.Identify(2, 0));
        Assert.Equal(new CpuidLeaf(0x665B5001, 0, 0, 0x007B7040), CpuModel.Pentium4.Identify(2, 0));
        Assert.Equal([(0, 32), (512, 32), (512, 64), (1024, 64)], CpuModel.All.Select(m => (m.CacheSize, m.LineSize)));
    }

    [Fact]
    public void TheFlagsHaveLinuxNames() =>
        Assert.Equal("fpu tsc cx8 sep cmov clflush mmx fxsr sse sse2 nx rdtscp nopl pni pclmulqdq ssse3 sse4_1 sse4_2 movbe popcnt aes lahf_lm 3dnowprefetch",
            string.Join(' ', CpuModel.Maximum.FlagNames));

    [Fact]
    public void UserModeCanAlwaysFindOutAboutCpuid()
    {
        foreach (var model in CpuModel.All)
        {
            using var cpu = new TestCpu(model, TestCpu.Assemble(a =>
            {
                a.push(0x240000);
                a.popfd();
                a.pushfd();
                a.pop(AssemblerRegisters.eax);
                a.int3();
            }));
            Assert.Equal(3, cpu.Run().Vector);
            Assert.Equal(0x240202u, cpu.Registers.Eax);
        }
    }

    /// <summary>Without NX, what can be read can be executed.</summary>
    [Fact]
    public void OnlyAProcessorWithNxMindsWhereCodeLies()
    {
        foreach (var model in CpuModel.All)
        {
            using var cpu = new TestCpu(model);
            cpu.Memory.Write(TestCpu.Data, [0xCC]);
            cpu.Map(0x0B000000, 0x1000, VmFlags.None);
            cpu.Registers.Eip = TestCpu.Data;
            Assert.Equal(model == CpuModel.Maximum ? 14 : 3, cpu.Run().Vector);
            cpu.Registers.Eip = 0x0B000000;
            Assert.Equal(14, cpu.Run().Vector);
        }
    }

    static string Ascii(params uint[] words) => Encoding.ASCII.GetString([.. words.SelectMany(BitConverter.GetBytes)]);

    /// <summary>Hints that the decoder reads as plain NOPs, unless it is asked to know them.</summary>
    static bool IsNotDecoded(OpCodeInfo info) => info.Table == OpCodeTableKind.T0F && info.OpCode is 0x1A or 0x1B;

    static IEnumerable<(Code Code, byte[] Bytes)> Encode()
    {
        foreach (var code in Enum.GetValues<Code>())
        {
            var info = code.ToOpCode();
            if (!info.IsInstruction || !info.Mode32 || info.Encoding != EncodingKind.Legacy || info.OpCount > 3) continue;
            foreach (bool memory in (bool[])[false, true])
            {
                if (!TryMake(code, info, memory, out var instruction)) continue;
                var writer = new Writer();
                if (!Encoder.Create(32, writer).TryEncode(instruction, TestCpu.Code, out _, out _)) continue;
                byte[] bytes = [.. writer.Bytes];
                // Only what the decoder reads back as the same instruction: others need an option of it, or another processor.
                var decoder = Decoder.Create(32, new ByteArrayCodeReader(bytes), DecoderOptions.NoMPFX_0FBC | DecoderOptions.NoMPFX_0FBD | DecoderOptions.NoWbnoinvd);
                decoder.IP = TestCpu.Code;
                if (decoder.Decode().Code == code) yield return (code, bytes);
            }
        }
    }

    static bool TryMake(Code code, OpCodeInfo info, bool memory, out Instruction instruction)
    {
        instruction = new Instruction { Code = code };
        bool used = false;
        for (int i = 0; i < info.OpCount; i++)
        {
            string kind = info.GetOpKind(i).ToString();
            bool either = kind.Contains("_or_mem", StringComparison.Ordinal);
            if (either && memory || kind is "mem" or "mem_offs")
            {
                used = true;
                instruction.SetOpKind(i, OpKind.Memory);
                instruction.MemoryBase = kind == "mem_offs" ? Register.None : Register.EBX;
                instruction.MemoryDisplacement64 = kind == "mem_offs" ? TestCpu.Data : 0;
                instruction.MemoryDisplSize = kind == "mem_offs" ? 4 : 0;
                continue;
            }
            var register = kind switch
            {
                "al" => Register.AL,
                "ax" => Register.AX,
                "eax" => Register.EAX,
                "cl" => Register.CL,
                "dx" => Register.DX,
                "es" => Register.ES,
                "cs" => Register.CS,
                "ss" => Register.SS,
                "ds" => Register.DS,
                "fs" => Register.FS,
                "gs" => Register.GS,
                "st0" => Register.ST0,
                "sti_opcode" => Register.ST1,
                _ when kind.StartsWith("r8_", StringComparison.Ordinal) => Register.DL,
                _ when kind.StartsWith("r16_", StringComparison.Ordinal) => Register.DX,
                _ when kind.StartsWith("r32_", StringComparison.Ordinal) => Register.EDX,
                _ when kind.StartsWith("mm_", StringComparison.Ordinal) => Register.MM2,
                _ when kind.StartsWith("xmm_", StringComparison.Ordinal) => Register.XMM2,
                "seg_reg" => Register.DS,
                "cr_reg" => Register.CR0,
                "dr_reg" => Register.DR0,
                _ => Register.None,
            };
            if (register != Register.None)
            {
                instruction.SetOpKind(i, OpKind.Register);
                instruction.SetOpRegister(i, register);
            }
            else if (kind.StartsWith("imm", StringComparison.Ordinal))
            {
                instruction.SetOpKind(i, kind switch
                {
                    "imm8sex16" => OpKind.Immediate8to16,
                    "imm8sex32" => OpKind.Immediate8to32,
                    "imm16" => OpKind.Immediate16,
                    "imm32" => OpKind.Immediate32,
                    _ => OpKind.Immediate8,
                });
                instruction.SetImmediate(i, 1);
            }
            else
            {
                return false;
            }
        }
        return used == memory;
    }

    sealed class Writer : CodeWriter
    {
        internal List<byte> Bytes { get; } = [];

        public override void WriteByte(byte value) => Bytes.Add(value);
    }
}
