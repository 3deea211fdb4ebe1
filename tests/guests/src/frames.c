/* build: -g -gno-record-gcc-switches -fasynchronous-unwind-tables */
/* frames [threads]: what stack traces and the debugger's protocol are tried on: it keeps its symbols, its lines and its call frame
   information, and has no frame pointers. Recursion, a signal's handler above an interrupted function, a word that is watched;
   with "threads" a second thread, which goes on in user mode. Prints the word at its end. */
#include "crt.h"

enum { SIGUSR1 = 10, SA_SIGINFO = 4 };
enum { CLONE_VM = 0x100, CLONE_FS = 0x200, CLONE_FILES = 0x400, CLONE_SIGHAND = 0x800, CLONE_THREAD = 0x10000, CLONE_SYSVSEM = 0x40000 };

volatile u32 watched, deep, ticks;
u32 stack[1024] __attribute__((aligned(16)));

struct action {
    void (*handler)(int);
    u32 flags, restorer, mask[2];
};

NOINLINE u32 innermost(u32 n)
{
    watched += n;
    return watched;
}

NOINLINE u32 recurse(u32 n)
{
    u32 result = n == 0 ? innermost(7) : recurse(n - 1) + n;
    deep++;
    return result;
}

NOINLINE void handler(int signal)
{
    recurse((u32)signal - 8);
    deep++;
}

/* The system call stands here, and not in the function of all calls, which no unwinder can pass. */
NOINLINE s32 send(s32 pid, s32 signal)
{
    s32 result;
    __asm__ volatile("int $0x80" : "=a"(result) : "a"(SYS_kill), "b"(pid), "c"(signal) : "memory");
    return result;
}

NOINLINE void raise_both(void)
{
    send((s32)sys(SYS_getpid), SIGUSR1);
    deep++;
}

NOINLINE void spin(void)
{
    for (;;) {
        ticks++;
        __asm__ volatile("pause" ::: "memory");
    }
}

NORETURN NOINLINE void second(void)
{
    spin();
    for (;;);
}

NOINLINE void start_second(void)
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
}

static int run(void)
{
    struct action plain = { handler, 0, 0, { 0, 0 } }, with_info = { handler, SA_SIGINFO, 0, { 0, 0 } };
    if (argument_is(1, "threads")) start_second();
    must("sigaction", (s32)sys(SYS_rt_sigaction, SIGUSR1, &plain, 0, 8));
    raise_both();
    must("sigaction", (s32)sys(SYS_rt_sigaction, SIGUSR1, &with_info, 0, 8));
    raise_both();
    recurse(3);
    put("watched ");
    put_unsigned(watched);
    end_line();
    return 4;
}
