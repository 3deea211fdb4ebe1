/* Pipes by the page: when they are full, their size, packets, and splice(2), tee(2), vmsplice(2). */
#include "report.h"

enum {
    SYS_ioctl = 54, SYS_writev = 146, SYS_poll = 168, SYS_splice = 313, SYS_tee = 315, SYS_vmsplice = 316, SYS_pipe2 = 331,
    NONBLOCK = 04000, DIRECT = 040000, SETPIPE_SZ = 1031, GETPIPE_SZ = 1032, SPLICE_NONBLOCK = 2
};

static char big[200000];
static int p[2];

static void fresh(int flags)
{
    if (p[0]) sys(SYS_close, p[0]), sys(SYS_close, p[1]);
    must("pipe2", sys(SYS_pipe2, p, flags));
}

static s32 waiting(int fd)
{
    s32 count = -1;
    sys(SYS_ioctl, fd, 0x541B, &count);
    return count;
}

static void show_poll(const char *what)
{
    struct { s32 fd; u16 events, revents; } q[2] = { { p[0], 0xFFFF, 0 }, { p[1], 0xFFFF, 0 } };
    sys(SYS_poll, q, 2, 0);
    put(what);
    put(": ");
    put_hex(q[0].revents);
    put(" ");
    put_hex(q[1].revents);
    end_line();
}

static void full(void)
{
    s32 n, total = 0;
    fresh(NONBLOCK);
    show_poll("empty");
    report("write", sys(SYS_write, p[1], big, 100000));
    report("write", sys(SYS_write, p[1], big, 1));
    show_poll("full");
    report("read", sys(SYS_read, p[0], big, 1));
    show_poll("a byte read");
    report("write", sys(SYS_write, p[1], big, 1));
    report("read", sys(SYS_read, p[0], big, 4095));
    show_poll("a page read");
    report("write", sys(SYS_write, p[1], big, 5000));
    fresh(NONBLOCK);
    for (int i = 0; (n = sys(SYS_write, p[1], big, 3000)) > 0; i++) total += n;
    report("threes of a page", total);
    fresh(NONBLOCK);
    for (total = 0; (n = sys(SYS_write, p[1], big, 4097)) > 0;) total += n;
    report("a byte more than a page", total);
    fresh(NONBLOCK);
    for (total = 0; (n = sys(SYS_write, p[1], big, 1)) > 0;) total += n;
    report("bytes", total);
    fresh(NONBLOCK);
    report("unaligned", sys(SYS_write, p[1], big + 123, 100000));
    fresh(NONBLOCK);
    struct { void *base; u32 length; } v[3] = { { big, 10 }, { big + 5000, 4090 }, { big, 90000 } };
    report("vectors", sys(SYS_writev, p[1], v, 3));
    report("waiting", waiting(p[0]));
}

static void sizes(void)
{
    fresh(NONBLOCK);
    report("size", sys(SYS_fcntl, p[0], GETPIPE_SZ, 0));
    report("5000", sys(SYS_fcntl, p[0], SETPIPE_SZ, 5000));
    report("0", sys(SYS_fcntl, p[0], SETPIPE_SZ, 0));
    report("write", sys(SYS_write, p[1], big, 10000));
    report("larger", sys(SYS_fcntl, p[1], SETPIPE_SZ, 1 << 17));
    report("write", sys(SYS_write, p[1], big, 200000));
    report("smaller", sys(SYS_fcntl, p[1], SETPIPE_SZ, 65536));
    report("too large", sys(SYS_fcntl, p[1], SETPIPE_SZ, 0x80000001));
    report("read", sys(SYS_read, p[0], big, 70000));
    report("smaller", sys(SYS_fcntl, p[1], SETPIPE_SZ, 65536));
    report("size", sys(SYS_fcntl, p[0], GETPIPE_SZ, 0));
    report("no pipe", sys(SYS_fcntl, 0, GETPIPE_SZ, 0));
}

static void packets(void)
{
    fresh(NONBLOCK | DIRECT);
    sys(SYS_write, p[1], "abc", 3);
    sys(SYS_write, p[1], "defgh", 5);
    sys(SYS_write, p[1], big, 5000);
    report("waiting", waiting(p[0]));
    report("first", sys(SYS_read, p[0], big, 100));
    report("cut", sys(SYS_read, p[0], big, 2));
    report("a page", sys(SYS_read, p[0], big + 1000, 10000));
    report("the rest", sys(SYS_read, p[0], big, 10000));
    report("none", sys(SYS_read, p[0], big, 10000));
    sys(SYS_fcntl, p[1], 4, NONBLOCK);
    sys(SYS_write, p[1], "abc", 3);
    sys(SYS_write, p[1], "def", 3);
    report("stream again", sys(SYS_read, p[0], big, 100));
}

