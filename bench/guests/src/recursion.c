/* recursion [N]: Fibonacci's number N and Takeuchi's function, by plain recursion: calls and returns. */
#include "bench.h"

static __attribute__((noipa)) u32 fib(u32 n) { return n < 2 ? n : fib(n - 1) + fib(n - 2); }

static __attribute__((noipa)) s32 tak(s32 x, s32 y, s32 z) { return y >= x ? z : tak(tak(x - 1, y, z), tak(y - 1, z, x), tak(z - 1, x, y)); }

static int run(void)
{
    u32 n = (u32)argument(1, 41), number = fib(n), sum = mix(0, number);
    for (u32 i = 0; i <= number >> 16; i++) sum = mix(sum, (u32)tak(18, 12, (s32)(6 + (i & 1))));
    return finish("recursion", n, sum);
}
