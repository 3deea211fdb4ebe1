using System.Buffers.Binary;
using System.Collections;
using System.Management.Automation;
using System.Text;

namespace CheckpointRestart.PS.Runtime;

/// <summary>What a user gives as the contents of memory.</summary>
static class MemoryValue
{
    /// <summary>The bytes; null when it is none: neither bytes, nor text, nor an unsigned number.</summary>
    internal static byte[]? Parse(object? value, Encoding encoding)
    {
        var room = new byte[8];
        switch (value is PSObject wrapped ? wrapped.BaseObject : value)
        {
            case string text: return encoding.GetBytes(text);
            case byte[] given: return given;
            case byte number: return [number];
            case ushort number:
                BinaryPrimitives.WriteUInt16LittleEndian(room, number);
                return room[..2];
            case uint number:
                BinaryPrimitives.WriteUInt32LittleEndian(room, number);
                return room[..4];
            case ulong number:
                BinaryPrimitives.WriteUInt64LittleEndian(room, number);
                return room;
            case int number and >= 0 and <= byte.MaxValue: return [(byte)number];
            case IEnumerable list: return FromList(list);
            default: return null;
        }
    }

    static byte[]? FromList(IEnumerable list)
    {
        var found = new List<byte>();
        foreach (object? item in list)
        {
            switch (item is PSObject wrapped ? wrapped.BaseObject : item)
            {
                case byte number: found.Add(number); break;
                case int number and >= 0 and <= byte.MaxValue: found.Add((byte)number); break;
                default: return null;
            }
        }
        return [.. found];
    }
}
