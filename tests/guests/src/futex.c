/* futex wait|lock: futex(2) and futex_waitv(2) between processes that share a mapping; locks with an owner, robust lists. */
#include "crt.h"

enum {
    SYS_futex = 240, SYS_set_robust_list = 311, SYS_futex64 = 422, SYS_waitv = 449,
    WAIT = 0, WAKE, REQUEUE = 3, CMP_REQUEUE, WAKE_OP, LOCK_PI, UNLOCK_PI, TRYLOCK_PI, WAIT_BITSET, WAKE_BITSET, WAIT_REQUEUE_PI, CMP_REQUEUE_PI, LOCK_PI2,
    PRIVATE = 128, REALTIME = 256
};
enum { WAITERS = 0x80000000u, DIED = 0x40000000 };

static volatile u32 *words;

static void show(const char *what, s32 result)
{
    put(what);
    put(": ");
    if (result < 0 && result > -4096) put_errno(result);
    else put_signed(result);
    end_line();
}

static void rest(u32 milliseconds)
{
    u32 time[2] = { 0, milliseconds * 1000000 };
    sys(SYS_nanosleep, time, 0);
}

static void finish(s32 child)
{
    s32 status = 0;
    sys(SYS_waitpid, child, &status, 0);
}

static s32 futex(volatile void *word, u32 operation, u32 value, const volatile void *time, volatile void *other, u32 third)
{
    return sys(SYS_futex, word, operation, value, time, other, third);
}

static s32 wait_in_child(volatile u32 *word, u32 operation, u32 value, volatile u32 *other, u32 third, const char *say_what)
{
    s32 child = sys(SYS_fork);
    if (child != 0) {
        rest(15);
        return child;
    }
    s32 result = futex(word, operation, value, 0, other, third);
    if (say_what) rest(15), show(say_what, result);
    quit(0);
}

static volatile int handled;

static void handler(int signal)
{
    handled = signal;
}

