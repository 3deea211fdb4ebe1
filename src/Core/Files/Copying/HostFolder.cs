using System.Buffers;
using Microsoft.Win32.SafeHandles;

namespace CheckpointRestart.Core.Files;

/// <summary>A directory of the host that copies go to. No link in it is followed, and nothing outside it is reached, whatever the names and links of the source are.</summary>
public sealed class HostFolder : CopyTarget
{
    const uint OwnerOnly = 0x180, OwnerOnlyDirectory = 0x1C0, OrdinaryPermissions = 0x1FF;

    static readonly SearchValues<char> NotOnWindows = SearchValues.Create("\\:*?\"<>|");

    static readonly HashSet<string> Devices = new(StringComparer.OrdinalIgnoreCase)
    {
        "CON", "PRN", "AUX", "NUL", "COM1", "COM2", "COM3", "COM4", "COM5", "COM6", "COM7", "COM8", "COM9", "LPT1", "LPT2", "LPT3", "LPT4", "LPT5", "LPT6", "LPT7", "LPT8", "LPT9",
    };

    readonly HostRoot root;

    /// <exception cref="IOException">It is no directory, or cannot be opened.</exception>
    public HostFolder(string directory) => root = HostRoot.Open(directory);

    /// <inheritdoc/>
    public override string? Refusal(string name) => base.Refusal(name)
        ?? (!OperatingSystem.IsLinux() && GuestText.HasLoneSurrogate(name) ? "it is no UTF-8"
        : OperatingSystem.IsWindows() && IsWindowsName(name) ? "Windows has another meaning for it"
        : null);

    /// <summary>A link may lead upwards only at its front, and not above the target: then, wherever the links on its way lead, it ends within.</summary>
    public override string? RefusalOfLink(int depth, string text)
    {
        if (text.StartsWith('/') || Path.IsPathRooted(text)) return $"it leads to '{text}', which is another place outside the guest";
        if (OperatingSystem.IsWindows() && text.AsSpan().ContainsAny('\\', ':')) return $"it leads to '{text}', which means something else to Windows";
        bool isFront = true;
        foreach (string part in text.Split('/'))
        {
            if (part is "" or ".") continue;
            if (part != "..") isFront = false;
            else if (!isFront || --depth < 0) return $"it leads to '{text}', which may lie outside the folder that is copied to";
        }
        return null;
    }

    /// <inheritdoc/>
    public override TargetKind Find(string place)
    {
        var error = root.Stat(place, out var data);
        if (error == Errno.ENOENT) return TargetKind.Nothing;
        Check(error, place);
        return data.Type == FileModeBits.Directory ? TargetKind.Directory : TargetKind.File;
    }

    /// <inheritdoc/>
    public override void MakeDirectory(string place) => Check(root.MakeDirectory(place, OwnerOnlyDirectory), place);

    /// <inheritdoc/>
    public override void Remove(string place) => Check(root.Remove(place, directory: false), place);

    /// <inheritdoc/>
    public override void MakeLink(string place, string text) => Check(root.MakeSymbolicLink(place, text), place);

    /// <inheritdoc/>
    public override void Finish(string place, in StatData facts)
    {
        Check(root.SetMode(place, facts.Mode & OrdinaryPermissions), place);
        Check(root.SetTimes(place, TimeOf(facts.AccessTime), TimeOf(facts.ModifyTime)), place);
    }

    /// <summary>A time that every host takes: a guest gives its files whatever times it likes.</summary>
    static Timespec TimeOf(in Timespec time)
    {
        const long first = int.MinValue, last = 253_402_300_799;
        return time.Seconds is >= first and <= last && time.Nanoseconds < 1_000_000_000 ? time : new Timespec(Math.Clamp(time.Seconds, first, last), 0);
    }

    /// <inheritdoc/>
    public override CopyWriter Create(string place, bool replace)
    {
        string name = place;
        if (replace)
        {
            int slash = place.LastIndexOf('/');
            name = string.Concat(slash < 0 ? "" : place[..(slash + 1)], ".cr-", Guid.NewGuid().ToString("N").AsSpan(0, 12));
        }
        Check(root.CreateFile(name, OwnerOnly, out var handle), place);
        return new HostWriter(this, place, name, handle!);
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing) root.Dispose();
        base.Dispose(disposing);
    }

    static bool IsWindowsName(string name) => name.AsSpan().ContainsAny(NotOnWindows) || name.EndsWith('.') || name.EndsWith(' ') || Devices.Contains(name.Split('.')[0].TrimEnd());

    static void Check(Errno error, string place)
    {
        if (error == Errno.None) return;
        throw error is Errno.EACCES or Errno.EPERM
            ? new UnauthorizedAccessException($"'{place}' cannot be written: {error}.")
            : new IOException($"'{place}' cannot be written: {error}.", error == Errno.ENOSPC ? (OperatingSystem.IsWindows() ? unchecked((int)0x80070070) : 28) : unchecked((int)0x80131620));
    }

    /// <summary>A file of the host, under a name of its own until it is complete where it replaces another.</summary>
    sealed class HostWriter(HostFolder folder, string place, string name, SafeFileHandle handle) : CopyWriter
    {
        bool isComplete;

        public override void Write(long position, ReadOnlyMemory<byte> bytes) => Check(HostRoot.Write(handle, position, bytes.Span), place);

        public override void Finish(in StatData facts, long length)
        {
            Check(HostRoot.SetLength(handle, length), place);
            handle.Dispose();
            folder.Finish(name, facts);
            if (name != place) Check(folder.root.Rename(name, place, exchange: false), place);
            isComplete = true;
        }

        protected override void Dispose(bool disposing)
        {
            handle.Dispose();
            if (!isComplete) _ = folder.root.Remove(name, directory: false);
            base.Dispose(disposing);
        }
    }
}
