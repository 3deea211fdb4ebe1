/* cpu [instructions | x87]: what the processor is and can do, built so that a Pentium can run it. Prints AT_PLATFORM, AT_HWCAP, uname's machine, the
   kind of floating-point state in a signal frame and a call through the vdso; then (or with "instructions" only) a line for each of some
   instructions that not every processor has, and whether it raised SIGILL. With "x87": two values stay on the x87 stack through 20 rounds, a line each. */
#pragma GCC target("arch=i586")
#include "crt.h"

enum { SIGILL = 4, SIGUSR1 = 10, SA_SIGINFO = 4, SA_RESTORER = 0x04000000, SYS_uname = 122, AT_HWCAP = 16, AT_PLATFORM = 15, AT_SYSINFO = 32,
    REG_ESP = 7, REG_EIP = 14, REG_FPSTATE = 19 };

void restorer(void);
__asm__(".text\nrestorer: movl $173, %eax\n\tint $0x80");

/* flags, link, stack (3 words), registers */
struct context { u32 flags, link, stack[3], registers[19], fpstate; };

static volatile u32 resume_at, resume_stack, illegal;
static u8 area[1024] __attribute__((aligned(64)));

static void refused(int signal, void *info, struct context *context)
{
    (void)signal, (void)info;
    illegal = 1;
    context->registers[REG_EIP] = resume_at;
    context->registers[REG_ESP] = resume_stack;
}

static void show_state(int signal, void *info, struct context *context)
{
    (void)signal, (void)info;
    u32 status = *(volatile u32 *)(context->fpstate + 108);
    say(status >> 16 == 0xffff ? "signal frame: fsave" : status >> 16 == 0 ? "signal frame: fxsave" : "signal frame: unknown");
}

static void on(int signal, void *handler)
{
    u32 action[5] = { (u32)handler, SA_RESTORER | SA_SIGINFO, (u32)restorer, 0, 0 };
    must("rt_sigaction", (s32)sys(SYS_rt_sigaction, signal, action, 0, 8));
}

/* Runs an instruction; ESI points to 1024 aligned bytes, EDI and EBX to what it may change. */
#define TRY(name, code)                                                                                     \
    do {                                                                                                    \
        u32 a, b, c, d, s = (u32)area;                                                                      \
        illegal = 0;                                                                                        \
        __asm__ volatile("movl $1f, resume_at\n\tmovl %%esp, resume_stack\n\t" code "\n1:"                  \
                         : "=a"(a), "=b"(b), "=c"(c), "=d"(d), "+S"(s) : "0"(0), "1"(0), "2"(0), "3"(0)     \
                         : "memory", "cc");                                                                 \
        put(name);                                                                                          \
        say(illegal ? ": SIGILL" : ": yes");                                                                \
    } while (0)

static void instructions(void)
{
    on(SIGILL, refused);
    TRY("fld", "fldz\n\tfstp %%st(0)");
    TRY("rdtsc", "rdtsc");
    TRY("cmpxchg8b", "cmpxchg8b (%%esi)");
    TRY("cmov", "cmove %%ebx, %%eax");
    TRY("fcmov", "fldz\n\tfcmovb %%st(0), %%st(0)");
    TRY("fcomi", "fldz\n\tfcomi %%st(0), %%st(0)");
    TRY("nop with an operand", "nopl (%%esi)");
    TRY("endbr32", ".byte 0xf3, 0x0f, 0x1e, 0xfb");
    TRY("prefetcht0", "prefetcht0 (%%esi)");
    TRY("pause", "pause");
    TRY("mmx", "pxor %%mm0, %%mm0\n\temms");
    TRY("fxsave", "fxsave (%%esi)");
    TRY("clflush", "clflush (%%esi)");
    TRY("sfence", "sfence");
    TRY("lfence", "lfence");
    TRY("sse", "xorps %%xmm0, %%xmm0");
    TRY("ldmxcsr", "stmxcsr (%%esi)\n\tldmxcsr (%%esi)");
    TRY("pshufw", "pshufw $0, %%mm0, %%mm0\n\temms");
    TRY("sse2", "xorpd %%xmm0, %%xmm0");
    TRY("paddq mmx", "paddq %%mm0, %%mm0\n\temms");
    TRY("movnti", "movnti %%eax, (%%esi)");
    TRY("sse3", "addsubps %%xmm0, %%xmm0");
    TRY("fisttp", "fldz\n\tfisttpl (%%esi)");
    TRY("ssse3", "pshufb %%xmm0, %%xmm0");
    TRY("ssse3 mmx", "pshufb %%mm0, %%mm0\n\temms");
    TRY("sse4.1", "pmulld %%xmm0, %%xmm0");
    TRY("sse4.2", "pcmpgtq %%xmm0, %%xmm0");
    TRY("crc32", "crc32b %%al, %%eax");
    TRY("popcnt", "popcnt %%eax, %%eax");
    TRY("movbe", "movbe (%%esi), %%eax");
    TRY("aes", "aesenc %%xmm0, %%xmm0");
    TRY("pclmulqdq", "pclmulqdq $0, %%xmm0, %%xmm0");
    TRY("rdtscp", "rdtscp");
    TRY("prefetchw", "prefetchw (%%esi)");
    TRY("lahf", "lahf\n\tsahf");
    TRY("f3 bsf", ".byte 0xf3, 0x0f, 0xbc, 0xc0");
}

static void x87(void)
{
    static u64 sum;
    __asm__ volatile("fninit\n\tfldpi\n\tfld1");
    for (u32 i = 0; i < 20; i++) {
        __asm__ volatile("fadd %%st(1), %%st\n\tfxch %%st(1)\n\tfsqrt\n\tfxch %%st(1)\n\tfstl %0" : "=m"(sum));
        put_hex((u32)(sum >> 32));
        put_hex((u32)sum);
        end_line();
    }
}

static int run(void)
{
    if (argument_is(1, "x87")) {
        x87();
        return 0;
    }
    if (argument_is(1, "instructions")) {
        instructions();
        return 0;
    }
    u32 entry = 0;
    for (u32 *a = auxv; a[0]; a += 2) {
        if (a[0] == AT_SYSINFO) entry = a[1];
        if (a[0] == AT_PLATFORM) {
            put("platform ");
            say((char *)a[1]);
        }
        if (a[0] == AT_HWCAP) {
            put("hwcap ");
            put_hex(a[1]);
            end_line();
        }
    }
    static char names[6][65];
    must("uname", (s32)sys(SYS_uname, names));
    put("machine ");
    say(names[4]);
    on(SIGUSR1, show_state);
    __asm__ volatile("fldpi");
    must("kill", (s32)sys(SYS_kill, sys(SYS_getpid), SIGUSR1));
    double pi;
    __asm__ volatile("fstpl %0" : "=m"(pi));
    say(pi > 3.14159265 && pi < 3.14159266 ? "x87 registers are back" : "x87 registers are lost");
    u32 pid;
    __asm__ volatile("call *%1" : "=a"(pid) : "r"(entry), "0"(SYS_getpid) : "memory", "cc");
    say(pid == (u32)sys(SYS_getpid) ? "vdso works" : "vdso fails");
    instructions();
    return 0;
}
