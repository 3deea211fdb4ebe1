using CheckpointRestart.Core.Memory;
using CheckpointRestart.Core.State;
using Xunit;

namespace CheckpointRestart.Core.Tests.Checkpoint.Extended;

/// <summary>Checkpoints of address spaces while these are written, forked, unmapped and moved: each keeps what was there when it was taken, whatever it shares with those before it.</summary>
public sealed class SpaceCaptureTests
{
    const uint Base = 0x10000000, Pages = 3000;
    const VmFlags Flags = VmFlags.Read | VmFlags.Write | VmFlags.May;
    const PageState Carried = PageState.Private | PageState.Dirty | PageState.Inherited;

    sealed record Taken(FrameSnapshot Snapshot, List<(FrameRun[] Runs, SortedDictionary<uint, (ulong Word, uint State)> Pages)> Spaces);

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void ACheckpointKeepsWhatWasThere(int seed)
    {
        var random = new Random(seed);
        using var account = new MemoryAccount(1 << 20);
        var spaces = new List<AddressSpace> { new(account) };
        Assert.Equal(Errno.None, spaces[0].Map(Base, Pages << 12, Flags, isFixed: true, null, 0, out _));
        var taken = new List<Taken>();
        for (int step = 0; step < 300; step++)
        {
            var space = spaces[random.Next(spaces.Count)];
            switch (random.Next(12))
            {
                case < 6: Touch(space, random); break;
                case 6: space.Discard(Base + ((uint)random.Next(2000) << 12), Base + ((uint)random.Next(2000, 3000) << 12)); break;
                case 7: space.ClearDirty(); break;
                case 8 when spaces.Count < 3 && seed % 2 == 0: spaces.Add(space.Clone(forFork: true)); break;
                case 8 when spaces.Count > 1:
                    // All but the one that was asked.
                    foreach (var other in spaces) if (other != space) other.Dispose();
                    spaces = [space];
                    break;
                case 9 when taken.Count > 0:
                    int index = random.Next(taken.Count);
                    Check(taken[index]);
                    taken[index].Snapshot.Drop();
                    taken.RemoveAt(index);
                    break;
                case > 9: taken.Add(Take(spaces, account)); break;
            }
        }
        foreach (var one in taken) Check(one);
        foreach (var space in spaces) space.Dispose();
        foreach (var one in taken)
        {
            Check(one);
            one.Snapshot.Drop();
        }
        Assert.Equal(0, account.Used);
    }

    [Fact]
    public void WhatWasNotWrittenIsHeldOnce()
    {
        using var account = new MemoryAccount(1 << 20);
        var space = new AddressSpace(account);
        Assert.Equal(Errno.None, space.Map(Base, Pages << 12, Flags, isFixed: true, null, 0, out _));
        for (uint page = 0; page < Pages; page++) Assert.True(space.TryWrite(Base + (page << 12), page + 1));
        var first = Take([space], account).Snapshot;
        for (uint page = 7; page < Pages; page += 100) Assert.True(space.TryWrite(Base + (page << 12), 0x10000 + page));
        var second = Take([space], account).Snapshot;
        Assert.Equal((int)Pages, Assert.Single(first.Sets).Count);
        Assert.Equal([(int)Pages, 30], second.Sets.Select(set => set.Count));
        first.Drop();
        Assert.Equal(Pages + 30, account.Used);
        second.Drop();
        Assert.Equal(Pages, account.Used);
        space.Dispose();
        Assert.Equal(0, account.Used);
    }

