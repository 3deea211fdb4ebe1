using System.Buffers.Binary;
using CheckpointRestart.Core.Files;
using CheckpointRestart.Core.Memory;

namespace CheckpointRestart.Core.Kernel.Loading;

/// <summary>A program in memory, built to one side: its address space, where it begins and what it finds on its stack (Linux: fs/binfmt_elf.c).</summary>
internal sealed class ProgramImage
{
    /// <summary>Where a position-independent program with an interpreter is put, and the heap of one without (ELF_ET_DYN_BASE).</summary>
    const uint DynamicBase = 0x400000;
    const uint PageMask = 0xFFF;

    public required AddressSpace Memory { get; init; }

    public uint Entry { get; private set; }

    public uint StackPointer { get; private set; }

    public byte[] AuxiliaryVector { get; private set; } = [];

    uint headersAddress, interpreterBase;
    bool isSecure;

    /// <summary>Loads a program.</summary>
    /// <returns>None with the image; ENOEXEC, ENOMEM, E2BIG and others leave nothing behind.</returns>
    public static Errno Load(Machine machine, Program program, Credentials credentials, bool isSecure, ResourceLimits limits, out ProgramImage? image)
    {
        image = null;
        if (!program.Fits(limits[Resource.Stack].Current)) return Errno.E2BIG;
        var made = new ProgramImage { Memory = new AddressSpace(machine.Account), isSecure = isSecure };
        made.Memory.StackLimit = (uint)Math.Min(limits[Resource.Stack].Current, 1u << 31);
        made.Memory.SizeLimit = limits[Resource.AddressSpace].Current;
        made.Memory.DataLimit = limits[Resource.Data].Current;
        var error = made.Build(machine, program, credentials);
        if (error != Errno.None) made.Memory.Dispose();
        else image = made;
        return error;
    }

    Errno Build(Machine machine, Program program, Credentials credentials)
    {
        var elf = program.Elf;
        if (elf.ReadImpliesExecute) Memory.BreakFlags = VmFlags.Exec;
        // The fixed places come first, so that nothing that is placed freely can take them.
        var error = Vdso.Map(Memory, machine.Processor.Model);
        if (error != Errno.None) return error;

        uint bias = 0;
        if (elf.IsPositionIndependent && !TryPlace(elf, program.Interpreter != null ? DynamicBase : 0, out bias)) return Errno.ENOMEM;
        error = MapSegments(program.File, elf, bias, isProgram: true);
        if (error != Errno.None) return error;
        Entry = elf.Entry + bias;
        headersAddress = HeadersAddress(elf) + bias;
        if (elf.IsPositionIndependent && program.Interpreter == null) Memory.Layout.StartBrk = Memory.Layout.Brk = DynamicBase;

        if (program.InterpreterElf is { } interpreter)
        {
            uint interpreterBias = 0;
            if (interpreter.IsPositionIndependent && !TryPlace(interpreter, 0, out interpreterBias)) return Errno.ENOMEM;
            error = MapSegments(program.Interpreter!, interpreter, interpreterBias, isProgram: false);
            if (error != Errno.None) return error;
            interpreterBase = interpreterBias;
            Entry = interpreter.Entry + interpreterBias;
        }
        return BuildStack(machine, program, credentials);
    }

    bool TryPlace(ElfFile elf, uint wanted, out uint bias)
    {
        uint low = elf.Loads[0].Address & ~PageMask, high = 0;
        foreach (var load in elf.Loads) high = Math.Max(high, load.Address + load.MemorySize);
        bias = wanted - low;
        if (wanted != 0) return wanted + (ulong)(high - low) < AddressSpace.UserEnd;
        if (!Memory.ChooseAddress(0, (high - low + PageMask) & ~PageMask, out uint chosen)) return false;
        bias = chosen - low;
        return true;
    }

    static uint HeadersAddress(ElfFile elf)
    {
        foreach (var load in elf.Loads)
            if (load.Offset <= elf.HeadersOffset && elf.HeadersOffset < load.Offset + load.FileSize) return elf.HeadersOffset - load.Offset + load.Address;
        return 0;
    }

    Errno MapSegments(OpenFile file, ElfFile elf, uint bias, bool isProgram)
    {
        var error = file.GetPages(out var source);
        if (error != Errno.None) return error;
        ref var layout = ref Memory.Layout;
        uint startCode = uint.MaxValue, endCode = 0, startData = 0, endData = 0, endBss = 0;
        foreach (var load in elf.Loads)
        {
            uint at = load.Address + bias;
            if (at + (ulong)load.MemorySize > Vdso.Address && at < Vdso.Address + Vdso.Size) return Errno.ENOMEM;
            error = MapSegment(source, load, at, elf.ReadImpliesExecute, isProgram);
            if (error != Errno.None) return error;
            startCode = Math.Min(startCode, at);
            if ((load.Flags & ElfSegment.Execute) != 0) endCode = Math.Max(endCode, at + load.FileSize);
            startData = Math.Max(startData, at);
            endData = Math.Max(endData, at + load.FileSize);
            endBss = Math.Max(endBss, at + load.MemorySize);
        }
        if (!isProgram) return Errno.None;
        layout.StartCode = startCode;
        layout.EndCode = endCode;
        layout.StartData = startData;
        layout.EndData = endData;
        layout.StartBrk = layout.Brk = (endBss + PageMask) & ~PageMask;
        return Errno.None;
    }

