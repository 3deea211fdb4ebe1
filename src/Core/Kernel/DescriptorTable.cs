using CheckpointRestart.Core.Files;

namespace CheckpointRestart.Core.Kernel;

/// <summary>The open files of a task by number (Linux: files_struct), shared with CLONE_FILES.</summary>
public sealed partial class DescriptorTable
{
    OpenFile?[] files = new OpenFile?[16];
    bool[] closeOnExec = new bool[16];
    int lowestFree;

    /// <summary>Tasks that share the table.</summary>
    public int Users { get; private set; } = 1;

    /// <summary>One past the highest number that may be in use.</summary>
    public int Capacity => files.Length;

    /// <summary>Open descriptors.</summary>
    public int Count { get; private set; }

    /// <summary>Numbers in use, ascending.</summary>
    public IEnumerable<int> Numbers
    {
        get
        {
            for (int number = 0; number < files.Length; number++)
                if (files[number] != null) yield return number;
        }
    }

    /// <summary>The open file, or null when the number is not in use.</summary>
    public OpenFile? this[int number] => (uint)number < (uint)files.Length ? files[number] : null;

    /// <summary>The FD_CLOEXEC flag.</summary>
    public bool GetCloseOnExec(int number) => (uint)number < (uint)files.Length && closeOnExec[number];

    /// <summary>Sets FD_CLOEXEC of an open descriptor.</summary>
    public void SetCloseOnExec(int number, bool value) => closeOnExec[number] = value;

    /// <summary>Puts a file, whose reference the table takes over, at the lowest free number from <paramref name="from"/> on.</summary>
    /// <param name="file">The file.</param>
    /// <param name="onExec">FD_CLOEXEC.</param>
    /// <param name="limit">One past the highest allowed number: RLIMIT_NOFILE.</param>
    /// <param name="from">Lowest number.</param>
    /// <returns>The number, or -1 when none is free (EMFILE): then the caller keeps the reference.</returns>
    public int Add(OpenFile file, bool onExec, int limit, int from = 0)
    {
        int number = Math.Max(from, lowestFree);
        while (number < files.Length && files[number] != null) number++;
        if (number >= limit) return -1;
        if (from <= lowestFree) lowestFree = number + 1;
        Store(number, file, onExec);
        return number;
    }

    /// <summary>True when every number below a limit is in use; numbers beyond it, from before it was lowered, do not count.</summary>
    public bool IsFull(int limit)
    {
        for (int number = lowestFree; number < limit; number++)
            if (this[number] == null) return false;
        return true;
    }

    /// <summary>Puts a file, whose reference the table takes over, at a given number, closing what is there.</summary>
    public void Set(int number, OpenFile file, bool onExec)
    {
        var old = this[number];
        if (old != null) Count--;
        Store(number, file, onExec);
        if (old != null) LetGo(old);
    }

    /// <summary>Closes a descriptor; false when it is not open.</summary>
    public bool Close(int number)
    {
        var file = this[number];
        if (file == null) return false;
        files[number] = null;
        closeOnExec[number] = false;
        Count--;
        lowestFree = Math.Min(lowestFree, number);
        LetGo(file);
        return true;
    }

    /// <summary>With any of its descriptors of a file, a process loses its locks on it (fcntl(2)).</summary>
    void LetGo(OpenFile file)
    {
        file.Inode.Locks?.Release(this);
        file.Release();
    }

    /// <summary>A copy that shares the open files, as fork(2) makes.</summary>
    public DescriptorTable Copy()
    {
        var copy = new DescriptorTable { files = (OpenFile?[])files.Clone(), closeOnExec = (bool[])closeOnExec.Clone(), lowestFree = lowestFree, Count = Count };
        foreach (var file in files) file?.AddReference();
        return copy;
    }

    /// <summary>Closes what execve(2) closes.</summary>
    public void CloseOnExec()
    {
        for (int number = 0; number < files.Length; number++)
            if (closeOnExec[number]) Close(number);
    }

    /// <summary>One more task shares the table.</summary>
    public void AddUser() => Users++;

    /// <summary>A task leaves; the last one closes all.</summary>
    public void DropUser()
    {
        if (--Users != 0) return;
        for (int number = 0; number < files.Length; number++) Close(number);
    }

    void Store(int number, OpenFile file, bool onExec)
    {
        if (number >= files.Length)
        {
            int length = Math.Max(number + 1, files.Length * 2);
            Array.Resize(ref files, length);
            Array.Resize(ref closeOnExec, length);
        }
        files[number] = file;
        closeOnExec[number] = onExec;
        Count++;
    }
}
