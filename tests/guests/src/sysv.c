/* sysv shm|sem|msg: shared memory, semaphores and message queues of System V, by their own numbers and through ipc(2). */
#include "crt.h"

enum {
    SYS_ipc = 117, SYS_setresuid = 164, SYS_sched_yield = 158, SYS_semget = 393, SYS_semctl, SYS_shmget, SYS_shmctl, SYS_shmat, SYS_shmdt, SYS_msgget, SYS_msgsnd, SYS_msgrcv, SYS_msgctl,
    SYS_semtimedop64 = 420
};
enum { IPC_CREAT = 01000, IPC_EXCL = 02000, IPC_NOWAIT = 04000, IPC_RMID = 0, IPC_SET = 1, IPC_STAT = 2, IPC_INFO = 3 };
enum { GETPID = 11, GETVAL, GETALL, GETNCNT, GETZCNT, SETVAL, SETALL };

static u32 buffer[64];

static void show(const char *what, s32 result)
{
    put(what);
    put(": ");
    if (result < 0 && result > -4096) put_errno(result);
    else put_signed(result);
    end_line();
}

static void yes(const char *what, int condition)
{
    put(what);
    say(condition ? ": yes" : ": no");
}

static void rest(u32 milliseconds)
{
    u32 time[2] = { 0, milliseconds * 1000000 };
    sys(SYS_nanosleep, time, 0);
}

/* The parent speaks first. */
static void later(const char *what, s32 result)
{
    rest(20);
    show(what, result);
}

static s32 finish(s32 child)
{
    s32 status = 0;
    sys(SYS_waitpid, child, &status, 0);
    return status;
}

static void shm(void)
{
    static u32 many[16];
    s32 id = sys(SYS_shmget, 0, 10000, 0640);
    yes("shmget", id >= 0);
    show("no such key", sys(SYS_shmget, 0x7a7a1234, 100, 0));
    show("size 0", sys(SYS_shmget, 0, 0, 0600));
    show("size 0, key", sys(SYS_shmget, 0x7a7a1234, 0, IPC_CREAT | 0600));
    s32 keyed = sys(SYS_shmget, 0x7a7a1234, 4096, IPC_CREAT | IPC_EXCL | 0600);
    yes("keyed", keyed >= 0);
    show("again, exclusively", sys(SYS_shmget, 0x7a7a1234, 4096, IPC_CREAT | IPC_EXCL | 0600));
    yes("again", sys(SYS_shmget, 0x7a7a1234, 4096, IPC_CREAT | 0600) == keyed);
    show("again, larger", sys(SYS_shmget, 0x7a7a1234, 5000, 0));
    show("bad id", sys(SYS_shmat, -1, 0, 0));
    u32 p = 0;
    show("ipc shmat", sys(SYS_ipc, 21, id, 0, &p, 0));
    volatile u32 *words = (volatile u32 *)p;
    words[0] = 7;
    words[2500] = 9;
    u32 q = sys(SYS_shmat, id, 0, 010000);
    yes("second place", q != p && ((volatile u32 *)q)[2500] == 9);
    show("at a taken address", sys(SYS_shmat, id, p, 0));
    show("misaligned", sys(SYS_shmat, id, p + 5, 0));
    show("remap of 0", sys(SYS_shmat, id, 0, 040000));
    yes("remap", (u32)sys(SYS_shmat, id, q + 5, 040000 | 020000) == q);
    show("mprotect", sys(SYS_mprotect, q, 4096, PROT_READ));
    sys(SYS_shmctl, id, IPC_STAT, buffer);
    put("size "), put_unsigned(buffer[9]), put(" mode "), put_hex(buffer[5]), put(" attached "), put_unsigned(buffer[18]), end_line();
    yes("creator", (s32)buffer[16] == sys(SYS_getpid));
    s32 child = sys(SYS_fork);
    if (child == 0) {
        words[1] = 8;
        sys(SYS_shmctl, id, IPC_STAT, buffer);
        put("child attached "), put_unsigned(buffer[18]), end_line();
        show("child detaches", sys(SYS_shmdt, p));
        show("twice", sys(SYS_shmdt, p));
        quit(0);
    }
    finish(child);
    put("seen "), put_unsigned(words[1]), end_line();
    show("misaligned detach", sys(SYS_shmdt, p + 1));
    sys(SYS_mprotect, p + 4096, 4096, PROT_READ);
    sys(SYS_shmctl, id, IPC_STAT, buffer);
    put("attached "), put_unsigned(buffer[18]), end_line();
    show("remove", sys(SYS_shmctl, id, IPC_RMID, 0));
    show("stat", sys(SYS_shmctl, id, IPC_STAT, buffer));
    put("mode "), put_hex(buffer[5]), put(" key "), put_unsigned(buffer[0]), end_line();
    u32 third = sys(SYS_shmat, id, 0, 0);
    yes("attached after removal", third < 0xfffff000);
    show("detach all", sys(SYS_shmdt, p));
    show("detach", sys(SYS_shmdt, q));
    show("detach", sys(SYS_shmdt, third));
    show("stat", sys(SYS_shmctl, id, IPC_STAT, buffer));
    show("attach", sys(SYS_shmat, id, 0, 0));
    /* Rights. */
    child = sys(SYS_fork);
    if (child == 0) {
        sys(SYS_setresuid, 1000, 1000, 1000);
        show("stranger gets", sys(SYS_shmget, 0x7a7a1234, 100, 0400));
        yes("stranger gets without rights", sys(SYS_shmget, 0x7a7a1234, 100, 0) >= 0);
        show("stranger attaches", sys(SYS_shmat, keyed, 0, 0));
        show("stranger stats", sys(SYS_shmctl, keyed, IPC_STAT, buffer));
        show("stranger removes", sys(SYS_shmctl, keyed, IPC_RMID, 0));
        show("stranger sets", sys(SYS_shmctl, keyed, IPC_SET, buffer));
        quit(0);
    }
    finish(child);
    sys(SYS_shmctl, keyed, IPC_STAT, buffer);
    buffer[1] = 1000, buffer[5] = 0604;
    show("set", sys(SYS_shmctl, keyed, IPC_SET, buffer));
    child = sys(SYS_fork);
    if (child == 0) {
        sys(SYS_setresuid, 1000, 1000, 1000);
        yes("owner attaches", (u32)sys(SYS_shmat, keyed, 0, 0) < 0xfffff000);
        show("owner removes", sys(SYS_shmctl, keyed, IPC_RMID, 0));
        quit(0);
    }
    finish(child);
    show("gone", sys(SYS_shmctl, keyed, IPC_RMID, 0));
    show("bad command", sys(SYS_shmctl, keyed, 99, many));
    show("old structures of lock", sys(SYS_ipc, 24, keyed, 77, 0, buffer));
    show("ipc: no such call", sys(SYS_ipc, 77, 0, 0, 0, 0));
}

