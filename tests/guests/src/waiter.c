/* waiter [ROUNDS]: a parent and a child that pass a number to and fro through two pipes, each adding one, ROUNDS (5) times;
   then the child ends with 7 and the parent waits for it. A second child is killed, a third waited for without one to wait for. */
#include "crt.h"

static void status_line(const char *what, s32 result, s32 child, s32 status)
{
    put(what);
    if (result == child) put(" child");
    else if (result < 0) put(" "), put_errno(result);
    else put(" nothing");
    if (result == child && (status & 0x7f) == 0) put(" exited "), put_unsigned((u32)status >> 8);
    else if (result == child) put(" signal "), put_unsigned(status & 0x7f);
    end_line();
}

static int run(void)
{
    s32 there[2], back[2], status = 0, rounds = argument(1, 5), n = 0;
    must("pipe", (s32)sys(SYS_pipe, there));
    must("pipe", (s32)sys(SYS_pipe, back));
    s32 child = must("fork", (s32)sys(SYS_fork));
    if (child == 0) {
        sys(SYS_close, there[1]);
        sys(SYS_close, back[0]);
        while (sys(SYS_read, there[0], &n, 4) == 4) {
            n++;
            must("write", (s32)sys(SYS_write, back[1], &n, 4));
        }
        return 7;
    }
    sys(SYS_close, there[0]);
    sys(SYS_close, back[1]);
    for (s32 i = 0; i < rounds; i++) {
        n++;
        must("write", (s32)sys(SYS_write, there[1], &n, 4));
        must("read", (s32)sys(SYS_read, back[0], &n, 4));
        put("round ");
        put_signed(i + 1);
        put(" number ");
        put_signed(n);
        end_line();
    }
    sys(SYS_close, there[1]);
    s32 result = (s32)sys(SYS_wait4, -1, &status, 0, 0);
    status_line("wait4", result, child, status);

    child = must("fork", (s32)sys(SYS_fork));
    if (child == 0) for (;;) sys(SYS_pause);
    result = (s32)sys(SYS_wait4, child, &status, 1 /* WNOHANG */, 0);
    status_line("wait4 without hanging", result, child, status);
    must("kill", (s32)sys(SYS_kill, child, 9));
    result = (s32)sys(SYS_wait4, child, &status, 0, 0);
    status_line("wait4 after kill", result, child, status);
    result = (s32)sys(SYS_wait4, -1, &status, 0, 0);
    status_line("wait4 again", result, child, status);
    return 0;
}
