/* Traces a child in every way that debuggers do: what it prints is what ptrace and wait tell. "hold": only has one. Calls by number, results where they depend on nothing. */
#include "report.h"

enum {
    SYS_ptrace = 26, SYS_waitid = 284, SYS_tgkill = 270, SYS_poll = 168,
    TRACEME = 0, PEEKDATA = 2, PEEKUSER = 3, POKEDATA = 5, POKEUSER = 6, CONT = 7, KILL = 8, STEP = 9, GETREGS = 12, SETREGS = 13, GETFPREGS = 14, ATTACH = 16,
    DETACH = 17, GETFPXREGS = 18, SYSCALL = 24, GET_THREAD_AREA = 25, SETOPTIONS = 0x4200, GETEVENTMSG = 0x4201, GETSIGINFO = 0x4202, SETSIGINFO = 0x4203,
    GETREGSET = 0x4204, SEIZE = 0x4206, INTERRUPT = 0x4207, LISTEN = 0x4208, PEEKSIGINFO = 0x4209, GETSIGMASK = 0x420a, GET_SYSCALL_INFO = 0x420e,
    SYSGOOD = 1, FORK = 2, VFORK = 4, CLONE = 8, EXEC = 16, VFORKDONE = 32, EXIT = 64, EXITKILL = 0x100000,
    EBX = 0, ECX = 1, EAX = 6, ORIG_EAX = 11, EIP = 12, EFLAGS = 14, ESP = 15,
    WALL = 0x40000000,
    SIGTRAP = 5, SIGKILL = 9, SIGUSR1 = 10, SIGUSR2 = 12, SIGTERM = 15, SIGCHLD = 17, SIGCONT = 18, SIGSTOP = 19
};

struct info { s32 signo, error, code, pid, uid, status, rest[26]; };

static s32 me, child, other;
static u32 registers[17];
static volatile u32 counter;

static s32 trace(s32 request, s32 pid, u32 address, u32 data)
{
    return sys(SYS_ptrace, request, pid, address, data);
}

static void put_who(s32 pid)
{
    put(pid == 0 ? "none" : pid == child ? "child" : pid == other ? "other" : pid == me ? "me" : "new");
}

/* Waits for anybody and tells the news. */
static s32 news(void)
{
    s32 status = 0, pid = sys(SYS_wait4, -1, &status, WALL, 0);
    if (pid < 0) {
        report("wait", pid);
        return 0;
    }
    if (pid != child && other == 0) other = pid;
    put("  ");
    put_who(pid);
    if ((status & 0x7f) == 0x7f) {
        put(" stopped ");
        put_unsigned((u32)status >> 8 & 0xff);
        if (status >> 16) put(" event "), put_unsigned((u32)status >> 16);
    } else if (status & 0x7f) {
        put(" killed ");
        put_unsigned((u32)status & 0xff);
    } else {
        put(" exited ");
        put_unsigned((u32)status >> 8);
    }
    end_line();
    return status;
}

static void info_of(s32 pid)
{
    struct info info;
    fill(&info, 0, sizeof info);
    s32 result = trace(GETSIGINFO, pid, 0, (u32)&info);
    if (result < 0) {
        report("  siginfo", result);
        return;
    }
    put("  siginfo ");
    put_signed(info.signo);
    put(" code ");
    put_hex((u32)info.code);
    if (info.code != 2 && info.code != 4) put(" from "), put_who(info.pid);
    end_line();
}

static void call_of(s32 pid)
{
    u64 info[11];
    fill(info, 0, sizeof info);
    s32 result = trace(GET_SYSCALL_INFO, pid, sizeof info, (u32)info);
    put("  call ");
    put_signed(result);
    put(" op ");
    put_unsigned((u32)info[0] & 255);
    put(" arch ");
    put_hex((u32)(info[0] >> 32));
    if (((u32)info[0] & 255) == 1) {
        put(" nr ");
        put_unsigned((u32)info[3]);
        put(" first ");
        put_signed((u32)info[4] < 1000 ? (s32)info[4] : -1);
    }
    if (((u32)info[0] & 255) == 2) {
        put(" value ");
        put_signed((s32)info[3] == child ? -2 : (s32)info[3] == me ? -3 : (s32)info[3]);
        put(" error ");
        put_unsigned((u32)info[4] & 255);
    }
    end_line();
}

