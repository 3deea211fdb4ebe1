/* yields: a traced child gives up its turn a hundred times, stopped at each call, while a timer runs. */
#include "report.h"

enum { SYS_ptrace = 26, SYS_setitimer = 104, SYS_sched_yield = 158, TRACEME = 0, SYSCALL = 24, SIGSTOP = 19 };

static int run(void)
{
    static u32 far[4] = { 0, 0, 1000, 0 };
    s32 child, status, stops = 0;
    must("setitimer", sys(SYS_setitimer, 0, far, 0));
    if (is_child(&child)) {
        must("ptrace", sys(SYS_ptrace, TRACEME, 0, 0, 0));
        sys(SYS_kill, sys(SYS_getpid), SIGSTOP);
        for (int i = 0; i < 100; i++) sys(SYS_sched_yield);
        quit(7);
    }
    while (sys(SYS_waitpid, child, &status, 0) == child && (status & 0xff) == 0x7f) {
        stops++;
        must("ptrace", sys(SYS_ptrace, SYSCALL, child, 0, 0));
    }
    report("stops", stops);
    report("status", status);
    return 0;
}
