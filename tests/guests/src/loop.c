/* loop [ITERATIONS]: a plain integer loop for measuring speed, then its checksum in hex.
   An iteration is eleven instructions, or ten when the inner branch is taken. The sum's lowest bit decides that, which
   repeats every four iterations (two of them taken): 10.5 instructions on average, and no penalty for wrong guesses of
   a host's branch predictor. Default ten million iterations, 105 million instructions. */
#include "crt.h"

static int run(void)
{
    u32 left = (u32)argument(1, 10000000), sum = 0x12345678, mix = 0;
    if (!left) left = 1;
    __asm__ volatile(
        ".p2align 4\n"
        "1:\n\t"
        "addl %0, %1\n\t"
        "movl %1, %%ecx\n\t"
        "shll $5, %%ecx\n\t"
        "xorl %%ecx, %1\n\t"
        "shrl $3, %%ecx\n\t"
        "addl %%ecx, %2\n\t"
        "testl $1, %1\n\t"
        "jz 2f\n\t"
        "xorl %2, %1\n"
        "2:\n\t"
        "subl $1, %0\n\t"
        "jnz 1b"
        : "+r"(left), "+r"(sum), "+r"(mix) : : "ecx", "cc");
    put_hex(sum ^ mix);
    end_line();
    return 0;
}
