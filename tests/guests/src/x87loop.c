/* x87loop [ITERATIONS]: a plain loop of x87 arithmetic on doubles in memory, as compilers make it, for measuring speed; then its results' bits in hex.
   A logistic map and a running mean of it. An iteration is eleven instructions; default two million iterations. */
#include "crt.h"

static double map = 0.3, rate = 3.7, mean = 1, shrink = 1.01;

static int run(void)
{
    u32 left = (u32)argument(1, 2000000);
    u32 *bits = (u32 *)&map, *mean_bits = (u32 *)&mean;
    if (!left) left = 1;
    __asm__ volatile(
        ".p2align 4\n"
        "1:\n\t"
        "fldl %1\n\t"
        "fld1\n\t"
        "fsub %%st(1), %%st\n\t"
        "fmulp\n\t"
        "fmull %2\n\t"
        "fstl %1\n\t"
        "faddl %3\n\t"
        "fdivl %4\n\t"
        "fstpl %3\n\t"
        "subl $1, %0\n\t"
        "jnz 1b"
        : "+r"(left), "+m"(map) : "m"(rate), "m"(mean), "m"(shrink) : "cc", "memory");
    put_hex(bits[1]);
    put_hex(bits[0]);
    put_hex(mean_bits[1]);
    put_hex(mean_bits[0]);
    end_line();
    return 0;
}
