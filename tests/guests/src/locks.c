/* fcntl(2) and flock(2) locks: conflicts, splitting and joining, waiting, deadlock, and what close, fork and exit do to them. */
#include "report.h"

enum {
    SYS_flock = 143, SYS_ftruncate = 93, SYS_fcntl64 = 221,
    GETLK = 5, SETLK = 6, SETLKW = 7, GETLK64 = 12, SETLK64 = 13, SETLKW64 = 14, OFD_GETLK = 36, OFD_SETLK = 37, OFD_SETLKW = 38,
    RD = 0, WR = 1, UN = 2, SH = 1, EX = 2, NB = 4, FREE = 8
};

struct flock { short type, whence; s32 start, length, pid; };
struct flock64 { short type, whence; long long start, length; s32 pid; } __attribute__((packed, aligned(4)));

static const char *const path = "/tmp/locked";

static int opened(int flags)
{
    return must("open", sys(SYS_open, path, flags | O_CREAT, 0600));
}

static s32 lock(int fd, int command, short type, s32 start, s32 length)
{
    struct flock l = { type, 0, start, length, 0 };
    return sys(SYS_fcntl, fd, command, &l);
}

static s32 ofd(int fd, int command, short type, s32 start, s32 length)
{
    struct flock64 l = { type, 0, start, length, 0 };
    return sys(SYS_fcntl64, fd, command, &l);
}

/* What a lock of a whole range would meet, from another process. */
static void show(const char *what)
{
    s32 child;
    put(what);
    put(":");
    flush_to(1);
    if (is_child(&child)) {
        int fd = opened(O_RDWR);
        s32 from = 0;
        for (;;) {
            struct flock l = { WR, 0, from, 0, 0 };
            s32 result = sys(SYS_fcntl, fd, GETLK, &l);
            if (result || l.type == UN) break;
            put(l.type == WR ? " w" : " r");
            put_unsigned((u32)l.start);
            put("+");
            put_unsigned((u32)l.length);
            put(l.pid == sys(SYS_getppid) ? "" : l.pid == -1 ? "o" : "?");
            if (!l.length) break;
            from = l.start + l.length;
        }
        end_line();
        quit(0);
    }
    sys(SYS_waitpid, child, 0, 0);
}

/* A result that another process gets. */
static void other(const char *what, int command, short type, s32 start, s32 length)
{
    s32 child;
    if (is_child(&child)) {
        report(what, lock(opened(O_RDWR), command, type, start, length));
        quit(0);
    }
    sys(SYS_waitpid, child, 0, 0);
}

