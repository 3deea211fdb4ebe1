/* sig [PART]: signals as programs use them, each part printing what it saw; without PART all of them in order. Parts: handler, mask,
   queue, restart, info, registers, nested, reset, altstack, suspend, old, ignore, child. Statuses and lines are Linux's on any machine. */
#include "crt.h"

enum {
    SIGHUP = 1, SIGINT = 2, SIGILL = 4, SIGTRAP = 5, SIGFPE = 8, SIGUSR1 = 10, SIGSEGV = 11, SIGUSR2 = 12, SIGALRM = 14, SIGCHLD = 17,
    SIGRT = 34, SA_SIGINFO = 4, SA_ONSTACK = 0x08000000, SA_RESTART = 0x10000000, SA_NODEFER = 0x40000000, SA_RESETHAND = (int)0x80000000,
    SA_RESTORER = 0x04000000, SIG_BLOCK = 0, SIG_UNBLOCK = 1, SIG_SETMASK = 2, SYS_rt_sigqueueinfo = 178, SYS_sgetmask = 68, SYS_ssetmask = 69,
    SYS_setitimer = 104
};

struct rt_action { void *handler; u32 flags; void *restorer; u32 mask[2]; };
struct old_action { void *handler; u32 mask, flags; void *restorer; };
struct info { s32 signal, error, code; union { struct { s32 pid, uid, value; }; u32 address; }; u32 rest[26]; };
enum { REG_GS, REG_FS, REG_ES, REG_DS, REG_EDI, REG_ESI, REG_EBP, REG_ESP, REG_EBX, REG_EDX, REG_ECX, REG_EAX, REG_TRAPNO, REG_ERR, REG_EIP,
    REG_CS, REG_EFL, REG_UESP, REG_SS };
struct context { u32 flags; struct context *link; u32 stack[3]; u32 registers[19]; u32 fpstate, oldmask, cr2; u32 mask[2]; };

void rt_restorer(void);
void old_restorer(void);
__asm__(".text\n"
        "rt_restorer: movl $173, %eax\n\tint $0x80\n"
        "old_restorer: popl %eax\n\tmovl $119, %eax\n\tint $0x80\n");

static void on_mask(int signal, void *handler, u32 flags, u32 mask)
{
    struct rt_action a = { handler, flags | SA_RESTORER, flags & SA_SIGINFO ? (void *)rt_restorer : (void *)old_restorer, { mask, 0 } };
    must("rt_sigaction", (s32)sys(SYS_rt_sigaction, signal, &a, 0, 8));
}

static void on(int signal, void *handler, u32 flags)
{
    on_mask(signal, handler, flags, 0);
}

static void mask(int how, u32 set)
{
    u32 full[2] = { set, 0 };
    must("rt_sigprocmask", (s32)sys(SYS_rt_sigprocmask, how, full, 0, 8));
}

static u32 current_mask(void)
{
    u32 full[2];
    must("rt_sigprocmask", (s32)sys(SYS_rt_sigprocmask, SIG_BLOCK, 0, full, 8));
    return full[0];
}

static u32 pending(void)
{
    u32 full[2];
    must("rt_sigpending", (s32)sys(SYS_rt_sigpending, full, 8));
    return full[0];
}

static void raise(int signal)
{
    must("kill", (s32)sys(SYS_kill, sys(SYS_getpid), signal));
}

static void number_line(const char *what, s32 n)
{
    put(what);
    put(" ");
    put_signed(n);
    end_line();
}

static void hex_line(const char *what, u32 n)
{
    put(what);
    put(" ");
    put_hex(n);
    end_line();
}

static volatile s32 seen, depth;

static void count(int signal)
{
    seen++;
    number_line("  caught", signal);
}

static void handler_part(void)
{
    on(SIGUSR1, count, 0);
    raise(SIGUSR1);
    raise(SIGUSR1);
    number_line("seen", seen);
}

static void show_mask(int signal)
{
    number_line("  in handler of", signal);
    hex_line("  mask", current_mask());
}

static void mask_part(void)
{
    on_mask(SIGUSR1, show_mask, 0, 1 << (SIGINT - 1));
    mask(SIG_SETMASK, 1 << (SIGHUP - 1));
    raise(SIGUSR1);
    hex_line("mask after", current_mask());
    mask(SIG_SETMASK, ~0u);
    hex_line("all that can be blocked", current_mask());
    mask(SIG_SETMASK, 0);
    u32 none[2] = { 0, 0 };
    struct rt_action action = { 0 };
    number_line("bad how", (s32)sys(SYS_rt_sigprocmask, 7, none, 0, 8));
    number_line("bad size", (s32)sys(SYS_rt_sigprocmask, 0, none, 0, 4));
    number_line("handler for SIGKILL", (s32)sys(SYS_rt_sigaction, 9, &action, 0, 8));
}

