/* twothreads [exit]: a group of two threads (v5: EBUSY). Says "ready" once the second one runs; both stay in user mode. */
#include "crt.h"

enum { CLONE_VM = 0x100, CLONE_FS = 0x200, CLONE_FILES = 0x400, CLONE_SIGHAND = 0x800, CLONE_THREAD = 0x10000, CLONE_SYSVSEM = 0x40000 };

static volatile u32 ticks;
static u32 stack[1024] __attribute__((aligned(16)));

static NORETURN NOINLINE void second(void)
{
    for (;;) {
        ticks++;
        __asm__ volatile("pause" ::: "memory");
    }
}

static int run(void)
{
    s32 result;
    __asm__ volatile(
        "int $0x80\n\t"
        "testl %%eax, %%eax\n\t"
        "jnz 1f\n\t"
        "call *%%edi\n"
        "1:"
        : "=a"(result)
        : "a"(SYS_clone), "b"(CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM), "c"(stack + 1020), "d"(0),
          "D"(second), "S"(0)
        : "memory", "cc");
    must("clone", result);
    while (!ticks) __asm__ volatile("pause" ::: "memory");
    return hold();
}
