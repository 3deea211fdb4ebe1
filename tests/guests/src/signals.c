/* Signals: the order of delivery, queues and their limit, what comes with each, alternate stacks, one-shot handlers, masks in handlers,
   what is restarted after a handler and what is not. */
#include "report.h"

enum {
    SYS_setrlimit = 75, SYS_setitimer = 104, SYS_poll = 168, SYS_sigtimedwait = 177, SYS_sigqueueinfo = 178, SYS_tkill = 238,
    SYS_tgsigqueueinfo = 335, SYS_tgkill = 270, SYS_futex = 240, SYS_setuid32 = 213, SYS_ipc = 117, SYS_select = 142, SYS_epoll_wait = 256, SYS_pselect6 = 308, SYS_ppoll = 309, SYS_epoll_create1 = 329,
    SIGINT = 2, SIGQUIT = 3, SIGFPE = 8, SIGUSR1 = 10, SIGSEGV = 11, SIGUSR2 = 12, SIGPIPE = 13, SIGALRM = 14, SIGTERM = 15, SIGCHLD = 17, SIGCONT = 18,
    SIGSTOP = 19, SIGTSTP = 20, RT = 34,
    SA_NOCLDSTOP = 1, SA_NOCLDWAIT = 2, SA_SIGINFO = 4, SA_EXPOSE = 0x800, SA_RESTORER = 0x04000000, SA_ONSTACK = 0x08000000,
    SA_RESTART = 0x10000000, SA_NODEFER = 0x40000000, SA_RESETHAND = (s32)0x80000000
};

struct info { s32 signo, error, code, a, b, c, rest[26]; };
struct action { u32 handler, flags, restorer; u32 mask[2]; };

static s32 me;
static u32 depth;

static void put_who(s32 pid)
{
    put(pid == 0 ? "kernel" : pid == me ? "me" : "other");
}

static void handler(s32 signo, struct info *info, u32 *context)
{
    (void)context;
    depth++;
    put("  signal ");
    put_signed(signo);
    put(" depth ");
    put_unsigned(depth);
    put(" code ");
    put_signed(info->code);
    if (info->code <= 0) {
        put(" from ");
        put_who(info->a);
        put(" value ");
        put_signed(info->c);
    }
    end_line();
    depth--;
}

static void install(s32 signo, s32 flags)
{
    struct action action = { (u32)handler, (u32)flags | SA_SIGINFO, 0, { 0, 0 } };
    must("sigaction", sys(SYS_rt_sigaction, signo, &action, 0, 8));
}

static void block(s32 how, u32 low, u32 high)
{
    u32 set[2] = { low, high };
    must("sigprocmask", sys(SYS_rt_sigprocmask, how, set, 0, 8));
}

static s32 queue(s32 signo, s32 value)
{
    struct info info = { signo, 0, -1, me, 0, value, { 0 } };
    return sys(SYS_sigqueueinfo, me, signo, &info);
}

static void order(void)
{
    say("order");
    s32 all[] = { SIGINT, SIGUSR1, SIGUSR2, SIGTERM, RT, RT + 1, SIGSEGV };
    for (u32 i = 0; i < sizeof all / sizeof *all; i++) install(all[i], SA_NODEFER);
    block(0, ~0u, ~0u);
    queue(RT + 1, 1);
    queue(RT, 2);
    queue(RT, 3);
    sys(SYS_kill, me, SIGTERM);
    sys(SYS_kill, me, SIGUSR2);
    sys(SYS_kill, me, SIGUSR2);
    sys(SYS_tkill, me, SIGUSR1);
    sys(SYS_kill, me, SIGINT);
    sys(SYS_kill, me, SIGSEGV);
    block(1, ~0u, ~0u);
}

