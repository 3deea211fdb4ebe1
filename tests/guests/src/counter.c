/* counter [LAST] [WORK]: the numbers 1, 2, 3, ... a line each, up to LAST (0 or none: for ever), each line one write.
   Before each number come WORK rounds (50000) of a three-instruction loop, so that there is user mode to be frozen in. */
#include "crt.h"

static int run(void)
{
    u32 last = (u32)argument(1, 0), work = (u32)argument(2, 50000);
    for (u32 n = 1;; n++) {
        u32 rounds = work, sum = n;
        if (rounds) __asm__ volatile("1: addl %0, %1\n\tdecl %0\n\tjnz 1b" : "+r"(rounds), "+r"(sum) : : "cc");
        put_unsigned(n);
        end_line();
        if (n == last) return 0;
    }
}
