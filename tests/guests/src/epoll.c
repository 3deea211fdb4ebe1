/* epoll(7) over pipes and socket pairs: level, edge, one shot, exclusive, nesting, what close and dup do, and what is refused. */
#include "report.h"

enum {
    SYS_epoll_create = 254, SYS_epoll_ctl = 255, SYS_epoll_wait = 256, SYS_epoll_pwait = 319, SYS_epoll_create1 = 329, SYS_pipe2 = 331,
    SYS_socketpair = 360, SYS_epoll_pwait2 = 441,
    ADD = 1, DEL = 2, MOD = 3, IN = 1, OUT = 4, ERR = 8, HUP = 16, RDHUP = 0x2000, EXCLUSIVE = 1 << 28, ONESHOT = 1 << 30, ET = (int)(1u << 31)
};

struct event { u32 events; u64 data; } __attribute__((packed));

static char byte[1];

static s32 ctl(int ep, int op, int fd, u32 events)
{
    struct event e = { events, 0x1122334400000000ull + (u32)fd };
    return sys(SYS_epoll_ctl, ep, op, fd, &e);
}

static int take(const char *what, int ep, int most, int timeout)
{
    struct event e[16];
    fill(e, 0, sizeof e);
    s32 n = sys(SYS_epoll_wait, ep, e, most, timeout);
    put(what);
    put(": ");
    if (n < 0) put_errno(n);
    else put_signed(n);
    for (int i = 0; i < n; i++) {
        put(" ");
        put_unsigned((u32)e[i].data);
        put("/");
        put_hex(e[i].events);
        if (e[i].data >> 32 != 0x11223344) put("?");
    }
    end_line();
    return n;
}

static int new_epoll(void)
{
    return must("epoll_create1", sys(SYS_epoll_create1, 0));
}

static void make_pipe(int p[2])
{
    must("pipe2", sys(SYS_pipe2, p, 04000));
}

static void refused(void)
{
    int ep = new_epoll(), p[2], file = must("open", sys(SYS_open, "/tmp/f", O_CREAT | O_RDWR, 0600)), dir = must("open", sys(SYS_open, "/tmp", O_RDONLY));
    make_pipe(p);
    report("create 0", sys(SYS_epoll_create, 0));
    report("create -1", sys(SYS_epoll_create, -1));
    report("create1 flags", sys(SYS_epoll_create1, 1));
    report("regular file", ctl(ep, ADD, file, IN));
    report("directory", ctl(ep, ADD, dir, IN));
    report("itself", ctl(ep, ADD, ep, IN));
    report("no epoll", ctl(p[0], ADD, p[1], IN));
    report("bad epoll", ctl(99, ADD, p[1], IN));
    report("bad file", ctl(ep, ADD, 99, IN));
    report("bad operation", ctl(ep, 9, p[0], IN));
    report("bad event", sys(SYS_epoll_ctl, ep, ADD, p[0], 16));
    report("bad event, delete", sys(SYS_epoll_ctl, ep, DEL, p[0], 16));
    report("modify absent", ctl(ep, MOD, p[0], IN));
    report("add", ctl(ep, ADD, p[0], IN));
    report("add again", ctl(ep, ADD, p[0], IN));
    report("exclusive modify", ctl(ep, MOD, p[0], IN | EXCLUSIVE));
    report("exclusive one shot", ctl(ep, ADD, p[1], IN | EXCLUSIVE | ONESHOT));
    report("wait 0", sys(SYS_epoll_wait, ep, line, 0, 0));
    report("wait -1", sys(SYS_epoll_wait, ep, line, -1, 0));
    report("wait on pipe", sys(SYS_epoll_wait, p[0], line, 1, 0));
    report("wait on 99", sys(SYS_epoll_wait, 99, line, 1, 0));
    report("wait too many", sys(SYS_epoll_wait, ep, line, 0x10000000, 0));
    sys(SYS_write, p[1], "x", 1);
    report("wait fault", sys(SYS_epoll_wait, ep, 16, 1, 0));
    take("after fault", ep, 4, 0);
    report("read", sys(SYS_read, ep, line, 8));
    report("write", sys(SYS_write, ep, "12345678", 8));
    report("seek", sys(SYS_lseek, ep, 0, 1));
    u32 mask[2] = { 0, 0 }, time[4] = { 0, 0, 0, 0 };
    report("pwait mask size", sys(SYS_epoll_pwait, ep, line, 1, 0, mask, 4));
    report("pwait mask fault", sys(SYS_epoll_pwait, ep, line, 1, 0, 16, 8));
    time[2] = 1000000000;
    report("pwait2 time", sys(SYS_epoll_pwait2, ep, line, 1, time, 0, 8));
    time[2] = 1;
    sys(SYS_read, p[0], byte, 1);
    report("pwait2", sys(SYS_epoll_pwait2, ep, line, 1, time, mask, 8));
    line_length = 0;
    for (int i = 3; i < 12; i++) sys(SYS_close, i);
}

