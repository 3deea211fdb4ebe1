/* FIFOs in the file system, opened by two processes: waits for the other end, bytes and packets that lie inside while both do something else, ends that are closed and opened again, and one
   without a name. */
#include "report.h"

enum {
    SYS_mknod = 14, SYS_ioctl = 54, SYS_fstat64 = 197, FIFO = 0010600, NONBLOCK = 04000, DIRECT = 040000, SETFL = 4, GETFL = 3, FIONREAD = 0x541B
};

static const char path[] = "/tmp/fifo", other[] = "/tmp/turns";
static char big[6000];
static s32 turns;
static volatile u32 work;

static void spin(void)
{
    for (u32 i = 0; i < 3000; i++) work = work * 5 + i;
}

/* The other process goes on; this one waits for its turn. */
static void give(void)
{
    must("give", sys(SYS_write, turns, "!", 1));
}

static s32 mine[2];

static void wait_for(void)
{
    char c;
    must("turn", sys(SYS_read, mine[0], &c, 1));
}

static void got(const char *what, s32 n)
{
    put(what);
    put(": ");
    if (n < 0) put_errno(n);
    else put_signed(n);
    if (n > 0) {
        char shown[9] = { 0 };
        for (s32 i = 0; i < n && i < 8; i++) shown[i] = big[i];
        put(" ");
        put(shown);
    }
    end_line();
}

static s32 inside(s32 fd)
{
    s32 count = -1;
    sys(SYS_ioctl, fd, FIONREAD, &count);
    return count;
}

static void take(s32 fd, u32 most)
{
    spin();
    got("read", sys(SYS_read, fd, big, most));
}

/* Has the end that reads. */
static int reader(void)
{
    spin();
    s32 fd = must("open", sys(SYS_open, path, O_RDONLY, 0));
    give();
    wait_for();
    report("inside", inside(fd));
    take(fd, 3);
    take(fd, 100);
    take(fd, 100);
    take(fd, 10000);
    take(fd, 6);
    take(fd, 10000);
    give();
    /* Nothing is there: it waits until something comes. */
    take(fd, 100);
    give();
    /* Until the last writer closes. */
    take(fd, 100);
    take(fd, 100);
    give();
    wait_for();
    /* Another one has opened it meanwhile. */
    take(fd, 100);
    sys(SYS_close, fd);
    return 3;
}

static void write_packets(s32 fd)
{
    fill(big, 'x', 5000);
    report("packets", sys(SYS_fcntl, fd, SETFL, DIRECT));
    report("flags", sys(SYS_fcntl, fd, GETFL) & DIRECT);
    report("packet", sys(SYS_write, fd, "first", 5));
    report("packet", sys(SYS_write, fd, "second", 6));
    report("long packet", sys(SYS_write, fd, big, 5000));
    report("bytes again", sys(SYS_fcntl, fd, SETFL, 0));
    report("bytes", sys(SYS_write, fd, "bytes in a row", 14));
    report("bytes", sys(SYS_write, fd, ", tail", 6));
}

static void without_a_name(void)
{
    u32 status[24];
    s32 fd = must("open", sys(SYS_open, path, O_RDWR | NONBLOCK, 0));
    report("write", sys(SYS_write, fd, "nameless", 8));
    report("unlink", sys(SYS_unlink, path));
    spin();
    report("gone", sys(SYS_open, path, O_RDONLY, 0));
    sys(SYS_fstat64, fd, status);
    report("links", (s32)status[5]);
    spin();
    got("read", sys(SYS_read, fd, big, 100));
    spin();
    got("read", sys(SYS_read, fd, big, 100));
}

static int run(void)
{
    s32 child, to[2], from[2];
    report("make", sys(SYS_mknod, path, FIFO, 0));
    report("again", sys(SYS_mknod, path, FIFO, 0));
    report("nobody reads", sys(SYS_open, path, O_WRONLY | NONBLOCK, 0));
    must("make", sys(SYS_mknod, other, FIFO, 0));
    must("pipe", sys(SYS_pipe, to));
    /* One of the turns goes through a FIFO as well: the same object under two numbers. */
    from[0] = must("open", sys(SYS_open, other, O_RDWR, 0));
    from[1] = must("dup", sys(SYS_dup, from[0]));
    if (is_child(&child)) {
        mine[0] = to[0];
        turns = from[1];
        quit(reader());
    }
    mine[0] = from[0];
    turns = to[1];
    s32 fd = must("open", sys(SYS_open, path, O_WRONLY, 0));
    wait_for();
    write_packets(fd);
    spin();
    give();
    wait_for();
    spin();
    must("late", sys(SYS_write, fd, "late", 4));
    wait_for();
    s32 second = must("open", sys(SYS_open, path, O_WRONLY, 0));
    sys(SYS_close, fd);
    must("last words", sys(SYS_write, second, "last words", 10));
    spin();
    sys(SYS_close, second);
    wait_for();
    fd = must("open", sys(SYS_open, path, O_WRONLY, 0));
    report("once more", sys(SYS_write, fd, "once more", 9));
    spin();
    give();
    reap(child);
    without_a_name();
    return 0;
}
