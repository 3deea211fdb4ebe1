using System.Globalization;
using CheckpointRestart.Core.Cpu;
using CheckpointRestart.Core.Memory;
using CheckpointRestart.Core.Tests.Kernel;
using Xunit;

namespace CheckpointRestart.Core.Tests.Memory;

/// <summary>A window never shows what the tables do not, whatever is done to the address space; the host's own list of mappings is the judge.</summary>
[Collection(nameof(HostMemoryAlone))]
public sealed unsafe class WindowTests
{
    const VmFlags Read = VmFlags.Read | VmFlags.May, ReadWrite = Read | VmFlags.Write;
    const uint Base = 0x100_0000;
    const int Pages = 96;

    static AddressSpace Make(MemoryAccount account)
    {
        var space = new AddressSpace(account);
        Assert.True(space.OpenWindow());
        return space;
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void A_window_follows_the_tables(int seed)
    {
        if (Processor.WindowRefusal != null) return;
        using var account = new MemoryAccount(4096);
        using var space = Make(account);
        var random = new Random(seed);
        var forks = new List<AddressSpace>();
        int seen = 0;
        for (int step = 0; step < 1500; step++)
        {
            uint first = (uint)random.Next(Pages), count = (uint)Math.Min(1 + random.Next(random.Next(8) == 0 ? 40 : 5), Pages - (int)first);
            uint address = Base + (first << 12), end = address + (count << 12);
            switch (random.Next(16))
            {
                case 0 or 1:
                    space.Map(address, count << 12, random.Next(4) == 0 ? Read : ReadWrite, isFixed: true, null, 0, out _);
                    break;
                case 2:
                    space.Unmap(address, count << 12);
                    break;
                case 3:
                    _ = space.Protect(address, count << 12, random.Next(3) switch { 0 => 0, 1 => VmFlags.Read, _ => VmFlags.Read | VmFlags.Write });
                    break;
                case 4:
                    space.Discard(address, end);
                    break;
                case 5:
                    // A copy for a snapshot leaves the window; one for a fork does not.
                    forks.Add(space.Clone(forFork: random.Next(4) == 0));
                    if (space.Window == null) Assert.True(space.OpenWindow());
                    break;
                case 6 when forks.Count > 0:
                    forks[0].Dispose();
                    forks.RemoveAt(0);
                    break;
                case 7:
                    _ = space.Remap(address, count << 12, (uint)random.Next(1, 5) << 12, RemapFlags.MayMove | RemapFlags.Fixed, Base + ((uint)random.Next(Pages - 5) << 12), out _);
                    break;
                case 8:
                    space.ClearDirty();
                    break;
                case 9:
                    if (space.GetPageState(address >> 12) != 0) space.MarkCode(address >> 12);
                    break;
                default:
                    for (uint at = address; at < end; at += 4096)
                    {
                        bool write = random.Next(2) == 0;
                        if (write) space.TryWrite(at + 8, random.Next());
                        else space.TryRead(at, out int _);
                        space.Window!.Fill(at >> 12, write);
                    }
                    break;
            }
            space.Window!.Settle();
            seen += Check(space, deep: step % 50 == 0);
        }
        foreach (var fork in forks) fork.Dispose();
        Assert.True(seen > 10_000, $"{seen} pages");
    }

    static int Check(AddressSpace space, bool deep)
    {
        var window = space.Window!;
        var host = deep ? HostRights(window) : null;
        int seen = 0;
        for (uint page = Base >> 12; page < (Base >> 12) + Pages + 8; page++)
        {
            var rights = window.RightsOf(page);
            if (host != null) Assert.Equal(rights, host.GetValueOrDefault(page));
            if (rights == 0) continue;
            seen++;
            Assert.NotEqual(0, space.ReadTable[page]);
            Assert.True((rights & VmFlags.Write) == 0 || space.WriteTable[page] != 0, "more rights than the table gives");
            ulong* ours = (ulong*)(window.Start + ((ulong)page << 12)), theirs = (ulong*)space.GetFrame(page).Pointer;
            Assert.Equal((theirs[0], theirs[1], theirs[511]), (ours[0], ours[1], ours[511]));
        }
        return seen;
    }

    /// <summary>Pages of the window that the host has mapped with a right.</summary>
    static Dictionary<uint, VmFlags> HostRights(Window window)
    {
        var rights = new Dictionary<uint, VmFlags>();
        foreach (string line in File.ReadLines("/proc/self/maps"))
        {
            string[] words = line.Split(' '), ends = words[0].Split('-');
            ulong start = ulong.Parse(ends[0], NumberStyles.HexNumber, CultureInfo.InvariantCulture), end = ulong.Parse(ends[1], NumberStyles.HexNumber, CultureInfo.InvariantCulture);
            if (end <= (ulong)window.Start || start >= (ulong)window.Start + (1ul << 32) || words[1].StartsWith("---", StringComparison.Ordinal)) continue;
            var given = (words[1][0] == 'r' ? VmFlags.Read : 0) | (words[1][1] == 'w' ? VmFlags.Write : 0);
            for (ulong at = start; at < end; at += 4096) rights[(uint)((at - (ulong)window.Start) >> 12)] = given;
        }
        return rights;
    }

    static List<string> HostRanges(Window window) => [.. File.ReadLines("/proc/self/maps").Where(line => IsIn(window, line) && !line.Contains(" ---", StringComparison.Ordinal))];

    static bool IsIn(Window window, string line)
    {
        ulong start = ulong.Parse(line.AsSpan(0, line.IndexOf('-')), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
        return start >= (ulong)window.Start && start < (ulong)window.Start + (1ul << 32);
    }

    [Fact]
    public void Neighbours_in_a_row_come_in_together_as_one_mapping()
    {
        if (Processor.WindowRefusal != null) return;
        using var account = new MemoryAccount(4096);
        using var space = Make(account);
        const int Many = 3000;
        Assert.Equal(Errno.None, space.Map(Base, Many << 12, ReadWrite, isFixed: true, null, 0, out _));
        for (uint page = 0; page < Many; page++) space.TryWrite(Base + (page << 12), page);
        // So many frames come from more than one fresh chunk, in a row but for what others take meanwhile.
        uint first = (Base >> 12) + (uint)Enumerable.Range(0, Many - 1).First(i => i % 16 != 15 && space.ReadTable[(Base >> 12) + i] == space.ReadTable[(Base >> 12) + i + 1]);
        Assert.True(space.Window!.Fill(first, write: true));
        Assert.Equal((VmFlags.Read | VmFlags.Write, VmFlags.Read | VmFlags.Write), (space.Window.RightsOf(first), space.Window.RightsOf(first + 1)));
        Assert.Single(HostRanges(space.Window));
    }

    [Fact]
    public void What_may_not_be_written_does_not_come_in_to_be_written()
    {
        if (Processor.WindowRefusal != null) return;
        using var account = new MemoryAccount(4096);
        using var space = Make(account);
        Assert.Equal(Errno.None, space.Map(Base, 4 << 12, ReadWrite, isFixed: true, null, 0, out _));
        Assert.False(space.Window!.Fill(Base >> 12, write: false));
        Assert.True(space.TryRead(Base, out int _));
        Assert.False(space.Window.Fill(Base >> 12, write: true));
        Assert.True(space.Window.Fill(Base >> 12, write: false));
        Assert.Equal(VmFlags.Read, space.Window.RightsOf(Base >> 12));
    }

    [Fact]
    public void Many_holes_empty_the_window()
    {
        if (Processor.WindowRefusal != null) return;
        using var account = new MemoryAccount(4096);
        using var space = Make(account);
        Assert.Equal(Errno.None, space.Map(Base, 2048 << 12, ReadWrite, isFixed: true, null, 0, out _));
        for (uint page = 0; page < 2048; page++)
        {
            space.TryWrite(Base + (page << 12), page);
            space.Window!.Fill((Base >> 12) + page, write: true);
        }
        for (uint page = 0; page < 2048; page += 2) space.Discard(Base + (page << 12), Base + ((page + 1) << 12));
        Assert.True(space.Window!.IsUnsettled);
        space.Window.Settle();
        Assert.Equal(0, space.Window.Mappings);
        Assert.Empty(HostRights(space.Window));
        Assert.True(space.Window.Fill((Base >> 12) + 1, write: true));
    }
}
