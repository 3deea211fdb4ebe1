using System.Formats.Tar;
using System.Security.Cryptography;
using CheckpointRestart.Core.Checkpoint;
using CheckpointRestart.Core.Files;
using CheckpointRestart.Core.Kernel;
using CheckpointRestart.Core.Roots;
using TarWriter = System.Formats.Tar.TarWriter;

namespace CheckpointRestart.Bench.Debian;

/// <summary>The root that Debian's programs run in: made of the packages that tests/guests/fetch-root.sh fetches and of bench/inputs, whose prepare.sh makes the files to
/// work on inside a machine. Kept under artifacts/bench, as a tar file for us and unpacked for the peers.</summary>
internal static class DebianRoot
{
    static readonly string Packages = Path.Combine(Repository.Root, "artifacts", "guests", "debs");
    static readonly string Inputs = Path.Combine(Repository.Root, "bench", "inputs");

    /// <summary>The tar file, made when there is none of these packages and inputs.</summary>
    public static string Archive()
    {
        if (!Directory.Exists(Packages)) throw new BenchException("Debian's packages have not been fetched: tests/guests/fetch-root.sh does");
        string target = Path.Combine(Repository.Artifacts, "debian.tar"), stamp = target + ".made-from", wanted = Origin();
        if (File.Exists(target) && File.Exists(stamp) && File.ReadAllText(stamp) == wanted) return target;
        Console.Error.WriteLine("Making the root of Debian's packages, and in it what the programs work on.");
        using (var plain = RootBuilder.FromPackages(Directory.GetFiles(Packages, "*.deb"), new RootBuilderOptions()).Archive) Prepare(plain, target);
        File.WriteAllText(stamp, wanted);
        return target;
    }

    /// <summary>The same, unpacked; null where the host has no tar command.</summary>
    public static string? Folder()
    {
        string archive = Archive(), target = Path.Combine(Repository.Artifacts, "debian"), stamp = target + ".made-from", wanted = Origin();
        if (Directory.Exists(target) && File.Exists(stamp) && File.ReadAllText(stamp) == wanted) return target;
        if (Directory.Exists(target)) Directory.Delete(target, recursive: true);
        Directory.CreateDirectory(target);
        if (Measured.Run("tar", ["-xpf", archive, "-C", target, "--numeric-owner"]) == null) return null;
        File.WriteAllText(stamp, wanted);
        return target;
    }

    static string Origin()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (string file in Directory.GetFiles(Inputs).Order(StringComparer.Ordinal).Prepend(Packages + ".list")) hash.AppendData(File.ReadAllBytes(file));
        return Convert.ToHexString(hash.GetHashAndReset());
    }

    static void Prepare(TarArchive plain, string target)
    {
        var root = new RootOptions { Archive = plain, OverlayLimit = 8L << 30 };
        using var machine = MachineFactory.Create(new MachineOptions { Root = root, Clock = ClockKind.Virtual, MemoryLimit = 2L << 30 });
        var task = machine.Start(new ProgramOptions
        {
            FilePath = "/bin/sh",
            Arguments = ["-c", "mkdir /bench && tar -xf - -C /bench && exec sh /bench/prepare.sh"],
            Environment = GuestEnvironment.Lines,
        });
        using (var files = new MemoryStream())
        {
            using (var writer = new TarWriter(files, TarEntryFormat.Ustar, leaveOpen: true))
                foreach (string file in Directory.GetFiles(Inputs).Order(StringComparer.Ordinal)) writer.WriteEntry(file, Path.GetFileName(file));
            machine.SendInput(files.ToArray());
        }
        machine.EndInput();
        machine.WaitForExit(task);
        if (task.ExitCode != 0) throw new BenchException($"prepare.sh ended with {task.ExitCode}: {System.Text.Encoding.UTF8.GetString(machine.Streams.TakeAll(StreamKind.Error))}");
        using var snapshot = machine.Execute(static one => one.Tree.Snapshot());
        using var view = new RootView(root, snapshot, memory: 1L << 30);
        string temporary = $"{target}.{Environment.ProcessId}";
        using (var to = new FileStream(temporary, FileMode.Create, FileAccess.ReadWrite, FileShare.None, 1 << 20))
        {
            var tar = new Core.Files.TarWriter(to);
            TreeExport.Write(view.Tree, tar, CancellationToken.None);
            tar.Finish();
        }
        File.Move(temporary, target, overwrite: true);
    }
}