static void regs_of(s32 pid)
{
    must("getregs", trace(GETREGS, pid, 0, (u32)registers));
    put("  eax ");
    put_signed((s32)registers[EAX] == child ? -2 : (s32)registers[EAX] == me ? -3 : (s32)registers[EAX]);
    put(" orig ");
    put_signed((s32)registers[ORIG_EAX]);
    end_line();
}

static int traced(void)
{
    if (!is_child(&child)) {
        other = 0;
        return 0;
    }
    must("traceme", trace(TRACEME, 0, 0, 0));
    sys(SYS_kill, sys(SYS_getpid), SIGSTOP);
    return 1;
}

static void handler(s32 signo) { counter += (u32)signo; }

static void install(s32 signo, u32 flags)
{
    u32 action[5] = { (u32)handler, flags, 0, 0, 0 };
    sys(SYS_rt_sigaction, signo, action, 0, 8);
}

static void calls(void)
{
    say("calls");
    if (traced()) {
        sys(SYS_getppid);
        sys(SYS_close, 99);
        sys(999);
        sys(SYS_getpid);
        s32 pid = sys(SYS_getppid);
        quit(pid == 77 ? 3 : 4);
    }
    news();
    info_of(child);
    report("again", trace(ATTACH, child, 0, 0));
    report("bad options", trace(SETOPTIONS, child, 0, 1u << 30));
    report("options", trace(SETOPTIONS, child, 0, SYSGOOD));
    call_of(child);
    for (int i = 0; i < 6; i++) {
        trace(SYSCALL, child, 0, 0);
        if (i == 0) {
            report("while it runs", trace(PEEKDATA, child, (u32)&counter, (u32)registers));
        }
        news();
        call_of(child);
        regs_of(child);
    }
    info_of(child);
    /* getpid becomes close(98), by number and argument. */
    trace(SYSCALL, child, 0, 0);
    news();
    regs_of(child);
    registers[ORIG_EAX] = SYS_close;
    registers[EBX] = 98;
    report("setregs", trace(SETREGS, child, 0, (u32)registers));
    trace(SYSCALL, child, 0, 0);
    news();
    regs_of(child);
    /* getppid is not made, and gives what the tracer says. */
    trace(SYSCALL, child, 0, 0);
    news();
    report("poke", trace(POKEUSER, child, ORIG_EAX * 4, (u32)-1));
    trace(SYSCALL, child, 0, 0);
    news();
    regs_of(child);
    report("poke", trace(POKEUSER, child, EAX * 4, 77));
    trace(CONT, child, 0, 0);
    news();
    news();
}

static u32 word_in_text(void) { return 0x12345678; }

static void memory(void)
{
    say("memory");
    if (traced()) {
        counter = 5;
        sys(SYS_kill, sys(SYS_getpid), SIGSTOP);
        quit(counter + (word_in_text() == 0x87654321 ? 1 : 0));
    }
    u32 word = 0, area[4], vector[2];
    u8 state[512];
    news();
    trace(CONT, child, 0, 0);
    news();
    report("peek", trace(PEEKDATA, child, (u32)&counter, (u32)&word));
    report("word", (s32)word);
    report("poke", trace(POKEDATA, child, (u32)&counter, 40));
    report("peek nothing", trace(PEEKDATA, child, 16, (u32)&word));
    report("poke nothing", trace(POKEDATA, child, 16, 1));
    u8 *code = (u8 *)word_in_text;
    int at = 0;
    while (at < 16 && *(u32 *)(code + at) != 0x12345678) at++;
    report("poke text", trace(POKEDATA, child, (u32)(code + at), 0x87654321));
    report("user beyond", trace(PEEKUSER, child, 400, (u32)&word));
    report("user odd", trace(PEEKUSER, child, 2, (u32)&word));
    report("user between", trace(PEEKUSER, child, 200, (u32)&word));
    report("selector", trace(POKEUSER, child, 7 * 4, 8));
    report("stack selector", trace(POKEUSER, child, 16 * 4, 0));
    report("debug control", trace(POKEUSER, child, 252 + 28, 2u << 16 | 1));
    report("debug 4", trace(POKEUSER, child, 252 + 16, 0));
    report("fpregs", trace(GETFPREGS, child, 0, (u32)state));
    put_hex(*(u32 *)state);
    end_line();
    report("fpxregs", trace(GETFPXREGS, child, 0, (u32)state));
    put_hex(*(u32 *)(state + 24));
    end_line();
    vector[0] = (u32)state, vector[1] = 512;
    report("prstatus", trace(GETREGSET, child, 1, (u32)vector));
    report("bytes", (s32)vector[1]);
    vector[1] = 7;
    report("odd", trace(GETREGSET, child, 1, (u32)vector));
    vector[1] = 512;
    report("tls", trace(GETREGSET, child, 0x200, (u32)vector));
    report("bytes", (s32)vector[1]);
    put_hex(*(u32 *)(state + 12));
    end_line();
    report("none", trace(GETREGSET, child, 0x777, (u32)vector));
    report("area", trace(GET_THREAD_AREA, child, *(u32 *)state, (u32)area));
    report("no area", trace(GET_THREAD_AREA, child, 5, (u32)area));
    report("unknown", trace(0x4300, child, 0, 0));
    trace(CONT, child, 0, 0);
    news();
}

