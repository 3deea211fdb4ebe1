/* Goes through states in which something is pending, and stays a while in each: events that nobody has read, watches of watches, locks that somebody waits
   for, a line that is half typed, a background group that was stopped, files of /proc that are half read. For images taken at any instruction. */
#include "pty.h"

enum {
    SYS_fcntl64 = 221, SYS_epoll_ctl = 255, SYS_epoll_wait = 256, SYS_inotify_add_watch = 292, SYS_timerfd_create = 322, SYS_eventfd2 = 328,
    SYS_timerfd_settime = 325, SYS_epoll_create1 = 329, SYS_inotify_init1 = 332, SYS_flock = 143, SYS_rename = 38,
    SYS_pread64 = 180, SYS_signalfd4 = 327, 
    SETLK = 6, SETLKW = 7, OFD_GETLK = 36, OFD_SETLK = 37, OFD_SETLKW = 38, RD = 0, WR = 1, UN = 2,
    ADD = 1, IN = 1, ET = (int)(1u << 31), ONESHOT = 1 << 30, EXCLUSIVE = 1 << 28, NONBLOCK = 04000, UNTRACED = 2
};

struct event { u32 events; u64 data; } __attribute__((packed, aligned(4)));
struct flock { short type, whence; s32 start, length, pid; };
struct flock64 { short type, whence; long long start, length; s32 pid; } __attribute__((packed, aligned(4)));

/* Time in which an image may be taken. */
static void stay(void)
{
    for (volatile int i = 0; i < 3000; i++) {
    }
}

static int epoll_add(int epoll, int fd, u32 events, u64 data)
{
    struct event e = { events, data };
    return sys(SYS_epoll_ctl, epoll, ADD, fd, &e);
}

static void epoll_show(const char *what, int epoll, int timeout)
{
    struct event e[4];
    s32 n = sys(SYS_epoll_wait, epoll, e, 4, timeout);
    put(what);
    put(": ");
    put_signed(n);
    for (s32 i = 0; i < n; i++) put(" "), put_hex(e[i].events), put("/"), put_unsigned((u32)e[i].data);
    end_line();
}

static void nested(void)
{
    int p[2], inner = must("epoll", sys(SYS_epoll_create1, 0)), outer = must("epoll", sys(SYS_epoll_create1, 0)), top = must("epoll", sys(SYS_epoll_create1, 0));
    int counter = must("eventfd", sys(SYS_eventfd2, 3, NONBLOCK));
    u64 count = 0;
    must("pipe", sys(SYS_pipe, p));
    report("edge", epoll_add(inner, p[0], IN | ET, 1));
    report("once", epoll_add(inner, counter, IN | ONESHOT, 2));
    report("nested", epoll_add(outer, inner, IN | ET, 3));
    report("top", epoll_add(top, outer, IN, 4));
    report("level", epoll_add(top, counter, IN, 5));
    stay();
    must("write", sys(SYS_write, p[1], "a", 1));
    stay();
    epoll_show("top", top, 0);
    stay();
    epoll_show("top again", top, 0);
    epoll_show("outer", outer, 0);
    stay();
    epoll_show("outer again", outer, 0);
    epoll_show("inner", inner, 0);
    stay();
    epoll_show("inner again", inner, 0);
    must("write", sys(SYS_write, p[1], "b", 1));
    stay();
    epoll_show("inner after a write", inner, 0);
    epoll_show("outer after a write", outer, 0);
    must("read", sys(SYS_read, counter, &count, 8));
    count = 1;
    must("write", sys(SYS_write, counter, &count, 8));
    stay();
    epoll_show("once", inner, 0);
    epoll_show("top", top, 0);
    sys(SYS_close, inner), sys(SYS_close, outer), sys(SYS_close, top), sys(SYS_close, counter), sys(SYS_close, p[0]), sys(SYS_close, p[1]);
}

static void exclusive(void)
{
    int p[2], sets[2];
    s32 children[2];
    must("pipe", sys(SYS_pipe, p));
    for (int i = 0; i < 2; i++) {
        sets[i] = must("epoll", sys(SYS_epoll_create1, 0));
        report("exclusive", epoll_add(sets[i], p[0], IN | EXCLUSIVE, (u64)i));
        if (is_child(&children[i])) {
            struct event e;
            char c;
            sys(SYS_epoll_wait, sets[i], &e, 1, -1);
            quit(sys(SYS_read, p[0], &c, 1) == 1 ? c : 1);
        }
        nap(20);
    }
    for (int i = 0; i < 2; i++) {
        stay();
        must("write", sys(SYS_write, p[1], i ? "y" : "x", 1));
        stay();
        reap(children[i]);
    }
    sys(SYS_close, sets[0]), sys(SYS_close, sets[1]), sys(SYS_close, p[0]), sys(SYS_close, p[1]);
}

