namespace CheckpointRestart.Core.Kernel;

/// <content>What is kept of the image that was last written of it.</content>
public sealed partial class Machine
{
    IDisposable? lastImage;

    /// <summary>What <see cref="KeepImage"/> was given last. Any thread.</summary>
    internal IDisposable? LastImage => Volatile.Read(ref lastImage);

    /// <summary>Keeps something until the next one, at most until the machine has ended. Any thread.</summary>
    internal void KeepImage(IDisposable image)
    {
        Interlocked.Exchange(ref lastImage, image)?.Dispose();
        if (HasEnded) ForgetImage();
    }

    void ForgetImage() => Interlocked.Exchange(ref lastImage, null)?.Dispose();
}
