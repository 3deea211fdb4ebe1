namespace CheckpointRestart.Core.Tests.Checkpoint.Extended;

/// <summary>The name of a file that is not there yet, and is taken away at the end.</summary>
internal sealed class TemporaryFile : IDisposable
{
    readonly string folder = Directory.CreateTempSubdirectory("cr-image-").FullName;

    public string Path => System.IO.Path.Combine(folder, "image.cr");

    public void Dispose() => Directory.Delete(folder, recursive: true);
}