static void count_value(int signal, struct info *info, struct context *context)
{
    (void)context;
    put("  caught ");
    put_signed(signal);
    put(" code ");
    put_signed(info->code);
    put(" value ");
    put_signed(info->value);
    end_line();
}

static void queue_part(void)
{
    on(SIGUSR1, count, 0);
    on(SIGUSR2, count, 0);
    on(SIGRT, count_value, SA_SIGINFO);
    mask(SIG_BLOCK, 1 << (SIGUSR1 - 1) | 1 << (SIGUSR2 - 1));
    u32 rt[2] = { 0, 1u << (SIGRT - 33) };
    sys(SYS_rt_sigprocmask, SIG_BLOCK, rt, 0, 8);
    raise(SIGUSR2);
    raise(SIGUSR1);
    raise(SIGUSR1);
    for (s32 i = 1; i <= 3; i++) {
        struct info info = { .signal = SIGRT, .code = -1, .value = i * 100 };
        info.pid = (s32)sys(SYS_getpid);
        must("rt_sigqueueinfo", (s32)sys(SYS_rt_sigqueueinfo, sys(SYS_getpid), SIGRT, &info));
    }
    hex_line("pending", pending());
    mask(SIG_UNBLOCK, 1 << (SIGUSR1 - 1));
    hex_line("pending", pending());
    mask(SIG_UNBLOCK, 1 << (SIGUSR2 - 1));
    sys(SYS_rt_sigprocmask, SIG_UNBLOCK, rt, 0, 8);
    hex_line("pending", pending());
}

static s32 pipe_ends[2];

static void feed(int signal)
{
    number_line("  caught", signal);
    if (++seen == 2) sys(SYS_write, pipe_ends[1], "x", 1);
}

static void timer(u32 first_us, u32 every_us)
{
    u32 value[4] = { 0, every_us, 0, first_us };
    must("setitimer", (s32)sys(SYS_setitimer, 0, value, 0));
}

static void restart_part(void)
{
    char c;
    must("pipe", (s32)sys(SYS_pipe, pipe_ends));
    seen = 0;
    on(SIGALRM, feed, SA_RESTART);
    timer(20000, 20000);
    number_line("restarted read", (s32)sys(SYS_read, pipe_ends[0], &c, 1));
    timer(0, 0);
    on(SIGALRM, count, 0);
    timer(20000, 0);
    number_line("interrupted read", (s32)sys(SYS_read, pipe_ends[0], &c, 1));
    on(SIGALRM, count, SA_RESTART);
    timer(20000, 0);
    u32 time[2] = { 60, 0 }, left[2] = { 0, 0 };
    number_line("interrupted sleep", (s32)sys(SYS_nanosleep, time, left));
    put(left[0] == 59 && left[1] > 0 ? "time left" : "wrong time left");
    end_line();
    timer(20000, 0);
    number_line("pause", (s32)sys(SYS_pause));
    on(SIGALRM, count, 0);
    number_line("alarm before", (s32)sys(SYS_alarm, 100));
    number_line("alarm after", (s32)sys(SYS_alarm, 0));
    sys(SYS_close, pipe_ends[0]);
    on(13, count, 0);
    number_line("write to nobody", (s32)sys(SYS_write, pipe_ends[1], "x", 1));
    sys(SYS_close, pipe_ends[1]);
}

/* Each trap is an instruction of known length; the handler steps over it. */
static volatile u32 step;

static void explain(int signal, struct info *info, struct context *context)
{
    put("  signal ");
    put_signed(signal);
    put(" code ");
    put_signed(info->code);
    put(" trap ");
    put_unsigned(context->registers[REG_TRAPNO]);
    put(" error ");
    put_unsigned(context->registers[REG_ERR]);
    if (signal == SIGSEGV) {
        put(" address ");
        put_hex(info->address);
    } else if (signal != SIGTRAP) {
        put(info->address == context->registers[REG_EIP] ? " at eip" : " elsewhere");
    }
    end_line();
    context->registers[REG_EIP] += step;
}