static void renames(void)
{
    static struct { s32 watch; u32 mask, cookie, length; char name[16]; } events[8];
    int fd = must("inotify", sys(SYS_inotify_init1, NONBLOCK)), file;
    must("mkdir", sys(SYS_mkdir, "/tmp/states", 0700));
    report("watch", sys(SYS_inotify_add_watch, fd, "/tmp/states", 0xFFF));
    file = must("open", sys(SYS_open, "/tmp/states/a", O_RDWR | O_CREAT, 0600));
    report("watch of a file", sys(SYS_inotify_add_watch, fd, "/tmp/states/a", 0x800));
    stay();
    s32 n = sys(SYS_read, fd, events, sizeof events);
    report("created", n);
    must("rename", sys(SYS_rename, "/tmp/states/a", "/tmp/states/b"));
    stay();
    n = sys(SYS_read, fd, events, sizeof events);
    report("renamed", n);
    u32 first = events[0].cookie;
    report("one cookie", first != 0 && first == events[1].cookie);
    must("rename", sys(SYS_rename, "/tmp/states/b", "/tmp/states/c"));
    stay();
    n = sys(SYS_read, fd, events, sizeof events);
    report("renamed", n);
    report("next cookie", (s32)(events[0].cookie - first));
    sys(SYS_close, file);
    must("unlink", sys(SYS_unlink, "/tmp/states/c"));
    must("rmdir", sys(SYS_rmdir, "/tmp/states"));
    stay();
    report("gone", sys(SYS_read, fd, events, sizeof events));
    sys(SYS_close, fd);
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

static void locked(void)
{
    int fd = must("open", sys(SYS_open, "/tmp/states", O_RDWR | O_CREAT, 0600)), other = must("open", sys(SYS_open, "/tmp/states", O_RDWR, 0));
    s32 first, second, third;
    report("mine", lock(fd, SETLK, WR, 0, 10));
    report("of an open file", ofd(other, OFD_SETLK, RD, 100, 10));
    report("whole", sys(SYS_flock, fd, 2));
    if (is_child(&first)) {
        report("his", lock(fd, SETLK, WR, 10, 10));
        report("waits", lock(fd, SETLKW, WR, 5, 1));
        stay();
        quit(3);
    }
    nap(20);
    if (is_child(&second)) quit(ofd(must("open", sys(SYS_open, "/tmp/states", O_RDWR, 0)), OFD_SETLKW, WR, 100, 1) ? 1 : 4);
    nap(20);
    if (is_child(&third)) quit(sys(SYS_flock, must("open", sys(SYS_open, "/tmp/states", O_RDWR, 0)), 1) ? 1 : 5);
    nap(20);
    stay();
    report("circle", lock(fd, SETLKW, WR, 12, 1));
    stay();
    report("mine no more", lock(fd, SETLK, UN, 0, 10));
    reap(first);
    stay();
    report("not of the file", ofd(other, OFD_SETLK, UN, 0, 0));
    reap(second);
    report("not whole", sys(SYS_flock, fd, 8));
    reap(third);
    sys(SYS_close, fd), sys(SYS_close, other), sys(SYS_unlink, "/tmp/states");
}

static void timers(void)
{
    s32 past[4] = { 0, 0, 0, 1 }, late[4] = { 0, 0, 2000000000, 0 };
    u64 mask = 1ull << 11, expiries = 0;
    char info[128];
    int once = must("timerfd", sys(SYS_timerfd_create, 1, NONBLOCK)), day = must("timerfd", sys(SYS_timerfd_create, 0, NONBLOCK));
    report("past", sys(SYS_timerfd_settime, once, 1, past, 0));
    report("of the day", sys(SYS_timerfd_settime, day, 3, late, 0));
    nap(1);
    stay();
    report("expired", sys(SYS_read, once, &expiries, 8));
    report("expiries", (s32)expiries);
    report("not yet", sys(SYS_read, day, &expiries, 8));
    must("mask", sys(SYS_rt_sigprocmask, 0, &mask, 0, 8));
    int signals = must("signalfd", sys(SYS_signalfd4, -1, &mask, 8, NONBLOCK)), set = must("epoll", sys(SYS_epoll_create1, 0));
    report("signals", epoll_add(set, signals, IN | ET, 6));
    must("kill", sys(SYS_kill, sys(SYS_getpid), 12));
    stay();
    epoll_show("signal", set, 0);
    stay();
    epoll_show("told", set, 0);
    report("read", sys(SYS_read, signals, info, sizeof info));
    sys(SYS_close, once), sys(SYS_close, day), sys(SYS_close, signals), sys(SYS_close, set);
}

static void half_a_line(void)
{
    u8 bytes[64];
    open_pty();
    must("type", sys(SYS_write, master, "hall\x7f", 5));
    settle();
    stay();
    must("type", sys(SYS_write, master, "f a\t\x16", 5));
    settle();
    stay();
    must("type", sys(SYS_write, master, "\x03 line\nmo", 9));
    settle();
    stay();
    put("line: ");
    put_bytes(bytes, sys(SYS_read, slave, bytes, sizeof bytes));
    end_line();
    must("stop", sys(SYS_ioctl, slave, TCXONC, 0));
    stay();
    must("start", sys(SYS_ioctl, slave, TCXONC, 1));
    put("echo: ");
    put_bytes(bytes, sys(SYS_read, master, bytes, sizeof bytes));
    end_line();
    sys(SYS_close, slave), sys(SYS_close, master);
}

static void background(void)
{
    s32 leader, status = 0;
    must("master", master = sys(SYS_open, "/dev/ptmx", O_RDWR | O_NOCTTY, 0));
    if (is_child(&leader)) {
        s32 job, group;
        u64 hidden = 1ull << 21;
        char c[16];
        must("setsid", sys(SYS_setsid));
        open_slave(0);
        if (is_child(&job)) {
            sys(SYS_setpgid, 0, 0);
            quit(sys(SYS_read, slave, c, sizeof c) == 5 ? 7 : 1);
        }
        sys(SYS_setpgid, job, job);
        report("stopped", sys(SYS_wait4, job, &status, UNTRACED, 0) == job ? status : -1);
        stay();
        must("mask", sys(SYS_rt_sigprocmask, 0, &hidden, 0, 8));
        group = job;
        report("foreground", sys(SYS_ioctl, slave, TIOCSPGRP, &group));
        must("continue", sys(SYS_kill, -job, 18));
        stay();
        must("wait", sys(SYS_wait4, job, &status, 0, 0));
        report("job", status);
        group = sys(SYS_getpgrp);
        report("back", sys(SYS_ioctl, slave, TIOCSPGRP, &group));
        stay();
        quit(8);
    }
    must("type", sys(SYS_write, master, "go o", 4));
    nap(50);
    stay();
    must("type", sys(SYS_write, master, "\n", 1));
    reap(leader);
    sys(SYS_close, master);
}

static void told(void)
{
    char bytes[64];
    s32 child;
    int p[2], text = must("open", sys(SYS_open, "/proc/self/status", 0, 0)), version = must("open", sys(SYS_open, "/proc/sys/kernel/ostype", 0, 0));
    int memory = must("open", sys(SYS_open, "/proc/self/mem", 0, 0));
    report("begin", sys(SYS_read, text, bytes, 5));
    must("chdir", sys(SYS_chdir, "/proc/self/fd"));
    stay();
    report("more", sys(SYS_read, text, bytes, 12));
    bytes[11] = 0;
    put("name");
    say(bytes);
    report("system", sys(SYS_read, version, bytes, sizeof bytes));
    report("own number", sys(SYS_pread64, memory, bytes, 4, (u32)&p, 0));
    report("descriptor 1", sys(SYS_open, "1", 010000000, 0) > 0);
    must("pipe", sys(SYS_pipe, p));
    if (is_child(&child)) {
        sys(SYS_close, p[1]);
        sys(SYS_read, p[0], bytes, 1);
        quit(9);
    }
    char path[16] = "/proc/";
    u32 at = 6, digits = 1;
    while (digits * 10 <= (u32)child) digits *= 10;
    for (; digits; digits /= 10) path[at++] = (char)('0' + (u32)child / digits % 10);
    path[at] = 0;
    int directory = must("open", sys(SYS_open, path, 0200000, 0)), his = must("openat", sys(SYS_openat, directory, "comm", 0, 0));
    report("his", sys(SYS_read, his, bytes, 3));
    stay();
    sys(SYS_close, p[1]);
    reap(child);
    stay();
    report("rest", sys(SYS_read, his, bytes, sizeof bytes));
    must("chdir", sys(SYS_chdir, "/"));
}

static int run(void)
{
    nested();
    exclusive();
    renames();
    locked();
    timers();
    half_a_line();
    background();
    told();
    return 0;
}
