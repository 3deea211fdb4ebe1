namespace CheckpointRestart.Core.Files;

/// <summary>Opens a device of one number.</summary>
public delegate IoResult DeviceOpener(Dentry dentry, OpenFlags flags, out OpenFile? file);

/// <summary>The character devices of a machine, by number. What is not here exists as a name only: opening it is ENXIO.</summary>
public sealed class DeviceTable
{
    readonly Dictionary<uint, DeviceOpener> openers = [];

    internal DeviceTable(RandomSource random)
    {
        Add(1, 3, static file => new NullFile(file.Dentry, file.Flags));
        Add(1, 5, static file => new ZeroFile(file.Dentry, file.Flags, isFull: false));
        Add(1, 7, static file => new ZeroFile(file.Dentry, file.Flags, isFull: true));
        Add(1, 8, file => new RandomFile(file.Dentry, file.Flags, random));
        Add(1, 9, file => new RandomFile(file.Dentry, file.Flags, random));
    }

    /// <summary>Adds or replaces a device, such as the terminals (5:0 is the controlling one).</summary>
    /// <param name="device">Number as <see cref="FileSystem.MakeDevice"/> gives it.</param>
    public void Register(uint device, DeviceOpener opener) => openers[device] = opener;

    internal IoResult Open(uint device, Dentry dentry, OpenFlags flags, out OpenFile? file)
    {
        file = null;
        return openers.TryGetValue(device, out var opener) ? opener(dentry, flags, out file) : Errno.ENXIO;
    }

    void Add(uint major, uint minor, Func<(Dentry Dentry, OpenFlags Flags), OpenFile> make) =>
        Register(FileSystem.MakeDevice(major, minor), (Dentry dentry, OpenFlags flags, out OpenFile? file) =>
        {
            file = make((dentry, flags));
            return Errno.None;
        });
}