__asm__(".text\n.globl steps\n.globl steps_end\nsteps:\n\tmovl $20, %eax\n\tint $0x80\n\tnop\n\tpushf\n\tpopl %ecx\n\tmovl %ecx, seen_flags\n\tmovl $1, watched\nsteps_end:\n\tnop\n\tret\n"
        ".data\n.globl seen_flags\n.globl watched\nseen_flags: .long 0\nwatched: .long 0\n.text\n");
void steps(void);
void steps_end(void);
extern u32 seen_flags, watched;

static void put_place(s32 pid)
{
    must("getregs", trace(GETREGS, pid, 0, (u32)registers));
    put("  at ");
    if (registers[EIP] >= (u32)steps && registers[EIP] <= (u32)steps_end + 1) put("steps+"), put_unsigned(registers[EIP] - (u32)steps);
    else if (registers[EIP] == (u32)handler) put("handler");
    else put("elsewhere");
    put(" trap ");
    put_unsigned(registers[EFLAGS] >> 8 & 1);
    end_line();
}

static void stepping(void)
{
    say("stepping");
    if (traced()) {
        install(SIGUSR1, 0);
        steps();
        quit((seen_flags >> 8 & 1) + 10 + counter);
    }
    u32 word, dr6;
    news();
    /* A breakpoint, as a debugger makes it. */
    trace(PEEKDATA, child, (u32)steps, (u32)&word);
    trace(POKEDATA, child, (u32)steps, (word & ~255u) | 0xcc);
    trace(CONT, child, 0, 0);
    news();
    info_of(child);
    put_place(child);
    trace(POKEDATA, child, (u32)steps, word);
    registers[EIP] = (u32)steps;
    report("setregs", trace(SETREGS, child, 0, (u32)registers));
    for (int i = 0; i < 3; i++) {
        report("step", trace(STEP, child, 0, 0));
        news();
        info_of(child);
        put_place(child);
    }
    /* Into a handler. */
    trace(STEP, child, 0, SIGUSR1);
    news();
    info_of(child);
    put_place(child);
    /* A watchpoint. */
    report("address", trace(POKEUSER, child, 252, (u32)&watched));
    report("control", trace(POKEUSER, child, 252 + 28, 0xd0001));
    trace(CONT, child, 0, 0);
    news();
    info_of(child);
    put_place(child);
    trace(PEEKUSER, child, 252 + 24, (u32)&dr6);
    put_hex(dr6);
    trace(PEEKUSER, child, 252 + 28, (u32)&dr6);
    put(" "), put_hex(dr6);
    end_line();
    report("off", trace(POKEUSER, child, 252 + 28, 0));
    trace(CONT, child, 0, 0);
    news();
}

