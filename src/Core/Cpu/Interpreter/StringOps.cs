using System.Runtime.CompilerServices;
using Iced.Intel;

namespace CheckpointRestart.Core.Cpu.Interpreter;

/// <summary>MOVS CMPS STOS LODS SCAS, alone and repeated.</summary>
/// <remarks>A repeated one ends its block. Each iteration is an instruction of the budget and a boundary: when the budget ends, EIP stays.
/// A count of 0 is one instruction.</remarks>
internal static unsafe class StringOps
{
    const int Es = CpuState.SegmentOffset;

    internal static void Register(HandlerTable table)
    {
        Add<Movs<W8>>(table, Code.Movsb_m8_m8);
        Add<Movs<W16>>(table, Code.Movsw_m16_m16);
        Add<Movs<W32>>(table, Code.Movsd_m32_m32);
        Add<Cmps<W8>>(table, Code.Cmpsb_m8_m8);
        Add<Cmps<W16>>(table, Code.Cmpsw_m16_m16);
        Add<Cmps<W32>>(table, Code.Cmpsd_m32_m32);
        Add<Stos<W8>>(table, Code.Stosb_m8_AL);
        Add<Stos<W16>>(table, Code.Stosw_m16_AX);
        Add<Stos<W32>>(table, Code.Stosd_m32_EAX);
        Add<Lods<W8>>(table, Code.Lodsb_AL_m8);
        Add<Lods<W16>>(table, Code.Lodsw_AX_m16);
        Add<Lods<W32>>(table, Code.Lodsd_EAX_m32);
        Add<Scas<W8>>(table, Code.Scasb_AL_m8);
        Add<Scas<W16>>(table, Code.Scasw_AX_m16);
        Add<Scas<W32>>(table, Code.Scasd_EAX_m32);
    }

    static void Add<T>(HandlerTable table, Code code) where T : struct, IString => table.AddString(code, &Once<T>, &Repeated<T>);

    internal interface IString
    {
        /// <summary>ZF ends the repetition: the operation compares.</summary>
        static abstract bool Compares { get; }

        /// <summary>One iteration, without the count.</summary>
        static abstract void Step(CpuState* s, Op* op);

        /// <summary>Does up to <paramref name="most"/> iterations at once where that cannot be told from doing them one by one.</summary>
        /// <returns>Iterations done; 0 to go on step by step.</returns>
        static abstract uint Bulk(CpuState* s, Op* op, uint most);
    }

    static void Once<T>(CpuState* s, Op* op) where T : struct, IString => T.Step(s, op);

    static void Repeated<T>(CpuState* s, Op* op) where T : struct, IString
    {
        bool small = (op->Special & OpSpecial.Address16) != 0;
        uint count = small ? s->Ecx & 0xFFFF : s->Ecx;
        s->Eip = op->Next;
        if (count == 0) return;
        bool wantZero = (op->Traits & OpTraits.Repne) == 0;
        while (true)
        {
            uint done = 0;
            if (op->Special == 0) done = T.Bulk(s, op, (uint)Math.Min(count, s->Budget + 1));
            if (done == 0)
            {
                T.Step(s, op);
                done = 1;
            }
            count -= done;
            if (small) W16.Set(s, 4, count);
            else s->Ecx = count;
            if (count == 0 || (T.Compares && Flags.Zf(s) != wantZero))
            {
                s->Budget -= done - 1;
                return;
            }
            s->Budget -= done;
            if (s->Budget < 0 || s->Event != 0 || op->Run == null)
            {
                s->Budget++;
                s->Eip = op->Start;
                return;
            }
        }
    }

