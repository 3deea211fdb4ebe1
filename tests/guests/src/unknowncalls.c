/* unknowncalls: makes calls that no kernel has: one itself, two in a thread, three in a child that it waits for. */
#include "crt.h"

enum { CLONE_VM = 0x100, CLONE_FS = 0x200, CLONE_FILES = 0x400, CLONE_SIGHAND = 0x800, CLONE_THREAD = 0x10000, CLONE_SYSVSEM = 0x40000, NONE = 600, OTHER = 601 };

static volatile u32 ended;
static u32 stack[1024] __attribute__((aligned(16)));

static NORETURN NOINLINE void second(void)
{
    sys(NONE);
    sys(OTHER);
    ended = 1;
    for (;;) sys(SYS_exit, 0);
}

static int run(void)
{
    s32 result;
    put("call: ");
    put_errno((s32)sys(NONE));
    end_line();
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
    while (!ended) __asm__ volatile("pause" ::: "memory");
    result = (s32)sys(SYS_fork);
    if (result == 0) {
        for (int i = 0; i < 3; i++) sys(NONE);
        sys(SYS_exit, 0);
    }
    must("fork", result);
    must("waitpid", (s32)sys(SYS_waitpid, result, 0, 0));
    put("waited for a child");
    end_line();
    return 0;
}