static void limits(void)
{
    say("limits");
    s32 child;
    u32 few[2] = { 3, 100 };
    if (!is_child(&child)) {
        reap(child);
        return;
    }
    /* A user of whom nothing waits elsewhere. */
    me = sys(SYS_getpid);
    must("setuid", sys(SYS_setuid32, 54321));
    must("setrlimit", sys(SYS_setrlimit, 11, few));
    block(0, ~0u, ~0u);
    for (int i = 0; i < 5; i++) report("queue", queue(RT, i));
    report("kill", sys(SYS_kill, me, RT + 1));
    report("kill standard", sys(SYS_kill, me, SIGUSR1));
    report("queue standard", queue(SIGUSR2, 9));
    block(1, ~0u, ~0u);
    report("signal to root", sys(SYS_kill, sys(SYS_getppid), 0));
    quit(0);
}

static void rules(void)
{
    say("rules");
    struct info info = { SIGUSR1, 0, 0, me, 0, 0, { 0 } };
    s32 parent = sys(SYS_getppid);
    report("as kill to oneself", sys(SYS_sigqueueinfo, me, SIGUSR1, &info));
    report("as kill to another", sys(SYS_sigqueueinfo, parent, 0, &info));
    info.code = -6;
    report("as tkill to another", sys(SYS_sigqueueinfo, parent, 0, &info));
    info.code = -1;
    report("to a thread of another", sys(SYS_tgsigqueueinfo, me, parent, 0, &info));
    report("to a thread", sys(SYS_tgsigqueueinfo, me, me, SIGUSR1, &info));
    report("tgkill of another", sys(SYS_tgkill, me, parent, 0));
    report("bad thread", sys(SYS_tgkill, me, -1, 0));
    report("bad signal", sys(SYS_kill, me, 65));
    report("nobody", sys(SYS_kill, 4000000, 0));
    report("no group", sys(SYS_kill, -4000000, 0));
    struct action action = { (u32)handler, (u32)(SA_SIGINFO | SA_EXPOSE | 0x400 | 0x20), 0, { ~0u, ~0u } };
    report("install", sys(SYS_rt_sigaction, SIGUSR1, &action, 0, 8));
    sys(SYS_rt_sigaction, SIGUSR1, 0, &action, 8);
    report("flags that are kept", (s32)action.flags);
    put_hex(action.mask[0]);
    end_line();
    report("SIGKILL", sys(SYS_rt_sigaction, 9, &action, 0, 8));
    report("asking for SIGKILL's", sys(SYS_rt_sigaction, 9, 0, &action, 8));
    report("size", sys(SYS_rt_sigaction, SIGUSR1, &action, 0, 4));
}

static u8 stack_memory[16384] __attribute__((aligned(16)));
static s32 on_stack;

static void stack_handler(s32 signo, struct info *info, u32 *context)
{
    (void)signo, (void)info;
    u32 old[3], off[3] = { 0, 2, 0 };
    u32 here = (u32)&old;
    on_stack = here >= (u32)stack_memory && here < (u32)stack_memory + sizeof stack_memory;
    report("  on it", on_stack);
    sys(SYS_sigaltstack, 0, old);
    put("  flags ");
    put_hex(old[1]);
    put(" saved ");
    put_hex(context[3]);
    end_line();
    report("  change", sys(SYS_sigaltstack, off, 0));
}

static void stacks(void)
{
    say("stacks");
    u32 stack[3] = { (u32)stack_memory, 0, sizeof stack_memory }, small[3] = { (u32)stack_memory, 0, 1000 }, odd[3] = { 0, 5, 0 }, old[3];
    report("small", sys(SYS_sigaltstack, small, 0));
    report("flags", sys(SYS_sigaltstack, odd, 0));
    report("set", sys(SYS_sigaltstack, stack, 0));
    struct action action = { (u32)stack_handler, SA_SIGINFO | SA_ONSTACK, 0, { 0, 0 } };
    sys(SYS_rt_sigaction, SIGUSR1, &action, 0, 8);
    sys(SYS_kill, me, SIGUSR1);
    action.flags = SA_SIGINFO;
    sys(SYS_rt_sigaction, SIGUSR1, &action, 0, 8);
    sys(SYS_sigaltstack, stack, 0);
    sys(SYS_kill, me, SIGUSR1);
    stack[1] = 0x80000000;
    action.flags = SA_SIGINFO | SA_ONSTACK;
    sys(SYS_rt_sigaction, SIGUSR1, &action, 0, 8);
    report("disarm", sys(SYS_sigaltstack, stack, 0));
    sys(SYS_kill, me, SIGUSR1);
    sys(SYS_sigaltstack, 0, old);
    put("after ");
    put_hex(old[1]);
    end_line();
}

