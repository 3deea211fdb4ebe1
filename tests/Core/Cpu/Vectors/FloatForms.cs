using Iced.Intel;

namespace CheckpointRestart.Core.Tests.Cpu.Vectors;

/// <summary>The forms of x87, MMX and SSE that have vectors. Names are stable: seeds come from them.</summary>
internal static class FloatForms
{
    private const ushort NoConditions = 0xbaff;

    internal static IEnumerable<VectorForm> All() => [.. X87Registers(), .. X87Memory(), .. Simd()];

    private static IEnumerable<VectorForm> X87Registers()
    {
        // Arithmetic leaves C0, C2 and C3 undefined.
        foreach (byte first in new byte[] { 0xd8, 0xdc, 0xde })
        {
            string[] names = first == 0xd8 ? ["fadd", "fmul", "fcom", "fcomp", "fsub", "fsubr", "fdiv", "fdivr"] : ["fadd", "fmul", "", "", "fsubr", "fsub", "fdivr", "fdiv"];
            for (int i = 0; i < 8; i++)
            {
                if (names[i].Length == 0) continue;
                string form = first switch { 0xd8 => " st0, st1", 0xdc => " st1, st0", _ => "p st1, st0" };
                yield return Form(names[i] + form, i is 2 or 3 ? (ushort)0xffff : NoConditions, 1000, first, (byte)(0xc1 + (8 * i)));
            }
        }

        yield return Form("fcompp", 0xffff, 300, 0xde, 0xd9);
        yield return Form("fucom", 0xffff, 300, 0xdd, 0xe1);
        yield return Form("fucomp", 0xffff, 300, 0xdd, 0xe9);
        yield return Form("fucompp", 0xffff, 300, 0xda, 0xe9);
        yield return Form("fcomi", NoConditions, 300, 0xdb, 0xf1);
        yield return Form("fcomip", NoConditions, 300, 0xdf, 0xf1);
        yield return Form("fucomi", NoConditions, 300, 0xdb, 0xe9);
        yield return Form("fucomip", NoConditions, 300, 0xdf, 0xe9);
        yield return Form("ftst", 0xffff, 300, 0xd9, 0xe4);
        yield return Form("fxam", 0xffff, 300, 0xd9, 0xe5);
        yield return Form("fchs", NoConditions, 200, 0xd9, 0xe0);
        yield return Form("fabs", NoConditions, 200, 0xd9, 0xe1);
        yield return Form("fsqrt", NoConditions, 1000, 0xd9, 0xfa);
        yield return Form("frndint", NoConditions, 1000, 0xd9, 0xfc);
        yield return Form("fscale", NoConditions, 1000, 0xd9, 0xfd);
        yield return Form("fprem", 0xffff, 1000, 0xd9, 0xf8);
        yield return Form("fprem1", 0xffff, 1000, 0xd9, 0xf5);
        yield return Form("fxtract", NoConditions, 500, 0xd9, 0xf4);
        for (int i = 0; i < 7; i++) yield return Form("fld constant " + i, NoConditions, 100, 0xd9, (byte)(0xe8 + i));
        yield return Form("fld st3", NoConditions, 200, 0xd9, 0xc3);
        yield return Form("fst st3", NoConditions, 200, 0xdd, 0xd3);
        yield return Form("fstp st3", NoConditions, 200, 0xdd, 0xdb);
        yield return Form("fxch st3", NoConditions, 200, 0xd9, 0xcb);
        yield return Form("ffree st2", NoConditions, 100, 0xdd, 0xc2);
        yield return Form("fincstp", NoConditions, 100, 0xd9, 0xf7);
        yield return Form("fdecstp", NoConditions, 100, 0xd9, 0xf6);
        yield return Form("fnop", NoConditions, 100, 0xd9, 0xd0);
        yield return Form("fwait", 0xffff, 100, 0x9b);
        yield return Form("fnclex", NoConditions, 100, 0xdb, 0xe2);
        yield return Form("fninit", 0xffff, 100, 0xdb, 0xe3);
        yield return Form("fnstsw ax", 0xffff, 100, 0xdf, 0xe0);
        for (int i = 0; i < 4; i++)
        {
            yield return Form("fcmov " + i, NoConditions, 200, 0xda, (byte)(0xc1 + (8 * i)));
            yield return Form("fcmovn " + i, NoConditions, 200, 0xdb, (byte)(0xc1 + (8 * i)));
        }
    }

