/* A tracer sets the debug registers of its tracee by PTRACE_POKEUSER: two words that are watched, a byte and a breakpoint, and tells of each hit. Tracee and tracer work between
   the hits, so that at most instants the registers are set and nobody has told of a hit yet. A sibling that does the same is not stopped. */
#include "report.h"

enum {
    SYS_ptrace = 26, TRACEME = 0, PEEKUSER = 3, POKEUSER = 6, CONT = 7, GETSIGINFO = 0x4202, SIGTRAP = 5, SIGSTOP = 19, EIP = 12,
    ROUNDS = 5, DEBUG = 252, /* offsetof(struct user, u_debugreg) */
    WRITES = 1, BOTH = 3, RUNS = 0, ONE = 0, FOUR = 3
};

#define ENABLE(i) (1u << 2 * (i))
#define KIND(i, kind, size) ((u32)((size) << 2 | (kind)) << (16 + 4 * (i)))

static volatile u32 first, second, third, work;
static volatile u8 bytes[4];

static void spin(void)
{
    for (u32 i = 0; i < 2000; i++) work = work * 5 + i;
}

static NOINLINE void marked(void)
{
    __asm__ volatile("nop");
}

static NOINLINE int rounds(void)
{
    for (u32 round = 1; round <= ROUNDS; round++) {
        spin();
        first = round;
        spin();
        work += second;
        spin();
        marked();
        spin();
        bytes[0] = bytes[2] = (u8)round;
        bytes[1] = (u8)(round * 3);
        spin();
        third = round * 2;
    }
    return 7;
}

static s32 tracee;

static u32 get(u32 place)
{
    u32 value = 0;
    must("peek", sys(SYS_ptrace, PEEKUSER, tracee, place, &value));
    return value;
}

static void set(u32 i, u32 value)
{
    must("poke", sys(SYS_ptrace, POKEUSER, tracee, DEBUG + 4 * i, value));
}

static void tell(u32 hit)
{
    static u32 info[32];
    put("hit ");
    put_unsigned(hit);
    put(" status ");
    put_hex(get(DEBUG + 24));
    put(" control ");
    put_hex(get(DEBUG + 28));
    must("siginfo", sys(SYS_ptrace, GETSIGINFO, tracee, 0, info));
    put(" code ");
    put_unsigned(info[2]);
    put(get(EIP * 4) == (u32)marked ? " at the mark" : "");
    end_line();
}

/* All four at first; the second round watches another word in the place of the first, and the fourth no more than the mark. */
static void aim(u32 hit)
{
    if (hit == 0) {
        set(0, (u32)&first);
        set(1, (u32)&second);
        set(2, (u32)marked);
        set(3, (u32)&bytes[1]);
        set(7, ENABLE(0) | KIND(0, WRITES, FOUR) | ENABLE(1) | KIND(1, BOTH, FOUR) | ENABLE(2) | KIND(2, RUNS, ONE) | ENABLE(3) | KIND(3, WRITES, ONE));
    } else if (hit == 5) {
        set(0, (u32)&third);
    } else if (hit == 12) {
        set(7, ENABLE(2) | KIND(2, RUNS, ONE));
    }
}

static int run(void)
{
    s32 sibling, status = 0;
    u32 hit = 0;
    if (is_child(&sibling)) quit(rounds());
    if (is_child(&tracee)) {
        must("trace me", sys(SYS_ptrace, TRACEME, 0, 0, 0));
        sys(SYS_kill, sys(SYS_getpid), SIGSTOP);
        quit(rounds());
    }
    must("wait", sys(SYS_waitpid, tracee, &status, 0));
    aim(0);
    while (status >> 8 == SIGSTOP || status >> 8 == SIGTRAP) {
        spin();
        must("cont", sys(SYS_ptrace, CONT, tracee, 0, 0));
        must("wait", sys(SYS_waitpid, tracee, &status, 0));
        if ((status & 0x7f) != 0x7f) break;
        spin();
        tell(++hit);
        aim(hit);
    }
    report("tracee", status);
    reap(sibling);
    return 0;
}
