/* waiting locks|semaphores|messages|queues|timer|filters|stops: several who wait for one thing, with a while of computing before each change: whoever looks in
   between finds owners of locks with their waiters, half a requeue, operations on semaphores that are to be undone, senders and receivers of messages, a timer of
   processor time that ran over, filters after fork, and stops of a traced child. */
#include "report.h"

enum {
    SYS_ptrace = 26, SYS_prctl = 172, SYS_sigtimedwait = 177, SYS_futex = 240, SYS_timer_create = 259, SYS_timer_settime, SYS_timer_gettime, SYS_timer_getoverrun, SYS_clock_gettime = 265,
    SYS_mq_open = 277, SYS_mq_unlink, SYS_mq_timedsend, SYS_mq_timedreceive, SYS_mq_notify, SYS_unshare = 310, SYS_seccomp = 354, SYS_semget = 393, SYS_semctl, SYS_msgget = 399, SYS_msgsnd, SYS_msgrcv, SYS_msgctl,
    SYS_semtimedop = 420, LOCK_PI = 6, UNLOCK_PI = 7, WAIT_REQUEUE_PI = 11, CMP_REQUEUE_PI = 12, UNDO = 0x1000, GETNCNT = 14, GETVAL = 12, SETVAL = 16, WALL = 0x40000000
};

static volatile u32 *words;

/* What each child has to say is written behind the words, and said by the parent once all is over: whose turn it is after a wake is nobody's promise. */
static struct log { u32 used; char text[508]; } *logs, *own;

static void note(const char *text)
{
    while (*text && own->used < sizeof own->text) own->text[own->used++] = *text++;
}

static void note_line(const char *what, s32 result)
{
    line_length = 0;
    put(what);
    put(": ");
    if (result < 0 && result > -4096) put_errno(result);
    else put_signed(result);
    put("\n");
    if (own == 0) {
        flush_to(1);
        return;
    }
    line[line_length] = 0;
    line_length = 0;
    note(line);
}

static void compute(void)
{
    for (volatile u32 i = 0; i < 20000; i++) {}
}

static void rest(u32 milliseconds)
{
    u32 time[2] = { 0, milliseconds * 1000000 };
    sys(SYS_nanosleep, time, 0);
}

/* The parent goes on when the child has come to wait. */
static s32 child_that(void (*act)(u32), u32 which)
{
    s32 child = (s32)sys(SYS_fork);
    if (child == 0) {
        own = logs + which;
        act(which);
        quit((int)which);
    }
    rest(15);
    compute();
    return child;
}

static void finish(s32 child)
{
    s32 status = 0;
    sys(SYS_waitpid, child, &status, 0);
    struct log *said = logs + (status >> 8 & 15);
    sys(SYS_write, 1, said->text, said->used);
    said->used = 0;
    report("child", status);
}

static s32 futex(u32 word, u32 operation, u32 value, u32 time, u32 other, u32 third)
{
    return (s32)sys(SYS_futex, words + word, operation, value, time, words + other, third);
}

/* ---- locks ---- */

static void tell(const char *who, u32 which, s32 result)
{
    char text[32];
    u32 used = 0;
    while (*who) text[used++] = *who++;
    text[used++] = ' ';
    text[used++] = (char)('0' + which % 10);
    text[used] = 0;
    note_line(text, result);
}

static void lock_and_unlock(u32 which)
{
    tell("locked by", which, futex(0, LOCK_PI, 0, 0, 0, 0));
    compute();
    tell("unlocked by", which, futex(0, UNLOCK_PI, 0, 0, 0, 0));
}

/* Owns another lock while it waits for the first: a chain. */
static void lock_both(u32 which)
{
    tell("second lock", which, futex(1, LOCK_PI, 0, 0, 0, 0));
    lock_and_unlock(which);
    rest(5);
    tell("second unlock", which, futex(1, UNLOCK_PI, 0, 0, 0, 0));
}

