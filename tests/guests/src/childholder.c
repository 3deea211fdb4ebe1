/* childholder [exit]: has a live child that waits in pause (v5: EBUSY), says "ready", stays in user mode. */
#include "crt.h"

static int run(void)
{
    s32 child = must("fork", (s32)sys(SYS_fork));
    if (child == 0) for (;;) sys(SYS_pause);
    hold();
    sys(SYS_kill, child, 9);
    sys(SYS_waitpid, child, 0, 0);
    return 0;
}
