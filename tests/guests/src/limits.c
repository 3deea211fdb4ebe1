/* limits WHAT: comes to a limit and stays there until somebody ends it; "there" says that it is so.
   deadlock: two processes, each writing into a pipe that the other would have to read. stopped: a process group of ten that a SIGSTOP
   holds. descriptors: 10,000 descriptors, which epoll watches; ends by itself with what it saw. */
#include "report.h"

enum { SYS_setpgid = 57, SYS_setrlimit = 75, SYS_epoll_ctl = 255, SYS_epoll_wait = 256, SYS_eventfd2 = 323, SYS_epoll_create1 = 329, SIGSTOP = 19, COUNT = 10000 };

struct event {
    u32 events;
    s32 fd, high;
};

static s32 files[COUNT];
static struct event seen[COUNT];

static void deadlock(void)
{
    static char block[4096];
    s32 first[2], second[2], pid;
    must("pipe", sys(SYS_pipe, first));
    must("pipe", sys(SYS_pipe, second));
    s32 *mine = is_child(&pid) ? first : second;
    for (u32 written = 0;; written += sizeof block) {
        if (mine == second && written == 65536) say("there");
        must("write", sys(SYS_write, mine[1], block, sizeof block));
    }
}

static void stopped(void)
{
    s32 pid, group = 0, status, held = 0;
    for (int i = 0; i < 10; i++) {
        if (is_child(&pid))
            for (;;) nap(1000);
        if (!group) group = pid;
        must("setpgid", sys(SYS_setpgid, pid, group));
    }
    must("kill", sys(SYS_kill, -group, SIGSTOP));
    while (held < 10 && sys(SYS_waitpid, -group, &status, 2) > 0) held += status == (SIGSTOP << 8 | 0x7f);
    report("held", held);
    report("another", sys(SYS_waitpid, -group, &status, 3));
    say("there");
    sys(SYS_waitpid, -group, &status, 0);
}

static void descriptors(void)
{
    u32 limit[2] = { COUNT + 10, COUNT + 10 }, one[2] = { 1, 0 };
    report("setrlimit", sys(SYS_setrlimit, 7, limit));
    s32 epoll = must("epoll_create1", sys(SYS_epoll_create1, 0)), extra = 0, next;
    for (int i = 0; i < COUNT; i++) {
        struct event event = { 1, i, 0 };
        files[i] = must("eventfd2", sys(SYS_eventfd2, 0, 0));
        must("epoll_ctl", sys(SYS_epoll_ctl, epoll, 1, files[i], &event));
    }
    report("highest", files[COUNT - 1]);
    while ((next = (s32)sys(SYS_eventfd2, 0, 0)) >= 0) extra++;
    report("more", extra);
    report("then", next);
    report("quiet", sys(SYS_epoll_wait, epoll, seen, COUNT, 0));
    for (int i = COUNT - 1; i >= 0; i -= 7) must("write", sys(SYS_write, files[i], one, 8));
    report("ready", sys(SYS_epoll_wait, epoll, seen, COUNT, -1));
    report("first", seen[0].fd);
    for (int i = 0; i < COUNT; i++) must("close", sys(SYS_close, files[i]));
    report("gone", sys(SYS_epoll_wait, epoll, seen, COUNT, 0));
}

static int run(void)
{
    if (argument_is(1, "deadlock")) deadlock();
    if (argument_is(1, "stopped")) stopped();
    if (argument_is(1, "descriptors")) descriptors();
    return 0;
}