static void lock_second(u32 which)
{
    tell("second lock", which, futex(1, LOCK_PI, 0, 0, 0, 0));
    quit((int)which);
}

static void wait_for_lock(u32 which)
{
    tell("moved", which, futex(2, WAIT_REQUEUE_PI, 0, 0, 0, 0));
    compute();
    tell("unlocked by", which, futex(0, UNLOCK_PI, 0, 0, 0, 0));
}

static void locks(void)
{
    s32 children[4];
    report("lock", futex(0, LOCK_PI, 0, 0, 0, 0));
    children[0] = child_that(lock_and_unlock, 1);
    children[1] = child_that(lock_both, 2);
    children[2] = child_that(lock_second, 3);
    report("circle", futex(1, LOCK_PI, 0, 0, 0, 0));
    compute();
    report("unlock", futex(0, UNLOCK_PI, 0, 0, 0, 0));
    for (int i = 0; i < 3; i++) finish(children[i]);
    words[0] = words[1] = words[2] = 0;
    report("lock", futex(0, LOCK_PI, 0, 0, 0, 0));
    for (u32 i = 0; i < 3; i++) children[i] = child_that(wait_for_lock, i + 1);
    report("requeue", futex(2, CMP_REQUEUE_PI, 1, 1, 0, 0));
    compute();
    report("requeue", futex(2, CMP_REQUEUE_PI, 1, 9, 0, 0));
    compute();
    report("unlock", futex(0, UNLOCK_PI, 0, 0, 0, 0));
    for (int i = 0; i < 3; i++) finish(children[i]);
}

/* ---- semaphores ---- */

static s32 set, queue;

static s32 operate(s32 first, s32 second, u32 flags)
{
    struct { u16 number; short change; u16 flags; } both[2] = { { 0, (short)first, (u16)flags }, { 1, (short)second, (u16)flags } };
    return (s32)sys(SYS_semtimedop, set, both, 2, 0);
}

static void take(u32 which)
{
    tell("took", which, operate(-(s32)which, 1, UNDO));
    rest(3);
    compute();
}

static void wait_for_none(u32 which)
{
    struct { u16 number; short change; u16 flags; } none = { 0, 0, 0 };
    tell("none", which, (s32)sys(SYS_semtimedop, set, &none, 1, 0));
}

static void semaphores(void)
{
    s32 children[4];
    set = (s32)sys(SYS_semget, 0, 3, 0600);
    report("up", operate(1, 0, UNDO));
    children[0] = child_that(take, 4);
    children[1] = child_that(take, 2);
    children[2] = child_that(take, 3);
    children[3] = child_that(wait_for_none, 9);
    report("waiting", (s32)sys(SYS_semctl, set, 0, GETNCNT, 0));
    report("up", operate(1, 0, UNDO));
    finish(children[1]);
    compute();
    report("value", (s32)sys(SYS_semctl, set, 0, GETVAL, 0));
    report("up", operate(1, 0, 0));
    finish(children[2]);
    report("down", operate(-3, 0, 0));
    compute();
    finish(children[3]);
    report("second", (s32)sys(SYS_semctl, set, 1, GETVAL, 0));
    report("remove", (s32)sys(SYS_semctl, set, 0, 0, 0));
    finish(children[0]);
}

/* ---- messages ---- */

static void send(u32 which)
{
    struct { s32 type; char text[12]; } letter = { (s32)which, "a message" };
    tell("sent", which, (s32)sys(SYS_msgsnd, queue, &letter, 12, 0));
}

static void receive(u32 which)
{
    struct { s32 type; char text[12]; } letter = { 0, "" };
    tell("received", which, (s32)sys(SYS_msgrcv, queue, &letter, 12, -(s32)which, 0));
    tell("of", (u32)letter.type, 0);
}