static void once(void)
{
    say("once");
    struct action action;
    install(SIGUSR2, SA_RESETHAND);
    sys(SYS_kill, me, SIGUSR2);
    sys(SYS_rt_sigaction, SIGUSR2, 0, &action, 8);
    report("handler", (s32)action.handler);
    install(SIGUSR2, 0);
    s32 child, status = 0;
    /* SIGPIPE, a fault while SIGSEGV is blocked, no room for a frame. */
    s32 fds[2];
    must("pipe", sys(SYS_pipe, fds));
    sys(SYS_close, fds[0]);
    install(SIGPIPE, 0);
    report("broken pipe", sys(SYS_write, fds[1], "x", 1));
    if (is_child(&child)) {
        block(0, 1u << (SIGSEGV - 1), 0);
        *(volatile u32 *)16 = 0;
    }
    sys(SYS_waitpid, child, &status, 0);
    report("blocked fault", status);
    if (is_child(&child)) {
        install(SIGUSR1, 0);
        __asm__ volatile("movl $16, %%esp\n\tint $0x80" : : "a"(SYS_kill), "b"(sys(SYS_getpid)), "c"(SIGUSR1));
    }
    sys(SYS_waitpid, child, &status, 0);
    report("no room", status);
}

static void quiet(s32 signo) { (void)signo; }

/* A child sends a signal to its parent, which waits in a call; then something that ends the call. */
static s32 sender(s32 fd)
{
    s32 child;
    if (!is_child(&child)) return child;
    nap(30);
    sys(SYS_kill, me, SIGUSR1);
    nap(30);
    sys(SYS_write, fd, "x", 1);
    quit(0);
}

static void restarts(int flags)
{
    put(flags ? "with SA_RESTART" : "without SA_RESTART");
    end_line();
    struct action action = { (u32)quiet, (u32)flags, 0, { 0, 0 } };
    sys(SYS_rt_sigaction, SIGUSR1, &action, 0, 8);
    s32 fds[2], child, status, word = 0, time[2] = { 0, 200000000 }, left[2] = { 9, 9 };
    u32 set[2] = { 0, 0 };
    char byte;
    must("pipe", sys(SYS_pipe, fds));
    child = sender(fds[1]);
    report("read", sys(SYS_read, fds[0], &byte, 1));
    sys(SYS_waitpid, child, &status, 0);
    child = sender(fds[1]);
    s32 poll[2] = { fds[0], 1 };
    report("poll", sys(SYS_poll, poll, 1, -1));
    sys(SYS_waitpid, child, &status, 0);
    child = sender(fds[1]);
    report("nanosleep", sys(SYS_nanosleep, time, left));
    report("some left", left[0] == 0 && left[1] > 0 && left[1] < 200000000);
    sys(SYS_waitpid, child, &status, 0);
    child = sender(fds[1]);
    report("waitpid", sys(SYS_waitpid, child, &status, 0) == child ? 0 : -4);
    sys(SYS_waitpid, child, &status, 0);
    child = sender(fds[1]);
    report("pause", sys(SYS_pause));
    sys(SYS_waitpid, child, &status, 0);
    child = sender(fds[1]);
    report("sigsuspend", sys(SYS_rt_sigsuspend, set, 8));
    sys(SYS_waitpid, child, &status, 0);
    child = sender(fds[1]);
    set[0] = 1u << (SIGUSR2 - 1);
    report("sigtimedwait", sys(SYS_sigtimedwait, set, 0, 0, 8));
    sys(SYS_waitpid, child, &status, 0);
    child = sender(fds[1]);
    report("futex", sys(SYS_futex, &word, 0, 0, time, 0, 0) == -4 ? -4 : 0);
    sys(SYS_waitpid, child, &status, 0);
}

