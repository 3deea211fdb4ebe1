/* seccomp(2): strict mode, filters and what each of their answers does, programs that are refused, filters of threads, a tracer that is asked. */
#include "report.h"

enum {
    SYS_ptrace = 26, SYS_prctl = 172, SYS_setresuid32 = 208, SYS_seccomp = 354, STRICT = 0, FILTER = 1, AVAILABLE = 2,
    LD = 0x20, ST = 2, LDX_MEM = 0x61, LD_MEM = 0x60, TAX = 7, JEQ = 0x15, JA = 5, RET = 6, RET_A = 0x16, ADD_X = 0x0c, SUB_X = 0x1c, XOR_K = 0xa4, NEG = 0x84, RSH_K = 0x74,
    LSH_K = 0x64, AND_K = 0x54, OR_K = 0x44, DIV_K = 0x34, DIV_X = 0x3c, MOD_K = 0x94, NUMBER = 0, FIRST = 16,
    TRAP = 0x30000, ERROR = 0x50000, TRACE = 0x7ff00000, ALLOW = 0x7fff0000
};

struct instruction { u16 code; u8 yes, no; u32 k; };

static s32 install(const struct instruction *code, u32 count, u32 flags)
{
    struct { u16 length; const struct instruction *code; } program = { (u16)count, code };
    return sys(SYS_seccomp, FILTER, flags, &program);
}

#define INSTALL(...) ({ static const struct instruction code[] = { __VA_ARGS__ }; install(code, sizeof code / sizeof *code, 0); })
#define ON_GETPPID(answer) { LD, 0, 0, NUMBER }, { JEQ, 0, 1, SYS_getppid }, { RET, 0, 0, answer }, { RET, 0, 0, ALLOW }

static void in_child(const char *what, void (*part)(void))
{
    s32 child;
    say(what);
    if (is_child(&child)) {
        sys(SYS_prctl, 38, 1, 0, 0, 0);
        part();
        quit(7);
    }
    reap(child);
}

static void strict(void)
{
    report("strict", sys(SYS_prctl, 22, 1, 0, 0, 0));
    say("may write");
    sys(SYS_exit, 3);
}

static void strict_breach(void)
{
    report("strict", sys(SYS_seccomp, STRICT, 0, 0));
    sys(SYS_getpid);
}

static void errors(void)
{
    s32 child;
    report("mode", sys(SYS_prctl, 21, 0, 0, 0, 0));
    report("install", INSTALL(ON_GETPPID(ERROR | 42)));
    report("mode", sys(SYS_prctl, 21, 0, 0, 0, 0));
    report("getppid", sys(SYS_getppid));
    report("close 77", sys(SYS_close, 77));
    report("by argument", INSTALL({ LD, 0, 0, FIRST }, { JEQ, 0, 1, 77 }, { RET, 0, 0, ERROR | 43 }, { RET, 0, 0, ALLOW }));
    report("close 77", sys(SYS_close, 77));
    report("close 78", sys(SYS_close, 78));
    if (is_child(&child)) {
        report("inherited", sys(SYS_getppid));
        quit(0);
    }
    reap(child);
    report("the last of equals", INSTALL(ON_GETPPID(ERROR | 1)));
    report("getppid", sys(SYS_getppid));
    report("less strict", INSTALL(ON_GETPPID(TRACE)));
    report("getppid", sys(SYS_getppid));
    report("to strict", sys(SYS_seccomp, STRICT, 0, 0));
}

static void arithmetic(void)
{
    report("install", INSTALL({ LD, 0, 0, NUMBER }, { JEQ, 1, 0, SYS_close }, { JA, 0, 0, 14 }, { LD, 0, 0, FIRST }, { ST, 0, 0, 3 }, { TAX, 0, 0, 0 }, { ADD_X, 0, 0, 0 }, { XOR_K, 0, 0, 0x55 },
        { LDX_MEM, 0, 0, 3 }, { SUB_X, 0, 0, 0 }, { NEG, 0, 0, 0 }, { RSH_K, 0, 0, 3 }, { AND_K, 0, 0, 0xff }, { OR_K, 0, 0, ERROR }, { RET_A, 0, 0, 0 }, { RET, 0, 0, 0 }, { RET, 0, 0, 0 }, { RET, 0, 0, ALLOW }));
    for (u32 n = 100; n < 106; n++) report("close", sys(SYS_close, n));
}

static void zero_divisor(void)
{
    report("install", INSTALL({ LD, 0, 0, NUMBER }, { JEQ, 0, 3, SYS_close }, { LD, 0, 0, FIRST }, { DIV_X, 0, 0, 0 }, { RET, 0, 0, ALLOW }, { RET, 0, 0, ALLOW }));
    sys(SYS_close, 5);
}

