namespace CheckpointRestart.Core.Memory;

/// <summary>Counts the frames that one machine has allocated, and holds its limit. Frames are charged to the account that
/// allocated them until their last reference is dropped, whoever holds it then. Thread safe.</summary>
public sealed partial class MemoryAccount : IDisposable
{
    const int MaximumAccounts = ushort.MaxValue;
    static readonly Lock Gate = new();
    static readonly MemoryAccount?[] Accounts = new MemoryAccount?[MaximumAccounts];
    static readonly Stack<ushort> FreeIds = new();
    static int nextId = 1;

    long used;
    long tables;
    long snapshots;
    bool closed;

    /// <summary>Opens an account for at most <paramref name="limit"/> frames of 4 KiB.</summary>
    /// <exception cref="InvalidOperationException">65,534 accounts are open.</exception>
    public MemoryAccount(long limit)
    {
        Limit = limit;
        lock (Gate)
        {
            if (!FreeIds.TryPop(out var id))
            {
                if (nextId >= MaximumAccounts) throw new InvalidOperationException("too many memory accounts are open");
                id = (ushort)nextId++;
            }
            Id = id;
            Accounts[id] = this;
        }
    }

    /// <summary>The most frames that may be allocated at a time. While snapshots hold pages there may be as many more, up to twice the limit:
    /// each page may have to be copied when it is next written, and to be looked at must not cost a task its life.</summary>
    public long Limit { get; }

    /// <summary>The account of copies that checkpoints take: no guest feels them.</summary>
    internal static MemoryAccount Unlimited { get; } = new(long.MaxValue);

    /// <summary>Frames allocated and not yet free again.</summary>
    public long Used => Interlocked.Read(ref used);

    /// <summary>Host pages behind page tables: they count against the limit like frames.</summary>
    public long Tables => Interlocked.Read(ref tables);

    /// <summary>True when no frame can be had.</summary>
    public bool IsExhausted => Used + Tables >= Most;

    /// <summary>Asked for memory when none is left; true when it is worth another try. Set by the machine, and called on its thread.</summary>
    public Func<AddressSpace, bool>? Exhausted { get; set; }

    internal ushort Id { get; }

    /// <summary>Page tables of the account's address spaces that ended.</summary>
    internal SparePageTables SpareTables { get; } = new();

    long Most => Limit + Math.Min(Interlocked.Read(ref snapshots), Math.Min(Limit, long.MaxValue - Limit));

    internal bool TryCharge()
    {
        if (Interlocked.Increment(ref used) + Interlocked.Read(ref tables) <= Most) return true;
        Interlocked.Decrement(ref used);
        return false;
    }

    /// <summary>As <see cref="TryCharge()"/>, several at once, or as many as there is room for.</summary>
    /// <returns>How many.</returns>
    internal int TryCharge(int frames)
    {
        long over = Interlocked.Add(ref used, frames) + Interlocked.Read(ref tables) - Most;
        if (over <= 0) return frames;
        int granted = (int)Math.Max(0, frames - over);
        Interlocked.Add(ref used, granted - frames);
        return granted;
    }

    /// <summary>Gives back a charge of frames that were not allocated.</summary>
    internal void Uncharge(int frames) => Interlocked.Add(ref used, -frames);

    /// <summary>Counts pages that a snapshot holds; negative when it lets go of them.</summary>
    internal void AddSnapshot(long pages) => Interlocked.Add(ref snapshots, pages);

    /// <summary>Counts host pages of page tables; negative when they are given back.</summary>
    internal void AddTables(long pages) => Interlocked.Add(ref tables, pages);

    internal static void Refund(ushort id)
    {
        var account = Accounts[id]!;
        if (Interlocked.Decrement(ref account.used) == 0 && Volatile.Read(ref account.closed)) account.Retire();
    }

    /// <summary>Closes the account; its number is used again once its last frame is free.</summary>
    public void Dispose()
    {
        SpareTables.Close();
        Volatile.Write(ref closed, true);
        if (Used == 0) Retire();
    }

    void Retire()
    {
        lock (Gate)
        {
            if (!ReferenceEquals(Accounts[Id], this)) return;
            Accounts[Id] = null;
            FreeIds.Push(Id);
        }
    }
}
