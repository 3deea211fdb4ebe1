/* build: -msse2 */
/* sseloop [ITERATIONS]: a plain loop of SSE arithmetic, scalar doubles as compilers make it and some packed singles, for measuring speed; then its results' bits
   in hex. A logistic map, a running mean of it, and four geometric sums. An iteration is fourteen instructions; default two million iterations. */
#include "crt.h"

static double map = 0.3, one = 1, rate = 3.7, mean = 1, shrink = 1.01;
static float factors[4] __attribute__((aligned(16))) = { 0.5f, 0.25f, -0.75f, 0.9f };
static float terms[4] __attribute__((aligned(16))) = { 1, 0.1f, 3, -1.7f };
static float sums[4] __attribute__((aligned(16)));

static int run(void)
{
    u32 left = (u32)argument(1, 2000000);
    u32 *bits = (u32 *)&map, *mean_bits = (u32 *)&mean, *sum_bits = (u32 *)sums;
    if (!left) left = 1;
    __asm__ volatile(
        "xorps %%xmm2, %%xmm2\n\t"
        ".p2align 4\n"
        "1:\n\t"
        "movsd %1, %%xmm0\n\t"
        "movsd %2, %%xmm1\n\t"
        "subsd %%xmm0, %%xmm1\n\t"
        "mulsd %%xmm1, %%xmm0\n\t"
        "mulsd %3, %%xmm0\n\t"
        "movsd %%xmm0, %1\n\t"
        "addsd %4, %%xmm0\n\t"
        "divsd %5, %%xmm0\n\t"
        "movsd %%xmm0, %4\n\t"
        "mulps %6, %%xmm2\n\t"
        "addps %7, %%xmm2\n\t"
        "movaps %%xmm2, %8\n\t"
        "subl $1, %0\n\t"
        "jnz 1b"
        : "+r"(left), "+m"(map) : "m"(one), "m"(rate), "m"(mean), "m"(shrink), "m"(factors), "m"(terms), "m"(sums) : "cc", "memory", "xmm0", "xmm1", "xmm2");
    put_hex(bits[1]);
    put_hex(bits[0]);
    put_hex(mean_bits[1]);
    put_hex(mean_bits[0]);
    for (u32 i = 0; i < 4; i++) put_hex(sum_bits[i]);
    end_line();
    return 0;
}