    [Fact]
    public void SharedMemoryIsCopiedWhereItIsWritten()
    {
        const VmFlags Shared = Flags | VmFlags.Shared | VmFlags.MayShare;
        using var account = new MemoryAccount(1 << 20);
        AddressSpace one = new(account), other = new(account);
        var memory = new SharedMemory(account, 64);
        Assert.Equal(Errno.None, one.Map(Base, 64 << 12, Shared, isFixed: true, memory, 0, out _));
        // At another place, and not from its beginning.
        Assert.Equal(Errno.None, other.Map(Base * 2, 32 << 12, Shared, isFixed: true, memory, 8, out _));
        for (uint page = 0; page < 64; page++) Assert.True(one.TryWrite(Base + (page << 12), page));
        for (uint page = 8; page < 40; page++) Assert.True(other.TryRead(Base * 2 + ((page - 8) << 12), out uint _));
        var first = Give();
        Assert.Equal(64, account.Used);
        Assert.True(other.TryWrite(Base * 2 + (2 << 12), 1000u));
        Assert.True(one.TryRead(Base + (10 << 12), out uint seen) && seen == 1000, "who shares it sees it");
        Assert.Equal(65, account.Used);
        // It is their own by now.
        Assert.True(one.TryWrite(Base + (10 << 12), 2000u) && other.TryRead(Base * 2 + (2 << 12), out seen) && seen == 2000);
        Assert.Equal(65, account.Used);
        var second = Give();
        Assert.True(one.TryWrite(Base + (11 << 12), 3000u));
        Assert.Equal((10u, 11u), (Word(first, 10), Word(first, 11)));
        Assert.Equal((2000u, 11u), (Word(second, 10), Word(second, 11)));
        first.Drop();
        second.Drop();
        Assert.Equal(64, account.Used);
        // Nobody else has it any more.
        Assert.True(other.TryWrite(Base * 2 + (20 << 12), 4000u) && one.TryRead(Base + (28 << 12), out seen) && seen == 4000);
        Assert.Equal(64, account.Used);
        one.Dispose();
        other.Dispose();
        Assert.Equal(0, account.Used);

        FrameSnapshot Give()
        {
            account.ProtectShared();
            var collector = new FrameCollector(account);
            ((IStatePages)memory).Give((_, frame, _) => collector.Add(frame));
            return collector.Finish();
        }

        static uint Word(FrameSnapshot snapshot, int page) => BitConverter.ToUInt32(Frame.At(snapshot.Frames[page]).Bytes);
    }

    static void Touch(AddressSpace space, Random random)
    {
        uint first = (uint)random.Next((int)Pages), count = (uint)random.Next(1, random.Next(4) == 0 ? 1500 : 20), apart = (uint)random.Next(1, 40);
        for (uint page = first; page < Pages && count > 0; page += apart, count--)
        {
            if (random.Next(5) == 0) Assert.True(space.TryRead(Base + (page << 12), out ulong _));
            else Assert.True(space.TryWrite(Base + (page << 12), random.NextInt64()));
        }
    }

    static Taken Take(IReadOnlyList<AddressSpace> spaces, MemoryAccount account)
    {
        var collector = new FrameCollector(account);
        var found = new List<(FrameRun[], SortedDictionary<uint, (ulong, uint)>)>();
        foreach (var space in spaces)
        {
            var there = new SortedDictionary<uint, (ulong, uint)>();
            space.VisitPresent(0, AddressSpace.UserEnd, (page, _) =>
            {
                // The state as the table has it, with what fork left in it.
                if ((space.GetPageState(page) & PageState.Private) != 0) there.Add(page, (BitConverter.ToUInt64(space.GetFrame(page).Bytes), (uint)(space.GetPageState(page) & Carried)));
            });
            var runs = space.Capture(collector);
            foreach (uint page in there.Keys.Take(5)) Assert.Equal(0, WriteEntry(space, page));
            found.Add((runs, there));
        }
        return new Taken(collector.Finish(), found);
    }

    static unsafe long WriteEntry(AddressSpace space, uint page) => space.WriteTable[page];

    static void Check(Taken taken)
    {
        foreach (var (runs, pages) in taken.Spaces)
        {
            var left = pages.GetEnumerator();
            FrameRun before = default;
            foreach (var run in runs)
            {
                Assert.True(run.Count > 0 && run.First >= before.End, "runs ascend");
                Assert.False(before.Count > 0 && run.First == before.End && run.Number == before.Number + before.Count && run.State == before.State, "runs are as long as can be");
                for (uint i = 0; i < run.Count; i++)
                {
                    Assert.True(left.MoveNext());
                    Assert.Equal(left.Current.Key, run.First + i);
                    Assert.Equal(left.Current.Value.State, run.State & ~(uint)PageState.Inherited);
                    Assert.Equal(left.Current.Value.Word, BitConverter.ToUInt64(Frame.At(taken.Snapshot.Frames[run.Number + i]).Bytes));
                }
                before = run;
            }
            Assert.False(left.MoveNext());
        }
        // Frames are there once.
        var all = taken.Snapshot.Frames.AsSpan(0, taken.Snapshot.Count).ToArray();
        Assert.Equal(all.Length, all.Distinct().Count());
    }
}