static void on_signal(int signal, u32 *info, void *context)
{
    (void)context;
    report("signal", signal);
    report("code", (s32)info[2]);
    report("errno", (s32)info[1]);
    report("number", (s32)info[4]);
    put_hex(info[5]);
    end_line();
}

static void trap(void)
{
    struct { void *handler; u32 flags; void *restorer; u32 mask[2]; } action = { on_signal, 4, 0, { 0, 0 } };
    must("sigaction", sys(SYS_rt_sigaction, 31, &action, 0, 8));
    INSTALL(ON_GETPPID(TRAP | 99));
    report("getppid", sys(SYS_getppid));
    sys(SYS_signal, 31, 1);
    sys(SYS_getppid);
}

static void kill_process(void)
{
    sys(SYS_signal, 31, 1);
    INSTALL(ON_GETPPID(0x80000000));
    sys(SYS_getppid);
}

static void nobody_asked(void)
{
    INSTALL(ON_GETPPID(TRACE | 5));
    report("getppid", sys(SYS_getppid));
}

static void asked(void)
{
    s32 child, status = 0;
    u32 message = 0;
    if (is_child(&child)) {
        sys(SYS_ptrace, 0, 0, 0, 0);
        sys(SYS_kill, sys(SYS_getpid), 19);
        INSTALL(ON_GETPPID(TRACE | 5));
        quit(sys(SYS_getppid) > 0 ? 11 : 12);
    }
    sys(SYS_waitpid, child, &status, 0);
    report("options", sys(SYS_ptrace, 0x4200, child, 0, 0x80));
    report("go on", sys(SYS_ptrace, 7, child, 0, 0));
    sys(SYS_waitpid, child, &status, 0);
    put_hex((u32)status);
    end_line();
    sys(SYS_ptrace, 0x4201, child, 0, &message);
    report("message", (s32)message);
    sys(SYS_ptrace, 3, child, 44, &message);
    report("number", (s32)message);
    report("go on", sys(SYS_ptrace, 7, child, 0, 0));
    reap(child);
}

static void refused(void)
{
    u32 action = TRAP;
    struct { u16 length; void *code; } program = { 1, (void *)4 };
    report("nothing", install(0, 0, 0));
    report("no end", INSTALL({ LD, 0, 0, 0 }));
    report("beyond the data", INSTALL({ LD, 0, 0, 64 }, { RET, 0, 0, 0 }));
    report("not aligned", INSTALL({ LD, 0, 0, 3 }, { RET, 0, 0, 0 }));
    report("half a word", INSTALL({ 0x28, 0, 0, 0 }, { RET, 0, 0, 0 }));
    report("by zero", INSTALL({ DIV_K, 0, 0, 0 }, { RET, 0, 0, 0 }));
    report("shift", INSTALL({ LSH_K, 0, 0, 32 }, { RET, 0, 0, 0 }));
    report("remainder", INSTALL({ MOD_K, 0, 0, 3 }, { RET, 0, 0, 0 }));
    report("jump out", INSTALL({ JEQ, 0, 1, 0 }, { RET, 0, 0, 0 }));
    report("jump far out", INSTALL({ JA, 0, 0, 1 }, { RET, 0, 0, 0 }));
    report("memory not written", INSTALL({ LD_MEM, 0, 0, 0 }, { RET, 0, 0, 0 }));
    report("written on one way", INSTALL({ JEQ, 0, 1, 1 }, { ST, 0, 0, 1 }, { LD_MEM, 0, 0, 1 }, { RET, 0, 0, 0 }));
    report("no such memory", INSTALL({ ST, 0, 0, 16 }, { RET, 0, 0, 0 }));
    report("flags", install(0, 1, 0x100));
    report("flags of strict", sys(SYS_seccomp, STRICT, 1, 0));
    report("available", sys(SYS_seccomp, AVAILABLE, 0, &action));
    action = 0x1234;
    report("available", sys(SYS_seccomp, AVAILABLE, 0, &action));
    report("operation", sys(SYS_seccomp, 9, 0, 0));
    report("code", sys(SYS_seccomp, FILTER, 0, &program));
    report("program", sys(SYS_seccomp, FILTER, 0, 0));
}

static int run(void)
{
    s32 child;
    if (is_child(&child)) {
        sys(SYS_setresuid32, 65534, 65534, 65534);
        report("with privileges to gain", INSTALL({ RET, 0, 0, ALLOW }));
        quit(0);
    }
    reap(child);
    in_child("strict", strict);
    in_child("breach", strict_breach);
    in_child("errors", errors);
    in_child("arithmetic", arithmetic);
    in_child("zero divisor", zero_divisor);
    in_child("trap", trap);
    in_child("kill", kill_process);
    in_child("nobody asked", nobody_asked);
    in_child("tracer asked", asked);
    in_child("refused", refused);
    return 0;
}
