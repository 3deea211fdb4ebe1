using CheckpointRestart.Core.Checkpoint;
using CheckpointRestart.Core.Kernel;

namespace CheckpointRestart.Page.Tests;

/// <summary>A shell of busybox with two children that a pipe connects and a third, made once: its image and its page.</summary>
public sealed class ShellFixture : IDisposable
{
    readonly Lazy<(Images Images, Machine Machine, Checkpoint Checkpoint, string Page)> made = new(static () =>
    {
        var images = new Images();
        var machine = Images.RunShell(images.ShellRoot(), "exec 5>/tmp/shared.log; echo started >&5; secret='needle in the stack'; export secret; sleep 4000 | cat & sleep 5000 & wait", 4);
        var checkpoint = images.Save(machine, "shell.cr");
        return (images, machine, checkpoint, images.Page(checkpoint));
    });

    public Images Images => made.Value.Images;

    public Machine Machine => made.Value.Machine;

    public Checkpoint Checkpoint => made.Value.Checkpoint;

    /// <summary>The page's path.</summary>
    public string Page => made.Value.Page;

    /// <inheritdoc/>
    public void Dispose()
    {
        if (!made.IsValueCreated) return;
        Checkpoint.Dispose();
        Machine.Dispose();
        Images.Dispose();
    }
}
