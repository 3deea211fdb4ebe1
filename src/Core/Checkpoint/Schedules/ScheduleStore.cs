using System.Globalization;
using CheckpointRestart.Core.Image;
using CheckpointRestart.Core.Image.Protection;

namespace CheckpointRestart.Core.Checkpoint.Schedules;

/// <summary>The files of a schedule in a directory: NAME.schedule.json, the images NAME-000001.cr and on, and a lock that whoever runs the machine holds:
/// it falls with his process, however that ends. One thread at a time.</summary>
public sealed class ScheduleStore : IDisposable
{
    /// <summary>What follows the name in the file that describes a schedule.</summary>
    public const string FileEnding = ".schedule.json";

    internal const long MostSequence = 999_999_999_999;

    readonly FileStream held;
    readonly Dictionary<long, ScheduleImage> known = [];
    readonly HashSet<long> damaged = [];
    long lastSequence;

    ScheduleStore(string directory, ScheduleSettings settings)
    {
        Directory = directory;
        Settings = settings;
        string path = Path.Combine(directory, $".{settings.Name}.lock");
        try
        {
            held = new FileStream(path, FileMode.OpenOrCreate, FileAccess.Read, FileShare.None);
        }
        catch (IOException taken) when (File.Exists(path) && taken is not (DirectoryNotFoundException or FileNotFoundException))
        {
            throw new ScheduleException(ScheduleProblem.InUse, $"the schedule '{settings.Name}' in '{directory}' is in use: somebody runs its machine", taken);
        }
        // Who had it may have been killed at an image.
        AtomicFile.RemoveAbandoned(directory, name => name == settings.Name + FileEnding || SequenceOf(settings.Name, name) != null, TimeSpan.Zero);
        lastSequence = Found().DefaultIfEmpty(0).Max();
    }

    /// <summary>Full path of the directory.</summary>
    public string Directory { get; }

    /// <summary>What was asked for.</summary>
    public ScheduleSettings Settings { get; private set; }

    /// <summary>What protects its images and opens them.</summary>
    public ScheduleGuard Guard { get; set; } = ScheduleGuard.None;

    /// <summary>Why an image was not opened that may be a good one; null while there was none such.</summary>
    internal ProtectionException? Shut { get; private set; }

    /// <summary>Full path of the file that describes the schedule.</summary>
    public string FilePath => Path.Combine(Directory, Settings.Name + FileEnding);

    /// <summary>What became of the machine.</summary>
    public ScheduleState State { get; private set; }

    /// <summary>The exit code of its first program, once that has ended.</summary>
    public int? ExitCode { get; private set; }

    /// <summary>The images that are there, oldest first, damaged ones included.</summary>
    public IReadOnlyList<ScheduleImage> Images
    {
        get
        {
            var images = new List<ScheduleImage>();
            foreach (long sequence in Found().Order()) images.Add(known.GetValueOrDefault(sequence) ?? Unknown(sequence, images.Count == 0 ? null : images[^1].Sequence));
            return images;
        }
    }

    /// <summary>Where an image is.</summary>
    public string PathOf(ScheduleImage image)
    {
        ArgumentNullException.ThrowIfNull(image);
        return PathOf(image.Sequence);
    }

    /// <summary>Full paths of the images that a schedule has in a directory, oldest first. Any thread.</summary>
    public static IReadOnlyList<string> ImagesIn(string directory, string schedule) =>
        System.IO.Directory.Exists(directory) ? [.. Found(directory, schedule).Order().Select(sequence => PathOf(directory, schedule, sequence))] : [];

    /// <summary>Begins a schedule.</summary>
    /// <param name="directory">A directory that exists.</param>
    /// <param name="settings">What is asked for.</param>
    /// <param name="replace">True forgets a schedule of this name that is there already, and its images.</param>
    /// <exception cref="ScheduleException">One of this name is there already, or is in use.</exception>
    /// <exception cref="IOException">The directory cannot be written to.</exception>
    public static ScheduleStore Create(string directory, ScheduleSettings settings, bool replace)
    {
        ArgumentNullException.ThrowIfNull(settings);
        var store = new ScheduleStore(Path.GetFullPath(directory), settings);
        try
        {
            if (!replace && (File.Exists(store.FilePath) || store.Found().Count > 0))
                throw new ScheduleException(ScheduleProblem.Exists, $"'{store.Directory}' has a schedule '{settings.Name}', or images of that name, already");
            return store;
        }
        catch
        {
            store.Dispose();
            throw;
        }
    }

