namespace CheckpointRestart.Core.Files;

/// <summary>Why an open file sends SIGIO: si_code of the signal (POLL_* of asm-generic/siginfo.h).</summary>
internal enum IoReason
{
    Input = 1,
    Output,
    Message,
    Error,
    Priority,
    HangUp,
}

/// <summary>Whom the signals of an open file go to, and which they are (Linux: fown_struct). What sends them is the kernel.</summary>
internal abstract class FileOwner
{
    /// <summary>SIGIO, or what F_SETSIG named.</summary>
    public abstract void Send(IoReason reason, int descriptor);

    /// <summary>SIGURG.</summary>
    /// <returns>False when nobody is named.</returns>
    public abstract bool SendUrgent();

    /// <summary>True when F_SETSIG named a signal.</summary>
    public abstract bool HasSignal { get; }

    /// <summary>Adds who it is to a state hash.</summary>
    public abstract void AddState(Action<long> add);
}

/// <summary>The open files with O_ASYNC that one object has news for (Linux: fasync_struct).</summary>
internal sealed partial class AsyncFiles
{
    readonly List<(OpenFile File, int Descriptor)> files = [];

    /// <summary>Adds a file, or notes the descriptor that is now given; or removes it.</summary>
    public void Set(OpenFile file, int descriptor, bool on)
    {
        int index = files.FindIndex(entry => ReferenceEquals(entry.File, file));
        if (!on)
        {
            if (index >= 0) files.RemoveAt(index);
        }
        else if (index >= 0)
        {
            files[index] = (file, descriptor);
        }
        else
        {
            files.Add((file, descriptor));
        }
    }

    /// <summary>Sends SIGIO for each file, the latest first (kill_fasync).</summary>
    public void Send(IoReason reason)
    {
        for (int index = files.Count - 1; index >= 0; index--) files[index].File.Owner?.Send(reason, files[index].Descriptor);
    }

    /// <summary>News of urgent data: only who chose a signal by F_SETSIG gets it beside SIGURG.</summary>
    public void SendUrgent()
    {
        for (int index = files.Count - 1; index >= 0; index--)
            if (files[index].File.Owner is { HasSignal: true } owner) owner.Send(IoReason.Priority, files[index].Descriptor);
    }
}