static void spliced(void)
{
    int q[2], in = must("open", sys(SYS_open, "/tmp/in", O_CREAT | O_RDWR, 0600)), out = must("open", sys(SYS_open, "/tmp/out", O_CREAT | O_RDWR, 0600));
    long long at = 5, high = 1ll << 32;
    for (u32 i = 0; i < sizeof big; i++) big[i] = (char)('a' + i % 26);
    sys(SYS_write, in, big, 100000);
    fresh(0);
    must("pipe2", sys(SYS_pipe2, q, 0));
    report("nothing", sys(SYS_splice, 99, 0, 99, 0, 0, 0));
    report("flags", sys(SYS_splice, in, 0, p[1], 0, 1, 16));
    report("bad descriptor", sys(SYS_splice, 99, 0, p[1], 0, 1, 0));
    report("no pipe", sys(SYS_splice, in, 0, out, 0, 1, 0));
    report("pipe with position", sys(SYS_splice, in, 0, p[1], &at, 1, 0));
    report("wrong end", sys(SYS_splice, in, 0, p[0], 0, 1, 0));
    report("same pipe", sys(SYS_splice, p[0], 0, p[1], 0, 1, 0));
    report("position fault", sys(SYS_splice, in, 16, p[1], 0, 1, 0));
    report("at the end", sys(SYS_splice, in, 0, p[1], 0, 10, 0));
    report("from 5", sys(SYS_splice, in, &at, p[1], 0, 3, 0));
    report("position", (s32)at);
    report("far", sys(SYS_splice, in, &high, p[1], 0, 3, 0));
    sys(SYS_lseek, in, 0, 0);
    report("more", sys(SYS_splice, in, 0, p[1], 0, 20, 0));
    report("own position", sys(SYS_lseek, in, 0, 1));
    report("waiting", waiting(p[0]));
    report("tee", sys(SYS_tee, p[0], q[1], 10, 0));
    report("tee, no pipe", sys(SYS_tee, in, q[1], 10, 0));
    report("tee, same", sys(SYS_tee, p[0], p[1], 10, 0));
    report("waiting", waiting(p[0]) * 100 + waiting(q[0]));
    report("pipe to pipe", sys(SYS_splice, p[0], 0, q[1], 0, 5, 0));
    report("waiting", waiting(p[0]) * 100 + waiting(q[0]));
    line_length = (u32)sys(SYS_read, q[0], line, 100);
    end_line();
    at = 2;
    report("to a file", sys(SYS_splice, p[0], 0, out, &at, 100, 0));
    report("position", (s32)at);
    report("file's own", sys(SYS_lseek, out, 0, 1));
    line_length = (u32)sys(SYS_read, out, line, 100);
    line[0] = line[1] = '.';
    end_line();
    report("empty", sys(SYS_splice, p[0], 0, out, 0, 100, SPLICE_NONBLOCK));
    report("empty tee", sys(SYS_tee, p[0], q[1], 100, SPLICE_NONBLOCK));
    int append = must("open", sys(SYS_open, "/tmp/out", O_WRONLY | O_APPEND));
    sys(SYS_write, p[1], "xyz", 3);
    report("appending", sys(SYS_splice, p[0], 0, append, 0, 3, 0));
    sys(SYS_lseek, in, 0, 0);
    report("all there is room for", sys(SYS_splice, in, 0, q[1], 0, 100000, SPLICE_NONBLOCK));
    report("full", sys(SYS_splice, in, 0, q[1], 0, 100000, SPLICE_NONBLOCK));
    report("full tee", sys(SYS_tee, p[0], q[1], 3, SPLICE_NONBLOCK));
    sys(SYS_close, p[1]);
    report("last bytes", sys(SYS_splice, p[0], 0, out, 0, 100, 0));
    report("no writer", sys(SYS_splice, p[0], 0, out, 0, 100, 0));
    sys(SYS_close, q[0]);
    sys(SYS_signal, 13, 1);
    report("no reader", sys(SYS_splice, in, 0, q[1], 0, 100, 0));
    s32 child;
    fresh(0);
    if (is_child(&child)) {
        nap(10);
        sys(SYS_write, p[1], "late", 4);
        quit(0);
    }
    report("waited", sys(SYS_splice, p[0], 0, out, 0, 100, 0));
    reap(child);
}

static void memory(void)
{
    struct { void *base; u32 length; } v[2] = { { "hello ", 6 }, { "world", 5 } }, back[2] = { { line, 8 }, { line + 8, 100 } };
    fresh(NONBLOCK);
    report("vmsplice", sys(SYS_vmsplice, p[1], v, 2, 0));
    report("waiting", waiting(p[0]));
    line_length = (u32)sys(SYS_vmsplice, p[0], back, 2, 0);
    end_line();
    report("empty", sys(SYS_vmsplice, p[0], back, 2, SPLICE_NONBLOCK));
    report("flags", sys(SYS_vmsplice, p[1], v, 2, 16));
    report("no pipe", sys(SYS_vmsplice, 0, v, 2, 0));
    report("no vectors", sys(SYS_vmsplice, p[1], v, 0, 0));
    report("vector fault", sys(SYS_vmsplice, p[1], 16, 1, 0));
    v[0].base = (void *)16;
    report("fault", sys(SYS_vmsplice, p[1], v, 1, 0));
    v[0].base = (void *)((u32)(big + 4095) & ~4095u);
    v[0].length = 100000;
    fresh(0);
    report("sixteen pages", sys(SYS_vmsplice, p[1], v, 1, 0));
    report("full", sys(SYS_vmsplice, p[1], v, 1, 2));
}

/* Further ends through /proc: nothing waits for the other side, as bash's <(...) counts on. */
static s32 again(int fd, int flags)
{
    char path[] = "/proc/self/fd/0";
    path[sizeof path - 2] = (char)('0' + fd);
    return sys(SYS_open, path, flags);
}

static void reopened(void)
{
    fresh(0);
    report("write", sys(SYS_write, p[1], "left", 4));
    sys(SYS_close, p[1]);
    s32 end = report("reader without writer", again(p[0], 0));
    report("read", sys(SYS_read, end, big, 10));
    report("end", sys(SYS_read, end, big, 10));
    sys(SYS_close, end);
    p[1] = report("writer", again(p[0], 1));
    report("write", sys(SYS_write, p[1], "more", 4));
    report("read", sys(SYS_read, p[0], big, 10));
    sys(SYS_close, p[0]);
    end = report("writer without reader", again(p[1], 1 | NONBLOCK));
    sys(SYS_close, end);
    p[0] = report("reader", again(p[1], 0));
    show_poll("both again");
}

static int run(void)
{
    full();
    sizes();
    packets();
    spliced();
    memory();
    reopened();
    return 0;
}