static void info_part(void)
{
    on(SIGSEGV, explain, SA_SIGINFO);
    on(SIGFPE, explain, SA_SIGINFO);
    on(SIGILL, explain, SA_SIGINFO);
    on(SIGTRAP, explain, SA_SIGINFO);
    step = 2;
    say("read of 16");
    __asm__ volatile("movl (%0), %%ecx" : : "r"(16) : "ecx", "memory");
    say("write to code");
    __asm__ volatile("movl %%eax, (%0)" : : "d"(0x08048000) : "memory");
    say("division by zero");
    __asm__ volatile("divl %%ecx" : : "a"(1), "d"(0), "c"(0) : "cc", "memory");
    say("division overflow");
    __asm__ volatile("idivl %%ecx" : : "a"(0x80000000), "d"(-1), "c"(-1) : "cc", "memory");
    say("undefined instruction");
    __asm__ volatile("ud2" ::: "memory");
    step = 1;
    say("hlt");
    __asm__ volatile("hlt" ::: "memory");
    step = 0;
    say("int3");
    __asm__ volatile("int3" ::: "memory");
    step = 2;
    say("int 0x81");
    __asm__ volatile("int $0x81" ::: "memory");
    step = 2;
    say("bad selector");
    __asm__ volatile("movw %w0, %%es" : : "r"(0xf00 | 3) : "memory");
    step = 0;
    say("into");
    __asm__ volatile("movl $0x7fffffff, %%ecx\n\taddl $1, %%ecx\n\tinto" : : : "ecx", "cc", "memory");
    say("bound");
    static const s32 limits[2] = { 3, 5 };
    step = 2;
    __asm__ volatile("boundl %0, (%1)" : : "r"(6), "r"(limits) : "memory");
}

static void clobber(int signal, struct info *info, struct context *context)
{
    (void)signal, (void)info;
    context->registers[REG_EBX] = 0xbbbbbbbb;
    context->registers[REG_ESI] += 5;
    context->registers[REG_EFL] ^= 1;
    __asm__ volatile("fninit\n\tfldz\n\tfldz\n\tpcmpeqb %xmm1, %xmm1");
}

/* Registers changed in the frame arrive; all others, the FPU's too, are as they were. */
static void registers_part(void)
{
    u32 ebx, ecx, edx, esi, edi, carry, sse;
    double x87;
    static const double three = 3.0;
    on(SIGUSR1, clobber, SA_SIGINFO);
    u32 pid = (u32)sys(SYS_getpid);
    __asm__ volatile("fninit\n\tfldl %0\n\tpxor %%xmm1, %%xmm1" : : "m"(three));
    /* kill(pid, SIGUSR1) in line, so that the frame's registers are these. */
    __asm__ volatile(
        "stc\n\tint $0x80\n\tmovl $0, %%eax\n\tsetc %%al"
        : "=a"(carry), "=b"(ebx), "=c"(ecx), "=d"(edx), "=S"(esi), "=D"(edi)
        : "0"(SYS_kill), "1"(pid), "2"(SIGUSR1), "3"(0xddddd), "4"(0x51), "5"(0xd1) : "cc", "memory");
    __asm__ volatile("fstpl %0\n\tmovd %%xmm1, %1" : "=m"(x87), "=r"(sse));
    hex_line("ebx", ebx);
    hex_line("ecx", ecx);
    hex_line("edx", edx);
    hex_line("esi", esi);
    hex_line("edi", edi);
    hex_line("carry", carry);
    hex_line("x87", ((u32 *)&x87)[1]);
    hex_line("sse", sse);
}

static void again(int signal)
{
    s32 level = ++depth;
    number_line("  level", level);
    if (level < 3) raise(signal);
    number_line("  leaving", level);
}

static void nested_part(void)
{
    depth = 0;
    on(SIGUSR1, again, SA_NODEFER);
    raise(SIGUSR1);
    depth = 0;
    on(SIGUSR1, again, 0);
    raise(SIGUSR1);
}

static void reset_part(void)
{
    struct rt_action now = { 0 };
    on(SIGUSR1, count, SA_RESETHAND);
    raise(SIGUSR1);
    sys(SYS_rt_sigaction, SIGUSR1, 0, &now, 8);
    number_line("handler is default", now.handler == 0);
}

static u8 alternative[16384];

static void where(int signal)
{
    u32 stack[3], here = (u32)&signal;
    put(here >= (u32)alternative && here < (u32)alternative + sizeof alternative ? "  on the alternative stack" : "  on the usual stack");
    end_line();
    sys(SYS_sigaltstack, 0, stack);
    number_line("  flags", (s32)stack[1]);
    number_line("  change", (s32)sys(SYS_sigaltstack, stack, 0));
}

static void altstack_part(void)
{
    u32 stack[3] = { (u32)alternative, 0, sizeof alternative };
    number_line("sigaltstack", (s32)sys(SYS_sigaltstack, stack, 0));
    on(SIGUSR1, where, SA_ONSTACK);
    raise(SIGUSR1);
    on(SIGUSR1, where, 0);
    raise(SIGUSR1);
    stack[2] = 100;
    number_line("too small", (s32)sys(SYS_sigaltstack, stack, 0));
    stack[1] = 2;
    number_line("off", (s32)sys(SYS_sigaltstack, stack, 0));
    on(SIGUSR1, count, SA_ONSTACK);
    raise(SIGUSR1);
}