static void signals(void)
{
    say("signals");
    if (traced()) {
        install(SIGUSR1, 0);
        install(SIGUSR2, 0x10000000);
        s32 self = sys(SYS_getpid), fds[2], time[2] = { 0, 100000000 };
        sys(SYS_kill, self, SIGUSR1);
        sys(SYS_kill, self, SIGUSR1);
        sys(SYS_kill, self, SIGUSR1);
        sys(SYS_kill, self, SIGCHLD);
        sys(SYS_nanosleep, time, 0);
        sys(SYS_pipe, fds);
        sys(SYS_read, fds[0], &self, 4);
        quit((s32)counter);
    }
    news();
    trace(SETOPTIONS, child, 0, SYSGOOD);
    trace(CONT, child, 0, 0);
    news();
    info_of(child);
    regs_of(child);
    trace(CONT, child, 0, 0);
    news();
    trace(CONT, child, 0, SIGUSR1);
    news();
    trace(CONT, child, 0, SIGUSR2);
    news();
    info_of(child);
    /* A signal inside a call that goes on, one inside a call that runs again, one that ends it. */
    trace(SYSCALL, child, 0, 0);
    while (trace(PEEKUSER, child, 0, (u32)registers) < 0) nap(5);
    news();
    call_of(child);
    trace(SYSCALL, child, 0, 0);
    nap(20);
    sys(SYS_kill, child, SIGCHLD);
    news();
    call_of(child);
    regs_of(child);
    trace(SYSCALL, child, 0, 0);
    news();
    trace(SYSCALL, child, 0, 0);
    news();
    call_of(child);
    trace(SYSCALL, child, 0, 0);
    news();
    call_of(child);
    for (int i = 0; i < 3; i++) trace(SYSCALL, child, 0, 0), news();
    call_of(child);
    trace(SYSCALL, child, 0, 0);
    nap(20);
    sys(SYS_kill, child, SIGUSR2);
    news();
    regs_of(child);
    trace(SYSCALL, child, 0, 0);
    news();
    regs_of(child);
    trace(SYSCALL, child, 0, SIGUSR2);
    news();
    call_of(child);
    trace(SYSCALL, child, 0, 0);
    news();
    trace(SYSCALL, child, 0, 0);
    news();
    call_of(child);
    trace(CONT, child, 0, 0);
    nap(20);
    sys(SYS_kill, child, SIGUSR1);
    news();
    /* The call is made to end as if it were an error of the tracer's. */
    regs_of(child);
    registers[EAX] = (u32)-5;
    trace(SETREGS, child, 0, (u32)registers);
    trace(SYSCALL, child, 0, 0);
    news();
    call_of(child);
    trace(KILL, child, 0, 0);
    news();
}

static NOINLINE void busy(void)
{
    for (;;) counter++;
}

static void families(void)
{
    say("families");
    static char path[] = "/proc/self/exe";
    static char *arguments[] = { "tracer", "leaf", 0 };
    if (traced()) {
        s32 pid, status;
        if (is_child(&pid)) quit(1);
        sys(SYS_waitpid, pid, &status, 0);
        pid = sys(SYS_vfork);
        if (pid == 0) sys(SYS_exit, 2);
        sys(SYS_waitpid, pid, &status, 0);
        pid = sys(SYS_clone, 0, 0, 0, 0, 0);
        if (pid == 0) quit(3);
        sys(SYS_wait4, pid, &status, WALL, 0);
        sys(SYS_execve, path, arguments, envp);
        quit(99);
    }
    u32 message, seen = 0, ended = 0;
    s32 status, pid;
    news();
    report("options", trace(SETOPTIONS, child, 0, SYSGOOD | FORK | VFORK | CLONE | EXEC | VFORKDONE | EXIT | EXITKILL));
    trace(CONT, child, 0, 0);
    /* Two tasks stop in an order of their own: what each did is told by kind. */
    for (int i = 0; i < 60; i++) {
        pid = sys(SYS_wait4, -1, &status, WALL, 0);
        if (pid < 0) break;
        u32 event = (u32)status >> 16;
        if ((status & 0x7f) != 0x7f) {
            if (pid == child) {
                report("child ended", status);
                break;
            }
            ended += (u32)status;
            continue;
        }
        s32 signo = status >> 8 & 0xff;
        message = 0;
        trace(GETEVENTMSG, pid, 0, (u32)&message);
        if (pid == child && event) {
            put("  event ");
            put_unsigned(event);
            put(" of ");
            put_signed(event == 4 ? (s32)message == child : event == 6 ? (s32)message : (s32)message > 1);
            end_line();
            seen |= 1u << event;
        }
        trace(CONT, pid, 0, event || signo == SIGSTOP || signo == SIGTRAP ? 0 : (u32)signo);
    }
    put_hex(seen);
    put(" others ");
    put_unsigned(ended);
    end_line();
}