static void wait_and_wake(void)
{
    static const u32 soon[2] = { 0, 5000000 }, bad[2] = { 0, 1000000000 }, past[2] = { 0, 1000 };
    words[0] = 5;
    show("value differs", futex(words, WAIT, 4, 0, 0, 0));
    show("misaligned", futex((char *)words + 2, WAIT, 4, 0, 0, 0));
    show("unmapped", futex((void *)16, WAIT, 0, 0, 0, 0));
    show("unmapped private", futex((void *)16, WAIT | PRIVATE, 0, 0, 0, 0));
    show("wake unmapped", futex((void *)16, WAKE, 1, 0, 0, 0));
    show("wake unmapped private", futex((void *)16, WAKE | PRIVATE, 1, 0, 0, 0));
    show("time", futex(words, WAIT, 5, soon, 0, 0));
    show("bad time", futex(words, WAIT, 5, bad, 0, 0));
    show("bad time, value differs", futex(words, WAIT, 4, bad, 0, 0));
    show("no time there", futex(words, WAIT, 5, (void *)16, 0, 0));
    show("realtime", futex(words, WAIT | REALTIME, 5, soon, 0, 0));
    show("past", futex(words, WAIT_BITSET | REALTIME, 5, past, 0, 1));
    show("past, monotonic", futex(words, WAIT_BITSET, 5, past, 0, 1));
    show("no bits", futex(words, WAIT_BITSET, 5, past, 0, 0));
    show("wake no bits", futex(words, WAKE_BITSET, 1, 0, 0, 0));
    show("unknown", futex(words, 99, 1, 0, 0, 0));
    show("nobody", futex(words, WAKE, 1, 0, 0, 0));
    u32 wide[4] = { 0, 0, 5000000, 0 };
    show("wide time", sys(SYS_futex64, words, WAIT, 5, wide, 0, 0));

    s32 a = wait_in_child(words, WAIT, 5, 0, 0, 0), b = wait_in_child(words, WAIT_BITSET, 5, 0, 2, 0), c = wait_in_child(words, WAIT_BITSET, 5, 0, 4, 0);
    show("wrong bits", futex(words, WAKE_BITSET, 9, 0, 0, 8));
    show("bits", futex(words, WAKE_BITSET, 9, 0, 0, 4));
    show("wake 0 wakes one", futex(words, WAKE, 0, 0, 0, 0));
    show("wake", futex(words, WAKE, 9, 0, 0, 0));
    finish(a), finish(b), finish(c);

    a = wait_in_child(words, WAIT, 5, 0, 0, 0), b = wait_in_child(words, WAIT, 5, 0, 0, 0), c = wait_in_child(words, WAIT, 5, 0, 0, 0);
    show("requeue compares", futex(words, CMP_REQUEUE, 1, (void *)9, words + 1, 4));
    show("requeue", futex(words, CMP_REQUEUE, 1, (void *)1, words + 1, 5));
    show("left", futex(words, WAKE, 9, 0, 0, 0));
    show("moved", futex(words + 1, WAKE, 9, 0, 0, 0));
    finish(a), finish(b), finish(c);
    a = wait_in_child(words, WAIT, 5, 0, 0, 0), b = wait_in_child(words, WAIT, 5, 0, 0, 0);
    show("old requeue", futex(words, REQUEUE, 1, (void *)9, words + 1, 0));
    show("moved", futex(words + 1, WAKE, 9, 0, 0, 0));
    show("negative", futex(words, REQUEUE, -1, 0, words + 1, 0));
    finish(a), finish(b);

    static const u32 codes[] = { 0x0100a001, 0x11001000, 0x22000005, 0x3300100d, 0x4400100c, 0x8500301b, 0x5000001d, 0x0a007000, 0x0200fff };
    words[1] = 0;
    for (u32 i = 0; i < sizeof codes / sizeof *codes; i++) {
        a = wait_in_child(words, WAIT, words[0], 0, 0, 0);
        u32 before = words[1];
        b = wait_in_child(words + 1, WAIT, before, 0, 0, 0);
        put("wake_op "), put_hex(codes[i]), put(" of "), put_hex(before), put(": ");
        s32 result = futex(words, WAKE_OP, 1, (void *)1, words + 1, codes[i]);
        if (result < 0) put_errno(result);
        else put_signed(result);
        put(" gives "), put_hex(words[1]), end_line();
        futex(words, WAKE, 9, 0, 0, 0), futex(words + 1, WAKE, 9, 0, 0, 0);
        finish(a), finish(b);
    }

    /* A private wait on the same word is another futex. */
    a = sys(SYS_fork);
    if (a == 0) {
        futex(words, WAIT | PRIVATE, words[0], 0, 0, 0);
        quit(0);
    }
    rest(15);
    show("shared wakes private", futex(words, WAKE, 9, 0, 0, 0));
    sys(SYS_kill, a, 9);
    finish(a);

    /* Signals: with a timeout, a handler ends the wait; without, SA_RESTART decides. */
    u32 action[5] = { (u32)handler, 0x10000000, 0, 0, 0 };
    sys(SYS_rt_sigaction, 10, action, 0, 8);
    s32 parent = sys(SYS_getpid);
    for (int timed = 0; timed < 2; timed++) {
        a = sys(SYS_fork);
        if (a == 0) {
            rest(15);
            sys(SYS_kill, parent, 10);
            rest(15);
            words[2] = 1;
            futex(words, WAKE, 1, 0, 0, 0);
            quit(0);
        }
        static const u32 later[2] = { 5, 0 };
        show(timed ? "interrupted with time" : "interrupted", futex(words, WAIT, words[0], timed ? later : 0, 0, 0));
        finish(a);
    }
    show("handled", handled);

    struct { u64 value, address; u32 flags, reserved; } list[2] = { { words[0], (u32)words, 2, 0 }, { words[1], (u32)(words + 1), 2, 0 } };
    u64 when[2] = { 0, 1000 };
    show("vector past", sys(SYS_waitv, list, 2, 0, when, 1));
    show("vector flags", sys(SYS_waitv, list, 2, 1, 0, 1));
    show("vector none", sys(SYS_waitv, list, 0, 0, 0, 1));
    show("vector many", sys(SYS_waitv, list, 129, 0, 0, 1));
    show("vector clock", sys(SYS_waitv, list, 2, 0, when, 2));
    list[1].value++;
    show("vector differs", sys(SYS_waitv, list, 2, 0, 0, 1));
    list[1].value--, list[1].flags = 1;
    show("vector size", sys(SYS_waitv, list, 2, 0, 0, 1));
    list[1].flags = 2;
    a = sys(SYS_fork);
    if (a == 0) {
        s32 woken = sys(SYS_waitv, list, 2, 0, 0, 1);
        rest(15);
        show("vector", woken);
        quit(0);
    }
    rest(15);
    show("wake second", futex(words + 1, WAKE, 1, 0, 0, 0));
    finish(a);
}

static void word_is(const char *what, u32 word, s32 a, s32 b)
{
    u32 owner = word & 0x3fffffff;
    put(what), put(": "), put(owner == 0 ? "free" : owner == (u32)a ? "first" : owner == (u32)b ? "second" : "other");
    if (word & WAITERS) put(", waiters");
    if (word & DIED) put(", owner died");
    end_line();
}

