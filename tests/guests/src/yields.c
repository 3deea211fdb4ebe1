/* yields: a traced child gives up its turn again and again, stopped in front of the call and let go on from there, while a timer runs. */
#include "report.h"

enum { SYS_ptrace = 26, SYS_setitimer = 104, SYS_sched_yield = 158, TRACEME = 0, CONT = 7, SYSCALL = 24, SIGSTOP = 19 };

static int run(void)
{
    static u32 far[4] = { 0, 0, 1000, 0 };
    s32 child, status, stops = 0;
    must("setitimer", sys(SYS_setitimer, 0, far, 0));
    if (is_child(&child)) {
        must("ptrace", sys(SYS_ptrace, TRACEME, 0, 0, 0));
        s32 self = (s32)sys(SYS_getpid);
        for (int i = 0; i < 100; i++) {
            sys(SYS_kill, self, SIGSTOP);
            sys(SYS_sched_yield);
        }
        quit(7);
    }
    while (sys(SYS_waitpid, child, &status, 0) == child && (status & 0xff) == 0x7f) {
        stops++;
        must("ptrace", sys(SYS_ptrace, status >> 8 == SIGSTOP ? SYSCALL : CONT, child, 0, 0));
    }
    report("stops", stops);
    report("status", status);
    return 0;
}