    private static IEnumerable<VectorForm> X87Memory()
    {
        string[] arithmetic = ["fadd", "fmul", "fcom", "fcomp", "fsub", "fsubr", "fdiv", "fdivr"];
        for (int i = 0; i < 8; i++)
        {
            ushort mask = i is 2 or 3 ? (ushort)0xffff : NoConditions;
            yield return MemoryForm(arithmetic[i] + " m32", mask, 500, OperandKind.Single, 0xd8, i);
            yield return MemoryForm(arithmetic[i] + " m64", mask, 500, OperandKind.Double, 0xdc, i);
            yield return MemoryForm("i" + arithmetic[i] + " m32", mask, 200, OperandKind.Integer, 0xda, i);
            yield return MemoryForm("i" + arithmetic[i] + " m16", mask, 200, OperandKind.Integer, 0xde, i);
        }

        yield return MemoryForm("fld m32", NoConditions, 400, OperandKind.Single, 0xd9, 0);
        yield return MemoryForm("fst m32", NoConditions, 1000, OperandKind.Single, 0xd9, 2);
        yield return MemoryForm("fstp m32", NoConditions, 1000, OperandKind.Single, 0xd9, 3);
        yield return MemoryForm("fld m64", NoConditions, 400, OperandKind.Double, 0xdd, 0);
        yield return MemoryForm("fisttp m64", NoConditions, 400, OperandKind.Double, 0xdd, 1);
        yield return MemoryForm("fst m64", NoConditions, 1000, OperandKind.Double, 0xdd, 2);
        yield return MemoryForm("fstp m64", NoConditions, 1000, OperandKind.Double, 0xdd, 3);
        yield return MemoryForm("fild m32", NoConditions, 200, OperandKind.Integer, 0xdb, 0);
        yield return MemoryForm("fisttp m32", NoConditions, 400, OperandKind.Integer, 0xdb, 1);
        yield return MemoryForm("fist m32", NoConditions, 500, OperandKind.Integer, 0xdb, 2);
        yield return MemoryForm("fistp m32", NoConditions, 500, OperandKind.Integer, 0xdb, 3);
        yield return MemoryForm("fld m80", NoConditions, 200, OperandKind.Extended, 0xdb, 5);
        yield return MemoryForm("fstp m80", NoConditions, 200, OperandKind.Extended, 0xdb, 7);
        yield return MemoryForm("fild m16", NoConditions, 200, OperandKind.Integer, 0xdf, 0);
        yield return MemoryForm("fisttp m16", NoConditions, 400, OperandKind.Integer, 0xdf, 1);
        yield return MemoryForm("fist m16", NoConditions, 500, OperandKind.Integer, 0xdf, 2);
        yield return MemoryForm("fistp m16", NoConditions, 500, OperandKind.Integer, 0xdf, 3);
        yield return MemoryForm("fbld", NoConditions, 300, OperandKind.Decimal, 0xdf, 4);
        yield return MemoryForm("fild m64", NoConditions, 200, OperandKind.Integer, 0xdf, 5);
        yield return MemoryForm("fbstp", NoConditions, 500, OperandKind.Decimal, 0xdf, 6);
        yield return MemoryForm("fistp m64", NoConditions, 500, OperandKind.Integer, 0xdf, 7);
        yield return MemoryForm("fldcw", 0xffff, 300, OperandKind.Control, 0xd9, 5);
        yield return MemoryForm("fnstcw", 0xffff, 100, OperandKind.Control, 0xd9, 7);
        yield return MemoryForm("fnstsw m16", 0xffff, 100, OperandKind.Control, 0xdd, 7);
        yield return MemoryForm("fldenv", 0xffff, 300, OperandKind.Environment, 0xd9, 4);
        yield return MemoryForm("fnstenv", 0xffff, 300, OperandKind.Control, 0xd9, 6) with { Pointers = 12..28 };
        yield return MemoryForm("fnstenv 16", 0xffff, 300, OperandKind.Control, 0x66, 0xd9, 6) with { Pointers = 6..14 };
        yield return MemoryForm("fnsave", 0xffff, 300, OperandKind.Control, 0xdd, 6) with { Pointers = 12..28 };
        yield return MemoryForm("fnsave 16", 0xffff, 300, OperandKind.Control, 0x66, 0xdd, 6) with { Pointers = 6..14 };
        yield return new VectorForm("fxsave", [0x0f, 0xae, 0x05, 0x10, 0, 0, 0x20], OperandKind.Control) { IsX87 = true, Pointers = 5..32 };
        yield return new VectorForm("stmxcsr", [0x0f, 0xae, 0x1d, 0x10, 0, 0, 0x20], OperandKind.Control);
        yield return new VectorForm("ldmxcsr", [0x0f, 0xae, 0x15, 0x10, 0, 0, 0x20], OperandKind.Control);
        yield return new VectorForm("emms", [0x0f, 0x77], OperandKind.Control) { IsX87 = true };
        yield return MemoryForm("fldenv 16", 0xffff, 300, OperandKind.Environment, 0x66, 0xd9, 4);
    }