static void seizing(void)
{
    say("seizing");
    if (is_child(&child)) busy();
    other = 0;
    u32 mask[2] = { 1, 1 };
    nap(10);
    report("with an address", trace(SEIZE, child, 4, 0));
    report("seize", trace(SEIZE, child, 0, SYSGOOD));
    report("listen too soon", trace(LISTEN, child, 0, 0));
    report("interrupt", trace(INTERRUPT, child, 0, 0));
    news();
    info_of(child);
    report("mask", trace(GETSIGMASK, child, 8, (u32)mask));
    report("empty", (s32)(mask[0] | mask[1]));
    trace(CONT, child, 0, 0);
    sys(SYS_kill, child, SIGSTOP);
    news();
    info_of(child);
    trace(CONT, child, 0, SIGSTOP);
    news();
    info_of(child);
    report("listen", trace(LISTEN, child, 0, 0));
    report("while it listens", trace(GETREGS, child, 0, (u32)registers));
    sys(SYS_kill, child, SIGCONT);
    news();
    trace(CONT, child, 0, 0);
    news();
    info_of(child);
    trace(CONT, child, 0, SIGCONT);
    nap(10);
    report("interrupt", trace(INTERRUPT, child, 0, 0));
    news();
    report("detach", trace(DETACH, child, 0, 0));
    report("gone", trace(CONT, child, 0, 0));
    report("attach", trace(ATTACH, child, 0, 0));
    news();
    info_of(child);
    report("no interrupt", trace(INTERRUPT, child, 0, 0));
    report("detach with a signal", trace(DETACH, child, 0, SIGTERM));
    news();
    report("dead", trace(ATTACH, child, 0, 0));
    report("oneself", trace(ATTACH, me, 0, 0));
}

static void stopping(void)
{
    say("stopping");
    s32 status, middle;
    if (is_child(&child)) for (;;) sys(SYS_pause);
    other = 0;
    nap(10);
    sys(SYS_kill, child, SIGSTOP);
    report("stopped", sys(SYS_wait4, child, &status, 2, 0) == child ? status : -1);
    report("attach to the stopped", trace(ATTACH, child, 0, 0));
    news();
    trace(CONT, child, 0, 0);
    nap(10);
    sys(SYS_kill, child, SIGUSR1);
    news();
    report("detach", trace(DETACH, child, 0, 0));
    sys(SYS_kill, child, SIGKILL);
    sys(SYS_waitpid, child, &status, 0);
    report("killed", status);
    /* A tracer that ends takes with it what it was told to. */
    if (is_child(&child)) busy();
    if (is_child(&middle)) {
        must("seize", trace(SEIZE, child, 0, EXITKILL));
        quit(0);
    }
    sys(SYS_waitpid, middle, &status, 0);
    report("tracer", status);
    sys(SYS_waitpid, child, &status, 0);
    report("its task", status);
    if (is_child(&child)) nap(60), quit(8);
    if (is_child(&middle)) {
        must("seize", trace(SEIZE, child, 0, 0));
        trace(INTERRUPT, child, 0, 0);
        sys(SYS_wait4, child, &status, WALL, 0);
        quit(0);
    }
    sys(SYS_waitpid, middle, &status, 0);
    sys(SYS_waitpid, child, &status, 0);
    report("lives on", status);
}

static int run(void)
{
    if (argument_is(1, "leaf")) return 42;
    if (argument_is(1, "hold")) {
        if (!is_child(&child)) for (;;) sys(SYS_pause);
        must("traceme", trace(TRACEME, 0, 0, 0));
        return hold();
    }
    me = sys(SYS_getpid);
    calls();
    memory();
    stepping();
    signals();
    families();
    seizing();
    stopping();
    return 0;
}