    /// <summary>Takes over a schedule that nobody works with.</summary>
    /// <param name="path">The file that describes it.</param>
    /// <exception cref="ScheduleException">It breaks a rule, or is in use.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static ScheduleStore Open(string path)
    {
        string full = Path.GetFullPath(path);
        var record = ScheduleFile.Read(full);
        if (!string.Equals(Path.GetFileName(full), record.Settings.Name + FileEnding, StringComparison.Ordinal))
            throw new ScheduleException(ScheduleProblem.InvalidFile, $"'{full}' describes the schedule '{record.Settings.Name}': its name is {record.Settings.Name}{FileEnding}");
        var store = new ScheduleStore(Path.GetDirectoryName(full)!, record.Settings);
        try
        {
            // Who had it may have written since.
            record = ScheduleFile.Read(full);
            (store.Settings, store.State, store.ExitCode) = (record.Settings, record.State, record.ExitCode);
            foreach (var image in record.Images) store.known[image.Sequence] = image;
            return store;
        }
        catch
        {
            store.Dispose();
            throw;
        }
    }

    /// <summary>Notes what became of the machine.</summary>
    /// <exception cref="IOException">It cannot be written.</exception>
    public void Note(ScheduleState state, int? exitCode)
    {
        (State, ExitCode) = (state, exitCode);
        WriteRecord(null);
    }

    /// <summary>Changes where the machine's files are, and the like.</summary>
    public void Change(Func<ScheduleSettings, ScheduleSettings> change)
    {
        ArgumentNullException.ThrowIfNull(change);
        Settings = change(Settings);
    }

    /// <summary>Finds out whether <see cref="Guard"/> has what the schedule's images take.</summary>
    /// <exception cref="ScheduleException">It has not.</exception>
    public void RequireGuard()
    {
        if (Settings.EncryptedFor is { } keys && Guard.Keys.Count == 0)
            throw new ScheduleException(ScheduleProblem.KeyNeeded, $"the images of the schedule '{Settings.Name}' are encrypted: it takes {keys} to go on with it");
        if (Settings.SignedBy is { } signer && Guard.Signer == null)
            throw new ScheduleException(ScheduleProblem.SignerNeeded, $"the images of the schedule '{Settings.Name}' are signed by {signer}: it takes that certificate to go on with it");
    }

    /// <summary>The next image, to be named with what is known of it.</summary>
    public long NextSequence() => ++lastSequence;

    /// <summary>Writes an image: first the record that tells of it, then the image whole or not at all, and then takes away what is no longer kept.</summary>
    /// <param name="checkpoint">What to write.</param>
    /// <param name="image">What is known of it.</param>
    /// <param name="parent">The image that it builds on, as <see cref="ScheduleImage.Parent"/> says; null for a full one.</param>
    /// <exception cref="IOException">It cannot be written. Older images are as they were.</exception>
    /// <exception cref="Image.CheckpointImageException">The parent is not what it was.</exception>
    public void Save(Checkpoint checkpoint, ScheduleImage image, Checkpoint? parent = null)
    {
        ArgumentNullException.ThrowIfNull(image);
        WriteRecord(image);
        Checkpointer.Write(checkpoint, PathOf(image), new WriteOptions { Parent = parent, Protection = Guard.Protection });
        known[image.Sequence] = image;
        Prune();
    }

    /// <summary>Takes away what was there before an image: another schedule's of the same name.</summary>
    public void RemoveBefore(ScheduleImage first)
    {
        ArgumentNullException.ThrowIfNull(first);
        foreach (long sequence in Found().Where(sequence => sequence < first.Sequence)) Remove(sequence);
    }

    /// <summary>The images from the newest on, opened; whoever takes one disposes it.</summary>
    /// <param name="report">Told of each that is damaged, or whose parent is, and of each that the keys do not open.</param>
    public IEnumerable<(ScheduleImage Image, Checkpoint Checkpoint)> OpenNewest(Action<string> report)
    {
        ArgumentNullException.ThrowIfNull(report);
        foreach (var image in Images.Reverse())
        {
            Checkpoint checkpoint;
            try
            {
                checkpoint = Checkpoint.Open(PathOf(image), Guard.AccessTo(Settings.SignedBy != null));
            }
            catch (ProtectionException shut)
            {
                Shut ??= shut;
                report($"the image '{PathOf(image)}' is passed over: {shut.Message}");
                continue;
            }
            catch (Exception broken) when (broken is Image.CheckpointImageException or IOException or UnauthorizedAccessException)
            {
                Skip(image, broken, report);
                continue;
            }
            yield return (image, checkpoint);
        }
    }

