/* many PROCESSES THREADS [stay]: as many of each as it is told, all alive at once, then all gone; says how many there were. With "stay" it
   says "there" in the end, and none of them goes. */
#include "report.h"

/* VM, FS, FILES, SIGHAND, THREAD, SYSVSEM. */
enum { SYS_futex = 240, THREAD_FLAGS = 0x50f00, STACK = 4096 };

static volatile u32 alive, gate;
static s32 fds[2];

static NORETURN NOINLINE void in_thread(void)
{
    __asm__ volatile("lock incl %0" : "+m"(alive));
    while (!gate) sys(SYS_futex, &gate, 0, 0, 0, 0, 0);
    __asm__ volatile("lock decl %0" : "+m"(alive));
    for (;;) sys(SYS_exit, 0);
}

static s32 start_thread(u8 *stack)
{
    s32 result;
    __asm__ volatile("int $0x80\n\ttestl %%eax, %%eax\n\tjnz 1f\n\tcall *%%edi\n1:" : "=a"(result)
                     : "0"(SYS_clone), "b"(THREAD_FLAGS), "c"(stack + STACK - 16), "d"(0), "S"(0), "D"(in_thread) : "memory");
    return result;
}

static int run(void)
{
    s32 processes = argument(1, 10), threads = argument(2, 10), made = 0, sum = 0, status;
    char byte;
    must("pipe", sys(SYS_pipe, fds));
    while (made < processes) {
        s32 pid = sys(SYS_fork);
        if (pid < 0) {
            report("fork", pid);
            break;
        }
        if (pid == 0) {
            sys(SYS_close, fds[1]);
            sys(SYS_read, fds[0], &byte, 1);
            quit(1);
        }
        made++;
    }
    report("processes", made);
    if (!argument_is(3, "stay")) sys(SYS_close, fds[1]);
    while (!argument_is(3, "stay") && sys(SYS_wait4, -1, &status, 0, 0) > 0) sum += status >> 8;
    if (!argument_is(3, "stay")) report("waited for", sum);
    u8 *stacks = (u8 *)must("mmap", sys(SYS_mmap2, 0, (u32)threads * STACK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    for (made = 0; made < threads; made++) {
        s32 tid = start_thread(stacks + made * STACK);
        if (tid < 0) {
            report("clone", tid);
            break;
        }
    }
    while ((s32)alive < made) nap(1);
    report("threads", (s32)alive);
    if (argument_is(3, "stay")) {
        say("there");
        for (;;) sys(SYS_pause);
    }
    gate = 1;
    sys(SYS_futex, &gate, 1, 0x7fffffff, 0, 0, 0);
    while (alive) nap(1);
    return 0;
}
