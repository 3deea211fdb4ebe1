using System.Diagnostics;
using System.Runtime.ExceptionServices;
using CheckpointRestart.Core.Cpu;
using CheckpointRestart.Core.Files;
using CheckpointRestart.Core.Image;
using CheckpointRestart.Core.Image.Extended;
using CheckpointRestart.Core.Image.Records;
using CheckpointRestart.Core.Kernel;
using CheckpointRestart.Core.Memory;

namespace CheckpointRestart.Core.Checkpoint.Extended;

/// <summary>Whole machines: to an Extended image, and from one.</summary>
public static class MachineImage
{
    /// <summary>Takes an image of a machine, at an instruction boundary. The machine is unchanged, and its memory is held, not copied.</summary>
    /// <exception cref="CheckpointRefusedException">The machine has something that no image carries yet; each is named.</exception>
    /// <exception cref="ObjectDisposedException">The machine has ended.</exception>
    /// <exception cref="LostPagesException">Its memory is lost.</exception>
    public static ExtendedImage Capture(Machine machine)
    {
        ArgumentNullException.ThrowIfNull(machine);
        return Complete(machine.Execute(CaptureHere));
    }

    /// <summary>As <see cref="Capture(Machine)"/>, on the machine's thread.</summary>
    internal static ExtendedImage CaptureHere(Machine machine) => CaptureHere(machine, null);

    /// <summary>Takes an image, with a note of what was asked for.</summary>
    /// <param name="machine">The machine.</param>
    /// <param name="note">What was asked for.</param>
    /// <param name="isTransient">It goes no further than to a machine here, which need not be told of changed files.</param>
    /// <param name="recordHash">The note gets the machine's state hash, for which it stands still as well.</param>
    internal static ExtendedImage CaptureHere(Machine machine, CheckpointNote? note, bool recordHash = false, bool isTransient = false)
    {
        machine.RequireMemory();
        long began = Stopwatch.GetTimestamp();
        if (recordHash) note!.StateHash = Core.Checkpoint.StateHash.Compute(machine, StateHashScope.Full);
        machine.Account.ProtectShared();
        var collector = new FrameCollector(machine.Account);
        var writer = new StateWriter(collector);
        IReadOnlyList<ExtendedObject> objects;
        try
        {
            objects = writer.Write(machine);
            if (note != null) objects = writer.Write(note);
        }
        catch
        {
            collector.Finish().Drop();
            throw;
        }
        var pages = new FramePages(collector.Finish());
        if (writer.Obstacles.Count > 0)
        {
            pages.Dispose();
            throw new CheckpointRefusedException(writer.Obstacles);
        }
        var version = machine.Version;
        var head = HeadRecord.Create(version.Major, version.Minor, version.Patch, (ulong)Math.Max(0, machine.Clock.Realtime / 1_000_000_000), version.Release, version.Version, version.Machine);
        head.Revision = ExtendedLimits.Revision;
        var checks = isTransient ? null : FileChecks.Plan(machine, writer.Has);
        var image = new ExtendedImage(writer.Names, [.. objects], pages) { Head = head, Pause = Stopwatch.GetElapsedTime(began) };
        if (checks != null)
        {
            image.Completion = () =>
            {
                checks.Read();
                image.Append(writer.WriteOne(checks));
            };
        }
        return image;
    }

    /// <summary>Adds to an image what need not be found while its machine stands still: checksums of the files that it counts on. Any thread, once, before anybody else has it.</summary>
    internal static ExtendedImage Complete(ExtendedImage image)
    {
        image.Completion?.Invoke();
        image.Completion = null;
        return image;
    }

    /// <summary>The kinds of objects that images have, by name.</summary>
    public static IReadOnlyList<string> Kinds { get; } = [.. StateKinds.Names.Order(StringComparer.Ordinal)];

    /// <summary>Kinds of objects that say something of the image: the machine does not lead to them.</summary>
    static readonly string[] AboutTheImage = ["checkpoint", Editing.EditNote.Kind, "file-checks"];