static void levels(void)
{
    int ep = new_epoll(), p[2];
    make_pipe(p);
    ctl(ep, ADD, p[0], IN);
    take("empty", ep, 4, 0);
    take("empty, 1 ms", ep, 4, 1);
    sys(SYS_write, p[1], "abc", 3);
    take("level", ep, 4, -1);
    take("level again", ep, 4, -1);
    ctl(ep, MOD, p[0], IN | ET);
    take("edge", ep, 4, -1);
    take("edge again", ep, 4, 0);
    sys(SYS_write, p[1], "d", 1);
    take("edge, more", ep, 4, 0);
    sys(SYS_read, p[0], byte, 1);
    take("edge, read", ep, 4, 0);
    ctl(ep, MOD, p[0], IN | ONESHOT);
    take("one shot", ep, 4, 0);
    sys(SYS_write, p[1], "e", 1);
    take("one shot spent", ep, 4, 0);
    ctl(ep, MOD, p[0], IN | ONESHOT);
    take("one shot armed", ep, 4, 0);
    ctl(ep, MOD, p[0], 0);
    take("nothing wanted", ep, 4, 0);
    sys(SYS_close, p[1]);
    take("hang-up unasked", ep, 4, 0);
    report("delete", ctl(ep, DEL, p[0], 0));
    report("delete again", ctl(ep, DEL, p[0], 0));
    sys(SYS_close, p[0]);
    make_pipe(p);
    ctl(ep, ADD, p[1], OUT | ET);
    take("room", ep, 4, 0);
    take("room, edge", ep, 4, 0);
    sys(SYS_close, p[0]);
    take("no reader", ep, 4, 0);
    sys(SYS_close, p[1]);
    take("closed", ep, 4, 0);
    sys(SYS_close, ep);
}

static void order(void)
{
    int ep = new_epoll(), p[4][2];
    for (int i = 0; i < 4; i++) {
        make_pipe(p[i]);
        ctl(ep, ADD, p[i][0], IN);
    }
    for (int i = 3; i >= 0; i--) sys(SYS_write, p[i][1], "x", 1);
    take("two of four", ep, 2, 0);
    take("the others", ep, 2, 0);
    take("three", ep, 3, 0);
    take("three more", ep, 3, 0);
    sys(SYS_read, p[1][0], byte, 1);
    take("all", ep, 16, 0);
    for (int i = 0; i < 4; i++) sys(SYS_close, p[i][0]), sys(SYS_close, p[i][1]);
    take("none", ep, 16, 0);
    sys(SYS_close, ep);
}

static void copies(void)
{
    int ep = new_epoll(), p[2];
    make_pipe(p);
    int copy = must("dup", sys(SYS_dup, p[0]));
    report("add", ctl(ep, ADD, p[0], IN));
    report("add copy", ctl(ep, ADD, copy, IN));
    sys(SYS_write, p[1], "x", 1);
    take("both", ep, 4, 0);
    sys(SYS_close, p[0]);
    take("one closed", ep, 4, 0);
    report("delete by closed number", ctl(ep, DEL, p[0], 0));
    sys(SYS_close, copy);
    take("both closed", ep, 4, 0);
    sys(SYS_close, ep);
    sys(SYS_close, p[1]);
}

static void nests(void)
{
    int inner = new_epoll(), outer = new_epoll(), p[2], tower[8];
    make_pipe(p);
    ctl(inner, ADD, p[0], IN | ET);
    report("nest", ctl(outer, ADD, inner, IN));
    report("circle", ctl(inner, ADD, outer, IN));
    report("nest exclusive", ctl(inner, ADD, outer, IN | EXCLUSIVE));
    take("nested, empty", outer, 4, 0);
    sys(SYS_write, p[1], "x", 1);
    take("nested", outer, 4, 0);
    take("nested again", outer, 4, 0);
    take("inner", inner, 4, 0);
    take("nested, taken", outer, 4, 0);
    for (int i = 0; i < 8; i++) {
        tower[i] = new_epoll();
        if (i > 0) report("tower", ctl(tower[i], ADD, tower[i - 1], IN));
    }
    report("tower's foot", ctl(tower[0], ADD, p[0], IN));
    take("tower's top", tower[4], 4, 0);
    for (int i = 3; i < 20; i++) sys(SYS_close, i);
}

