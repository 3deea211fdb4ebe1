/* midway-x87 [pointers]: a stretch of x87 with values on the stack all the way, the control word changed on the way (single precision up, double
   precision down, extended chop), a stack with holes, numbers of every kind, partial remainders left in the middle, comparisons whose
   condition codes are used later, an environment put away and taken back, and state saved and restored. */
#include "midway.h"

NAMED_BY_ASM u8 image[108], inner[108], environment[28];
NAMED_BY_ASM u16 codes[6];
NAMED_BY_ASM u32 eflags[3];
NAMED_BY_ASM struct { double d; float f; s32 l; u64 q; u8 bcd[10]; u8 t[10]; } out;

NAMED_BY_ASM const struct {
    u16 single_up, double_down, extended_chop;
    double tenth, denormal;
    u32 huge_nan;
    s32 small;
    u64 wide;
    u8 quiet[10], pseudo[10], packed[10], far[10];
} in = {
    0x087f, 0x067f, 0x0f7f,
    0.1, 4.9e-324,
    0x7fa00001,
    -12345678,
    0x8000000000000001,
    { 1, 2, 3, 4, 5, 6, 7, 0xc8, 0xff, 0xff }, { 9, 8, 7, 6, 5, 4, 3, 0x82, 0, 0 }, { 0x21, 0x43, 0x65, 0x87, 9, 0x21, 0x43, 0x65, 0x87, 0x80 },
    { 3, 1, 4, 1, 5, 9, 2, 0xe6, 0, 0x44 },
};

static int run(void)
{
    say("begin");
    __asm__ volatile(
        "fninit\n\t"
        "fldcw in\n\t"
        "fldpi\n\tfldl2e\n\tfldl in+8\n\tfildl in+28\n\t"
        "fadd %%st(2), %%st\n\tfmul %%st, %%st(1)\n\tfsqrt\n\tfdivr %%st(3), %%st\n\t"
        "fldl in+16\n\tfmul %%st(1), %%st\n\tfxch %%st(3)\n\t"
        "fldcw in+2\n\t"
        "fldt in+50\n\tfadd %%st(1), %%st\n\t"
        "fildll in+32\n\tfchs\n\tfscale\n\t"
        "fcom %%st(2)\n\tfnstsw codes\n\t"
        "fucomi %%st(3), %%st\n\tpushfl\n\tpopl eflags\n\t"
        "fbld in+60\n\tfbstp out+24\n\t"
        "fldcw in+4\n\t"
        "flds in+24\n\t"                                       /* signals: a quiet one arrives */
        "ffree %%st(4)\n\tfincstp\n\tfincstp\n\tfdecstp\n\t"
        "fnstenv environment\n\t"
        "fxam\n\tfnstsw codes+2\n\t"
        "fldenv environment\n\t"
        "fstpl out\n\t"
        "fxtract\n\tfnstsw codes+4\n\t"                        /* may find no room: a stack fault, masked */
        "fld1\n\tfldln2\n\tfldz\n\t"
        "fnsave inner\n\t"
        "fldt inner+28\n\tfldt inner+48\n\t"
        "fld1\n\tfldpi\n\tfscale\n\tfldcw in+2\n\tfldl in+8\n\tfldt in+70\n\tfadd %%st(2), %%st\n\t"
        "1: fprem\n\tfnstsw %%ax\n\tfnstsw codes+6\n\ttestl $0x400, %%eax\n\tjnz 1b\n\t"
        "fprem1\n\tfnstsw codes+8\n\t"
        "frndint\n\tfistl out+12\n\tfsts out+8\n\tfistpll out+16\n\t"
        "fcomip %%st(1), %%st\n\tpushfl\n\tpopl eflags+4\n\t"
        "fcmovb %%st(1), %%st\n\tfcmovnu %%st(2), %%st\n\t"
        "fyl2x\n\tf2xm1\n\tfldpi\n\tfpatan\n\t"
        "fstpt out+34\n\t"
        "frstor inner\n\t"
        "fstp %%st\n\tfldt in+40\n\tfldcw in\n\tfmul %%st(1), %%st\n\tfsubrp %%st, %%st(2)\n\tfrndint\n\tfabs\n\tfldl2t\n\t"
        "ftst\n\tfnstsw codes+10\n\t"
        "fnsave image\n\t"
        : : : "eax", "cc", "memory");
    say("end");
    put_x87(image, argument_is(1, "pointers"));
    put_x87(inner, 0);
    put_words("codes", codes, 3);
    put_words("stored", &out, 11);
    put("flags ");
    put_hex(eflags[0] & 0x8d5);
    put(" ");
    put_hex(eflags[1] & 0x8d5);
    end_line();
    return 0;
}
