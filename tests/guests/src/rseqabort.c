/* rseqabort: critical sections of rseq(2): what leaves them for their abort handler, what does not, and what ends the program. */
#include "report.h"

enum { SYS_rseq = 386, SYS_sched_setaffinity = 241, SIGUSR1 = 10, SA_NODEFER = 0x40000000, UNREGISTER = 1, SIGNATURE = 0x53053053 };

struct area { u32 cpu_start, cpu; u64 section; u32 flags, rest[3]; };
struct section { u32 version, flags; u64 start, length, abort; };

static struct area area __attribute__((aligned(32)));
static struct section section __attribute__((aligned(32)));
static volatile int signals;
static s32 me;

extern char spin_start[], spin_end[], kill_start[], kill_end[], last_start[], last_end[], good_abort[], bad_abort[];
u32 spin_section(u32 limit), kill_section(s32 pid), last_section(s32 pid);

/* Each gives 1 when it came to its end and 2 from the abort handler; what they need is kept on the stack, which both ways find as it was. */
__asm__(
    ".text\n"
    "spin_section:\n\t"
    "movl 4(%esp), %ecx\n"
    "spin_start:\n"
    "1:\tdecl %ecx\n\t"
    "jnz 1b\n"
    "spin_end:\n\t"
    "movl $1, %eax\n\t"
    "ret\n"
    "kill_section:\n\t"
    "pushl %ebx\n\t"
    "movl 8(%esp), %ebx\n\t"
    "movl $10, %ecx\n"
    "kill_start:\n\t"
    "movl $37, %eax\n\t"
    "int $0x80\n\t"
    "nop\n"
    "kill_end:\n\t"
    "popl %ebx\n\t"
    "movl $1, %eax\n\t"
    "ret\n"
    "last_section:\n\t"
    "pushl %ebx\n\t"
    "movl 8(%esp), %ebx\n\t"
    "movl $10, %ecx\n"
    "last_start:\n\t"
    "movl $37, %eax\n\t"
    "int $0x80\n"
    "last_end:\n\t"
    "popl %ebx\n\t"
    "movl $1, %eax\n\t"
    "ret\n\t"
    ".long 0x53053053\n"
    "good_abort:\n\t"
    "popl %ebx\n\t"
    "movl $2, %eax\n\t"
    "ret\n\t"
    ".long 0x53053053\n"
    "spin_abort:\n\t"
    "movl $2, %eax\n\t"
    "ret\n\t"
    ".long 0x53053054\n"
    "bad_abort:\n\t"
    "popl %ebx\n\t"
    "movl $2, %eax\n\t"
    "ret\n");
extern char spin_abort[];

static void show(const char *name, s32 value)
{
    put(name);
    put(": ");
    if (value < 0 && value > -4096) put_errno(value);
    else put_signed(value);
    end_line();
}

static void handler(int number)
{
    (void)number;
    signals++;
}

static void enter(char *start, char *end, char *abort)
{
    section = (struct section){ 0, 0, (u32)start, (u32)(end - start), (u32)abort };
    area.section = (u32)&section;
}

static s32 reg(void)
{
    return (s32)sys(SYS_rseq, &area, sizeof area, 0, SIGNATURE);
}

static s32 ends(void)
{
    s32 status = -1, pid = (s32)sys(SYS_fork);
    if (pid == 0) {
        me = (s32)sys(SYS_getpid);
        return 0;
    }
    sys(SYS_waitpid, pid, &status, 0);
    return status == 0 ? 0x1000 : status;
}

#define IN_CHILD(name, code) do { s32 status = ends(); if (status == 0) { code; quit(0); } show(name, status); } while (0)

static int run(void)
{
    struct { void (*handler)(int); u32 flags, restorer, mask[2]; } action = { handler, SA_NODEFER, 0, { 0, 0 } };
    sys(SYS_rt_sigaction, SIGUSR1, &action, 0, 8);
    me = (s32)sys(SYS_getpid);
    area.cpu = (u32)-1;
    show("short", (s32)sys(SYS_rseq, &area, 16, 0, SIGNATURE));
    show("askew", (s32)sys(SYS_rseq, (char *)&area + 4, sizeof area, 0, SIGNATURE));
    show("flags", (s32)sys(SYS_rseq, &area, sizeof area, 2, SIGNATURE));
    show("unregister nothing", (s32)sys(SYS_rseq, &area, sizeof area, UNREGISTER, SIGNATURE));
    show("register", reg());
    show("twice", reg());
    show("another signature", (s32)sys(SYS_rseq, &area, sizeof area, 0, 1));
    show("knows the processor", area.cpu != (u32)-1 && area.cpu == area.cpu_start);

    enter(kill_start, kill_end, good_abort);
    show("signal inside", (s32)kill_section(me));
    show("section", area.section != 0);
    show("handled", signals);
    enter(last_start, last_end, good_abort);
    show("signal at the end", (s32)last_section(me));
    show("section", area.section != 0);
    enter(spin_start, spin_end, spin_abort);
    show("signal elsewhere", (s32)kill_section(me));
    show("section", area.section != 0);
    show("handled", signals);
    area.section = 0;
    show("no section", (s32)kill_section(me));

    u32 one = 1;
    sys(SYS_sched_setaffinity, 0, 4, &one);
    s32 child = (s32)sys(SYS_fork);
    if (child == 0) for (;;) {}
    enter(spin_start, spin_end, spin_abort);
    show("loses the processor", (s32)spin_section(0));
    show("section", area.section != 0);
    sys(SYS_kill, child, 9);
    sys(SYS_waitpid, child, 0, 0);

    IN_CHILD("inherited", { enter(kill_start, kill_end, good_abort); quit((s32)kill_section(me) * 16 + reg() + 16); });
    IN_CHILD("bad signature", { enter(kill_start, kill_end, bad_abort); kill_section(me); });
    IN_CHILD("bad version", { enter(kill_start, kill_end, good_abort); section.version = 1; kill_section(me); });
    IN_CHILD("abort inside", { enter(kill_start, kill_end, kill_start + 5); kill_section(me); });
    IN_CHILD("start beyond", { enter(kill_start, kill_end, good_abort); section.start = 0x100000000ull; kill_section(me); });
    IN_CHILD("wraps", { enter(kill_start, kill_end, good_abort); section.length = ~0ull; kill_section(me); });
    IN_CHILD("no memory", { area.section = 64; kill_section(me); });
    IN_CHILD("kernel's memory", { area.section = 0xFFFFF000u; kill_section(me); });
    IN_CHILD("beyond", { area.section = 0x100000000ull; kill_section(me); });

    show("unregister another", (s32)sys(SYS_rseq, (char *)&area + 32, sizeof area, UNREGISTER, SIGNATURE));
    show("unregister size", (s32)sys(SYS_rseq, &area, 64, UNREGISTER, SIGNATURE));
    show("unregister signature", (s32)sys(SYS_rseq, &area, sizeof area, UNREGISTER, 1));
    show("unregister", (s32)sys(SYS_rseq, &area, sizeof area, UNREGISTER, SIGNATURE));
    show("knows nothing", area.cpu == (u32)-1);
    enter(kill_start, kill_end, good_abort);
    show("unregistered", (s32)kill_section(me));
    show("section", area.section != 0);
    return 0;
}
