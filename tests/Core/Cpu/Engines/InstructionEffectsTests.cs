using CheckpointRestart.Core.Cpu;
using CheckpointRestart.Core.Cpu.Translator;
using CheckpointRestart.Core.Tests.Guests;
using Iced.Intel;
using Xunit;

namespace CheckpointRestart.Core.Tests.Cpu.Engines;

/// <summary>What is remembered of a kind of instruction is what Iced says of each instruction of that kind.</summary>
public sealed class InstructionEffectsTests
{
    [Fact]
    public void WhatIsRememberedIsWhatIcedSays()
    {
        var effects = new InstructionEffects();
        var seen = new HashSet<Code>();
        long compared = 0;
        var random = new Random(11);
        byte[] noise = new byte[1 << 20];
        random.NextBytes(noise);
        foreach (byte[] bytes in Directory.GetFiles(Path.Combine(GuestFiles.Directory, "bin")).Order(StringComparer.Ordinal).Take(40).Select(File.ReadAllBytes).Append(noise))
        {
            var decoder = Decoder.Create(32, new ByteArrayCodeReader(bytes), BlockBuilder.Options);
            while (decoder.IP < (ulong)bytes.Length - 16)
            {
                decoder.Decode(out var instruction);
                if (RewriteTable.Instance.Find(instruction.Code) == null) continue;
                int written = effects.WrittenBy(instruction, out var memory);
                int expected = effects.Ask(instruction, out var expectedMemory);
                Assert.True(written == expected && memory == expectedMemory, $"{instruction}: {written:x} {memory}, not {expected:x} {expectedMemory}");
                seen.Add(instruction.Code);
                compared++;
            }
        }
        Assert.True(compared > 100_000, $"only {compared} instructions");
        Assert.True(seen.Count > 400, $"only {seen.Count} kinds");
    }

    /// <summary>A register that is named is changed beside one that is implied, whichever instruction came first.</summary>
    [Theory]
    [InlineData(new byte[] { 0x5C }, new byte[] { 0x58 }, 0x11)] // pop esp; pop eax
    [InlineData(new byte[] { 0x0F, 0xB1, 0xC8 }, new byte[] { 0x0F, 0xB1, 0xCB }, 0x09)] // cmpxchg eax, ecx; cmpxchg ebx, ecx
    [InlineData(new byte[] { 0x01, 0x08 }, new byte[] { 0x01, 0xC8 }, 0x01)] // add [eax], ecx; add eax, ecx
    [InlineData(new byte[] { 0x87, 0x08 }, new byte[] { 0x87, 0xCA }, 0x06)] // xchg [eax], ecx; xchg edx, ecx
    [InlineData(new byte[] { 0x33, 0xC0 }, new byte[] { 0x33, 0x01 }, 0x01)] // xor eax, eax; xor eax, [ecx]
    public void TheFirstOfAKindSaysNothingOfTheNextOnesOperands(byte[] first, byte[] second, int written)
    {
        var effects = new InstructionEffects();
        effects.WrittenBy(Decode(first), out _);
        Assert.Equal(written, effects.WrittenBy(Decode(second), out _));
        Assert.Equal(written, effects.WrittenBy(Decode(second), out _));
    }

    static Instruction Decode(byte[] bytes)
    {
        Decoder.Create(32, new ByteArrayCodeReader(bytes), BlockBuilder.Options).Decode(out var instruction);
        return instruction;
    }
}
