/* oom: two children fill memory, one of them exempt and small; a third sleeps with more than the parent. Says who was killed. Not for a real machine. */
#include "crt.h"

static void adjust(const char *value)
{
    s32 file = sys(SYS_open, "/proc/self/oom_score_adj", O_WRONLY, 0);
    must("adjust", sys(SYS_write, file, value, length(value)));
    sys(SYS_close, file);
}

/* Touches so many pages, one byte each. */
static void fill(u32 pages)
{
    u32 at = must("map", sys(SYS_mmap2, 0, pages * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | 0x4000, -1, 0));
    for (u32 i = 0; i < pages; i++) *(volatile char *)(at + i * 4096) = 1;
}

static s32 child(const char *adjustment, u32 pages)
{
    s32 ends[2];
    char byte;
    sys(SYS_pipe, ends);
    s32 pid = sys(SYS_fork);
    if (pid == 0) {
        if (adjustment) adjust(adjustment);
        fill(pages);
        sys(SYS_write, ends[1], "", 1);
        for (;;) sys(SYS_pause);
    }
    sys(SYS_close, ends[1]);
    sys(SYS_read, ends[0], &byte, 1);
    sys(SYS_close, ends[0]);
    return pid;
}

static void fate(const char *who, s32 pid)
{
    s32 status = 0, ended = sys(SYS_waitpid, pid, &status, 1);
    put(who), put(": ");
    if (ended == pid) put("killed by "), put_unsigned(status & 127);
    else put("lives");
    end_line();
    if (ended != pid) sys(SYS_kill, pid, 9), sys(SYS_waitpid, pid, &status, 0);
}

/* With a limit of 64 MiB (16384 pages). */
static int run(void)
{
    s32 exempt = child("-1000", 7000), large = child(0, 5000), likely = child("900", 500);
    s32 greedy = child(0, 6000);
    fate("likely", likely);
    fate("large", large);
    fate("exempt", exempt);
    fate("greedy", greedy);
    /* A system call that fills memory for the only one who is left. */
    s32 alone = sys(SYS_fork);
    if (alone == 0) {
        fill(40000);
        quit(0);
    }
    s32 status = 0;
    sys(SYS_waitpid, alone, &status, 0);
    put("alone: "), put_unsigned(status & 127), end_line();
    return 0;
}