static void ranges(void)
{
    int fd = opened(O_RDWR), reader = opened(O_RDONLY), writer = opened(O_WRONLY);
    struct flock l = { 7, 0, 0, 0, 0 };
    report("type", sys(SYS_fcntl, fd, SETLK, &l));
    l.type = RD;
    l.whence = 3;
    report("whence", sys(SYS_fcntl, fd, SETLK, &l));
    report("fault", sys(SYS_fcntl, fd, SETLK, 16));
    report("bad descriptor", sys(SYS_fcntl, 99, SETLK, &l));
    report("wide by fcntl", sys(SYS_fcntl, fd, SETLK64, &l));
    report("negative start", lock(fd, SETLK, WR, -1, 1));
    report("negative length", lock(fd, SETLK, WR, 10, -20));
    report("write by reader", lock(reader, SETLK, WR, 0, 1));
    report("read by writer", lock(writer, SETLK, RD, 0, 1));
    report("query unlock", lock(fd, GETLK, UN, 0, 1));
    report("lock", lock(fd, SETLK, WR, 10, 10));
    show("one");
    report("own", lock(fd, GETLK, WR, 0, 0));
    lock(fd, SETLK, WR, 30, 10);
    show("two");
    lock(fd, SETLK, WR, 20, 10);
    show("joined");
    lock(fd, SETLK, RD, 15, 5);
    show("middle read");
    lock(fd, SETLK, UN, 22, 3);
    show("hole");
    lock(fd, SETLK, WR, 0, 0);
    show("all");
    lock(fd, SETLK, UN, 100, 100);
    show("hole far out");
    lock(fd, SETLK, WR, 60, -10);
    lock(fd, SETLK, UN, 0, 50);
    show("backwards");
    other("other reads", SETLK, RD, 0, 60);
    other("other reads free", SETLK, RD, 0, 50);
    other("other writes", SETLK, WR, 150, 10);
    other("other at the end", SETLK, WR, 1 << 30, 1);
    lock(fd, SETLK, RD, 0, 0);
    other("other reads read", SETLK, RD, 0, 0);
    other("other writes read", SETLK, WR, 0, 1);
    sys(SYS_ftruncate, fd, 1000);
    sys(SYS_lseek, fd, 500, 0);
    lock(fd, SETLK, UN, 0, 0);
    struct flock here = { WR, 1, 5, 5, 0 }, end = { WR, 2, -5, 0, 0 };
    report("from here", sys(SYS_fcntl, fd, SETLK, &here));
    report("from the end", sys(SYS_fcntl, fd, SETLK, &end));
    show("relative");
    struct flock64 far = { WR, 0, 1ll << 40, 1, 0 };
    report("far", sys(SYS_fcntl64, fd, SETLK64, &far));
    far.start = 0x7fffffffffffffffll;
    far.length = 2;
    report("too far", sys(SYS_fcntl64, fd, SETLK64, &far));
    report("any close", sys(SYS_close, reader));
    show("nothing");
    lock(fd, SETLK, WR, 0, 10);
    int copy = sys(SYS_dup, fd);
    sys(SYS_close, copy);
    show("closed copy");
    sys(SYS_close, fd);
    sys(SYS_close, writer);
}

static void waits(void)
{
    int fd = opened(O_RDWR), p[2];
    s32 child, second;
    must("pipe", sys(SYS_pipe, p));
    lock(fd, SETLK, WR, 0, 10);
    if (is_child(&child)) {
        s32 result = lock(opened(O_RDWR), SETLKW, WR, 5, 1);
        sys(SYS_write, p[1], "w", 1);
        nap(20);
        quit(result == 0);
    }
    nap(20);
    sys(SYS_fcntl, p[0], 4, 04000);
    report("still waits", sys(SYS_read, p[0], line + 500, 1));
    lock(fd, SETLK, UN, 5, 5);
    nap(10);
    report("got it", sys(SYS_read, p[0], line + 500, 1));
    report("now ours fails", lock(fd, SETLK, WR, 5, 1));
    report("wait for its end", lock(fd, SETLKW, WR, 5, 1));
    reap(child);
    /* A waits for B, who asks for what A has. */
    lock(fd, SETLK, UN, 0, 0);
    lock(fd, SETLK, WR, 0, 1);
    if (is_child(&child)) {
        int own = opened(O_RDWR);
        lock(own, SETLK, WR, 1, 1);
        nap(20);
        quit(lock(own, SETLKW, WR, 0, 1) == 0 ? 1 : 2);
    }
    if (is_child(&second)) {
        int own = opened(O_RDWR);
        lock(own, SETLK, WR, 2, 1);
        nap(10);
        quit(lock(own, SETLKW, WR, 1, 1) == 0 ? 1 : 2);
    }
    nap(40);
    report("deadlock", lock(fd, SETLKW, WR, 2, 1));
    lock(fd, SETLK, UN, 0, 1);
    reap(child);
    reap(second);
    sys(SYS_close, fd);
    sys(SYS_close, p[0]);
    sys(SYS_close, p[1]);
}

