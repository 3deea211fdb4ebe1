/* Timers of a process: timer_create(2) and its kin, setitimer(2) by processor time, clocks of other processes and adjtimex(2).
   With "limit": RLIMIT_CPU, which takes two seconds. */
#include "report.h"

enum {
    SYS_setrlimit = 75, SYS_setitimer = 104, SYS_getitimer = 105, SYS_adjtimex = 124, SYS_clock_nanosleep = 267, SYS_clock_gettime = 265, SYS_clock_getres = 266,
    SYS_timer_create = 259, SYS_timer_settime = 260, SYS_timer_gettime = 261, SYS_timer_getoverrun = 262, SYS_timer_delete = 263,
    SYS_clock_adjtime = 343, SYS_timer_gettime64 = 408, SYS_timer_settime64 = 409, SYS_rt_sigtimedwait = 177,
    SIG = 0, NONE = 1, THREAD_ID = 4, BLOCK = 0, UNBLOCK = 1
};

struct event { u32 value; s32 signal, notify, thread, rest[12]; };

static volatile int calls;
static volatile s32 last_code, last_overrun, last_id, last_value;

static void on_info(int number, s32 *info, void *context)
{
    (void)number, (void)context;
    calls++;
    last_code = info[2];
    last_id = info[3];
    last_overrun = info[4];
    last_value = info[5];
}

static void handle(int number, void *handler)
{
    struct { void *handler; u32 flags; void *restorer; u32 mask[2]; } action = { handler, 4, 0, { 0, 0 } };
    sys(SYS_rt_sigaction, number, &action, 0, 8);
}

static void mask(int how, int number)
{
    u32 set[2] = { number <= 32 ? 1u << (number - 1) : 0, number > 32 ? 1u << (number - 33) : 0 };
    sys(SYS_rt_sigprocmask, how, set, 0, 8);
}

static s32 set(s32 id, int flags, s32 value_ms, s32 interval_ms)
{
    s32 spec[4] = { interval_ms / 1000, interval_ms % 1000 * 1000000, value_ms / 1000, value_ms % 1000 * 1000000 };
    return sys(SYS_timer_settime, id, flags, spec, 0);
}

static void seen(const char *what)
{
    put(what);
    put(": calls ");
    put_signed(calls);
    if (calls) {
        put(" code ");
        put_signed(last_code);
        put(" timer ");
        put_signed(last_id);
        put(" overrun ");
        put_signed(last_overrun);
        put(" value ");
        put_signed(last_value);
    }
    end_line();
    calls = 0;
}

static void created(void)
{
    s32 id = -1, second = -1, spec[4];
    u32 wide[8];
    struct event e = { 77, 34, SIG, 0, { 0 } };
    report("create", sys(SYS_timer_create, 1, &e, &id));
    report("id", id);
    report("bad clock", sys(SYS_timer_create, 10, &e, &second));
    report("coarse clock", sys(SYS_timer_create, 6, &e, &second));
    report("raw clock", sys(SYS_timer_create, 4, &e, &second));
    e.notify = 5;
    report("bad notice", sys(SYS_timer_create, 1, &e, &second));
    e.notify = SIG;
    e.signal = 65;
    report("bad signal", sys(SYS_timer_create, 1, &e, &second));
    e.signal = 34;
    e.notify = THREAD_ID;
    e.thread = 1;
    report("bad thread", sys(SYS_timer_create, 1, &e, &second));
    report("bad event", sys(SYS_timer_create, 1, 16, &second));
    report("set unknown", set(99, 0, 1, 0));
    report("delete unknown", sys(SYS_timer_delete, 99));
    report("set null", sys(SYS_timer_settime, id, 0, 0, 0));
    fill(spec, 0, sizeof spec);
    spec[3] = 1000000000;
    report("set nanoseconds", sys(SYS_timer_settime, id, 0, spec, 0));
    report("get", sys(SYS_timer_gettime, id, spec));
    report("unset", spec[0] | spec[1] | spec[2] | spec[3]);
    handle(34, on_info);
    report("set", set(id, 0, 10, 0));
    sys(SYS_timer_gettime, id, spec);
    report("left", spec[2] == 0 && spec[3] > 0 && spec[3] <= 10000000);
    sys(SYS_pause);
    seen("once");
    sys(SYS_timer_gettime, id, spec);
    report("spent", spec[0] | spec[1] | spec[2] | spec[3]);
    mask(BLOCK, 34);
    set(id, 0, 30, 30);
    nap(105);
    sys(SYS_timer_gettime64, id, wide);
    report("interval", (s32)wide[2]);
    report("left of it", wide[6] > 0 && wide[6] <= 30000000);
    mask(UNBLOCK, 34);
    seen("three in one");
    report("overrun", sys(SYS_timer_getoverrun, id));
    fill(wide, 0, sizeof wide);
    report("disarm", sys(SYS_timer_settime64, id, 0, wide, 0));
    calls = 0;
    nap(60);
    seen("no more");
    report("overrun", sys(SYS_timer_getoverrun, id));
    e.notify = NONE;
    report("silent", sys(SYS_timer_create, 1, &e, &second));
    report("id", second);
    set(second, 0, 20, 0);
    nap(30);
    sys(SYS_timer_gettime, second, spec);
    report("silently over", spec[2] | spec[3]);
    report("delete", sys(SYS_timer_delete, second));
    report("delete again", sys(SYS_timer_delete, second));
    e.notify = THREAD_ID;
    e.thread = sys(SYS_gettid);
    report("own thread", sys(SYS_timer_create, 0, &e, &second));
    report("id", second);
    set(second, 0, 10, 0);
    sys(SYS_pause);
    seen("to the thread");
    spec[0] = spec[1] = spec[3] = 0;
    spec[2] = 5;
    report("absolute, past", sys(SYS_timer_settime, second, 1, spec, 0));
    nap(1);
    seen("at once");
    handle(14, on_info);
    report("default event", sys(SYS_timer_create, 1, 0, &second));
    set(second, 0, 5, 0);
    sys(SYS_pause);
    seen("alarm");
    s32 child;
    set(id, 0, 20, 0);
    if (is_child(&child)) {
        report("not inherited", sys(SYS_timer_delete, id));
        quit(0);
    }
    reap(child);
    sys(SYS_timer_delete, id);
    handle(34, (void *)1);
    report("ignored", sys(SYS_timer_create, 1, &(struct event) { .signal = 34 }, &id));
    set(id, 0, 1, 1);
    nap(5);
    sys(SYS_timer_delete, id);
    calls = 0;
}