    readonly struct Movs<W> : IString where W : struct, IWidth
    {
        public static bool Compares => false;

        public static void Step(CpuState* s, Op* op)
        {
            uint value = W.Read(s, op, Source(s, op, W.Bits / 8));
            W.Write(s, op, Destination(s, op, W.Bits / 8, SegmentRights.Write), value);
            Move(s, op, CpuState.GprOffset + 24, W.Bits / 8);
            Move(s, op, CpuState.GprOffset + 28, W.Bits / 8);
        }

        public static uint Bulk(CpuState* s, Op* op, uint most)
        {
            if ((s->SystemFlags & Flags.Direction) != 0) return 0;
            uint from = s->Esi, to = s->Edi;
            uint room = Math.Min(0x1000 - (from & 0xFFF), 0x1000 - (to & 0xFFF));
            uint bytes = (uint)Math.Min((ulong)most * (uint)(W.Bits / 8), room) & ~(uint)(W.Bits / 8 - 1);
            long fromDistance = s->ReadTable[from >> 12], toDistance = s->WriteTable[to >> 12];
            if (bytes == 0 || fromDistance == 0 || toDistance == 0) return 0;
            byte* source = (byte*)(fromDistance + from), target = (byte*)(toDistance + to);
            if (target > source && target < source + bytes)
            {
                for (uint i = 0; i < bytes; i += (uint)W.Bits / 8) W.Store(target + i, W.Load(source + i));
            }
            else
            {
                Buffer.MemoryCopy(source, target, bytes, bytes);
            }
            s->Esi = from + bytes;
            s->Edi = to + bytes;
            return bytes / (uint)(W.Bits / 8);
        }
    }

    readonly struct Stos<W> : IString where W : struct, IWidth
    {
        public static bool Compares => false;

        public static void Step(CpuState* s, Op* op)
        {
            W.Write(s, op, Destination(s, op, W.Bits / 8, SegmentRights.Write), W.Get(s, 0));
            Move(s, op, CpuState.GprOffset + 28, W.Bits / 8);
        }

        public static uint Bulk(CpuState* s, Op* op, uint most)
        {
            if ((s->SystemFlags & Flags.Direction) != 0) return 0;
            uint to = s->Edi;
            uint bytes = (uint)Math.Min((ulong)most * (uint)(W.Bits / 8), 0x1000 - (to & 0xFFF)) & ~(uint)(W.Bits / 8 - 1);
            long distance = s->WriteTable[to >> 12];
            if (bytes == 0 || distance == 0) return 0;
            byte* target = (byte*)(distance + to);
            int count = (int)bytes / (W.Bits / 8);
            if (W.Bits == 8) new Span<byte>(target, count).Fill((byte)s->Eax);
            else if (W.Bits == 16) new Span<ushort>(target, count).Fill((ushort)s->Eax);
            else new Span<uint>(target, count).Fill(s->Eax);
            s->Edi = to + bytes;
            return (uint)count;
        }
    }

    readonly struct Lods<W> : IString where W : struct, IWidth
    {
        public static bool Compares => false;

        public static void Step(CpuState* s, Op* op)
        {
            W.Set(s, 0, W.Read(s, op, Source(s, op, W.Bits / 8)));
            Move(s, op, CpuState.GprOffset + 24, W.Bits / 8);
        }

        public static uint Bulk(CpuState* s, Op* op, uint most) => 0;
    }

    readonly struct Cmps<W> : IString where W : struct, IWidth
    {
        public static bool Compares => true;

        public static void Step(CpuState* s, Op* op)
        {
            // Where both operands fault, the one at ES:EDI is the first, but for REPE CMPSB, which is a way of its own through the processor.
            uint a, b;
            if (W.Bits == 8 && (op->Traits & OpTraits.Rep) != 0)
            {
                a = W.Read(s, op, Source(s, op, 1));
                b = W.Read(s, op, Destination(s, op, 1, SegmentRights.Read));
            }
            else
            {
                b = W.Read(s, op, Destination(s, op, W.Bits / 8, SegmentRights.Read));
                a = W.Read(s, op, Source(s, op, W.Bits / 8));
            }
            ArithmeticOps.Cmp.Apply<W>(s, a, b);
            Move(s, op, CpuState.GprOffset + 24, W.Bits / 8);
            Move(s, op, CpuState.GprOffset + 28, W.Bits / 8);
        }

        /// <summary>While the elements are equal, up to the first that are not.</summary>
        public static uint Bulk(CpuState* s, Op* op, uint most)
        {
            if ((s->SystemFlags & Flags.Direction) != 0 || (op->Traits & OpTraits.Repne) != 0) return 0;
            uint from = s->Esi, to = s->Edi;
            uint count = Math.Min(Room<W>(s->ReadTable, from, most), Room<W>(s->ReadTable, to, most));
            if (count == 0) return 0;
            byte* a = (byte*)(s->ReadTable[from >> 12] + from), b = (byte*)(s->ReadTable[to >> 12] + to);
            int bytes = (int)count * (W.Bits / 8);
            int same = new ReadOnlySpan<byte>(a, bytes).CommonPrefixLength(new ReadOnlySpan<byte>(b, bytes));
            count = Math.Min(count, (uint)same / (uint)(W.Bits / 8) + 1);
            uint last = (count - 1) * (uint)(W.Bits / 8);
            ArithmeticOps.Cmp.Apply<W>(s, W.Load(a + last), W.Load(b + last));
            s->Esi = from + last + (uint)(W.Bits / 8);
            s->Edi = to + last + (uint)(W.Bits / 8);
            return count;
        }
    }