static void messages(void)
{
    s32 children[4];
    u32 description[26];
    queue = (s32)sys(SYS_msgget, 0, 0600);
    sys(SYS_msgctl, queue, 2, description);
    description[17] = 30;
    report("small", (s32)sys(SYS_msgctl, queue, 1, description));
    for (u32 i = 0; i < 4; i++) children[i] = child_that(send, i + 5);
    for (u32 i = 0; i < 4; i++) {
        receive(9);
        compute();
        rest(2);
    }
    for (int i = 0; i < 4; i++) finish(children[i]);
    for (u32 i = 0; i < 3; i++) children[i] = child_that(receive, 4 + i);
    for (u32 i = 0; i < 2; i++) {
        send(6 - 2 * i);
        rest(5);
        compute();
    }
    report("remove", (s32)sys(SYS_msgctl, queue, 0, 0));
    for (int i = 0; i < 3; i++) finish(children[i]);
}

static void mq_send(u32 which)
{
    tell("sent", which, (s32)sys(SYS_mq_timedsend, queue, "letter", which, which, 0));
}

static void mq_receive(u32 which)
{
    char text[8];
    u32 time[2] = { 2000000000, 0 }, priority = 99;
    s32 result = (s32)sys(SYS_mq_timedreceive, queue, text, 8, &priority, time);
    tell("received", which, result);
    tell("of", priority, 0);
}

static void queues(void)
{
    s32 children[3], attributes[8] = { 0, 2, 8, 0 }, event[16] = { 77, 34, 0 };
    u64 blocked = 1ull << 33;
    u32 info[32];
    sys(SYS_rt_sigprocmask, 0, &blocked, 0, 8);
    queue = (s32)sys(SYS_mq_open, "waiting", O_RDWR | O_CREAT, 0600, attributes);
    report("notify", (s32)sys(SYS_mq_notify, queue, event));
    compute();
    mq_send(1);
    report("told", (s32)sys(SYS_sigtimedwait, &blocked, info, 0, 8));
    report("code", (s32)info[2]);
    report("value", (s32)info[5]);
    mq_send(2);
    report("unlink", (s32)sys(SYS_mq_unlink, "waiting"));
    for (u32 i = 0; i < 3; i++) children[i] = child_that(mq_send, i + 3);
    for (u32 i = 0; i < 5; i++) {
        mq_receive(i);
        compute();
        rest(2);
    }
    for (int i = 0; i < 3; i++) finish(children[i]);
    for (u32 i = 0; i < 2; i++) children[i] = child_that(mq_receive, i + 1);
    mq_send(5);
    rest(5);
    compute();
    mq_send(6);
    for (int i = 0; i < 2; i++) finish(children[i]);
}

/* ---- a timer of processor time ---- */

static u32 processor_milliseconds(void)
{
    u32 time[2];
    sys(SYS_clock_gettime, 2, time);
    return time[0] * 1000 + time[1] / 1000000;
}

static void timer(void)
{
    s32 event[16] = { 4711, 34, 0 };
    u32 every[4] = { 0, 1000000, 0, 1000000 }, info[32];
    u64 blocked = 1ull << 33;
    s32 id = 0;
    sys(SYS_rt_sigprocmask, 0, &blocked, 0, 8);
    report("create", (s32)sys(SYS_timer_create, 2, event, &id));
    report("set", (s32)sys(SYS_timer_settime, id, 0, every, 0));
    for (u32 until = processor_milliseconds() + 8; processor_milliseconds() < until;) {}
    report("signal", (s32)sys(SYS_sigtimedwait, &blocked, info, 0, 8));
    report("value", (s32)info[5]);
    report("overrun", (s32)info[4] > 3 ? 1 : 0);
    report("getoverrun", (s32)sys(SYS_timer_getoverrun, id) == (s32)info[4]);
    for (u32 until = processor_milliseconds() + 5; processor_milliseconds() < until;) {}
    report("again", (s32)sys(SYS_sigtimedwait, &blocked, info, 0, 8));
    report("overrun", (s32)info[4] > 1 ? 1 : 0);
}

