/* limits WHAT: comes to a limit and stays there until somebody ends it; "there" says that it is so.
   deadlock: two processes, each writing into a pipe that the other would have to read. stopped: a process group of ten that a SIGSTOP
   holds. descriptors: 10,000 descriptors, which epoll watches; ends by itself with what it saw. held: 10,000 descriptors. files: a directory
   of 100,000 files. sparse: a file of 2 GiB with one byte written at its end. */
#include "report.h"

enum { SYS_setpgid = 57, SYS_setrlimit = 75, SYS_epoll_ctl = 255, SYS_epoll_wait = 256, SYS_eventfd2 = 323, SYS_epoll_create1 = 329, SIGSTOP = 19, COUNT = 10000, FILES = 100000,
    SYS_pread64 = 180, SYS_pwrite64 = 181, SYS_fstat64 = 197, SYS_getdents64 = 220 };

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

static NORETURN void stay(void)
{
    say("there");
    for (;;) sys(SYS_pause);
}

static void held(void)
{
    u32 limit[2] = { COUNT + 10, COUNT + 10 };
    report("setrlimit", sys(SYS_setrlimit, 7, limit));
    for (int i = 0; i < COUNT; i++) files[i] = must("eventfd2", sys(SYS_eventfd2, 0, 0));
    report("highest", files[COUNT - 1]);
    stay();
}

static void directory(void)
{
    static u8 entries[32768];
    char name[] = "/tmp/many/000000";
    s32 count = 0, got;
    must("mkdir", sys(SYS_mkdir, "/tmp/many", 0755));
    for (u32 i = 0; i < FILES; i++) {
        u32 rest = i;
        for (int digit = 15; digit >= 10; digit--, rest /= 10) name[digit] = (char)('0' + rest % 10);
        must("close", sys(SYS_close, must("open", sys(SYS_open, name, O_CREAT | O_WRONLY, 0644))));
    }
    s32 fd = must("open", sys(SYS_open, "/tmp/many", O_DIRECTORY));
    while ((got = must("getdents64", sys(SYS_getdents64, fd, entries, sizeof entries))) > 0)
        for (s32 at = 0; at < got; at += *(unsigned short *)(entries + at + 16)) count++;
    report("entries", count);
    report("one of them", sys(SYS_open, "/tmp/many/054321", O_RDONLY) >= 0);
    report("none of them", sys(SYS_open, "/tmp/many/100000", O_RDONLY));
    stay();
}

static void sparse(void)
{
    static u8 block[4096];
    u32 status[24], sum = 0;
    s32 fd = must("open", sys(SYS_open, "/tmp/sparse", O_CREAT | O_RDWR | 0100000, 0644));
    report("last byte", sys(SYS_pwrite64, fd, "x", 1, 0x7fffffff, 0));
    must("fstat64", sys(SYS_fstat64, fd, status));
    put("size: ");
    put_u64(*(u64 *)(status + 11));
    end_line();
    report("takes little", status[14] <= 64);
    report("in the middle", sys(SYS_pread64, fd, block, sizeof block, 0x40000000, 0));
    for (u32 i = 0; i < sizeof block; i++) sum += block[i];
    report("sum", (s32)sum);
    stay();
}

static int run(void)
{
    if (argument_is(1, "held")) held();
    if (argument_is(1, "files")) directory();
    if (argument_is(1, "sparse")) sparse();
    if (argument_is(1, "deadlock")) deadlock();
    if (argument_is(1, "stopped")) stopped();
    if (argument_is(1, "descriptors")) descriptors();
    return 0;
}