static s32 semop(s32 id, u16 *operations, u32 count)
{
    return sys(SYS_ipc, 1, id, count, 0, operations);
}

static s32 one(s32 id, u16 index, int change, u16 flags)
{
    u16 operation[3] = { index, (u16)change, flags };
    return semop(id, operation, 1);
}

static void values(s32 id)
{
    static u16 all[3];
    sys(SYS_semctl, id, 0, GETALL, all);
    for (int i = 0; i < 3; i++) put_unsigned(all[i]), put(" ");
    end_line();
}

static volatile int handled;

static void handler(int signal)
{
    handled = signal;
}

static void sem(void)
{
    enum { UNDO = 0x1000 };
    show("none", sys(SYS_semget, 0, 0, 0600));
    show("too many", sys(SYS_semget, 0, 100000, 0600));
    s32 id = sys(SYS_semget, 0, 3, 0600);
    yes("semget", id >= 0);
    values(id);
    show("up", one(id, 0, 5, 0));
    show("down", one(id, 0, -2, 0));
    show("too far", one(id, 0, -4, IPC_NOWAIT));
    show("not zero", one(id, 0, 0, IPC_NOWAIT));
    show("zero", one(id, 1, 0, IPC_NOWAIT));
    show("index", one(id, 3, 1, 0));
    show("no operation", semop(id, (u16 *)buffer, 0));
    show("too many operations", semop(id, (u16 *)buffer, 501));
    show("bad pointer", semop(id, (u16 *)16, 1));
    show("bad id", one(-1, 0, 1, 0));
    show("range", one(id, 0, 32767, 0));
    u16 atomic[9] = { 0, (u16)-1, 0, 1, 1, 0, 2, (u16)-1, IPC_NOWAIT };
    show("all or nothing", semop(id, atomic, 3));
    values(id);
    u16 twice[6] = { 1, 1, 0, 1, (u16)-1, 0 };
    show("same twice", semop(id, twice, 2));
    values(id);
    show("setval", sys(SYS_semctl, id, 2, SETVAL, 7));
    show("setval range", sys(SYS_semctl, id, 2, SETVAL, 40000));
    show("setval index", sys(SYS_semctl, id, 3, SETVAL, 4));
    u32 argument = 6;
    show("ipc setval", sys(SYS_ipc, 3, id, 2, SETVAL, &argument));
    show("getval", sys(SYS_semctl, id, 2, GETVAL, 0));
    yes("getpid", sys(SYS_semctl, id, 2, GETPID, 0) == sys(SYS_getpid));
    u16 all[3] = { 0, 0, 0 };
    show("setall", sys(SYS_semctl, id, 0, SETALL, all));
    /* A waiter gets what it asked for at the moment it is possible. */
    s32 child = sys(SYS_fork);
    if (child == 0) {
        u16 both[6] = { 0, (u16)-2, 0, 1, (u16)-1, 0 };
        later("child", semop(id, both, 2));
        quit(0);
    }
    while (sys(SYS_semctl, id, 0, GETNCNT, 0) == 0) sys(SYS_sched_yield);
    show("waits for 0", sys(SYS_semctl, id, 0, GETNCNT, 0));
    show("waits for 1", sys(SYS_semctl, id, 1, GETNCNT, 0));
    one(id, 0, 2, 0);
    show("waits for 0", sys(SYS_semctl, id, 0, GETNCNT, 0));
    show("waits for 1", sys(SYS_semctl, id, 1, GETNCNT, 0));
    values(id);
    one(id, 1, 1, 0);
    values(id);
    finish(child);
    one(id, 2, 1, 0);
    child = sys(SYS_fork);
    if (child == 0) {
        later("child saw zero", one(id, 2, 0, 0));
        quit(0);
    }
    while (sys(SYS_semctl, id, 2, GETZCNT, 0) == 0) sys(SYS_sched_yield);
    show("zero waiters", sys(SYS_semctl, id, 2, GETZCNT, 0));
    one(id, 2, -1, 0);
    finish(child);
    /* Undo. */
    child = sys(SYS_fork);
    if (child == 0) {
        one(id, 0, 3, UNDO);
        one(id, 0, -1, UNDO);
        one(id, 1, 4, UNDO);
        sys(SYS_semctl, id, 1, SETVAL, 9);
        values(id);
        quit(0);
    }
    finish(child);
    values(id);
    /* Time, signals, removal. */
    u32 time[2] = { 0, 20000000 };
    u16 down[3] = { 0, (u16)-9, 0 };
    show("timed", sys(SYS_ipc, 4, id, 1, 0, down, time));
    u32 longtime[4] = { 0, 0, 20000000, 0 };
    show("timed, wide", sys(SYS_semtimedop64, id, down, 1, longtime));
    time[1] = 1000000000;
    show("bad time", sys(SYS_ipc, 4, id, 1, 0, down, time));
    u32 action[5] = { (u32)handler, 0x10000000, 0, 0, 0 };
    sys(SYS_rt_sigaction, 10, action, 0, 8);
    s32 parent = sys(SYS_getpid);
    child = sys(SYS_fork);
    if (child == 0) {
        while (sys(SYS_semctl, id, 0, GETNCNT, 0) == 0) sys(SYS_sched_yield);
        sys(SYS_kill, parent, 10);
        quit(0);
    }
    show("interrupted", semop(id, down, 1));
    finish(child);
    show("handled", handled);
    child = sys(SYS_fork);
    if (child == 0) {
        later("removed", semop(id, down, 1));
        quit(0);
    }
    while (sys(SYS_semctl, id, 0, GETNCNT, 0) == 0) sys(SYS_sched_yield);
    sys(SYS_semctl, id, 0, IPC_STAT, buffer);
    put("count "), put_unsigned(buffer[13]), put(" mode "), put_hex(buffer[5]), end_line();
    show("remove", sys(SYS_semctl, id, 0, IPC_RMID, 0));
    finish(child);
    show("gone", sys(SYS_semctl, id, 0, GETVAL, 0));
    show("limits", sys(SYS_semctl, 0, 0, IPC_INFO, buffer) >= 0);
    show("SEMVMX", (s32)buffer[8]);
}

