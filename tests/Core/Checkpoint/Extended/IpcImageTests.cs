using System.Buffers.Binary;
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
                var objects = image.Objects.ToList();
                var changed = Change(image, one, field, value);
                if (changed == null) continue;
                objects[objects.IndexOf(one)] = changed;
                using var stream = new MemoryStream();
                ExtendedWriter.Write(new ExtendedImage(image.Names, [.. objects.Select(static o => new ExtendedObject { Number = o.Number, Kind = o.Kind, Bytes = o.Bytes })], image.Pages) { Head = image.Head }, stream);
                stream.Position = 0;
                using var read = ExtendedReader.Read(stream);
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

    /// <summary>The object with another value in a field; a reference leads to the task or other object of the same kind that comes last (1) or first (0) and is another one.</summary>
    static ExtendedObject? Change(ExtendedImage image, ExtendedObject one, string path, long value)
    {
        var bytes = one.Bytes.ToArray();
        var names = path.Split('.');
        int start = 0, end = bytes.Length;
        for (int depth = 0; ; depth++)
        {
            var scanner = new FieldScanner(bytes, start, end);
            ScannedField field;
            do
                if (!scanner.Next(out field)) return null;
            while (image.Names[field.Name] != names[depth]);
            if (depth < names.Length - 1)
            {
                (start, end) = (field.Start, field.Start + field.Count);
                continue;
            }
            return Put(image, bytes, field, value) ? new ExtendedObject { Number = one.Number, Kind = one.Kind, Bytes = bytes } : null;
        }
    }

    static bool Put(ExtendedImage image, byte[] bytes, ScannedField field, long value)
    {
        var at = bytes.AsSpan(field.Start);
        switch (field.Tag)
        {
            case FieldTag.U8: at[0] = (byte)value; return true;
            case FieldTag.U16: BinaryPrimitives.WriteUInt16LittleEndian(at, (ushort)value); return true;
            case FieldTag.U32: BinaryPrimitives.WriteUInt32LittleEndian(at, (uint)value); return true;
            case FieldTag.U64: BinaryPrimitives.WriteInt64LittleEndian(at, value); return true;
            case FieldTag.Reference:
                uint now = BinaryPrimitives.ReadUInt32LittleEndian(at);
                var others = image.OfKind(image.Find(now)!.Kind).Where(other => other.Number != now && !Equals(other["pid"], 1UL)).ToList();
                if (others.Count == 0) return false;
                BinaryPrimitives.WriteUInt32LittleEndian(at, (value == 0 ? others[0] : others[^1]).Number);
                return true;
            default: return false;
        }
    }
}
