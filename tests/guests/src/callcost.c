/* callcost KIND COUNT: makes one kind of system call again and again, for measuring what one costs, then says how often.
   getpid; pipe: a byte written to a pipe and read again; open: /dev/null opened and closed; fork: a child that ends, and its
   wait; switch: a byte to another process through one pipe and back through a second, two context switches; map: 64 KiB mapped, each
   page written to, and unmapped; signal: one sent to itself and handled; futex: a word handed to another thread and back. */
#include "crt.h"

enum {
    SYS_futex = 240, FUTEX_WAIT_PRIVATE = 128, FUTEX_WAKE_PRIVATE = 129, SIGUSR1 = 10, SA_RESTORER = 0x04000000,
    MAP_SIZE = 65536, PAGE = 4096, THREAD = 0x100 | 0x200 | 0x400 | 0x800 | 0x10000 | 0x40000 /* CLONE_VM, FS, FILES, SIGHAND, THREAD, SYSVSEM */
};

static s32 fds[2], back[2];

static int fail(const char *what)
{
    put("callcost: ");
    say(what);
    return 1;
}

static int echo(u32 count)
{
    u8 byte;
    while (count--)
        if (sys(SYS_read, fds[0], &byte, 1) != 1 || sys(SYS_write, back[1], &byte, 1) != 1) quit(1);
    quit(0);
}

void return_from_signal(void);
__asm__("return_from_signal: popl %eax\n\tmovl $119, %eax\n\tint $0x80\n");

static volatile u32 handled;

static void handler(int signal)
{
    handled += (u32)signal;
}

/* The word says whose turn it is: 0 the first thread's, 1 the second's. */
static volatile u32 turn;
static u32 turns, stack[1024] __attribute__((aligned(16)));

static void hand_over(u32 from)
{
    turn = 1 - from;
    sys(SYS_futex, &turn, FUTEX_WAKE_PRIVATE, 1);
    while (turn != from) sys(SYS_futex, &turn, FUTEX_WAIT_PRIVATE, 1 - from, 0);
}

static NORETURN NOINLINE void second(void)
{
    while (turn != 1) sys(SYS_futex, &turn, FUTEX_WAIT_PRIVATE, 0, 0);
    for (u32 i = 1; i < turns; i++) hand_over(1);
    turn = 0;
    sys(SYS_futex, &turn, FUTEX_WAKE_PRIVATE, 1);
    for (;;) sys(SYS_exit, 0);
}

static int start_second(void)
{
    s32 result;
    __asm__ volatile(
        "int $0x80\n\t"
        "testl %%eax, %%eax\n\t"
        "jnz 1f\n\t"
        "call *%%edi\n"
        "1:"
        : "=a"(result) : "a"(SYS_clone), "b"(THREAD), "c"(stack + 1020), "d"(0), "D"(second), "S"(0) : "memory", "cc");
    return result > 0;
}

static int run(void)
{
    u32 count = (u32)argument(2, 10);
    u8 byte = 1;
    s32 status = 0;
    if (sys(SYS_pipe, fds) || sys(SYS_pipe, back)) return fail("pipe");
    if (argument_is(1, "getpid")) {
        for (u32 i = 0; i < count; i++)
            if (sys(SYS_getpid) <= 0) return fail("getpid");
    } else if (argument_is(1, "pipe")) {
        for (u32 i = 0; i < count; i++)
            if (sys(SYS_write, fds[1], &byte, 1) != 1 || sys(SYS_read, fds[0], &byte, 1) != 1) return fail("read");
    } else if (argument_is(1, "open")) {
        for (u32 i = 0; i < count; i++) {
            s32 fd = (s32)sys(SYS_open, "/dev/null", O_RDONLY);
            if (fd < 0 || sys(SYS_close, fd)) return fail("open");
        }
    } else if (argument_is(1, "fork")) {
        for (u32 i = 0; i < count; i++) {
            s32 pid = (s32)sys(SYS_fork);
            if (!pid) quit(7);
            if (pid < 0 || sys(SYS_waitpid, pid, &status, 0) != pid || status != 7 << 8) return fail("fork");
        }
    } else if (argument_is(1, "switch")) {
        s32 pid = (s32)sys(SYS_fork);
        if (!pid) echo(count);
        for (u32 i = 0; i < count; i++)
            if (sys(SYS_write, fds[1], &byte, 1) != 1 || sys(SYS_read, back[0], &byte, 1) != 1) return fail("read");
        if (sys(SYS_waitpid, pid, &status, 0) != pid || status) return fail("wait");
    } else if (argument_is(1, "map")) {
        for (u32 i = 0; i < count; i++) {
            u8 *area = (u8 *)sys(SYS_mmap2, 0, MAP_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
            if ((u32)area >= (u32)-4095) return fail("mmap");
            for (u32 at = 0; at < MAP_SIZE; at += PAGE) area[at] = 1;
            if (sys(SYS_munmap, area, MAP_SIZE)) return fail("munmap");
        }
    } else if (argument_is(1, "signal")) {
        struct { void *handler; u32 mask, flags; void *restorer; } action = { handler, 0, SA_RESTORER, return_from_signal };
        s32 self = (s32)sys(SYS_getpid);
        if (sys(SYS_sigaction, SIGUSR1, &action, 0)) return fail("sigaction");
        for (u32 i = 0; i < count; i++)
            if (sys(SYS_kill, self, SIGUSR1)) return fail("kill");
        if (handled != count * SIGUSR1) return fail("a signal is missing");
    } else if (argument_is(1, "futex")) {
        turns = count;
        if (!start_second()) return fail("clone");
        for (u32 i = 0; i < count; i++) hand_over(0);
    } else {
        return fail("unknown kind");
    }
    put(argv[1]);
    put(" ");
    put_unsigned(count);
    end_line();
    return 0;
}
