using System.Buffers.Binary;
using System.Text;
using CheckpointRestart.Core.Files;
using CheckpointRestart.Core.Kernel;
using CheckpointRestart.Core.Kernel.Symbols;
using CheckpointRestart.Core.Tests.Guests;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace CheckpointRestart.Core.Tests.Kernel;

/// <summary>Symbols of ELF files, found both ways and at their load bias; a hostile file gives none, or some, and no error.</summary>
public sealed class SymbolTests
{
    static SymbolMap MapOf(string hostProgram, IReadOnlyList<FileRegion> regions)
    {
        using var machine = new Machine(new MachineOptions { Root = new RootOptions { HostProgram = hostProgram } });
        return machine.Execute(m =>
        {
            var map = new SymbolMap();
            Assert.False(m.Tree.Open(new PathStart(m.Tree.Root, m.Tree.Root), m.Tree.ProgramPath!, OpenFlags.ReadOnly, 0, out var file).IsError);
            map.Add(file!, m.Tree.ProgramPath!, regions);
            file!.Release();
            return map;
        });
    }

    static SymbolMap MapOf(byte[] elf, params FileRegion[] regions)
    {
        string path = Path.GetTempFileName();
        try
        {
            File.WriteAllBytes(path, elf);
            return MapOf(path, regions);
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public void A_tasks_symbols_are_found_by_name_and_by_address()
    {
        using var machine = new Machine(GuestRun.OptionsFor("stepper"));
        var task = machine.Start(new ProgramOptions { Suspended = true });
        var map = SymbolMap.Of(task);
        uint main = map.Find("main")!.Value;
        Assert.Equal(new SymbolPlace("main", main, 0, "/stepper"), map.Find(main));
        Assert.Equal("main+0x21", map.Find(main + 0x21).ToString());
        Assert.Equal(main + 0x21, map.Find("main+0x21"));
        Assert.Equal(main + 33, map.Find("main+33"));
        Assert.Null(map.Find("nothing"));
        Assert.Null(map.Find("main+"));
        Assert.Null(map.Find("main+0xg"));
        Assert.Null(map.Find(0x1000u));
        Assert.Equal("factorial", map.Find(main + 79)?.Name);
        Assert.Equal("__kernel_sigreturn+0x1", map.Find(0xB7FFE421u).ToString());
        Assert.Contains("buffer", map.Names);
    }

    [Fact]
    public void Looking_reads_a_file_once_and_changes_nothing()
    {
        using var machine = new Machine(GuestRun.OptionsFor("stepper"));
        var task = machine.Start(new ProgramOptions { Suspended = true });
        string before = Core.Checkpoint.StateHash.Compute(machine, Core.Checkpoint.StateHashScope.Full);
        Assert.Equal(SymbolMap.Of(task).Find("main"), SymbolMap.Of(task).Find("main"));
        Assert.Equal(before, Core.Checkpoint.StateHash.Compute(machine, Core.Checkpoint.StateHashScope.Full));
    }

    [Fact]
    public void A_program_without_symbols_has_none() => Assert.Empty(MapOf(GuestFiles.Program("hello"), [new FileRegion(0x08048000, 0x08049000, 0)]).Names);

    /// <summary>Symbols of one address: what others see before what is local, things before labels; sizes bound what they cover.</summary>
    [Fact]
    public void The_best_of_several_symbols_names_a_place()
    {
        var elf = Elf(shared: true, ("label", 0x1010, 0, 0x10), ("local", 0x1010, 8, 0x02), ("seen", 0x1010, 8, 0x12), ("weak", 0x1010, 8, 0x22),
            ("mark", 0x1038, 0, 0x10), ("outer", 0x1040, 0x40, 0x12), ("inner", 0x1050, 4, 0x12), ("open", 0x1100, 0, 0x10), ("undefined", 0x1200, 4, 0x12), ("absolute", 0x1200, 4, 0x12), ("tls", 0x1200, 4, 0x16), ("file", 0x1300, 4, 0x04));
        var map = MapOf(elf, new FileRegion(0x40000000, 0x40002000, 0));
        Assert.Equal("seen", map.Find(0x40001010u).ToString());
        Assert.Equal("seen+0x7", map.Find(0x40001017u).ToString());
        Assert.Null(map.Find(0x40001018u));
        Assert.Equal("inner+0x3", map.Find(0x40001053u).ToString());
        Assert.Equal("outer+0x14", map.Find(0x40001054u).ToString());
        Assert.Null(map.Find(0x40001080u));
        Assert.Equal("open+0x50", map.Find(0x40001150u).ToString());
        Assert.Equal("open+0xeff", map.Find(0x40001FFFu).ToString());
        Assert.Null(map.Find(0x40002000u));
        Assert.Equal(0x40001010u, map.Find("label"));
        Assert.Null(map.Find("undefined"));
        Assert.Null(map.Find("absolute"));
        Assert.Null(map.Find("tls"));
        Assert.Null(map.Find("file"));
    }

    [Fact]
    public void Each_mapping_of_a_file_has_its_own_bias()
    {
        var elf = Elf(shared: true, ("here", 0x1010, 8, 0x12));
        var map = MapOf(elf, new FileRegion(0x40000000, 0x40002000, 0), new FileRegion(0x50000000, 0x50001000, 0), new FileRegion(0x50001000, 0x50002000, 0x1000));
        Assert.Equal("here+0x1", map.Find(0x40001011u).ToString());
        Assert.Equal("here+0x2", map.Find(0x50001012u).ToString());
        Assert.Equal(0x40001010u, map.Find("here"));
    }

    /// <summary>A small file's segments share its first page, which then is mapped twice.</summary>
    [Fact]
    public void A_page_that_is_shown_twice_is_no_second_copy()
    {
        var elf = Elf(shared: true, ("here", 0x1010, 8, 0x12));
        BinaryPrimitives.WriteUInt16LittleEndian(elf.AsSpan(44), 2);
        uint[] second = [1, 0x100, 0x2100, 0, 0x10, 0x10, 6, 0x1000];
        for (int i = 0; i < second.Length; i++) BinaryPrimitives.WriteUInt32LittleEndian(elf.AsSpan(84 + i * 4), second[i]);
        var map = MapOf(elf, new FileRegion(0x40000000, 0x40002000, 0), new FileRegion(0x40002000, 0x40003000, 0));
        Assert.Equal(0x40001010u, map.Find("here"));
        Assert.Equal("here", map.Find(0x40001010u).ToString());
        Assert.Null(map.Find(0x40003010u));
        Assert.Null(map.Find(0x3FFFF010u));
    }

    [Fact]
    public void Names_cannot_write_to_a_terminal()
    {
        var map = MapOf(Elf(shared: false, ("a\u001b[2Jb", 0x1010, 8, 0x12)), new FileRegion(0, 0x2000, 0));
        Assert.Equal(["a.[2Jb"], map.Names);
    }

    /// <summary>Whatever bytes of the headers are changed, reading ends without an error, and soon.</summary>
    [Fact]
    public void A_damaged_file_harms_nobody()
    {
        var whole = Elf(shared: true, ("one", 0x1010, 8, 0x12), ("two", 0x1020, 8, 0x12));
        var regions = new[] { new FileRegion(0x40000000, 0x40002000, 0) };
        var changes = from count in Gen.Choose(1, 8)
                      from edits in Gen.ArrayOf(from at in Gen.Choose(0, whole.Length - 1) from value in Gen.OneOf(Gen.Elements<byte>(0, 1, 0x7F, 0x80, 0xFF), Gen.Choose(0, 255).Select(v => (byte)v)) select (at, value), count)
                      from length in Gen.Frequency((4, Gen.Constant(whole.Length)), (1, Gen.Choose(0, whole.Length)))
                      select (edits, length);
        Prop.ForAll(changes.ToArbitrary(), change =>
        {
            var elf = whole.ToArray();
            foreach (var (at, value) in change.edits) elf[at] = value;
            var map = MapOf(elf[..change.length], regions);
            Assert.All(map.Names, name => Assert.NotNull(map.Find(name)));
            _ = map.Find(0x40001011u);
        }).Check(Repeatable.Config);
    }

    /// <summary>An ELF file with one segment of 0x2000 bytes, mapped from its beginning, and a symbol table.</summary>
    static byte[] Elf(bool shared, params (string Name, uint Address, uint Size, byte Info)[] symbols)
    {
        const int table = 0x200, names = 0x600, sections = 0x800;
        var file = new byte[sections + 3 * 40];
        "\u007fELF\u0001\u0001\u0001"u8.CopyTo(file);
        Half(16, (ushort)(shared ? 3 : 2));
        Half(18, 3);
        Words(20, 1, 0x1000, 52, sections, 0);
        Half(40, 52);
        Half(42, 32);
        Half(44, 1);
        Half(46, 40);
        Half(48, 3);
        Words(52, 1, 0, 0, 0, (uint)file.Length, 0x2000, 5, 0x1000);
        int end = names + 1;
        for (int i = 0; i < symbols.Length; i++)
        {
            Words(table + (i + 1) * 16, (uint)(end - names), symbols[i].Address, symbols[i].Size);
            file[table + (i + 1) * 16 + 12] = symbols[i].Info;
            Half(table + (i + 1) * 16 + 14, symbols[i].Name switch { "undefined" => 0, "absolute" => 0xFFF1, _ => 1 });
            end += Encoding.UTF8.GetBytes(symbols[i].Name, file.AsSpan(end)) + 1;
        }
        Words(sections + 40, 0, 2, 0, 0, table, (uint)(symbols.Length + 1) * 16, 2, 0, 4, 16);
        Words(sections + 80, 0, 3, 0, 0, names, (uint)(end - names), 0, 0, 1, 0);
        return file;

        void Half(int at, ushort value) => BinaryPrimitives.WriteUInt16LittleEndian(file.AsSpan(at), value);

        void Words(int at, params uint[] values)
        {
            for (int i = 0; i < values.Length; i++) BinaryPrimitives.WriteUInt32LittleEndian(file.AsSpan(at + i * 4), values[i]);
        }
    }
}
