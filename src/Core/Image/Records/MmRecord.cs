using System.Runtime.InteropServices;

namespace CheckpointRestart.Core.Image.Records;

/// <summary>An address space: cr_hdr_mm, 96 bytes (reference 1.3).</summary>
[StructLayout(LayoutKind.Explicit, Size = 96)]
[Record("CR_HDR_MM", "The address space: where its parts lie. Addresses are bytes.", Parent = "the task's pid", Then = "map_count regions, then MM_CONTEXT")]
public struct MmRecord : IRecord
{
    public static RecordType Type => RecordType.Mm;

    [FieldOffset(0), Field("objref", "0; MM_CONTEXT repeats it as its parent")] public uint ObjectReference;
    [FieldOffset(4), Field("map_count", "number of regions")] public int MapCount;
    [FieldOffset(8), Field("start_code", "start of the program's code", FieldFormat.Hexadecimal)] public ulong StartCode;
    [FieldOffset(16), Field("end_code", "end of the program's code, exclusive", FieldFormat.Hexadecimal)] public ulong EndCode;
    [FieldOffset(24), Field("start_data", "start of the program's data", FieldFormat.Hexadecimal)] public ulong StartData;
    [FieldOffset(32), Field("end_data", "end of the program's data, exclusive", FieldFormat.Hexadecimal)] public ulong EndData;
    [FieldOffset(40), Field("start_brk", "where the heap starts", FieldFormat.Hexadecimal)] public ulong StartBreak;
    [FieldOffset(48), Field("brk", "where the heap ends", FieldFormat.Hexadecimal)] public ulong Break;
    [FieldOffset(56), Field("start_stack", "the stack pointer at the program's start", FieldFormat.Hexadecimal)] public ulong StartStack;
    [FieldOffset(64), Field("arg_start", "first byte of the arguments", FieldFormat.Hexadecimal)] public ulong ArgumentStart;
    [FieldOffset(72), Field("arg_end", "end of the arguments, exclusive", FieldFormat.Hexadecimal)] public ulong ArgumentEnd;
    [FieldOffset(80), Field("env_start", "first byte of the environment", FieldFormat.Hexadecimal)] public ulong EnvironmentStart;
    [FieldOffset(88), Field("env_end", "end of the environment, exclusive", FieldFormat.Hexadecimal)] public ulong EnvironmentEnd;

    public readonly void Validate(in RecordRules rules)
    {
        var all = StartCode | EndCode | StartData | EndData | StartBreak | Break | StartStack
                | ArgumentStart | ArgumentEnd | EnvironmentStart | EnvironmentEnd;
        rules.Require((int)ObjectReference >= 0, "an object reference has bit 31 clear", ObjectReference)
             .Require(MapCount >= 0, "the number of regions is not negative", (uint)MapCount)
             .Require(all <= uint.MaxValue, "an address is a 32-bit value, zero extended", all)
             .Require(StartCode <= EndCode, "code ends at or after its start", EndCode)
             .Require(StartData <= EndData, "data ends at or after its start", EndData);
    }
}