static void open_files(void)
{
    int one = opened(O_RDWR), two = opened(O_RDWR);
    s32 child;
    struct flock64 l = { WR, 0, 0, 0, 5 };
    report("pid", sys(SYS_fcntl64, one, OFD_SETLK, &l));
    report("by fcntl", sys(SYS_fcntl, one, OFD_SETLK, &l));
    report("lock", ofd(one, OFD_SETLK, WR, 0, 10));
    report("same process, other file", ofd(two, OFD_SETLK, RD, 5, 1));
    report("against a process's lock", lock(two, SETLK, RD, 5, 1));
    l.pid = 0;
    report("query", sys(SYS_fcntl64, two, OFD_GETLK, &l));
    report("pid", l.pid);
    report("length", (s32)l.length);
    show("other process");
    if (is_child(&child)) {
        report("child shares", ofd(one, OFD_SETLK, WR, 0, 20));
        quit(0);
    }
    reap(child);
    show("longer");
    int copy = sys(SYS_dup, one);
    sys(SYS_close, one);
    show("copy keeps it");
    sys(SYS_close, copy);
    show("last close");
    sys(SYS_close, two);
}

static void wholes(void)
{
    int one = opened(O_RDONLY), two = opened(O_RDWR);
    s32 child;
    report("operation", sys(SYS_flock, one, 3));
    report("nothing", sys(SYS_flock, one, NB));
    report("free", sys(SYS_flock, one, FREE));
    report("shared", sys(SYS_flock, one, SH));
    report("shared too", sys(SYS_flock, two, SH | NB));
    report("exclusive", sys(SYS_flock, two, EX | NB));
    report("lost the shared one", sys(SYS_flock, one, EX | NB));
    report("other kind", lock(two, SETLK, WR, 0, 0));
    report("taken", sys(SYS_flock, two, SH | NB));
    int copy = sys(SYS_dup, one);
    if (is_child(&child)) {
        report("child has it", sys(SYS_flock, one, EX | NB));
        report("child gives it back", sys(SYS_flock, copy, FREE));
        quit(0);
    }
    reap(child);
    report("free now", sys(SYS_flock, two, EX | NB));
    if (is_child(&child)) {
        int own = opened(O_RDWR);
        quit(sys(SYS_flock, own, EX) == 0 ? 3 : 4);
    }
    nap(10);
    sys(SYS_close, copy);
    sys(SYS_flock, two, FREE);
    reap(child);
    report("free again", sys(SYS_flock, one, EX | NB));
    sys(SYS_close, one);
    report("closed", sys(SYS_flock, two, EX | NB));
    sys(SYS_close, two);
    report("closed descriptor", sys(SYS_flock, two, EX));
}

/* Our lines of one type in /proc/locks, without numbers that are the machine's own. */
static void list_locks(const char *type)
{
    static char text[4096];
    int list = must("open", sys(SYS_open, "/proc/locks", O_RDONLY)), end = 0;
    for (s32 n; (n = sys(SYS_read, list, text + end, sizeof text - 1 - (u32)end)) > 0;) end += n;
    text[end] = 0;
    char pid[12];
    s32 own = sys(SYS_getpid);
    int digits = 0;
    for (s32 n = own; n; n /= 10) digits++;
    for (int i = digits; i--; own /= 10) pid[i] = (char)('0' + own % 10);
    pid[digits] = 0;
    for (char *p = text, *next; *p; p = next) {
        for (next = p; *next && *next != '\n'; next++) continue;
        if (*next) *next++ = 0;
        char *words[9];
        int count = 0;
        for (char *q = p; *q && count < 9;) {
            words[count++] = q;
            while (*q && *q != ' ') q++;
            while (*q == ' ') *q++ = 0;
        }
        if (count < 8 || !same(words[4], pid) || !same(words[3], type)) continue;
        for (int i = 1; i < 8; i++) {
            if (i == 4 || i == 5) continue;
            put(words[i]);
            put(" ");
        }
        end_line();
    }
    sys(SYS_close, list);
}

static void listing(void)
{
    int fd = opened(O_RDWR);
    lock(fd, SETLK, WR, 0, 10);
    sys(SYS_flock, fd, SH);
    list_locks("WRITE");
    list_locks("READ");
    sys(SYS_close, fd);
}

static int run(void)
{
    ranges();
    waits();
    open_files();
    wholes();
    listing();
    return 0;
}
