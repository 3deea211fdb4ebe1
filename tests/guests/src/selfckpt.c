/* selfckpt IMAGE [TICKS] [MILLISECONDS]: a loop that counts with floating point and, on its third tick, checkpoints
   itself to the file IMAGE. A tick adds the square roots of its number to two sums, one on the x87 stack and one in an
   SSE2 register; neither leaves its register during the run, so only a whole FPU state continues the count rightly.
   Prints "tick N x87 HEX sse HEX" (the sums' upper words), and "checkpoint returned R". TICKS is 10 unless given, 0 is
   for ever; MILLISECONDS (0) is the sleep after each tick. */
#include "crt.h"

static u32 n;
static double x87, sse;

static int run(void)
{
    if (argc < 2) {
        say("usage: selfckpt IMAGE [TICKS] [MILLISECONDS]");
        return 2;
    }
    u32 ticks = (u32)argument(2, 10), pause = (u32)argument(3, 0);
    u32 time[2] = { pause / 1000, pause % 1000 * 1000000 };

    __asm__ volatile("fninit\n\tfldz\n\txorps %xmm5, %xmm5");
    for (n = 1; ticks == 0 || n <= ticks; n++) {
        __asm__ volatile(
            "fildl n\n\tfsqrt\n\tfaddp\n\tfstl x87\n\t"
            "cvtsi2sdl n, %%xmm0\n\tsqrtsd %%xmm0, %%xmm0\n\taddsd %%xmm0, %%xmm5\n\tmovsd %%xmm5, sse" ::: "memory");
        put("tick ");
        put_unsigned(n);
        put(" x87 ");
        put_hex(((volatile u32 *)&x87)[1]);
        put(" sse ");
        put_hex(((volatile u32 *)&sse)[1]);
        end_line();
        if (n == 3) {
            s32 fd = must("open", (s32)sys(SYS_open, argv[1], O_WRONLY | O_CREAT | O_TRUNC, 0666));
            s32 result = (s32)sys(SYS_checkpoint, sys(SYS_getpid), fd, 0);
            sys(SYS_close, fd);
            put("checkpoint returned ");
            if (result < 0) put_errno(result);
            else put_signed(result);
            end_line();
        }
        if (pause) sys(SYS_nanosleep, time, 0);
    }
    return 0;
}
