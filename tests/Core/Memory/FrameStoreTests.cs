using CheckpointRestart.Core.Memory;
using CheckpointRestart.Core.Tests.Kernel;
using Xunit;

namespace CheckpointRestart.Core.Tests.Memory;

/// <summary>What the store reserves is the process's: nobody else may take frames meanwhile.</summary>
[Collection(nameof(HostMemoryAlone))]
public class FrameStoreTests
{
    [Fact]
    public void AnAccountRefusesWhatIsBeyondItsLimitAndTakesItBack()
    {
        using var account = new MemoryAccount(3);
        var frames = Enumerable.Range(0, 3).Select(_ => FrameStore.Allocate(account)).ToArray();
        Assert.All(frames, frame => Assert.False(frame.IsNone));
        Assert.True(FrameStore.Allocate(account).IsNone);
        FrameStore.Release(frames[1]);
        Assert.Equal(2, account.Used);
        frames[1] = FrameStore.Allocate(account);
        Assert.False(frames[1].IsNone);
        foreach (var frame in frames) FrameStore.Release(frame);
        Assert.Equal(0, account.Used);
    }

    [Fact]
    public void AFrameUsedAgainIsZeroed()
    {
        using var account = new MemoryAccount(1);
        for (int round = 0; round < 3; round++)
        {
            var frame = FrameStore.Allocate(account);
            Assert.Equal(-1, frame.Bytes.IndexOfAnyExcept((byte)0));
            frame.Bytes.Fill(0xAA);
            FrameStore.Release(frame);
        }
    }

    /// <summary>The store is the process's: other tests may take from it meanwhile, so that one undisturbed attempt counts.</summary>
    [Fact]
    public void AllMemoryGoesBackToTheHostWhenFreed()
    {
        // Beyond what chunks have free that others' frames keep: so many take new chunks.
        int count = (int)(FrameStore.ReservedBytes / Frame.Size - FrameStore.InUse) + 10_000;
        using var account = new MemoryAccount(count);
        for (int attempt = 0; attempt < 50; attempt++)
        {
            var frames = Enumerable.Range(0, count).Select(_ => FrameStore.Allocate(account)).ToArray();
            Assert.Equal(frames.Length, frames.Distinct().Count());
            long most = FrameStore.ReservedBytes;
            foreach (var frame in frames) FrameStore.Release(frame);
            Assert.Equal(0, account.Used);
            if (FrameStore.ReservedBytes <= most - 8 * (4 << 20)) return;
            Thread.Sleep(20 * attempt);
        }
        Assert.Fail("whole chunks are not released");
    }

    [Fact]
    public void ReferencesAreCountedAcrossThreads()
    {
        using var account = new MemoryAccount(1);
        var frame = FrameStore.Allocate(account);
        Parallel(4, () =>
        {
            for (int i = 0; i < 10_000; i++)
            {
                FrameStore.AddReference(frame);
                FrameStore.Release(frame);
            }
        });
        Assert.Equal(1, FrameStore.ReferenceCount(frame));
        FrameStore.Release(frame);
        Assert.Equal(0, account.Used);
    }

    [Fact]
    public void AFrameIsChargedToWhoAllocatedItUntilTheLastReferenceIsGone()
    {
        using var account = new MemoryAccount(10);
        var frame = FrameStore.Allocate(account);
        FrameStore.AddReference(frame);
        FrameStore.Release(frame);
        Assert.Equal(1, account.Used);
        account.Dispose();
        FrameStore.Release(frame);
        Assert.Equal(0, account.Used);
    }

    static void Parallel(int count, Action action)
    {
        var threads = Enumerable.Range(0, count).Select(_ => new Thread(() => action())).ToArray();
        foreach (var thread in threads) thread.Start();
        foreach (var thread in threads) thread.Join();
    }
}
