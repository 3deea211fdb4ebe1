/* midway-sse: a stretch with all XMM registers in use and MXCSR changed on the way: each rounding, flush to zero, denormals are zero,
   exceptions gathered, and exceptions unmasked after they have been gathered, which must not raise anything. Then one is raised. */
#include "midway.h"

NAMED_BY_ASM u32 fx[128], modes[8] = { 0x1f80, 0x3f80, 0x5f80, 0x7f80, 0x9f80, 0x1fc0, 0xffc0, 0x0000 }, got[8];

NAMED_BY_ASM const u32 in[16] = {
    0x3f800000, 0x40490fdb, 0x00400001, 0xbf9d70a4, 0x9999999a, 0x3fb99999, 0x00000001, 0x000fffff,
    0x7f800001, 0x00000000, 0x7f7fffff, 0x80000000, 0x3eaaaaab, 0x47c35000, 0xc1200000, 0x00800000,
};

static int run(void)
{
    say("begin");
    __asm__ volatile(
        "movaps in, %%xmm0\n\tmovaps in+16, %%xmm1\n\tmovaps in+32, %%xmm2\n\tmovaps in+48, %%xmm3\n\t"
        "xorps %%xmm4, %%xmm4\n\tmovaps %%xmm0, %%xmm5\n\tpcmpeqd %%xmm6, %%xmm6\n\tmovhlps %%xmm1, %%xmm7\n\t"
        "xorl %%ecx, %%ecx\n\t"
        "1: ldmxcsr modes(,%%ecx,4)\n\t"
        "divps %%xmm3, %%xmm0\n\t"
        "mulpd %%xmm1, %%xmm1\n\t"
        "addps %%xmm0, %%xmm5\n\t"
        "cvtdq2pd %%xmm3, %%xmm7\n\t"
        "sqrtpd %%xmm7, %%xmm7\n\t"
        "cvtpd2ps %%xmm7, %%xmm4\n\t"
        "minps %%xmm2, %%xmm4\n\t"
        "cmpps $1, %%xmm2, %%xmm6\n\t"
        "cvtps2dq %%xmm5, %%xmm6\n\t"
        "mulss %%xmm3, %%xmm2\n\t"
        "movups in, %%xmm0\n\tmovups in+16, %%xmm1\n\t"
        "stmxcsr got(,%%ecx,4)\n\t"
        "incl %%ecx\n\tcmpl $7, %%ecx\n\tjne 1b\n\t"
        "movl got, %%eax\n\torl $0x3f, %%eax\n\tandl $~0x1f80, %%eax\n\tmovl %%eax, modes\n\t"
        "ldmxcsr modes\n\t"                                    /* gathered and unmasked: nothing happens */
        "paddd %%xmm5, %%xmm6\n\tmovaps %%xmm6, %%xmm7\n\tshufps $0x1b, %%xmm7, %%xmm7\n\t"
        "fxsave fx\n\t"
        : : : "eax", "ecx", "cc", "memory");
    say("end");
    put_words("mxcsr", got, 7);
    put_words("mxcsr now", fx + 6, 1);
    put_words("xmm", fx + 40, 32);
    __asm__ volatile("divss %%xmm4, %%xmm4\n\tcvtps2pd %%xmm2, %%xmm0\n\tdivps in+32, %%xmm0" : : : "memory"); /* SIGFPE */
    say("not raised");
    return 1;
}