/* ---- filters ---- */

static s32 refuse(u32 call, u32 errno)
{
    struct { u16 code; u8 yes, no; u32 value; } code[4] = { { 0x20, 0, 0, 0 }, { 0x15, 0, 1, call }, { 6, 0, 0, 0x50000 | errno }, { 6, 0, 0, 0x7FFF0000 } };
    struct { u16 length; void *code; } program = { 4, code };
    return (s32)sys(SYS_seccomp, 1, 0, &program);
}

static void try_filters(u32 which)
{
    tell("filter of", which, refuse(SYS_getppid, which));
    compute();
    note_line("getppid", (s32)sys(SYS_getppid));
    note_line("chdir", (s32)sys(SYS_chdir, "/"));
    note_line("alarm", (s32)sys(SYS_alarm, 0));
}

static void filters(void)
{
    s32 children[2];
    report("no new privileges", (s32)sys(SYS_prctl, 38, 1, 0, 0, 0));
    report("filter", refuse(SYS_chdir, 13));
    compute();
    report("filter", refuse(SYS_alarm, 22));
    for (u32 i = 0; i < 2; i++) children[i] = child_that(try_filters, i + 1);
    report("chdir", (s32)sys(SYS_chdir, "/"));
    report("getppid", (s32)sys(SYS_getppid) > 0);
    for (int i = 0; i < 2; i++) finish(children[i]);
}

/* ---- stops ---- */

static void traced(u32 which)
{
    (void)which;
    sys(SYS_ptrace, 0, 0, 0, 0);
    sys(SYS_kill, sys(SYS_getpid), 19);
    compute();
    sys(SYS_getppid);
    sys(SYS_kill, sys(SYS_getpid), 10);
    u64 blocked = 1ull << 16;
    sys(SYS_rt_sigprocmask, 0, &blocked, 0, 8);
    s32 child = (s32)sys(SYS_fork);
    if (child == 0) quit(4);
    sys(SYS_waitpid, child, 0, WALL);
    if (sys(SYS_vfork) == 0) sys(SYS_exit, 5);
    compute();
    quit(3);
}

static void stops(void)
{
    s32 child = child_that(traced, 0), status, steps[3] = { 0, 0, 0 }, others[2] = { 0, 0 };
    for (;;) {
        s32 pid = (s32)sys(SYS_wait4, -1, &status, WALL, 0);
        if (pid < 0) break;
        u32 which = pid == child ? 0 : pid == others[0] || others[0] == 0 ? 1 : 2;
        if (which > 0) others[which - 1] = pid;
        own = logs + which;
        put_hex((u32)status);
        line[8] = ' ';
        line[9] = line_length = 0;
        note(line);
        for (volatile u32 i = 0; i < 3000; i++) {}
        if ((status & 0x7f) != 0x7f) continue;
        if (steps[which]++ == 0 && which == 0) sys(SYS_ptrace, 0x4200, pid, 0, 1 | 2 | 4 | 32 | 64);
        s32 signal = status >> 8 & 0xff;
        sys(SYS_ptrace, steps[which] % 5 == 3 ? 9 : 24, pid, 0, signal == 10 ? 28 : 0);
    }
    for (u32 i = 0; i < 3; i++) {
        sys(SYS_write, 1, logs[i].text, logs[i].used);
        own = 0;
        end_line();
    }
}

static int run(void)
{
    static const struct { const char *name; void (*part)(void); } parts[] = {
        { "locks", locks }, { "semaphores", semaphores }, { "messages", messages }, { "queues", queues }, { "timer", timer }, { "filters", filters }, { "stops", stops }
    };
    words = (u32 *)sys(SYS_mmap2, 0, 12288, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    logs = (struct log *)((u8 *)words + 4096);
    for (u32 i = 0; i < sizeof parts / sizeof *parts; i++)
        if (argument_is(1, parts[i].name)) parts[i].part();
    return 0;
}