static void sockets(void)
{
    int ep = new_epoll(), s[2];
    must("socketpair", sys(SYS_socketpair, 1, 1 | 04000, 0, s));
    ctl(ep, ADD, s[0], IN | OUT | RDHUP | ET);
    take("both ways", ep, 4, 0);
    sys(SYS_write, s[1], "x", 1);
    take("data", ep, 4, 0);
    take("no edge", ep, 4, 0);
    sys(SYS_read, s[0], byte, 1);
    take("read", ep, 4, 0);
    for (int i = 3; i < 6; i++) sys(SYS_close, i);
}

static void exclusive(void)
{
    int p[2], one = new_epoll(), two = new_epoll(), ready[2];
    s32 first, second;
    make_pipe(p);
    make_pipe(ready);
    report("exclusive", ctl(one, ADD, p[0], IN | ET | EXCLUSIVE));
    report("exclusive", ctl(two, ADD, p[0], IN | ET | EXCLUSIVE));
    report("exclusive changed", ctl(two, MOD, p[0], IN));
    if (is_child(&first)) {
        if (take("a waiter", one, 4, 300) == 1) sys(SYS_write, ready[1], "x", 1);
        quit(0);
    }
    nap(20);
    if (is_child(&second)) {
        struct event e;
        if (sys(SYS_epoll_wait, two, &e, 1, 100) == 1) sys(SYS_write, ready[1], "x", 1);
        quit(0);
    }
    nap(30);
    sys(SYS_write, p[1], "x", 1);
    reap(first);
    reap(second);
    report("woken", sys(SYS_read, ready[0], line, 8));
    line_length = 0;
    for (int i = 3; i < 20; i++) sys(SYS_close, i);
}

static void on_signal(int number)
{
    put("signal ");
    put_signed(number);
    end_line();
}

static void interrupted(void)
{
    int ep = new_epoll();
    struct { u32 handler, mask, flags, restorer; } action = { (u32)on_signal, 0, 0x10000000, 0 };
    struct event e;
    s32 child;
    u32 none[2] = { 0, 0 }, user[2] = { 1 << 9, 0 };
    must("sigaction", sys(SYS_sigaction, 10, &action, 0));
    if (is_child(&child)) {
        nap(20);
        sys(SYS_kill, sys(SYS_getppid), 10);
        quit(0);
    }
    report("interrupted", sys(SYS_epoll_wait, ep, &e, 1, -1));
    reap(child);
    sys(SYS_rt_sigprocmask, 0, user, 0, 8);
    sys(SYS_kill, sys(SYS_getpid), 10);
    report("blocked", sys(SYS_epoll_wait, ep, &e, 1, 1));
    report("let through", sys(SYS_epoll_pwait, ep, &e, 1, -1, none, 8));
    sys(SYS_kill, sys(SYS_getpid), 10);
    report("let through, no time", sys(SYS_epoll_pwait, ep, &e, 1, 0, none, 8));
    say("unblocking");
    sys(SYS_rt_sigprocmask, 1, user, 0, 8);
    sys(SYS_close, ep);
}

/* A child's event reaches a parent that waits, also by a descriptor that only the child still has. */
static void shared(void)
{
    int ep = new_epoll(), p[2];
    s32 child;
    make_pipe(p);
    ctl(ep, ADD, p[0], IN);
    if (is_child(&child)) {
        nap(20);
        sys(SYS_write, p[1], "x", 1);
        nap(30);
        quit(0);
    }
    sys(SYS_close, p[0]);
    take("from the child", ep, 4, -1);
    reap(child);
    take("nobody left", ep, 4, 0);
    sys(SYS_close, p[1]);
    sys(SYS_close, ep);
}

static int run(void)
{
    refused();
    levels();
    order();
    copies();
    nests();
    sockets();
    exclusive();
    interrupted();
    shared();
    return 0;
}