    readonly struct Scas<W> : IString where W : struct, IWidth
    {
        public static bool Compares => true;

        public static void Step(CpuState* s, Op* op)
        {
            uint b = W.Read(s, op, Destination(s, op, W.Bits / 8, SegmentRights.Read));
            ArithmeticOps.Cmp.Apply<W>(s, W.Get(s, 0), b);
            Move(s, op, CpuState.GprOffset + 28, W.Bits / 8);
        }

        /// <summary>Up to the first element that is equal, or with REPE to the first that is not.</summary>
        public static uint Bulk(CpuState* s, Op* op, uint most)
        {
            if ((s->SystemFlags & Flags.Direction) != 0) return 0;
            uint to = s->Edi, count = Room<W>(s->ReadTable, to, most);
            if (count == 0) return 0;
            byte* at = (byte*)(s->ReadTable[to >> 12] + to);
            bool equal = (op->Traits & OpTraits.Repne) == 0;
            int found = W.Bits switch
            {
                8 => Find(new ReadOnlySpan<byte>(at, (int)count), (byte)s->Eax, equal),
                16 => Find(new ReadOnlySpan<ushort>(at, (int)count), (ushort)s->Eax, equal),
                _ => Find(new ReadOnlySpan<uint>(at, (int)count), s->Eax, equal),
            };
            if (found >= 0) count = (uint)found + 1;
            uint last = (count - 1) * (uint)(W.Bits / 8);
            ArithmeticOps.Cmp.Apply<W>(s, W.Get(s, 0), W.Load(at + last));
            s->Edi = to + last + (uint)(W.Bits / 8);
            return count;
        }

        static int Find<T>(ReadOnlySpan<T> elements, T value, bool equal) where T : IEquatable<T> => equal ? elements.IndexOfAnyExcept(value) : elements.IndexOf(value);
    }

    /// <summary>Elements from an address on that lie in its page, and in the page's entry of a table; at most so many.</summary>
    static uint Room<W>(long* table, uint address, uint most) where W : struct, IWidth =>
        table[address >> 12] == 0 ? 0 : Math.Min(most, (0x1000 - (address & 0xFFF)) / (uint)(W.Bits / 8));

    /// <summary>Linear address that ESI means, in DS or the segment that a prefix names.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static uint Source(CpuState* s, Op* op, int size) =>
        op->Special == 0 ? s->Esi : Segments.Linear(s, op, op->Segment, (op->Special & OpSpecial.Address16) != 0 ? s->Esi & 0xFFFF : s->Esi, (uint)size, SegmentRights.Read);

    /// <summary>Linear address that EDI means, in ES.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static uint Destination(CpuState* s, Op* op, int size, SegmentRights need) =>
        op->Special == 0 ? s->Edi : Segments.Linear(s, op, Es, (op->Special & OpSpecial.Address16) != 0 ? s->Edi & 0xFFFF : s->Edi, (uint)size, need);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void Move(CpuState* s, Op* op, int register, int size)
    {
        uint value = Guest.Register(s, register) + (uint)((s->SystemFlags & Flags.Direction) != 0 ? -size : size);
        if ((op->Special & OpSpecial.Address16) != 0) W16.Set(s, register, value);
        else Guest.Register(s, register) = value;
    }
}
