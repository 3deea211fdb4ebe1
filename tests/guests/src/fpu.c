/* fpu [ROUNDS] [mmx]: floating point state that lives only in registers. Three values stay on the x87 stack, the control word
   says double precision and rounding down, MXCSR says rounding up and flush to zero, and XMM2, XMM6 and XMM7 hold sums, through
   all of ROUNDS (20; 0: for ever). With "mmx" MM1 and MM7 hold packed sums in place of the x87 stack.
   Prints what a round leaves: control word, status word, the stack's doubles, MXCSR and the sums, in hex. */
#include "crt.h"

static double values[3];
static u32 xmm[12], mmx[4], mxcsr = 0xdf80 /* all masked, up, flush to zero */;
static u16 control = 0x067f /* all masked, double, down */, status;
static u32 n;

static int run(void)
{
    u32 rounds = (u32)argument(1, 20);
    int with_mmx = argument_is(2, "mmx");
    static const u32 pattern[4] __attribute__((used, aligned(16))) = { 0x3f800000, 0x3eaaaaab, 0x40490fdb, 0x3dcccccd };

    __asm__ volatile("fninit\n\tfldcw %0\n\tldmxcsr %1" : : "m"(control), "m"(mxcsr));
    __asm__ volatile("movaps %0, %%xmm2\n\txorps %%xmm6, %%xmm6\n\tmovaps %%xmm2, %%xmm7" : : "m"(*(const u32(*)[4])pattern));
    if (with_mmx) __asm__ volatile("movq %0, %%mm1\n\tmovq 8+%0, %%mm7" : : "m"(*(const u32(*)[4])pattern));
    else __asm__ volatile("fldpi\n\tfld1\n\tfldl2t");

    for (n = 1;; n++) {
        if (with_mmx) {
            __asm__ volatile("paddw %%mm7, %%mm1\n\tpxor %%mm1, %%mm7\n\tpaddusb %%mm1, %%mm7\n\tmovq %%mm1, %0\n\tmovq %%mm7, 8+%0" : "=m"(mmx));
        } else {
            __asm__ volatile(
                "fildl %2\n\tfdivr %%st(1), %%st\n\tfaddp %%st, %%st(2)\n\t"       /* st1 += st0 / n */
                "fld %%st(1)\n\tfsqrt\n\tfaddp %%st, %%st(3)\n\t"                   /* st2 += sqrt(st1) */
                "fstl %0\n\tfxch %%st(1)\n\tfstl 8+%0\n\tfxch %%st(2)\n\tfstl 16+%0\n\tfxch %%st(2)\n\tfxch %%st(1)\n\t"
                "fstcw %3\n\tfstsw %1"
                : "=m"(values), "=m"(status) : "m"(n), "m"(control) : "memory");
        }
        __asm__ volatile(
            "cvtsi2ss %1, %%xmm0\n\tshufps $0, %%xmm0, %%xmm0\n\tmovaps %%xmm2, %%xmm1\n\tdivps %%xmm0, %%xmm1\n\taddps %%xmm1, %%xmm6\n\t"
            "cvtss2sd %%xmm6, %%xmm0\n\tsqrtsd %%xmm0, %%xmm0\n\taddsd %%xmm0, %%xmm7\n\t"
            "movups %%xmm2, %0\n\tmovups %%xmm6, 16+%0\n\tmovups %%xmm7, 32+%0\n\tstmxcsr %2"
            : "=m"(xmm) : "m"(n), "m"(mxcsr) : "memory");
        put_unsigned(n);
        if (with_mmx) {
            put(" mmx");
            for (u32 i = 0; i < 4; i++) put(" "), put_hex(mmx[i]);
        } else {
            put(" x87 ");
            put_hex(control);
            put(" ");
            put_hex(status);
            for (u32 i = 0; i < 6; i++) put(" "), put_hex(((volatile u32 *)values)[i]);
        }
        put(" sse ");
        put_hex(mxcsr);
        for (u32 i = 0; i < 12; i++) put(" "), put_hex(xmm[i]);
        end_line();
        if (n == rounds) return 0;
    }
}
