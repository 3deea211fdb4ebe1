/* scale KIND COUNT: the same work in a growing number of parts, for curves of time against their number.
   tasks: as many processes, all alive together, which share a hundred million steps; idle: as many processes that wait while one does the steps;
   threads: as tasks, in one process; memory: as many MiB mapped, each page written to once and read twice; work: COUNT million steps; hold: memory, then it says so and waits in user mode. */
#include "bench.h"

enum { SYS_futex = 240, FUTEX_WAIT_PRIVATE = 128, FUTEX_WAKE_PRIVATE = 129, STEPS = 100000000, STACK = 16384, PAGE = 4096 };
enum { THREAD = 0x100 | 0x200 | 0x400 | 0x800 | 0x10000 | 0x40000 /* CLONE_VM, FS, FILES, SIGHAND, THREAD, SYSVSEM */ };

static u32 steps_each;
static volatile u32 ended;

static __attribute__((noipa)) u32 work(u32 steps)
{
    u32 x = 1;
    while (steps--) x = x * 1664525 + 1013904223;
    return x;
}

/* Processes wait for the pipe to be closed, so that all of them are alive before the first of them works. */
static u32 processes(u32 count, u32 idle)
{
    s32 gate[2], status;
    u32 sum = 0;
    must("pipe", (s32)sys(SYS_pipe, gate));
    for (u32 i = 0; i < count; i++) {
        if (must("fork", (s32)sys(SYS_fork))) continue;
        u8 byte;
        sys(SYS_close, gate[1]);
        sys(SYS_read, gate[0], &byte, 1);
        quit(idle ? 0 : (int)(work(steps_each) & 127));
    }
    if (idle) sum = work(STEPS);
    sys(SYS_close, gate[1]);
    for (u32 i = 0; i < count; i++) {
        must("wait", (s32)sys(SYS_waitpid, -1, &status, 0));
        sum += (u32)status;
    }
    return sum;
}

static NORETURN NOINLINE void thread(void)
{
    work(steps_each);
    __atomic_fetch_add(&ended, 1, __ATOMIC_SEQ_CST);
    sys(SYS_futex, &ended, FUTEX_WAKE_PRIVATE, 1);
    for (;;) sys(SYS_exit, 0);
}

static u32 threads(u32 count)
{
    u8 *stacks = (u8 *)must("mmap", (s32)sys(SYS_mmap2, 0, count * STACK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    for (u32 i = 1; i <= count; i++) {
        s32 result;
        __asm__ volatile(
            "int $0x80\n\t"
            "testl %%eax, %%eax\n\t"
            "jnz 1f\n\t"
            "call *%%edi\n"
            "1:"
            : "=a"(result) : "a"(SYS_clone), "b"(THREAD), "c"(stacks + i * STACK - 16), "d"(0), "D"(thread), "S"(0) : "memory", "cc");
        must("clone", result);
    }
    for (u32 now; (now = ended) < count;) sys(SYS_futex, &ended, FUTEX_WAIT_PRIVATE, now, 0);
    return ended;
}

static u32 memory(u32 mebibytes)
{
    u32 size = mebibytes << 20, sum = 0;
    volatile u32 *area = (volatile u32 *)must("mmap", (s32)sys(SYS_mmap2, 0, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    for (u32 at = 0; at < size; at += PAGE) area[at / 4] = at;
    for (u32 pass = 0; pass < 2; pass++)
        for (u32 at = 0; at < size; at += PAGE) sum = mix(sum, area[at / 4]);
    return sum;
}

static int run(void)
{
    const char *kind = argc > 1 ? argv[1] : "tasks";
    u32 count = (u32)argument(2, 10), sum;
    if (!count) count = 1;
    steps_each = STEPS / count;
    if (same(kind, "tasks") || same(kind, "idle")) sum = processes(count, same(kind, "idle"));
    else if (same(kind, "threads")) sum = threads(count);
    else if (same(kind, "memory")) sum = memory(count);
    else if (same(kind, "hold")) {
        memory(count);
        return hold();
    } else if (same(kind, "work")) for (u32 i = sum = 0; i < count; i++) sum = mix(sum, work(1000000));
    else return 1;
    return finish(kind, count, sum);
}