static void locks(void)
{
    s32 me = sys(SYS_getpid);
    words[0] = 0;
    show("lock", futex(words, LOCK_PI, 0, 0, 0, 0));
    word_is("word", words[0], me, 0);
    show("lock again", futex(words, LOCK_PI, 0, 0, 0, 0));
    show("try again", futex(words, TRYLOCK_PI, 0, 0, 0, 0));
    show("unlock", futex(words, UNLOCK_PI, 0, 0, 0, 0));
    word_is("word", words[0], me, 0);
    show("unlock again", futex(words, UNLOCK_PI, 0, 0, 0, 0));
    words[0] = 4000000;
    show("owner is nobody", futex(words, LOCK_PI, 0, 0, 0, 0));
    show("not the owner", futex(words, UNLOCK_PI, 0, 0, 0, 0));
    words[0] = DIED;
    show("owner died", futex(words, LOCK_PI, 0, 0, 0, 0));
    word_is("word", words[0], me, 0);
    words[0] = me;
    s32 child = sys(SYS_fork);
    if (child == 0) {
        static const u32 past[2] = { 0, 1000 };
        show("child tries", futex(words, TRYLOCK_PI, 0, 0, 0, 0));
        show("child in time", futex(words, LOCK_PI, 0, past, 0, 0));
        show("child in time, monotonic", futex(words, LOCK_PI2, 0, past, 0, 0));
        s32 result = futex(words, LOCK_PI, 0, 0, 0, 0);
        rest(60);
        show("child locks", result);
        word_is("word", words[0], me, sys(SYS_getpid));
        show("child unlocks", futex(words, UNLOCK_PI, 0, 0, 0, 0));
        quit(0);
    }
    rest(120);
    word_is("word", words[0], me, child);
    show("wake on a lock", futex(words, WAKE, 1, 0, 0, 0));
    show("wait on a lock", futex(words, WAIT, 0, 0, 0, 0));
    show("unlock", futex(words, UNLOCK_PI, 0, 0, 0, 0));
    finish(child);
    word_is("word", words[0], me, child);

    /* The owner ends without a word: the waiter gets the lock, marked. */
    s32 owner = sys(SYS_fork);
    if (owner == 0) {
        futex(words, LOCK_PI, 0, 0, 0, 0);
        rest(250);
        quit(0);
    }
    rest(60);
    show("lock of the dead", futex(words, LOCK_PI, 0, 0, 0, 0));
    finish(owner);
    word_is("word", words[0], me, owner);
    words[0] = 0;

    /* Robust list: an ordinary word and one with an owner. */
    child = sys(SYS_fork);
    if (child == 0) {
        static struct { u32 next; volatile u32 word; } *entries;
        entries = (void *)(words + 16);
        static u32 head[3];
        entries[0].next = (u32)&entries[1] | 1, entries[1].next = (u32)head;
        head[0] = (u32)&entries[0], head[1] = 4, head[2] = 0;
        s32 self = sys(SYS_getpid);
        entries[0].word = self | WAITERS;
        entries[1].word = self | WAITERS;
        sys(SYS_set_robust_list, head, 12);
        rest(250);
        quit(0);
    }
    rest(60);
    s32 waiter = wait_in_child(words + 17, WAIT, words[17], 0, 0, "robust waiter");
    finish(child);
    word_is("plain", words[17], me, child);
    word_is("with owner", words[19], me, child);
    finish(waiter);

    /* A condition variable's way: wait on one word, be moved to the lock. */
    words[0] = me;
    words[2] = 7;
    show("same word", futex(words, WAIT_REQUEUE_PI, me, 0, words, 0));
    show("value differs", futex(words + 2, WAIT_REQUEUE_PI, 6, 0, words, 0));
    s32 a = wait_in_child(words + 2, WAIT_REQUEUE_PI, 7, words, 0, 0);
    s32 b = wait_in_child(words + 2, WAIT_REQUEUE_PI, 7, words, 0, 0);
    show("wake them", futex(words + 2, WAKE, 1, 0, 0, 0));
    show("requeue two awake", futex(words + 2, CMP_REQUEUE_PI, 2, (void *)5, words, 7));
    show("requeue elsewhere", futex(words + 2, CMP_REQUEUE_PI, 1, (void *)5, words + 3, 7));
    show("requeue compares", futex(words + 2, CMP_REQUEUE_PI, 1, (void *)5, words, 8));
    show("requeue", futex(words + 2, CMP_REQUEUE_PI, 1, (void *)5, words, 7));
    word_is("word", words[0], me, a);
    show("unlock", futex(words, UNLOCK_PI, 0, 0, 0, 0));
    rest(15);
    word_is("word", words[0], b, a);
    finish(a);
    rest(15);
    finish(b);
}

static int run(void)
{
    words = (volatile u32 *)sys(SYS_mmap2, 0, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (argument_is(1, "lock")) locks();
    else wait_and_wake();
    return 0;
}
