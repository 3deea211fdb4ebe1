using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace CheckpointRestart.Core.Tests.Checkpoint.Extended;

/// <summary>Another process (tests/ImageHost) that restores machines from images, runs them and saves them.</summary>
internal sealed class ImageProcess : IDisposable
{
    readonly Process process;

    /// <param name="root">A host directory, or a tar file, that restored machines have as their root; null for an empty root.</param>
    public ImageProcess(string? root = null)
        : this(["dotnet"], root)
    {
    }

    ImageProcess(string[] command, string? root)
    {
        string program = Path.Combine(AppContext.BaseDirectory, "CheckpointRestart.ImageHost.dll");
        process = Process.Start(new ProcessStartInfo(command[0], [.. command[1..], program]) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false })!;
        process.StandardInput.NewLine = "\n";
        if (root != null) Ask("root", root);
    }

    /// <summary>What it is and where it stands.</summary>
    /// <param name="Instructions">Instructions that the machine has retired.</param>
    /// <param name="Hash">Of its whole state.</param>
    /// <param name="End">What the watched process ended with; empty before.</param>
    public sealed record Place(ulong Instructions, string Hash, string End);

    /// <summary>One that can mount file systems without being root: in namespaces of its own.</summary>
    public static ImageProcess InOwnMounts(string? root) => new(["unshare", "-rm", "dotnet"], root);

    /// <summary>Restores an image, and checks that the restored machine gives the same image.</summary>
    /// <param name="path">The image.</param>
    /// <param name="watched">The process whose end ends the run.</param>
    /// <returns>The hash of the restored machine's state.</returns>
    public string Restore(string path, int watched = 1)
    {
        var words = Ask("restore", path, watched.ToString(CultureInfo.InvariantCulture)).Split('\t');
        if (words[0] != words[1]) throw new InvalidOperationException($"the image {words[0]} became a machine whose image is {words[1]}");
        return words[2];
    }

    public Place Run(ulong instructions) => ToPlace(Ask("run", instructions.ToString(CultureInfo.InvariantCulture)));

    public Place Finish() => ToPlace(Ask("finish"));

    public string TakeOutput() => Encoding.Latin1.GetString(Convert.FromBase64String(Ask("output")));

    /// <summary>Writes the machine's image over what is there.</summary>
    public void Save(string path) => Ask("save", path);

    /// <summary>Lets files become no longer than that from now on.</summary>
    /// <param name="bytes">The length.</param>
    /// <param name="kills">Whether a longer one kills the process; else the write fails.</param>
    public void Limit(long bytes, bool kills) => Ask("limit", bytes.ToString(CultureInfo.InvariantCulture), kills ? "kill" : "fail");

    /// <summary>Lets the process be killed, by SIGSYS, when it comes to a system call of a save.</summary>
    /// <param name="place">"flush": the image is to be flushed. "rename": it is, and is to get its name. "directory": it has its name, and the directory is to be flushed.</param>
    public void DieAt(string place) => Ask("die", place);

    /// <summary>Says something and gives the answer.</summary>
    /// <exception cref="InvalidOperationException">It could not be done; the message says why.</exception>
    /// <exception cref="EndOfStreamException">The process has ended.</exception>
    public string Ask(params string[] words)
    {
        string? answer = null;
        try
        {
            process.StandardInput.WriteLine(string.Join('\t', words));
            process.StandardInput.Flush();
            answer = process.StandardOutput.ReadLine();
        }
        catch (IOException)
        {
            // It has ended, as below.
        }
        if (answer == null)
        {
            process.WaitForExit();
            throw new EndOfStreamException($"the process ended with status {process.ExitCode}: {process.StandardError.ReadToEnd()}");
        }
        return answer.StartsWith("error\t", StringComparison.Ordinal) ? throw new InvalidOperationException(answer[6..]) : answer;
    }

    /// <summary>Status after the end: 128 + n after signal n.</summary>
    public int WaitForEnd()
    {
        process.WaitForExit();
        return process.ExitCode;
    }

    public void Dispose()
    {
        process.StandardInput.Close();
        if (!process.WaitForExit(TimeSpan.FromSeconds(20))) process.Kill();
        process.Dispose();
    }

    static Place ToPlace(string answer)
    {
        var words = answer.Split('\t');
        return new Place(ulong.Parse(words[0], CultureInfo.InvariantCulture), words[1], words[2]);
    }
}
