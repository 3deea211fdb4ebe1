using System.ComponentModel;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using CheckpointRestart.Core.Files;

namespace CheckpointRestart.PS.Runtime.Consoles;

/// <summary>A terminal of Linux or macOS, through termios. Descriptors are used directly: Console would take the keys apart.</summary>
[UnsupportedOSPlatform("windows")]
sealed class UnixConsole : RawConsole
{
    const int Input = 0, Output = 1, ApplyAfterOutput = 1;
    const short Readable = 1;

    readonly byte[] before = new byte[256];
    readonly PosixSignalRegistration terminated;
    bool isRaw;

    internal UnixConsole()
    {
        if (Native.GetModes(Input, before) != 0) throw new Win32Exception(Marshal.GetLastPInvokeError(), "the console's modes cannot be read");
        var raw = (byte[])before.Clone();
        Native.MakeRaw(raw);
        // A signal that ends this process must not leave the user with a console without echo.
        terminated = PosixSignalRegistration.Create(PosixSignal.SIGTERM, _ => Restore());
        if (Native.SetModes(Input, ApplyAfterOutput, raw) != 0) throw new Win32Exception(Marshal.GetLastPInvokeError(), "the console's modes cannot be changed");
        isRaw = true;
    }

    internal override WindowSize Size
    {
        get
        {
            try
            {
                return new WindowSize((ushort)Math.Clamp(Console.WindowHeight, 0, ushort.MaxValue), (ushort)Math.Clamp(Console.WindowWidth, 0, ushort.MaxValue));
            }
            catch (IOException)
            {
                return new WindowSize(24, 80);
            }
        }
    }

    internal override int Read(byte[] buffer, TimeSpan timeout)
    {
        var wanted = new Native.PollDescriptor { Descriptor = Input, Events = Readable };
        int ready = Native.Poll(ref wanted, 1, (int)timeout.TotalMilliseconds);
        if (ready <= 0) return 0;
        nint count = Native.Read(Input, buffer, (nuint)buffer.Length);
        if (count > 0) return (int)count;
        const int interrupted = 4, again = 11;
        return count < 0 && Marshal.GetLastPInvokeError() is interrupted or again ? 0 : -1;
    }

    internal override void Write(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            nint count = Native.Write(Output, ref MemoryMarshal.GetReference(bytes), (nuint)bytes.Length);
            const int interrupted = 4, again = 11;
            if (count >= 0) bytes = bytes[(int)count..];
            else if (Marshal.GetLastPInvokeError() == again) Thread.Sleep(1);
            else if (Marshal.GetLastPInvokeError() != interrupted) throw new IOException("the console cannot be written to");
        }
    }

    protected override void Restore()
    {
        if (!isRaw) return;
        isRaw = false;
        _ = Native.SetModes(Input, ApplyAfterOutput, before);
        terminated.Dispose();
    }

    static class Native
    {
        const string Library = "libc";

        [StructLayout(LayoutKind.Sequential)]
        internal struct PollDescriptor
        {
            public int Descriptor;
            public short Events, Happened;
        }

        // struct termios has another layout on each system, and none is longer than 256 bytes: it is passed through as it is.
        [DllImport(Library, EntryPoint = "tcgetattr", SetLastError = true)]
        internal static extern int GetModes(int descriptor, byte[] modes);

        [DllImport(Library, EntryPoint = "tcsetattr", SetLastError = true)]
        internal static extern int SetModes(int descriptor, int when, byte[] modes);

        [DllImport(Library, EntryPoint = "cfmakeraw")]
        internal static extern void MakeRaw(byte[] modes);

        [DllImport(Library, EntryPoint = "poll", SetLastError = true)]
        internal static extern int Poll(ref PollDescriptor descriptors, nuint count, int milliseconds);

        [DllImport(Library, EntryPoint = "read", SetLastError = true)]
        internal static extern nint Read(int descriptor, byte[] buffer, nuint count);

        [DllImport(Library, EntryPoint = "write", SetLastError = true)]
        internal static extern nint Write(int descriptor, ref byte buffer, nuint count);
    }
}
