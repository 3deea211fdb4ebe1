using CheckpointRestart.Core.Checkpoint;
using CheckpointRestart.Core.Checkpoint.Extended;
using CheckpointRestart.Core.Files;
using CheckpointRestart.Core.Image;
using CheckpointRestart.Core.Image.Extended;
using CheckpointRestart.Core.Kernel;

namespace CheckpointRestart.Fuzz;

/// <summary>Reads bytes as an image, makes a machine of it, and lets that run a little. Any exception but the two that say why not is a finding.</summary>
internal static class ImageTarget
{
    /// <summary>Where the files are that the images of the corpus leave out.</summary>
    static readonly RootOptions Root = new() { HostDirectory = Environment.GetEnvironmentVariable("CR_FUZZ_ROOT") };

    /// <summary>As they are, and with checksums that are right again.</summary>
    /// <returns>What became of each.</returns>
    public static string Try(byte[] bytes)
    {
        string first = TryOnce(bytes);
        Checksums.Repair(bytes);
        return $"{first}; with its checksums repaired: {TryOnce(bytes)}";
    }

    public static string TryOnce(byte[] bytes)
    {
        try
        {
            using var image = ExtendedReader.Read(new MemoryStream(bytes));
            using var machine = MachineImage.Restore(image, Root, static options => options with { MemoryLimit = Math.Min(options.MemoryLimit, 64 << 20) }, allowChangedFiles: true);
            machine.RunTo(machine.RetiredInstructions + 5_000, null, TimeSpan.FromMilliseconds(20));
            if (machine.Failure is { } failure) throw new InvalidOperationException("a machine of it failed", failure);
            return "runs";
        }
        catch (CheckpointImageException error)
        {
            return error.Message;
        }
        catch (RestoreException error)
        {
            return error.Message;
        }
    }
}
