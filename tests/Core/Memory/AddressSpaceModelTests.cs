using CheckpointRestart.Core.Memory;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using Xunit;

namespace CheckpointRestart.Core.Tests.Memory;

/// <summary>Random sequences of operations against a model that keeps one record a page.</summary>
public class AddressSpaceModelTests
{
    const uint Base = 0x10000;
    const int Pages = 64;

    public enum Kind { Map, Unmap, Protect, Write, Read, Fork, DropFork, Discard, Move }

    public sealed record Step(Kind Kind, byte Page, byte Count, byte Value);

    public static class Steps
    {
        public static Arbitrary<Step[]> Sequence() => (
            from kind in Gen.Elements(Enum.GetValues<Kind>())
            from page in Gen.Choose(0, Pages - 1)
            from count in Gen.Choose(1, 12)
            from value in Gen.Choose(0, 255)
            select new Step(kind, (byte)page, (byte)count, (byte)value)).ArrayOf().Resize(120).ToArbitrary();
    }

    sealed class Model
    {
        public (VmFlags Protection, byte Value)?[] Page { get; init; } = new (VmFlags, byte)?[Pages];

        public Model Copy() => new() { Page = [.. Page] };
    }

    [RepeatableProperty(Arbitrary = [typeof(Steps)], MaxTest = 300)]
    public void BehavesAsOneRecordAPage(Step[] steps)
    {
        using var account = new MemoryAccount(10_000);
        var live = new List<(AddressSpace Space, Model Model)> { (new AddressSpace(account), new Model()) };
        foreach (var step in steps)
        {
            if (step.Kind == Kind.Fork && live.Count < 4) live.Add((live[^1].Space.Clone(forFork: true), live[^1].Model.Copy()));
            else if (step.Kind == Kind.DropFork && live.Count > 1)
            {
                live[0].Space.Dispose();
                live.RemoveAt(0);
            }
            else Apply(live[step.Value % live.Count].Space, live[step.Value % live.Count].Model, step);
            foreach (var (space, model) in live) Compare(space, model);
        }
        foreach (var (space, _) in live) space.Dispose();
        Assert.Equal(0, account.Used);
    }

    static void Apply(AddressSpace space, Model model, Step step)
    {
        int last = Math.Min(Pages, step.Page + step.Count);
        uint start = Base + ((uint)step.Page << 12), length = (uint)(last - step.Page) << 12;
        var protection = (VmFlags)(step.Value & 3);
        switch (step.Kind)
        {
            case Kind.Map:
                Assert.Equal(Errno.None, space.Map(start, length, protection | VmFlags.May, isFixed: true, null, 0, out _));
                for (int page = step.Page; page < last; page++) model.Page[page] = (protection, 0);
                break;
            case Kind.Unmap:
                Assert.Equal(Errno.None, space.Unmap(start, length));
                for (int page = step.Page; page < last; page++) model.Page[page] = null;
                break;
            case Kind.Protect:
                var expected = Errno.None;
                for (int page = step.Page; page < last; page++)
                {
                    if (model.Page[page] is not { } old)
                    {
                        expected = Errno.ENOMEM;
                        break;
                    }
                    model.Page[page] = (protection, old.Value);
                }
                Assert.Equal(expected, space.Protect(start, length, protection));
                break;
            case Kind.Write:
                bool may = model.Page[step.Page] is { } target && target.Protection.HasFlag(VmFlags.Write);
                Assert.Equal(may, space.TryWrite(start + 17, step.Value));
                if (may) model.Page[step.Page] = (model.Page[step.Page]!.Value.Protection, step.Value);
                break;
            case Kind.Discard:
                space.Discard(start, start + length);
                for (int page = step.Page; page < last; page++)
                    if (model.Page[page] is { } kept) model.Page[page] = (kept.Protection, 0);
                break;
            case Kind.Move:
                MoveOnePage(space, model, step);
                break;
            case Kind.Read:
                Assert.Equal(model.Page[step.Page] is { } source && source.Protection != VmFlags.None, space.TryRead(start, out byte _));
                break;
        }
    }

    static void MoveOnePage(AddressSpace space, Model model, Step step)
    {
        int to = (step.Page + step.Count) % Pages;
        if (to == step.Page) return;
        uint from = Base + ((uint)step.Page << 12);
        var expected = model.Page[step.Page] == null ? Errno.EFAULT : Errno.None;
        Assert.Equal(expected, space.Remap(from, 4096, 4096, RemapFlags.MayMove | RemapFlags.Fixed, Base + ((uint)to << 12), out _));
        if (expected != Errno.None) return;
        model.Page[to] = model.Page[step.Page];
        model.Page[step.Page] = null;
    }

    static void Compare(AddressSpace space, Model model)
    {
        Span<byte> bytes = stackalloc byte[1];
        ulong mapped = 0;
        for (int page = 0; page < Pages; page++)
        {
            uint address = Base + ((uint)page << 12);
            var vma = space.FindRegion(address);
            Assert.Equal(model.Page[page]?.Protection, vma?.Flags & VmFlags.Protection);
            if (vma == null) continue;
            mapped += 4096;
            Assert.Equal(1, space.Peek(address + 17, bytes));
            Assert.Equal(model.Page[page]!.Value.Value, bytes[0]);
        }
        Assert.Equal(mapped, space.MappedBytes);
        for (int index = 1; index < space.Regions.Count; index++)
        {
            var (low, high) = (space.Regions[index - 1], space.Regions[index]);
            Assert.True(low.End <= high.Start);
            Assert.False(low.End == high.Start && low.Flags == high.Flags, "equal neighbours are merged");
        }
    }
}
