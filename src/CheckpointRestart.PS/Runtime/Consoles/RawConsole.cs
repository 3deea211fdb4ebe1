using System.Management.Automation;
using CheckpointRestart.Core.Files;

namespace CheckpointRestart.PS.Runtime.Consoles;

/// <summary>The user's console with every key as it comes and every byte as it is; disposing gives it its own modes again.</summary>
abstract class RawConsole : IDisposable
{
    /// <summary>Takes the console over.</summary>
    /// <exception cref="CrException">NoConsole: input or output is redirected.</exception>
    internal static RawConsole Open()
    {
        if (Console.IsInputRedirected || Console.IsOutputRedirected)
            throw new CrException("NoConsole", ErrorCategory.InvalidOperation, "There is no console to connect: standard input or output is redirected.", "Send-CrTask and Receive-CrTask reach a task's terminal without one.");
        return OperatingSystem.IsWindows() ? new WindowsConsole() : new UnixConsole();
    }

    /// <summary>Rows and columns now.</summary>
    internal abstract WindowSize Size { get; }

    /// <summary>Waits for keys, at most so long.</summary>
    /// <returns>Bytes; 0 when none came, -1 when the console is gone.</returns>
    internal abstract int Read(byte[] buffer, TimeSpan timeout);

    /// <summary>Writes bytes as they are.</summary>
    internal abstract void Write(ReadOnlySpan<byte> bytes);

    /// <inheritdoc/>
    public void Dispose()
    {
        Restore();
        GC.SuppressFinalize(this);
    }

    /// <summary>Gives the console the modes that it had.</summary>
    protected abstract void Restore();
}