    /// <summary>Forms whose last bits makers do differently: compared within a unit in the last place, not recorded.</summary>
    internal static IEnumerable<VectorForm> Transcendental()
    {
        yield return Form("f2xm1", NoConditions, 2000, 0xd9, 0xf0);
        yield return Form("fyl2x", NoConditions, 2000, 0xd9, 0xf1);
        yield return Form("fyl2xp1", NoConditions, 2000, 0xd9, 0xf9);
        yield return Form("fpatan", NoConditions, 2000, 0xd9, 0xf3);
        yield return Form("fptan", 0xbeff, 2000, 0xd9, 0xf2);
        yield return Form("fsin", 0xbeff, 2000, 0xd9, 0xfe);
        yield return Form("fcos", 0xbeff, 2000, 0xd9, 0xff);
        yield return Form("fsincos", 0xbeff, 2000, 0xd9, 0xfb);
    }

    /// <summary>Every legacy MMX and SSE form that Iced knows and the processor has: XMM1 or MM1 with XMM2, MM2, EDX or memory.</summary>
    private static IEnumerable<VectorForm> Simd()
    {
        foreach (Code code in Enum.GetValues<Code>())
        {
            OpCodeInfo info = code.ToOpCode();
            if (!SimdCodes.IsCovered(code, info)) continue;
            foreach (bool memory in new[] { false, true })
            {
                VectorForm? form = SimdCodes.Form(code, info, memory);
                if (form != null) yield return form;
            }
        }
    }

    private static VectorForm Form(string name, ushort mask, int count, params byte[] code) =>
        new(name, code, OperandKind.Double) { IsX87 = true, StatusMask = mask, Count = count };

    private static VectorForm MemoryForm(string name, ushort mask, int count, OperandKind operand, byte first, int extension) =>
        new(name, [first, (byte)(5 | (extension << 3)), 0x10, 0, 0, 0x20], operand) { IsX87 = true, StatusMask = mask, Count = count };

    private static VectorForm MemoryForm(string name, ushort mask, int count, OperandKind operand, byte prefix, byte first, int extension) =>
        new(name, [prefix, first, (byte)(5 | (extension << 3)), 0x10, 0, 0, 0x20], operand) { IsX87 = true, StatusMask = mask, Count = count };
}
