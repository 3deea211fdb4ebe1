/* threadbomb: a process that makes threads for ever, and so does each of them; none ends. Ends only from outside. The first refusal is one
   line, "clone: EAGAIN". Never run it on a machine that you need. */
#include "crt.h"

/* VM, FS, FILES, SIGHAND, THREAD, SYSVSEM. */
enum { THREAD_FLAGS = 0x50f00, STACK = 4096, SYS_sched_yield = 158 };

static volatile u32 told;

static NORETURN NOINLINE void bomb(void)
{
    for (;;) {
        u8 *stack = (u8 *)sys(SYS_mmap2, 0, STACK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        s32 result;
        __asm__ volatile("int $0x80\n\ttestl %%eax, %%eax\n\tjnz 1f\n\tcall *%%edi\n1:" : "=a"(result)
                         : "0"(SYS_clone), "b"(THREAD_FLAGS), "c"(stack + STACK - 16), "d"(0), "S"(0), "D"(bomb) : "memory");
        if (result > 0) continue;
        sys(SYS_munmap, stack, STACK);
        u32 before = 1;
        __asm__ volatile("xchgl %0, %1" : "+r"(before), "+m"(told));
        if (!before) {
            put("clone: ");
            put_errno(result);
            end_line();
        }
        sys(SYS_sched_yield);
    }
}

static int run(void)
{
    bomb();
}
