/* forkbomb: forks for ever, and so does each child; nobody reaps. Ends only from outside. The first refusal that a process
   sees is one line, "fork: EAGAIN". Never run it on a machine that you need. */
#include "crt.h"

static int run(void)
{
    int told = 0;
    for (;;) {
        s32 result = (s32)sys(SYS_fork);
        if (result < 0 && !told) {
            told = 1;
            put("fork: ");
            put_errno(result);
            end_line();
        }
    }
    return 0;
}