    Errno MapSegment(IPageSource? source, in ElfSegment load, uint at, bool readImpliesExecute, bool isProgram)
    {
        var flags = VmFlags.May | Protection(load.Flags, readImpliesExecute);
        uint start = at & ~PageMask, fileEnd = at + load.FileSize, end = (at + load.MemorySize + PageMask) & ~PageMask;
        uint fileTop = load.FileSize == 0 ? start : (fileEnd + PageMask) & ~PageMask;
        if (fileTop > start)
        {
            var mapFlags = flags | VmFlags.DenyWrite | (isProgram ? VmFlags.Executable : 0) | ((load.Flags & ElfSegment.Write) != 0 ? VmFlags.Account : 0);
            var error = Memory.Map(start, fileTop - start, mapFlags, isFixed: true, source, load.Offset >> 12, out _);
            if (error != Errno.None) return error == Errno.EPERM ? Errno.ENOMEM : error;
            // What the page holds behind the file's part is the next thing in the file, and must be zero up to the page's end: C libraries rely on it.
            if (load.MemorySize > load.FileSize && (load.Flags & ElfSegment.Write) != 0 && (fileEnd & PageMask) != 0
                && !Memory.Clear(fileEnd, fileTop - fileEnd)) return Errno.ENOMEM;
        }
        if (end <= fileTop) return Errno.None;
        var bssFlags = VmFlags.Read | VmFlags.Write | VmFlags.May | VmFlags.Account | (readImpliesExecute || (load.Flags & ElfSegment.Execute) != 0 ? VmFlags.Exec : 0);
        var result = Memory.Map(fileTop, end - fileTop, bssFlags, isFixed: true, null, 0, out _);
        return result == Errno.EPERM ? Errno.ENOMEM : result;
    }

    static VmFlags Protection(uint flags, bool readImpliesExecute)
    {
        VmFlags protection = 0;
        if ((flags & ElfSegment.Read) != 0) protection |= VmFlags.Read | (readImpliesExecute ? VmFlags.Exec : 0);
        if ((flags & ElfSegment.Write) != 0) protection |= VmFlags.Write;
        if ((flags & ElfSegment.Execute) != 0) protection |= VmFlags.Exec;
        return protection;
    }

    /// <summary>From the top: a null word, the file's name, environment and argument strings, the platform's name, random bytes, the
    /// auxiliary vector, the two pointer arrays, the count.</summary>
    Errno BuildStack(Machine machine, Program program, Credentials credentials)
    {
        const uint initialSize = 0x21000;
        var flags = VmFlags.Read | VmFlags.Write | VmFlags.May | VmFlags.GrowsDown | VmFlags.Account | (program.Elf.HasExecutableStack ? VmFlags.Exec : 0);
        uint size = (uint)(StringBytes(program) + PageMask & ~PageMask) + initialSize;
        var error = Memory.Map(AddressSpace.UserEnd - size, size, flags, isFixed: true, null, 0, out _, "[stack]");
        if (error != Errno.None) return error;
        uint at = AddressSpace.UserEnd - 4;
        bool fits = true;
        uint Push(ReadOnlySpan<byte> text, bool terminated = true)
        {
            at -= (uint)text.Length + (terminated ? 1u : 0);
            fits &= Memory.Write(at, text);
            return at;
        }

        uint name = Push(program.FileName);
        ref var layout = ref Memory.Layout;
        layout.EnvEnd = at;
        var environment = PushAll(program.Environment, text => Push(text));
        layout.EnvStart = layout.ArgEnd = at;
        var arguments = PushAll(program.Arguments, text => Push(text));
        layout.ArgStart = at;

        at &= ~15u;
        uint platform = Push(GuestText.ToBytes(machine.Processor.Model.MachineName));
        Span<byte> random = stackalloc byte[16];
        machine.Random.Fill(random);
        uint randomBytes = Push(random, terminated: false);
        uint[] vector =
        [
            32, Vdso.SystemCall, 33, Vdso.Address, 51, SignalFrames.LargestFrame, 16, machine.Processor.Model.FeaturesEdx, 6, 4096, 17, 100,
            3, headersAddress, 4, 32, 5, (uint)program.Elf.Segments.Length, 7, interpreterBase, 8, 0, 9, EntryOf(program),
            11, credentials.Uid, 12, credentials.EffectiveUid, 13, credentials.Gid, 14, credentials.EffectiveGid, 23, isSecure ? 1u : 0,
            25, randomBytes, 26, 0, 31, name, 15, platform, 0, 0,
        ];
        int words = vector.Length + 1 + arguments.Length + 1 + environment.Length + 1;
        at = (at - (uint)words * 4) & ~15u;
        StackPointer = layout.StartStack = at;
        var table = new byte[words * 4];
        int index = 0;
        void Add(uint word) => BinaryPrimitives.WriteUInt32LittleEndian(table.AsSpan(index++ * 4), word);
        Add((uint)arguments.Length);
        foreach (uint argument in arguments) Add(argument);
        Add(0);
        foreach (uint variable in environment) Add(variable);
        Add(0);
        foreach (uint word in vector) Add(word);
        AuxiliaryVector = table[^(vector.Length * 4)..];
        return fits && Memory.Write(at, table) ? Errno.None : Errno.ENOMEM;
    }

    uint EntryOf(Program program) => program.Interpreter == null ? Entry : program.Elf.Entry + headersAddress - HeadersAddress(program.Elf);

    static uint[] PushAll(IReadOnlyList<byte[]> texts, Func<byte[], uint> push)
    {
        var addresses = new uint[texts.Count];
        for (int i = texts.Count - 1; i >= 0; i--) addresses[i] = push(texts[i]);
        return addresses;
    }

    static long StringBytes(Program program)
    {
        long sum = program.FileName.Length + 1 + (program.Arguments.Count + program.Environment.Count) * 4L;
        foreach (var text in program.Arguments) sum += text.Length + 1;
        foreach (var text in program.Environment) sum += text.Length + 1;
        return sum;
    }
}