static void spin(int until)
{
    while (calls < until) __asm__ volatile("pause" ::: "memory");
}

static void by_processor(void)
{
    s32 value[4] = { 0, 2000, 0, 1000 }, old[4], id, spec[4], now[2], later[2];
    handle(26, on_info);
    handle(27, on_info);
    report("setitimer virtual", sys(SYS_setitimer, 1, value, old));
    report("was", old[0] | old[1] | old[2] | old[3]);
    spin(3);
    report("code", last_code);
    fill(value, 0, sizeof value);
    report("off", sys(SYS_setitimer, 1, value, old));
    report("interval", old[1] > 0);
    calls = 0;
    value[3] = 1000;
    report("setitimer profile", sys(SYS_setitimer, 2, value, 0));
    spin(1);
    report("getitimer", sys(SYS_getitimer, 2, old));
    report("spent", old[0] | old[1] | old[2] | old[3]);
    report("which", sys(SYS_setitimer, 3, value, 0));
    report("which", sys(SYS_getitimer, 3, value));
    value[1] = 1000000;
    report("microseconds", sys(SYS_setitimer, 1, value, 0));
    calls = 0;
    struct event e = { 5, 34, SIG, 0, { 0 } };
    handle(34, on_info);
    report("process clock", sys(SYS_timer_create, 2, &e, &id));
    set(id, 0, 2, 0);
    spin(1);
    report("code", last_code);
    sys(SYS_timer_gettime, id, spec);
    report("spent", spec[0] | spec[1] | spec[2] | spec[3]);
    sys(SYS_timer_delete, id);
    report("thread clock", sys(SYS_timer_create, 3, &e, &id));
    set(id, 0, 2, 2);
    calls = 0;
    spin(2);
    sys(SYS_timer_delete, id);
    report("own clock by pid", sys(SYS_clock_gettime, ~sys(SYS_getpid) * 8 | 2, now));
    report("process clock", sys(SYS_clock_gettime, 2, later));
    report("in order", later[0] > now[0] || (later[0] == now[0] && later[1] >= now[1]));
    report("own thread's", sys(SYS_clock_gettime, ~sys(SYS_gettid) * 8 | 6, now));
    report("nobody's", sys(SYS_clock_gettime, -30001 * 8 | 2, now));
    report("resolution", sys(SYS_clock_getres, -1 * 8 | 2, now));
    report("which time", sys(SYS_clock_gettime, -1 * 8 | 3, now));
    s32 child, nothing[2] = { 0, 1000 };
    report("sleep on own thread", sys(SYS_clock_nanosleep, 3, 0, nothing, 0));
    report("sleep on raw clock", sys(SYS_clock_nanosleep, 4, 0, nothing, 0));
    if (is_child(&child)) for (;;) __asm__ volatile("pause");
    now[0] = 0;
    now[1] = 2000000;
    report("sleep on child's time", sys(SYS_clock_nanosleep, ~child * 8 | 2, 0, now, 0));
    sys(SYS_kill, child, 9);
    reap(child);
}

/* A second of processor time, and death after the next. */
static void limited(void)
{
    s32 child;
    if (is_child(&child)) {
        u32 limit[2] = { 1, 2 };
        sys(SYS_setrlimit, 0, limit);
        handle(24, on_info);
        calls = 0;
        for (;;) {
            if (calls > 0) {
                calls = -1000;
                say("processor time is up");
            }
        }
    }
    reap(child);
}

static void discipline(void)
{
    s32 timex[32];
    fill(timex, 0, sizeof timex);
    s32 state = sys(SYS_adjtimex, timex);
    report("adjtimex", state >= 0 && state <= 5);
    report("tick", timex[11]);
    report("precision", timex[7]);
    report("tolerance", timex[8]);
    report("fault", sys(SYS_adjtimex, 16));
    fill(timex, 0, sizeof timex);
    state = sys(SYS_clock_adjtime, 0, timex);
    report("clock_adjtime", state >= 0 && state <= 5);
    report("no such clock", sys(SYS_clock_adjtime, 77, timex));
    report("fixed clock", sys(SYS_clock_adjtime, 1, timex));
}

static int run(void)
{
    if (argument_is(1, "limit")) {
        limited();
        return 0;
    }
    created();
    by_processor();
    discipline();
    return 0;
}
