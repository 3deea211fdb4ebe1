/* eventfd(2), timerfd_create(2) and signalfd(2): reads, writes, polls, waits and what is refused. */
#include "report.h"

enum {
    SYS_poll = 168, SYS_clock_gettime = 265, SYS_signalfd = 321, SYS_timerfd_create = 322, SYS_eventfd = 323, SYS_timerfd_settime = 325,
    SYS_timerfd_gettime = 326, SYS_signalfd4 = 327, SYS_eventfd2 = 328, SYS_timerfd_gettime64 = 410, SYS_timerfd_settime64 = 411,
    SYS_readv = 145, SYS_writev = 146, SYS_pread64 = 180, SYS_rt_sigqueueinfo = 178, SYS_epoll_create1 = 329, SYS_epoll_ctl = 255, SYS_epoll_wait = 256,
    NONBLOCK = 04000, SEMAPHORE = 1
};

static char buffer[1024];

static void read_count(const char *what, int fd)
{
    u64 value = 0;
    s32 n = sys(SYS_read, fd, &value, 8);
    put(what);
    put(": ");
    if (n < 0) put_errno(n);
    else put_signed(n), put(" "), put_u64(value);
    end_line();
}

static void write_count(const char *what, int fd, u64 value)
{
    report(what, sys(SYS_write, fd, &value, 8));
}

static void show_poll(const char *what, int fd)
{
    struct { s32 fd; u16 events, revents; } p = { fd, 0xFFFF, 0 };
    s32 n = sys(SYS_poll, &p, 1, 0);
    put(what);
    put(": ");
    put_signed(n);
    put(" ");
    put_hex(p.revents);
    end_line();
}