static void msg(void)
{
    enum { NOERROR = 010000, EXCEPT = 020000, COPY = 040000 };
    struct { s32 type; char text[64]; } m;
    s32 id = sys(SYS_msgget, 0, 0600);
    yes("msgget", id >= 0);
    for (int i = 1; i <= 5; i++) {
        m.type = 6 - i;
        m.text[0] = (char)('a' + i);
        show("send", sys(SYS_msgsnd, id, &m, i, IPC_NOWAIT));
    }
    m.type = 0;
    show("type 0", sys(SYS_msgsnd, id, &m, 1, IPC_NOWAIT));
    show("too long", sys(SYS_msgsnd, id, &m, 9000, IPC_NOWAIT));
    show("negative", sys(SYS_msgsnd, id, &m, -1, IPC_NOWAIT));
    show("bad pointer", sys(SYS_msgsnd, id, 16, 1, IPC_NOWAIT));
    show("bad id", sys(SYS_msgsnd, -1, &m, 1, IPC_NOWAIT));
    static const struct { s32 type; u32 flags, size; } wanted[] = {
        { 2, COPY, 64 }, { 1, COPY | IPC_NOWAIT, 64 }, { 9, COPY | IPC_NOWAIT, 64 }, { -3, IPC_NOWAIT, 64 }, { 4, IPC_NOWAIT, 1 }, { 4, IPC_NOWAIT | NOERROR, 1 },
        { 5, IPC_NOWAIT | EXCEPT, 64 }, { 9, IPC_NOWAIT, 64 }, { 0, IPC_NOWAIT, 64 }, { 0, IPC_NOWAIT, 64 }, { 0, IPC_NOWAIT, 64 },
    };
    for (u32 i = 0; i < sizeof wanted / sizeof *wanted; i++) {
        m.type = 0, m.text[0] = '-';
        s32 got = sys(SYS_msgrcv, id, &m, wanted[i].size, wanted[i].type, wanted[i].flags);
        put("receive "), put_signed(wanted[i].type), put(": ");
        if (got < 0) put_errno(got);
        else put_signed(got), put(" type "), put_signed(m.type), put(" "), (m.text[1] = 0), put(m.text);
        end_line();
    }
    /* Full, and a waiting sender and receiver. */
    m.type = 1;
    static char large[8200];
    *(s32 *)large = 3;
    show("large", sys(SYS_msgsnd, id, large, 8192, 0));
    show("large", sys(SYS_msgsnd, id, large, 8192, 0));
    show("full", sys(SYS_msgsnd, id, &m, 1, IPC_NOWAIT));
    sys(SYS_msgctl, id, IPC_STAT, buffer);
    put("bytes "), put_unsigned(buffer[15]), put(" messages "), put_unsigned(buffer[16]), put(" limit "), put_unsigned(buffer[17]), end_line();
    s32 child = sys(SYS_fork);
    if (child == 0) {
        later("waiting sender", sys(SYS_msgsnd, id, &m, 1, 0));
        quit(0);
    }
    rest(20);
    show("take", sys(SYS_msgrcv, id, large, 8192, 0, 0));
    finish(child);
    show("take", sys(SYS_msgrcv, id, large, 8192, 0, 0));
    show("ipc receive", sys(SYS_ipc, 12 | 1 << 16, id, 8192, 0, large, 0));
    child = sys(SYS_fork);
    if (child == 0) {
        show("waiting receiver", sys(SYS_msgrcv, id, &m, 64, 2, 0));
        show("small receiver", sys(SYS_msgrcv, id, &m, 0, 5, 0));
        later("removed", sys(SYS_msgrcv, id, &m, 64, 2, 0));
        quit(0);
    }
    rest(20);
    m.type = 3, sys(SYS_msgsnd, id, &m, 3, 0);
    m.type = 2, sys(SYS_msgsnd, id, &m, 2, 0);
    rest(20);
    m.type = 5, sys(SYS_msgsnd, id, &m, 2, 0);
    rest(20);
    sys(SYS_msgctl, id, IPC_STAT, buffer);
    put("bytes "), put_unsigned(buffer[15]), put(" messages "), put_unsigned(buffer[16]), end_line();
    yes("last sender", (s32)buffer[18] == sys(SYS_getpid));
    show("remove", sys(SYS_msgctl, id, IPC_RMID, 0));
    finish(child);
    show("gone", sys(SYS_msgsnd, id, &m, 1, 0));
}

static int run(void)
{
    if (argument_is(1, "shm")) shm();
    else if (argument_is(1, "sem")) sem();
    else msg();
    return 0;
}
