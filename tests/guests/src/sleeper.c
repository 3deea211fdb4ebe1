/* sleeper [MILLISECONDS] [COUNT]: sleeps MILLISECONDS (1000) and says so, COUNT times (0 or none: for ever). */
#include "crt.h"

static int run(void)
{
    u32 ms = (u32)argument(1, 1000), count = (u32)argument(2, 0);
    u32 time[2] = { ms / 1000, ms % 1000 * 1000000 };
    for (u32 n = 1;; n++) {
        must("nanosleep", (s32)sys(SYS_nanosleep, time, 0));
        put("slept ");
        put_unsigned(n);
        end_line();
        if (n == count) return 0;
    }
}
