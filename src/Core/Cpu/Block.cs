using System.Runtime.InteropServices;

namespace CheckpointRestart.Core.Cpu;

/// <summary>A run of instructions without a branch in it, in native memory; its ops follow it, then one with a null handler.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct Block
{
    /// <summary>Where it starts: EIP, not linear.</summary>
    public uint Eip;
    /// <summary>The mode that it was decoded for, see <see cref="CpuState.Mode"/>.</summary>
    public uint Mode;
    public uint CodeBase;
    /// <summary>Instructions.</summary>
    public int Count;
    public Op* First;
    /// <summary>Behind the last instruction: the op with the null handler, or the one in front of it that is no instruction.</summary>
    public Op* End;
    /// <summary>The op with the null handler.</summary>
    public Op* Last;
    /// <summary>Blocks that followed this one, by their EIP.</summary>
    public Block* Link0, Link1;
    public uint LinkEip0, LinkEip1;
    /// <summary>Pages that its bytes lie in.</summary>
    public uint FirstPage, LastPage;
    /// <summary>A copy of its bytes when they lie in a shared region, where they can change through another mapping unseen: compared before
    /// each run, and no link leads here. Null otherwise.</summary>
    public byte* Copy;
    /// <summary>Bytes of the instructions.</summary>
    public int Length;
    /// <summary>The number of its <see cref="CodeRecord"/>; 0 for none.</summary>
    public ulong Record;
    /// <summary>How often it was interpreted.</summary>
    public int Heat;
    /// <summary>How often it had been run when it was last counted.</summary>
    public readonly int Runs => Code != null ? int.MaxValue : Heat;
    /// <summary>Blocks that also lie in the first page, and in the last one.</summary>
    public Block* NextOfFirst, NextOfLast;
    /// <summary>The first jump that is linked to its translation, and the first trace that is good only while it is: numbers plus 1 of <see cref="Translator.TranslationCache"/>.</summary>
    public int Incoming, Dependents;
    /// <summary>How often a slice ended in its translation.</summary>
    public int Samples;
    /// <summary>Its translation; null for none.</summary>
    public byte* Code;
}
