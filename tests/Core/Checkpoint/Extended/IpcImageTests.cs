using CheckpointRestart.Core.Checkpoint.Extended;
using CheckpointRestart.Core.Files;
using CheckpointRestart.Core.Image;
using CheckpointRestart.Core.Image.Extended;
using CheckpointRestart.Core.Kernel;
using CheckpointRestart.Core.Tests.Guests;
using Xunit;

namespace CheckpointRestart.Core.Tests.Checkpoint.Extended;

/// <summary>Who waits for whom survives an image: locks with owners, semaphores, messages, timers, filters and tracers; and what cannot be true of them is refused.</summary>
public class IpcImageTests
{
    static readonly int Points = Environment.GetEnvironmentVariable("CR_TEST_LONG") == "1" ? 100 : 9;

    /// <summary>The parts of the guest, with objects that images of it must have had.</summary>
    public static TheoryData<string, string> Parts => new()
    {
        { "locks", "futex-waiter futex-lock" },
        { "semaphores", "semaphore-set semaphore-waiter semaphore-undo" },
        { "messages", "message-queue message-sender message-receiver" },
        { "queues", "posix-queue posix-queue-file" },
        { "timer", "timer" },
        { "filters", "seccomp-filter" },
        { "stops", "trace" },
        { "files", "regular-file file-pages" },
    };

    [Theory]
    [MemberData(nameof(Parts))]
    public void ThoseWhoWaitGoOn(string part, string kinds)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        MachineImageTests.Check(Guest(part), Points, image => seen.UnionWith(image.Objects.Select(static one => one.Kind)));
        Assert.Superset(kinds.Split(' ').ToHashSet(StringComparer.Ordinal), seen);
    }

    [Fact]
    public void ATimerWhoseSignalWaitsRunsOver()
    {
        bool isQueued = false;
        MachineImageTests.Check(Guest("timer"), Points, image => isQueued |= image.OfKind("timer").Any(static timer => timer["queued"] is 1UL && timer["active"] is 0UL));
        Assert.True(isQueued, "no image had a signal of the timer that waited");
    }

    /// <summary>Broken states: the object's kind, a field, what it gets, and a part of the rule.</summary>
    public static TheoryData<string, string, string, long, string> Broken => new()
    {
        { "locks", "futex-lock", "waiters", 7, "as many wait for a lock as it says" },
        { "locks", "futex-lock", "owner", 0, "owner" },
        { "locks", "futex-lock", "owner", 1, "circle" },
        { "locks", "futex-waiter", "woken", 1, "in one queue once" },
        { "locks", "futex-waiter", "task", 1, "is its task's own" },
        { "semaphores", "semaphore-undo", "users", 9, "as many users as it says" },
        { "semaphores", "semaphore-set", "removed", 1, "semaphore" },
        { "semaphores", "semaphore-waiter", "undo", 0, "SEM_UNDO" },
        { "semaphores", "machine", "ipc.bytes", 12345, "bytes as they say" },
        { "semaphores", "machine", "ipc.semaphores", 5, "as many semaphores" },
        { "messages", "message-queue", "removed", 1, "remove" },
        { "messages", "machine", "ipc.bytes", 0, "bytes as they say" },
        { "timer", "timer", "deleted", 1, "deleted ones do not run" },
        { "timer", "timer", "queued", 0, "waits when it says so" },
        { "filters", "seccomp-filter", "count", 5, "counts itself" },
        { "filters", "seccomp-filter", "cost", 5, "counts itself" },
        { "stops", "trace", "stop", 77, "one of its values" },
        { "stops", "trace", "tracer", 1, "tracer" },
    };

    [Theory]
    [MemberData(nameof(Broken))]
    public void WhatCannotBeIsRefused(string part, string kind, string field, long value, string rule)
    {
        var options = GuestSession.Options(GuestSession.SharedRoot);
        bool isRefused = false;
        for (int point = 1; point <= Points && !isRefused; point++)
        {
            using var image = ImageOf(options, Guest(part), point);
            foreach (var one in image.OfKind(kind))
            {
                using var changed = ImageEditor.Change(image, one, field, old => Instead(image, old, value));
                if (changed == null) continue;
                using var read = ExtendedReader.Read(new MemoryStream(ImageEditor.Bytes(changed)));
                var refusal = Record.Exception(() => MachineImage.Restore(read, options.Root).Dispose());
                // A change may be to what is so already: a lock of another owner, say; then the next object shows it.
                if (refusal == null) continue;
                Assert.Contains(rule, Assert.IsType<CheckpointImageException>(refusal).Message, StringComparison.Ordinal);
                isRefused = true;
                break;
            }
        }
        Assert.True(isRefused, "nothing was refused");
    }

    static GuestCase Guest(string part) => GuestCase.Own.First(guest => guest.Name == "waiting-" + part);

    static ExtendedImage ImageOf(MachineOptions options, GuestCase guest, int point)
    {
        var program = new ProgramOptions { FilePath = guest.Program, Arguments = guest.Arguments, Suspended = true };
        ulong total;
        using (var straight = GuestSession.Start(options, program))
        {
            straight.Finish();
            total = straight.Machine.RetiredInstructions;
        }
        using var session = GuestSession.Start(options, program);
        Assert.True(session.Machine.RunTo(total * (ulong)point / (ulong)(Points + 1), session.Task, GuestSession.Patience));
        return MachineImage.Capture(session.Machine);
    }

    /// <summary>What a field gets instead; a reference leads to the task or other object of the same kind that comes last (1) or first (0) and is another one.</summary>
    static object? Instead(ExtendedImage image, object? old, long value)
    {
        if (old is ulong) return (ulong)value;
        if (old is not ExtendedObject now) return null;
        var others = image.OfKind(now.Kind).Where(other => other.Number != now.Number && !Equals(other["pid"], 1UL)).ToList();
        return value == 0 ? others.FirstOrDefault() : others.LastOrDefault();
    }
}
