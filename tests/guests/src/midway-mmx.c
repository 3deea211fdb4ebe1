/* midway-mmx [pointers]: a stretch of MMX whose values stay in MM0 to MM7 all the way, seen through the x87 registers under them, to XMM registers and
   back, over EMMS into x87, and back again. */
#include "midway.h"

NAMED_BY_ASM u8 image[108], inner[108];
NAMED_BY_ASM u32 fx[128], seen[20];

NAMED_BY_ASM const u32 in[8] = { 0x80017fff, 0x12345678, 0xfffe0003, 0x89abcdef, 0x00ff8001, 0x7f80ff00, 0x0f0f0f0f, 0xdeadbeef };

static int run(void)
{
    say("begin");
    __asm__ volatile(
        "fninit\n\tfldpi\n\tfldl2t\n\tfld1\n\t"                /* MMX takes over a stack in use: TOP becomes 0 */
        "movq in, %%mm0\n\tmovq in+8, %%mm1\n\tmovq in+16, %%mm2\n\tmovd in+24, %%mm3\n\t"
        "movq %%mm0, %%mm4\n\tpaddsw %%mm1, %%mm4\n\tpmaddwd %%mm2, %%mm0\n\tpunpcklbw %%mm3, %%mm1\n\t"
        "movq %%mm4, %%mm5\n\tpackuswb %%mm0, %%mm5\n\tpcmpgtb %%mm2, %%mm5\n\tpsraw $3, %%mm4\n\t"
        "movq2dq %%mm4, %%xmm3\n\tpaddq %%xmm3, %%xmm3\n\tmovdq2q %%xmm3, %%mm6\n\t"
        "movl $4, %%eax\n\tmovd %%eax, %%mm7\n\tpsllq %%mm7, %%mm6\n\tpandn %%mm6, %%mm7\n\t"
        "psadbw %%mm2, %%mm3\n\tpshufw $0x1b, %%mm4, %%mm4\n\tpmovmskb %%mm5, %%ecx\n\tpinsrw $2, %%ecx, %%mm1\n\t"
        "fxsave fx\n\t"
        "fnsave inner\n\tfrstor inner\n\t"
        "fstpt seen\n\t"                                       /* MM0 as x87 sees it: a NaN */
        "paddd %%mm1, %%mm2\n\t"
        "emms\n\tfld1\n\tfldlg2\n\tfaddp\n\t"
        "movd %%mm7, seen+12\n\tmovq %%mm6, seen+16\n\tmovq %%mm2, seen+24\n\t"
        "pxor %%mm0, %%mm0\n\tpsubq %%mm6, %%mm0\n\t"
        "movups %%xmm3, seen+32\n\t"
        "fnsave image\n\t"
        : : : "eax", "ecx", "memory");
    say("end");
    put_x87(image, argument_is(1, "pointers"));
    put_x87(inner, 0);
    put_words("seen", seen, 12);
    put_words("fxsave control, status, tags", fx, 1);
    put_words("fxsave tags", (u8 *)fx + 4, 1);
    for (u32 i = 0; i < 8; i++) put_words("mm", fx + 8 + 4 * i, 3);
    return 0;
}