static void suspend_part(void)
{
    u32 none[2] = { 0, 0 };
    on(SIGUSR1, count, SA_RESTART);
    mask(SIG_BLOCK, 1 << (SIGUSR1 - 1));
    raise(SIGUSR1);
    say("not yet");
    number_line("sigsuspend", (s32)sys(SYS_rt_sigsuspend, none, 8));
    hex_line("mask", current_mask());
    mask(SIG_SETMASK, 0);
}

static void old_part(void)
{
    struct old_action a = { show_mask, 1 << (SIGUSR2 - 1), SA_RESTORER, old_restorer }, before;
    number_line("sigaction", (s32)sys(SYS_sigaction, SIGUSR1, &a, 0));
    raise(SIGUSR1);
    number_line("sigaction", (s32)sys(SYS_sigaction, SIGUSR1, 0, &before));
    hex_line("mask", before.mask);
    sys(SYS_ssetmask, 0x8000);
    hex_line("ssetmask", (u32)sys(SYS_sgetmask));
    sys(SYS_ssetmask, 0);
    on(SIGUSR1, count, 0);
    raise(SIGUSR1);
}

static void ignore_part(void)
{
    on(SIGUSR1, (void *)1, 0);
    raise(SIGUSR1);
    say("ignored");
    mask(SIG_BLOCK, 1 << (SIGUSR1 - 1));
    raise(SIGUSR1);
    hex_line("pending", pending());
    mask(SIG_UNBLOCK, 1 << (SIGUSR1 - 1));
    number_line("null signal", (s32)sys(SYS_kill, sys(SYS_getpid), 0));
    number_line("no such signal", (s32)sys(SYS_kill, sys(SYS_getpid), 65));
    number_line("no such process", (s32)sys(SYS_kill, 4000000, 0));
}

static void child_part(void)
{
    s32 status = 0;
    on(SIGCHLD, count_value, SA_SIGINFO);
    mask(SIG_BLOCK, 1 << (SIGCHLD - 1));
    static const u8 deaths[] = { SIGSEGV, SIGFPE, SIGUSR1, 15 };
    for (u32 i = 0; i < sizeof deaths; i++) {
        s32 child = must("fork", (s32)sys(SYS_fork));
        if (child == 0) {
            on(deaths[i], 0, 0);
            raise(deaths[i]);
            quit(99);
        }
        sys(SYS_waitpid, child, &status, 0);
        put("status ");
        put_unsigned(status & 0x7f);
        end_line();
        mask(SIG_UNBLOCK, 1 << (SIGCHLD - 1));
        mask(SIG_BLOCK, 1 << (SIGCHLD - 1));
    }
    s32 child = must("fork", (s32)sys(SYS_fork));
    if (child == 0) for (;;) sys(SYS_pause);
    sys(SYS_kill, child, 19);
    sys(SYS_wait4, child, &status, 2 /* WUNTRACED */, 0);
    hex_line("stopped", (u32)status);
    sys(SYS_kill, child, 18);
    sys(SYS_wait4, child, &status, 8 /* WCONTINUED */, 0);
    hex_line("continued", (u32)status);
    sys(SYS_kill, child, 9);
    sys(SYS_wait4, child, &status, 0, 0);
    hex_line("killed", (u32)status);
    on(SIGCHLD, (void *)0, 0);
    mask(SIG_UNBLOCK, 1 << (SIGCHLD - 1));
    on(SIGCHLD, (void *)1, 0);
    child = must("fork", (s32)sys(SYS_fork));
    if (child == 0) quit(0);
    number_line("nobody to wait for", (s32)sys(SYS_waitpid, -1, &status, 0));
}

static int run(void)
{
    static const struct { const char *name; void (*part)(void); } parts[] = {
        { "handler", handler_part }, { "mask", mask_part }, { "queue", queue_part }, { "restart", restart_part }, { "info", info_part },
        { "registers", registers_part }, { "nested", nested_part }, { "reset", reset_part }, { "altstack", altstack_part },
        { "suspend", suspend_part }, { "old", old_part }, { "ignore", ignore_part }, { "child", child_part },
    };
    for (u32 i = 0; i < sizeof parts / sizeof *parts; i++) {
        if (argc > 1 && !same(argv[1], parts[i].name)) continue;
        put("== ");
        say(parts[i].name);
        parts[i].part();
    }
    return 0;
}