    /// <summary>Notes that an image is of no use: it is not counted among those that are kept.</summary>
    public void Skip(ScheduleImage image, Exception why, Action<string> report)
    {
        ArgumentNullException.ThrowIfNull(image);
        ArgumentNullException.ThrowIfNull(why);
        ArgumentNullException.ThrowIfNull(report);
        damaged.Add(image.Sequence);
        report($"the image '{PathOf(image)}' is passed over: {why.Message}");
    }

    /// <summary>Takes the schedule's files away, its lock last.</summary>
    public void RemoveFiles()
    {
        foreach (long sequence in Found()) Remove(sequence);
        File.Delete(FilePath);
        File.Delete(held.Name);
    }

    /// <summary>Leaves nothing of a schedule that did not come to its first image.</summary>
    public void Abandon()
    {
        if (Found().Count == 0) RemoveFiles();
        Dispose();
    }

    /// <inheritdoc/>
    public void Dispose() => held.Dispose();

    /// <summary>Which of some images go: all but the newest good ones, and those that they build on.</summary>
    internal static IReadOnlyList<long> Superfluous(IReadOnlyList<ScheduleImage> images, IReadOnlySet<long> damaged, int keep)
    {
        var bySequence = images.ToDictionary(static image => image.Sequence);
        var kept = new HashSet<long>();
        foreach (var image in images.Where(image => !damaged.Contains(image.Sequence)).OrderByDescending(static image => image.Sequence).Take(keep))
        {
            for (ScheduleImage? one = image; one != null && kept.Add(one.Sequence); one = one.Parent is { } parent ? bySequence.GetValueOrDefault(parent) : null)
            {
            }
        }
        return [.. images.Select(static image => image.Sequence).Where(sequence => !kept.Contains(sequence))];
    }

    void Prune()
    {
        var images = Images;
        long newest = images.Count == 0 ? 0 : images[^1].Sequence;
        foreach (long sequence in Superfluous(images, damaged, Settings.Keep))
            if (sequence != newest) Remove(sequence);
    }

    void Remove(long sequence)
    {
        File.Delete(PathOf(sequence));
        known.Remove(sequence);
        damaged.Remove(sequence);
    }

    void WriteRecord(ScheduleImage? next)
    {
        var images = Images;
        ScheduleFile.Write(FilePath, new ScheduleRecord { Settings = Settings, State = State, ExitCode = ExitCode, Images = next == null ? images : [.. images, next] });
    }

    /// <summary>An image that the record does not tell of: it may build on the one before.</summary>
    ScheduleImage Unknown(long sequence, long? before) =>
        new() { Sequence = sequence, Parent = Settings.FullEvery > 1 ? before : null, Taken = new DateTimeOffset(File.GetLastWriteTimeUtc(PathOf(sequence)), TimeSpan.Zero) };

    string PathOf(long sequence) => PathOf(Directory, Settings.Name, sequence);

    static string PathOf(string directory, string schedule, long sequence) => Path.Combine(directory, NameOf(schedule, sequence));

    static string NameOf(string schedule, long sequence) => string.Create(CultureInfo.InvariantCulture, $"{schedule}-{sequence:d6}.cr");

    List<long> Found() => Found(Directory, Settings.Name);

    static List<long> Found(string directory, string schedule)
    {
        var found = new List<long>();
        foreach (string path in System.IO.Directory.EnumerateFiles(directory, schedule + "-*.cr"))
            if (SequenceOf(schedule, Path.GetFileName(path)) is { } sequence) found.Add(sequence);
        return found;
    }

    /// <summary>The number of an image of a schedule, by its file's name; null for any other file.</summary>
    static long? SequenceOf(string schedule, string name)
    {
        int begin = schedule.Length + "-".Length, length = name.Length - begin - ".cr".Length;
        return length > 0 && long.TryParse(name.AsSpan(begin, length), NumberStyles.None, CultureInfo.InvariantCulture, out long sequence)
            && sequence is > 0 and <= MostSequence && NameOf(schedule, sequence) == name ? sequence : null;
    }
}
