using System.Text;
using CheckpointRestart.Core.Files;
using FsCheck;
using FsCheck.Fluent;

namespace CheckpointRestart.Core.Tests.Files;

public enum OperationKind
{
    Open, Close, Read, Write, ReadAt, WriteAt, Seek, TruncateOpen, StatOpen,
    MakeDirectory, RemoveDirectory, Unlink, Rename, Link, SymbolicLink, MakeFifo,
    Truncate, Stat, LinkStat, ReadLink, SetMode, List,
}

/// <summary>One call; what a kind does not need is ignored.</summary>
public sealed record Operation(OperationKind Kind, string Path, string Other, OpenFlags Flags, int Slot, int Number, int Length)
{
    public override string ToString() => $"{Kind}({Path}, {Other}, {Flags}, slot {Slot}, {Number}, {Length})";
}

/// <summary>Something that does file operations: the tree, or a real kernel.</summary>
public interface IFileOperations
{
    /// <summary>Does it, and appends what can be seen: the errno, bytes, attributes.</summary>
    void Do(Operation operation, StringBuilder seen);
}

public static class OperationGenerator
{
    public const int Slots = 3;

    /// <summary>How deep the tests' directory lies, so that no path leaves the tree by "..".</summary>
    public const int Depth = 45;

    static readonly string[] Names = ["a", "b", "c"];
    static readonly string[] Odd = [".", "..", "", "./", "a/.", "a/..", "b/../c", "a//b", "a/./b", "c/", "b/", new('n', 255), new('n', 256), "a/" + new string('n', 256), "é", "missing/x"];
    static readonly string[] Targets = ["a", "b", "c/", "../b/a", "./c/b", ".", "..", "missing", "a/b", "c", "b/../a", "/proc/nowhere"];
    static readonly OpenFlags[] Flags =
    [
        OpenFlags.ReadOnly, OpenFlags.ReadWrite, OpenFlags.WriteOnly, OpenFlags.ReadWrite | OpenFlags.Create, OpenFlags.ReadWrite | OpenFlags.Create,
        OpenFlags.WriteOnly | OpenFlags.Create | OpenFlags.Truncate, OpenFlags.ReadWrite | OpenFlags.Create | OpenFlags.Exclusive,
        OpenFlags.WriteOnly | OpenFlags.Create | OpenFlags.Append, OpenFlags.ReadOnly | OpenFlags.Directory, OpenFlags.ReadOnly | OpenFlags.NoFollow,
        OpenFlags.ReadWrite | OpenFlags.Create | OpenFlags.NoFollow, OpenFlags.ReadOnly | OpenFlags.Truncate, OpenFlags.ReadOnly | OpenFlags.Create,
        OpenFlags.Path, OpenFlags.Path | OpenFlags.NoFollow, OpenFlags.Path | OpenFlags.Directory, OpenFlags.ReadOnly | OpenFlags.Directory | OpenFlags.NoFollow,
        OpenFlags.AccessMode, OpenFlags.ReadWrite | OpenFlags.Truncate | OpenFlags.Append,
    ];

    static Gen<string> Paths { get; } = Gen.Frequency(
        (6, Gen.Elements(Names)),
        (6, from one in Gen.Elements(Names) from two in Gen.Elements(Names) select one + "/" + two),
        (2, from one in Gen.Elements(Names) from two in Gen.Elements(Names) from three in Gen.Elements(Names) select $"{one}/{two}/{three}"),
        (1, from one in Gen.Elements(Names) from two in Gen.Elements(Names) select one + "/" + two + "/"),
        (1, Gen.Elements(Odd)),
        (1, from one in Gen.Elements(Names) from two in Gen.Elements(Odd) select one + "/" + two));

    static Gen<OperationKind> Kinds { get; } = Gen.Frequency(
        (8, Gen.Constant(OperationKind.Open)), (1, Gen.Constant(OperationKind.Close)), (4, Gen.Constant(OperationKind.Read)),
        (6, Gen.Constant(OperationKind.Write)), (3, Gen.Constant(OperationKind.ReadAt)), (3, Gen.Constant(OperationKind.WriteAt)),
        (3, Gen.Constant(OperationKind.Seek)), (2, Gen.Constant(OperationKind.TruncateOpen)), (2, Gen.Constant(OperationKind.StatOpen)),
        (7, Gen.Constant(OperationKind.MakeDirectory)), (2, Gen.Constant(OperationKind.RemoveDirectory)), (3, Gen.Constant(OperationKind.Unlink)),
        (7, Gen.Constant(OperationKind.Rename)), (3, Gen.Constant(OperationKind.Link)), (4, Gen.Constant(OperationKind.SymbolicLink)),
        (1, Gen.Constant(OperationKind.MakeFifo)), (2, Gen.Constant(OperationKind.Truncate)), (3, Gen.Constant(OperationKind.Stat)),
        (2, Gen.Constant(OperationKind.LinkStat)), (1, Gen.Constant(OperationKind.ReadLink)), (1, Gen.Constant(OperationKind.SetMode)),
        (2, Gen.Constant(OperationKind.List)));

    static Gen<Operation> One { get; } =
        from kind in Kinds
        from path in Paths
        from other in kind == OperationKind.SymbolicLink ? Gen.Elements(Targets) : Paths
        from flags in Gen.Elements(Flags)
        from slot in Gen.Choose(0, Slots - 1)
        from number in Gen.OneOf(Gen.Choose(-2, 10), Gen.Choose(0, 20000), Gen.Elements(0, 4095, 4096, 4097, 8192))
        from length in Gen.OneOf(Gen.Choose(0, 10), Gen.Choose(0, 9000), Gen.Elements(4096, 8192))
        select new Operation(kind, path, other, flags, slot, number, length);

    public static Arbitrary<Operation[]> Sequences { get; } = Arb.From(
        One.ArrayOf(100),
        static operations => ArrayShrink(operations));

    static IEnumerable<Operation[]> ArrayShrink(Operation[] operations)
    {
        for (int size = operations.Length / 2; size > 0; size /= 2)
            for (int start = 0; start + size <= operations.Length; start += size)
                yield return [.. operations[..start], .. operations[(start + size)..]];
    }

    /// <summary>The bytes that an operation writes: they depend on it alone.</summary>
    public static byte[] Data(Operation operation)
    {
        var bytes = new byte[operation.Length];
        for (int index = 0; index < bytes.Length; index++) bytes[index] = (byte)(1 + (index * 7 + operation.Number + operation.Length) % 255);
        return bytes;
    }

    public static string Digest(ReadOnlySpan<byte> bytes)
    {
        uint sum = 2166136261;
        foreach (byte value in bytes) sum = (sum ^ value) * 16777619;
        return $"{bytes.Length}:{sum:x8}";
    }

    /// <summary>Both see the same after each operation; else the first difference.</summary>
    public static string? FirstDifference(IReadOnlyList<Operation> operations, IFileOperations expected, IFileOperations actual)
    {
        for (int index = 0; index < operations.Count; index++)
        {
            var wanted = new StringBuilder();
            var got = new StringBuilder();
            expected.Do(operations[index], wanted);
            actual.Do(operations[index], got);
            if (!wanted.Equals(got))
                return $"operation {index} {operations[index]}\n  expected {wanted}\n  got      {got}\nafter\n" + string.Join('\n', operations.Take(index));
        }
        return null;
    }
}
