using System.ComponentModel;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using CheckpointRestart.Core.Files;

namespace CheckpointRestart.PS.Runtime.Consoles;

/// <summary>A console of Windows: keys come as the sequences that a terminal sends, and output is taken as such.</summary>
[SupportedOSPlatform("windows")]
sealed class WindowsConsole : RawConsole
{
    const int InputHandle = -10, OutputHandle = -11;
    const uint ProcessedInput = 1, LineInput = 2, EchoInput = 4, WindowInput = 8, QuickEdit = 0x40, VirtualInput = 0x200;
    const uint ProcessedOutput = 1, VirtualOutput = 4, NoReturn = 8;
    const uint Utf8 = 65001;

    readonly nint input = Native.GetHandle(InputHandle), output = Native.GetHandle(OutputHandle);
    readonly uint inputBefore, outputBefore, inputPageBefore, outputPageBefore;
    bool isRaw;

    internal WindowsConsole()
    {
        if (!Native.GetMode(input, out inputBefore) || !Native.GetMode(output, out outputBefore)) throw new Win32Exception();
        inputPageBefore = Native.GetInputPage();
        outputPageBefore = Native.GetOutputPage();
        isRaw = true;
        uint raw = (inputBefore & ~(ProcessedInput | LineInput | EchoInput | WindowInput | QuickEdit)) | VirtualInput;
        if (!Native.SetMode(input, raw) || !Native.SetMode(output, outputBefore | ProcessedOutput | VirtualOutput | NoReturn))
        {
            var error = new Win32Exception();
            Restore();
            throw error;
        }
        Native.SetInputPage(Utf8);
        Native.SetOutputPage(Utf8);
    }

    internal override WindowSize Size => new((ushort)Console.WindowHeight, (ushort)Console.WindowWidth);

    internal override int Read(byte[] buffer, TimeSpan timeout)
    {
        const uint signalled = 0;
        if (Native.Wait(input, (uint)timeout.TotalMilliseconds) != signalled) return 0;
        // An event that is no key, such as a released one, makes the handle ready but gives ReadFile nothing to return: it is taken out first.
        Native.InputRecord record = default;
        while (Native.Peek(input, ref record, 1, out uint waiting) && waiting > 0 && !record.IsPressedKey) Native.Take(input, ref record, 1, out _);
        if (!record.IsPressedKey) return 0;
        return Native.Read(input, buffer, (uint)buffer.Length, out uint count, 0) ? (int)count : -1;
    }

    internal override void Write(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            if (!Native.Write(output, ref MemoryMarshal.GetReference(bytes), (uint)bytes.Length, out uint count, 0)) throw new IOException("the console cannot be written to");
            bytes = bytes[(int)count..];
        }
    }

    protected override void Restore()
    {
        if (!isRaw) return;
        isRaw = false;
        Native.SetMode(input, inputBefore);
        Native.SetMode(output, outputBefore);
        Native.SetInputPage(inputPageBefore);
        Native.SetOutputPage(outputPageBefore);
    }

    static class Native
    {
        const string Library = "kernel32.dll";

        /// <summary>INPUT_RECORD: a type and the largest event, of which only the key's first fields count here.</summary>
        [StructLayout(LayoutKind.Sequential, Size = 20)]
        internal struct InputRecord
        {
            public ushort Type;
            public ushort Padding;
            public int IsDown;

            internal readonly bool IsPressedKey => Type == 1 && IsDown != 0;
        }

        [DllImport(Library, EntryPoint = "GetStdHandle", SetLastError = true)]
        internal static extern nint GetHandle(int number);

        [DllImport(Library, EntryPoint = "GetConsoleMode", SetLastError = true)]
        [return: MarshalAs(UnmanagedType.Bool)]
        internal static extern bool GetMode(nint handle, out uint mode);

        [DllImport(Library, EntryPoint = "SetConsoleMode", SetLastError = true)]
        [return: MarshalAs(UnmanagedType.Bool)]
        internal static extern bool SetMode(nint handle, uint mode);

        [DllImport(Library, EntryPoint = "GetConsoleCP")]
        internal static extern uint GetInputPage();

        [DllImport(Library, EntryPoint = "GetConsoleOutputCP")]
        internal static extern uint GetOutputPage();

        [DllImport(Library, EntryPoint = "SetConsoleCP")]
        [return: MarshalAs(UnmanagedType.Bool)]
        internal static extern bool SetInputPage(uint page);

        [DllImport(Library, EntryPoint = "SetConsoleOutputCP")]
        [return: MarshalAs(UnmanagedType.Bool)]
        internal static extern bool SetOutputPage(uint page);

        [DllImport(Library, EntryPoint = "WaitForSingleObject")]
        internal static extern uint Wait(nint handle, uint milliseconds);

        [DllImport(Library, EntryPoint = "PeekConsoleInputW", SetLastError = true)]
        [return: MarshalAs(UnmanagedType.Bool)]
        internal static extern bool Peek(nint handle, ref InputRecord record, uint length, out uint count);

        [DllImport(Library, EntryPoint = "ReadConsoleInputW", SetLastError = true)]
        [return: MarshalAs(UnmanagedType.Bool)]
        internal static extern bool Take(nint handle, ref InputRecord record, uint length, out uint count);

        [DllImport(Library, EntryPoint = "ReadFile", SetLastError = true)]
        [return: MarshalAs(UnmanagedType.Bool)]
        internal static extern bool Read(nint handle, byte[] buffer, uint length, out uint count, nint overlapped);

        [DllImport(Library, EntryPoint = "WriteFile", SetLastError = true)]
        [return: MarshalAs(UnmanagedType.Bool)]
        internal static extern bool Write(nint handle, ref byte buffer, uint length, out uint count, nint overlapped);
    }
}