static void stops(void)
{
    say("stops");
    s32 child, status;
    s32 fds[2];
    must("pipe", sys(SYS_pipe, fds));
    /* What waits goes on after a stop, without a handler; sigtimedwait ends. */
    if (is_child(&child)) {
        char byte;
        u32 set[2] = { 1u << (SIGUSR2 - 1), 0 };
        s32 result = sys(SYS_read, fds[0], &byte, 1);
        if (result != 1) quit(1);
        result = sys(SYS_sigtimedwait, set, 0, 0, 8);
        nap(100);
        quit(result == -4 ? 11 : 2);
    }
    for (int i = 0; i < 2; i++) {
        nap(20);
        sys(SYS_kill, child, SIGSTOP);
        report("stopped", sys(SYS_wait4, child, &status, 2, 0) == child ? status : -1);
        sys(SYS_kill, child, SIGCONT);
        report("continued", sys(SYS_wait4, child, &status, 8, 0) == child ? status : -1);
        if (i == 0) sys(SYS_write, fds[1], "x", 1);
    }
    sys(SYS_waitpid, child, &status, 0);
    report("end", status);
    /* A stop signal takes a pending SIGCONT away, and the other way round. */
    u32 pending[2];
    block(0, ~0u, ~0u);
    sys(SYS_kill, me, SIGCONT);
    sys(SYS_kill, me, SIGTSTP);
    sys(SYS_rt_sigpending, pending, 8);
    put_hex(pending[0]);
    end_line();
    sys(SYS_kill, me, SIGCONT);
    sys(SYS_rt_sigpending, pending, 8);
    put_hex(pending[0]);
    end_line();
    block(1, ~0u, ~0u);
    /* Children that nobody wants to know of. */
    struct action action = { (u32)quiet, SA_NOCLDWAIT, 0, { 0, 0 } };
    sys(SYS_rt_sigaction, SIGCHLD, &action, 0, 8);
    if (is_child(&child)) quit(0);
    report("no zombie", sys(SYS_waitpid, child, &status, 0));
    action.handler = 0;
    action.flags = 0;
    sys(SYS_rt_sigaction, SIGCHLD, &action, 0, 8);
}

/* A stop and SIGCONT, without any handler: most calls go on, some end. */
static void after_stops(void)
{
    static const char *const names[] = { "nanosleep", "poll", "select", "pselect", "ppoll", "epoll_wait", "semtimedop" };
    say("after stops");
    for (int which = 0; which < 7; which++) {
        s32 child, status, time[2] = { 0, 150000000 }, small[2] = { 0, 150000 }, fd, event[3], result = 0;
        u32 mask[2] = { 0, 0 };
        u16 operation[3] = { 0, (u16)-1, 0 };
        if (is_child(&child)) {
            u32 sets[2] = { (u32)mask, 8 };
            switch (which) {
            case 0: result = sys(SYS_nanosleep, time, 0); break;
            case 1: result = sys(SYS_poll, 0, 0, 150); break;
            case 2: result = sys(SYS_select, 0, 0, 0, 0, small); break;
            case 3: result = sys(SYS_pselect6, 0, 0, 0, 0, time, sets); break;
            case 4: result = sys(SYS_ppoll, 0, 0, time, mask, 8); break;
            case 5:
                fd = must("epoll_create", sys(SYS_epoll_create1, 0));
                result = sys(SYS_epoll_wait, fd, event, 1, 150);
                break;
            case 6:
                fd = must("semget", sys(SYS_ipc, 2, 0, 1, 0600, 0, 0));
                result = sys(SYS_ipc, 4, fd, 1, 0, operation, time);
                sys(SYS_ipc, 3, fd, 0, 0, mask, 0);
                break;
            }
            report(names[which], result);
            quit(0);
        }
        nap(30);
        sys(SYS_kill, child, SIGSTOP);
        sys(SYS_wait4, child, &status, 2, 0);
        nap(10);
        sys(SYS_kill, child, SIGCONT);
        sys(SYS_wait4, child, &status, 0, 0);
    }
}

static int run(void)
{
    me = sys(SYS_getpid);
    order();
    limits();
    rules();
    stacks();
    once();
    restarts(0);
    restarts(SA_RESTART);
    stops();
    after_stops();
    return 0;
}