    /// <summary>Makes a machine from an image, frozen.</summary>
    /// <param name="image">A valid image.</param>
    /// <param name="root">Where the files are that the image names and does not carry.</param>
    /// <param name="change">Changes the options that the image has: engine, limits.</param>
    /// <param name="allowChangedFiles">Takes files of the root as they are now; else one that the machine has looked at and that differs is refused.</param>
    /// <param name="eager">Reads and checks all pages now; else those of a file are read when they are touched, and the image may be disposed at once nevertheless.</param>
    /// <param name="cancellation">Ends the reading.</param>
    /// <exception cref="CheckpointImageException">An object of the image breaks a rule.</exception>
    /// <exception cref="RestoreException">Something cannot be had here. Nothing is left of the attempt.</exception>
    public static Machine Restore(ExtendedImage image, RootOptions? root = null, Func<MachineOptions, MachineOptions>? change = null, bool allowChangedFiles = false, bool eager = false, CancellationToken cancellation = default) =>
        Restore(image, root, change, allowChangedFiles, eager, null, cancellation);

    /// <summary>As the other, with the frames of machines that were made from the image before.</summary>
    internal static Machine Restore(ExtendedImage image, RootOptions? root, Func<MachineOptions, MachineOptions>? change, bool allowChangedFiles, bool eager, ImageFrames? shared, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(image);
        foreach (string alone in AboutTheImage)
            if (image.OfKind(alone).Skip(1).FirstOrDefault() is { } second)
                throw new CheckpointImageException((RecordType)ExtendedRecord.Object, second.Offset, $"an image has one object of kind {alone} at most");
        var options = OptionsOf(image) with { Root = root ?? new RootOptions() };
        if (change != null) options = change(options);
        var machine = MachineFactory.Create(options);
        try
        {
            machine.Freeze();
            machine.Execute(m => Fill(m, image, allowChangedFiles, eager, shared, cancellation));
            return machine;
        }
        catch
        {
            machine.Dispose();
            throw;
        }
    }

    /// <summary>Fills a machine that is as a new one. On its thread.</summary>
    internal static void Fill(Machine machine, ExtendedImage image, bool allowChangedFiles, bool eager, ImageFrames? shared, CancellationToken cancellation)
    {
        var frames = shared ?? new ImageFrames(image, machine.Account, isForSeveral: false);
        try
        {
            var reader = new StateReader(image, machine, frames);
            // Once names of the lower layer are known to end, and before anybody reads a page of its files.
            reader.Later(1, () => LowerFiles.Check(reader, allowChangedFiles));
            reader.Read();
            machine.Pending = frames.Settle(eager, cancellation);
        }
        catch (LostPagesException lost)
        {
            ExceptionDispatchInfo.Throw(lost.InnerException!);
        }
        finally
        {
            if (shared == null) frames.Dispose();
        }
    }

    /// <summary>The options of the machine that an image was taken of, but for its root.</summary>
    public static MachineOptions OptionsOf(ExtendedImage image)
    {
        ArgumentNullException.ThrowIfNull(image);
        var machine = image.OfKind("machine").FirstOrDefault() ?? throw new CheckpointImageException((RecordType)ExtendedRecord.Contents, 0, "an image has a machine");
        var defaults = new MachineOptions();
        string? model = machine["cpu"] as string;
        return defaults with
        {
            Clock = machine["clock"] is (ulong)ClockKind.Virtual ? ClockKind.Virtual : ClockKind.Real,
            Cpu = CpuModel.All.FirstOrDefault(known => known.Name == model) ?? throw new RestoreException(Errno.ENODEV, $"there is no processor model {model}"),
            MemoryLimit = Number("memory-limit", defaults.MemoryLimit, 1L << 40),
            MaximumTasks = (int)Number("task-limit", defaults.MaximumTasks, 32768),
            Descriptors = (int)Number("descriptor-limit", defaults.Descriptors, 1 << 20),
            MaximumDescriptors = (int)Number("descriptor-maximum", defaults.MaximumDescriptors, 1 << 20),
            MaximumOpenFiles = (int)Number("open-file-limit", defaults.MaximumOpenFiles, 1 << 24),
            StreamLimit = (int)Number("stream-limit", defaults.StreamLimit, 1 << 30),
            GuestCheckpoint = machine["guest-checkpoint"] is not 0UL,
            Version = Restorer.VersionOf(image.Head),
        };

        long Number(string name, long usual, long most) => machine[name] switch
        {
            null => usual,
            ulong value when value <= (ulong)most => (long)value,
            _ => throw new CheckpointImageException((RecordType)ExtendedRecord.Object, machine.Offset, $"of machine {machine.Number}, {name} is at most {most}"),
        };
    }
}