static void counters(void)
{
    int e = report("eventfd2", sys(SYS_eventfd2, 3, NONBLOCK));
    s32 child;
    report("flags", sys(SYS_eventfd2, 0, 2));
    show_poll("poll", e);
    read_count("read", e);
    read_count("read", e);
    show_poll("poll empty", e);
    write_count("write", e, 5);
    write_count("write", e, 7);
    report("write of 4", sys(SYS_write, e, buffer, 4));
    report("write of nothing", sys(SYS_write, e, buffer, 0));
    report("read of 4", sys(SYS_read, e, buffer, 4));
    report("read of nothing", sys(SYS_read, e, buffer, 0));
    report("read to nowhere", sys(SYS_read, e, 16, 8));
    write_count("all bits", e, ~0ull);
    write_count("write", e, ~0ull - 1);
    show_poll("poll full", e);
    write_count("write to full", e, 1);
    write_count("write 0 to full", e, 0);
    report("read of 16", sys(SYS_read, e, buffer, 16));
    report("seek", sys(SYS_lseek, e, 5, 0));
    report("pread", sys(SYS_pread64, e, buffer, 8, 0, 0));
    sys(SYS_close, e);

    e = sys(SYS_eventfd2, 2, NONBLOCK | SEMAPHORE);
    read_count("semaphore", e);
    read_count("semaphore", e);
    read_count("semaphore", e);
    sys(SYS_close, e);

    e = sys(SYS_eventfd, 0);
    *(u64 *)buffer = 9;
    if (is_child(&child)) {
        nap(10);
        quit((s32)sys(SYS_write, e, (u64 *)buffer, 8));
    }
    read_count("waited", e);
    reap(child);
    write_count("fill", e, ~0ull - 2);
    if (is_child(&child)) {
        nap(10);
        quit((s32)sys(SYS_read, e, (u64 *)buffer, 8));
    }
    write_count("waited for room", e, 4);
    reap(child);
    read_count("rest", e);
    /* A buffer that lies across two pages. */
    char *two = (char *)must("mmap", sys(SYS_mmap2, 0, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    *(u64 *)(two + 4092) = 77;
    report("write across", sys(SYS_write, e, two + 4092, 8));
    *(u64 *)(two + 4093) = 0;
    report("read across", sys(SYS_read, e, two + 4093, 8));
    report("value", (s32)*(u64 *)(two + 4093));
    sys(SYS_close, e);
}

static s32 set(int fd, int flags, s32 value_ms, s32 interval_ms)
{
    s32 spec[4] = { interval_ms / 1000, interval_ms % 1000 * 1000000, value_ms / 1000, value_ms % 1000 * 1000000 };
    return sys(SYS_timerfd_settime, fd, flags, spec, 0);
}

static void timers(void)
{
    s32 spec[4], now[2], old[4];
    u32 wide[8];
    int t = report("timerfd_create", sys(SYS_timerfd_create, 1, NONBLOCK));
    report("clock 2", sys(SYS_timerfd_create, 2, 0));
    report("clock 77", sys(SYS_timerfd_create, 77, 0));
    report("flags", sys(SYS_timerfd_create, 1, 1));
    int boot = sys(SYS_timerfd_create, 7, 0), real = sys(SYS_timerfd_create, 0, NONBLOCK);
    report("set flags", set(t, 4, 1, 0));
    report("set null", sys(SYS_timerfd_settime, t, 0, 0, 0));
    fill(spec, 0, sizeof spec);
    spec[3] = 1000000000;
    report("set nanoseconds", sys(SYS_timerfd_settime, t, 0, spec, 0));
    spec[3] = 0;
    spec[2] = -1;
    report("set negative", sys(SYS_timerfd_settime, t, 0, spec, 0));
    report("set no timer", set(0, 0, 1, 0));
    read_count("read unarmed", t);
    report("set", set(t, 0, 20, 0));
    read_count("read early", t);
    show_poll("poll early", t);
    nap(40);
    show_poll("poll", t);
    report("read of 4", sys(SYS_read, t, buffer, 4));
    read_count("read", t);
    read_count("read again", t);
    report("write", sys(SYS_write, t, buffer, 8));
    report("set", set(boot, 0, 20, 0));
    read_count("waited", boot);
    report("set every", set(t, 0, 30, 30));
    nap(105);
    read_count("three", t);
    read_count("none", t);
    report("gettime", sys(SYS_timerfd_gettime, t, old));
    report("interval", old[1]);
    report("left", old[2] == 0 && old[3] > 0 && old[3] <= 30000000);
    report("gettime64", sys(SYS_timerfd_gettime64, t, wide));
    report("interval", (s32)wide[2]);
    fill(wide, 0, sizeof wide);
    wide[4] = 100;
    report("settime64", sys(SYS_timerfd_settime64, t, 0, wide, 0));
    fill(spec, 0, sizeof spec);
    report("disarm", sys(SYS_timerfd_settime, t, 0, spec, old));
    report("was", old[2] * 10 + (old[3] > 0));
    report("gettime", sys(SYS_timerfd_gettime, t, old));
    report("off", old[0] | old[1] | old[2] | old[3]);
    sys(SYS_clock_gettime, 0, now);
    spec[2] = now[0] - 10;
    spec[3] = now[1];
    spec[0] = 4;
    report("absolute, past", sys(SYS_timerfd_settime, real, 1, spec, 0));
    nap(1);
    read_count("three periods", real);
    spec[0] = 0;
    spec[2] = now[0] - 1;
    report("realtime", sys(SYS_timerfd_settime, real, 3, spec, 0));
    nap(1);
    read_count("once", real);
    report("set ends expiry", set(real, 0, 1, 0));
    nap(5);
    report("set", set(real, 0, 1000, 0));
    read_count("gone", real);
    int ep = sys(SYS_epoll_create1, 0);
    struct { u32 events, low, high; } event = { 1u | 1u << 31, 5, 0 };
    report("epoll", sys(SYS_epoll_ctl, ep, 1, t, &event));
    report("set every", set(t, 0, 10, 10));
    report("edge", sys(SYS_epoll_wait, ep, &event, 1, 1000));
    report("no edge while unread", sys(SYS_epoll_wait, ep, &event, 1, 30));
    sys(SYS_read, t, buffer, 8);
    report("edge", sys(SYS_epoll_wait, ep, &event, 1, 1000));
    for (int i = 3; i < 8; i++) sys(SYS_close, i);
}

static void show_signals(const char *what, int fd, u32 size)
{
    fill(buffer, 0xEE, sizeof buffer);
    s32 n = sys(SYS_read, fd, buffer, size);
    report(what, n);
    for (s32 at = 0; at + 128 <= n; at += 128) {
        u32 *w = (u32 *)(buffer + at), others = 0;
        put("  signal ");
        put_unsigned(w[0]);
        put(" code ");
        put_signed((s32)w[2]);
        put(w[3] == (u32)sys(SYS_getpid) ? " own pid" : w[3] ? " a pid" : " no pid");
        put(" int ");
        put_signed((s32)w[11]);
        put(" ptr ");
        put_hex(w[12]);
        put(" status ");
        put_unsigned(w[10]);
        for (int i = 18; i < 32; i++) others |= w[i];
        put(others ? " more" : "");
        end_line();
    }
}

static void on_signal(int number)
{
    put("handler ");
    put_signed(number);
    end_line();
}

static void signals(void)
{
    u32 mask[2] = { 1 << 9 | 1 << 11 | 1 << 16 | 1 << 8, 4 }, other[2] = { 1 << 11, 0 };
    s32 child;
    sys(SYS_rt_sigprocmask, 0, mask, 0, 8);
    int s = report("signalfd4", sys(SYS_signalfd4, -1, mask, 8, NONBLOCK));
    report("size", sys(SYS_signalfd4, -1, mask, 4, 0));
    report("flags", sys(SYS_signalfd4, -1, mask, 8, 1));
    report("mask fault", sys(SYS_signalfd4, -1, 16, 8, 0));
    report("no signalfd", sys(SYS_signalfd4, 0, mask, 8, 0));
    report("bad descriptor", sys(SYS_signalfd4, 99, mask, 8, 0));
    show_signals("none", s, 128);
    show_poll("poll", s);
    sys(SYS_kill, sys(SYS_getpid), 10);
    sys(SYS_kill, sys(SYS_getpid), 10);
    sys(SYS_kill, sys(SYS_getpid), 12);
    u32 info[32] = { 0, 0, (u32)-1, (u32)sys(SYS_getpid), 0, 1234 };
    report("queue", sys(SYS_rt_sigqueueinfo, sys(SYS_getpid), 35, info));
    info[5] = 5678;
    report("queue", sys(SYS_rt_sigqueueinfo, sys(SYS_getpid), 35, info));
    show_poll("poll", s);
    show_signals("too small", s, 127);
    show_signals("one", s, 255);
    show_signals("the others", s, 1024);
    show_poll("poll", s);
    sys(SYS_kill, sys(SYS_getpid), 10);
    report("change", sys(SYS_signalfd4, s, other, 8, 0));
    show_signals("not wanted", s, 1024);
    report("change", sys(SYS_signalfd, s, mask, 8));
    show_signals("wanted", s, 1024);
    int wait = sys(SYS_signalfd, -1, mask, 8);
    if (is_child(&child)) {
        nap(10);
        quit(7);
    }
    show_signals("a child's end", wait, 1024);
    reap(child);
    int ep = sys(SYS_epoll_create1, 0);
    struct { u32 events, low, high; } event = { 1, 5, 0 };
    report("epoll", sys(SYS_epoll_ctl, ep, 1, s, &event));
    if (is_child(&child)) {
        nap(10);
        sys(SYS_kill, sys(SYS_getppid), 12);
        quit(0);
    }
    report("wait", sys(SYS_epoll_wait, ep, &event, 1, -1));
    show_signals("signal", s, 128);
    reap(child);
    show_signals("a child's end", s, 128);
    report("wait", sys(SYS_epoll_wait, ep, &event, 1, 0));
    report("write", sys(SYS_write, s, buffer, 128));
    struct { u32 handler, mask, flags, restorer; } action = { (u32)on_signal, 0, 0x10000000, 0 };
    sys(SYS_sigaction, 10, &action, 0);
    sys(SYS_kill, sys(SYS_getpid), 10);
    sys(SYS_rt_sigprocmask, 1, mask, 0, 8);
    show_signals("a handler took it", s, 128);
}

static int run(void)
{
    counters();
    timers();
    signals();
    return 0;
}
