/* build: -Wl,-Ttext-segment=0x60000000 */
/* oracle: runs instructions on the real processor. Reads from standard input: a local descriptor table (a count, then so many struct descriptor),
   then batches (a count, then so many struct state); writes the outcomes of each batch, struct state too, to standard output.
   A case is loaded by returning from a signal with its registers, and ends in the int3 that fills the code page, or in a fault; a case that does
   not end in a second or two of processor time is given up as trap 255. Layout and sizes: tests/Core/Vectors, VectorState.cs and VectorLayout.cs. */
#include "crt.h"

enum {
    CODE = 0x08048000, DATA = 0x09000000, STACK = 0x0A000000, PAGE = 0x1000,
    DATA_WINDOW = 512, STACK_WINDOW = 256, EDGE = 64, FX_SIZE = 288, CODE_SIZE = 384, FX_TAGS = 4, FX_ST = 32,
    LEGACY_SIZE = 112, LEGACY_ST = 28, GIVEN_UP = 255,
    SIGILL = 4, SIGTRAP = 5, SIGBUS = 7, SIGFPE = 8, SIGSEGV = 11, SIGVTALRM = 26,
    SA_SIGINFO = 4, SA_RESTORER = 0x04000000, SA_ONSTACK = 0x08000000, SA_RESTART = 0x10000000, SA_NODEFER = 0x40000000,
    SI_KERNEL = 0x80, FPE_INTDIV = 1, BUS_ADRALN = 1, SYS_setitimer = 104, ITIMER_VIRTUAL = 1, MAP_FIXED = 0x10, WRITE_LDT = 0x11
};

struct state {
    u32 gpr[8];                         /* eax ecx edx ebx esp ebp esi edi */
    u32 eip;                            /* case: where to start, an offset in cs; outcome: where it ended, less 1 behind int3 */
    u32 eflags;
    u32 trap, error, address;           /* outcome: vector, error code, cr2 of a page fault */
    u32 signal, signal_code;            /* outcome: number and si_code */
    u32 length;                         /* case: bytes of code */
    u16 es, cs, ss, ds, fs, gs;
    u16 place, unused;                  /* case: where in its page the code lies */
    u8 fx[FX_SIZE];
    u8 code[CODE_SIZE];
    u8 data[DATA_WINDOW], data_low[EDGE], data_high[EDGE];
    u8 stack[STACK_WINDOW], stack_low[EDGE], stack_high[EDGE];
};

struct descriptor { u32 number, base, limit, flags; };
struct action { void *handler; u32 flags; void *restorer; u32 mask[2]; };
struct info { s32 signal, error, code; };
enum { REG_GS, REG_FS, REG_ES, REG_DS, REG_EDI, REG_ESI, REG_EBP, REG_ESP, REG_EBX, REG_EDX, REG_ECX, REG_EAX, REG_TRAPNO, REG_ERR, REG_EIP,
    REG_CS, REG_EFL, REG_UESP, REG_SS };
struct context { u32 flags; struct context *link; u32 stack[3]; u32 registers[19]; u8 *fpstate; u32 oldmask, cr2; };

static struct state *cases;
static u32 room, count, current;
static int running;
static int apart; /* The FXSAVE part of a frame does not tell of x87: qemu's user emulation fills it behind an FSAVE, which clears. */

void entry(void);
void restorer(void);
/* The case's AC is still in force when the handler begins. */
__asm__(".text\n"
        "entry: pushl $0x202\n\tpopfl\n\tjmp handler\n"
        "restorer: movl $173, %eax\n\tint $0x80\n");

static void copy(void *to, const void *from, u32 size)
{
    __asm__ volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(size) : : "memory");
}

static void fill(void *to, u8 byte, u32 size)
{
    u32 words = size / 4;
    __asm__ volatile("rep stosl" : "+D"(to), "+c"(words) : "a"(byte * 0x01010101u) : "memory");
}

static int transfer(long call, int file, void *buffer, u32 size)
{
    for (u32 done = 0; done < size;) {
        s32 part = (s32)sys(call, file, (u8 *)buffer + done, size - done);
        if (part <= 0) return 0;
        done += (u32)part;
    }
    return 1;
}

static void *map(u32 address, u32 size, int protection)
{
    return (void *)must("mmap2", (s32)sys(SYS_mmap2, address, size, protection, MAP_PRIVATE | MAP_ANONYMOUS | (address ? MAP_FIXED : 0), -1, 0));
}

static void next_batch(void)
{
    if (count != 0 && !transfer(SYS_write, 1, cases, count * sizeof *cases)) quit(1);
    if (!transfer(SYS_read, 0, &count, sizeof count)) quit(0);
    if (count > room) {
        if (room != 0) sys(SYS_munmap, cases, room * sizeof *cases);
        room = count;
        cases = map(0, room * sizeof *cases, PROT_READ | PROT_WRITE);
    }
    if (!transfer(SYS_read, 0, cases, count * sizeof *cases)) quit(2);
    current = 0;
}

static void load_fpu(u8 *frame, const u8 *fx)
{
    /* The kernel takes XMM and MXCSR from the FXSAVE part of the frame, the rest from the FSAVE part before it. */
    u32 *words = (u32 *)frame;
    u32 tags = 0;
    for (u32 i = 0; i < 8; i++) {
        if (!(fx[4] >> i & 1)) tags |= 3u << (2 * i);
        copy(frame + LEGACY_ST + 10 * i, fx + FX_ST + 16 * i, 10);
    }
    words[0] = *(const u16 *)fx | 0xffff0000;
    words[1] = *(const u16 *)(fx + 2) | 0xffff0000;
    words[2] = tags | 0xffff0000;
    words[3] = *(const u32 *)(fx + 8);
    words[4] = *(const u16 *)(fx + 12) | (u32)*(const u16 *)(fx + 6) << 16;
    words[5] = *(const u32 *)(fx + 16);
    words[6] = *(const u16 *)(fx + 20) | 0xffff0000;
    u32 mask = *(u32 *)(frame + LEGACY_SIZE + 28);
    copy(frame + LEGACY_SIZE, fx, FX_SIZE);
    *(u32 *)(frame + LEGACY_SIZE + 28) = mask;
}

static void store_fpu(u8 *fx, const u8 *frame)
{
    copy(fx, frame + LEGACY_SIZE, FX_SIZE);
    if (!apart) return;
    /* Not the pointers and the opcode: nobody compares them. */
    const u32 *words = (const u32 *)frame;
    *(u16 *)fx = (u16)words[0];
    *(u16 *)(fx + 2) = (u16)words[1];
    fx[FX_TAGS] = 0;
    for (u32 i = 0; i < 8; i++) {
        if ((words[2] >> (2 * i) & 3) != 3) fx[FX_TAGS] |= (u8)(1u << i);
        copy(fx + FX_ST + 16 * i, frame + LEGACY_ST + 10 * i, 10);
    }
}

static const u8 order[8] = { REG_EAX, REG_ECX, REG_EDX, REG_EBX, REG_ESP, REG_EBP, REG_ESI, REG_EDI };

static void load(const struct state *s, struct context *c)
{
    u32 *g = c->registers;
    fill((void *)CODE, 0xCC, PAGE);
    fill((void *)DATA, 0, 2 * PAGE);
    fill((void *)STACK, 0, 2 * PAGE);
    copy((void *)(CODE + s->place), s->code, s->length < (u32)PAGE - s->place ? s->length : (u32)PAGE - s->place);
    copy((void *)(DATA + PAGE - DATA_WINDOW / 2), s->data, DATA_WINDOW);
    copy((void *)DATA, s->data_low, EDGE);
    copy((void *)(DATA + 2 * PAGE - EDGE), s->data_high, EDGE);
    copy((void *)(STACK + PAGE - STACK_WINDOW / 2), s->stack, STACK_WINDOW);
    copy((void *)STACK, s->stack_low, EDGE);
    copy((void *)(STACK + 2 * PAGE - EDGE), s->stack_high, EDGE);
    for (int i = 0; i < 8; i++) g[order[i]] = s->gpr[i];
    g[REG_UESP] = s->gpr[4];
    g[REG_EIP] = s->eip;
    g[REG_EFL] = s->eflags | 0x202;
    g[REG_ES] = s->es;
    g[REG_CS] = s->cs;
    g[REG_SS] = s->ss;
    g[REG_DS] = s->ds;
    g[REG_FS] = s->fs;
    g[REG_GS] = s->gs;
    load_fpu(c->fpstate, s->fx);
}

/* qemu's user emulation does not tell the vector: it must be guessed from the signal. */
static u32 guess(const struct info *info)
{
    switch (info->signal) {
    case SIGTRAP: return info->code == SI_KERNEL ? 3 : 1;
    case SIGILL: return 6;
    case SIGFPE: return info->code == FPE_INTDIV ? 0 : 16;
    case SIGBUS: return info->code == BUS_ADRALN ? 17 : 12;
    default: return info->code == SI_KERNEL ? 13 : 14;
    }
}

static void store(struct state *s, const struct info *info, const struct context *c)
{
    const u32 *g = c->registers;
    for (int i = 0; i < 8; i++) s->gpr[i] = g[order[i]];
    s->trap = info->signal == SIGVTALRM ? GIVEN_UP : g[REG_TRAPNO];
    if (s->trap == 0xFFFFFFFF) s->trap = guess(info);
    s->error = s->trap == GIVEN_UP ? 0 : g[REG_ERR];
    s->address = s->trap == 14 ? c->cr2 : 0;
    s->signal = (u32)info->signal;
    s->signal_code = s->trap == GIVEN_UP ? 0 : (u32)info->code;
    s->eip = g[REG_EIP] - (s->trap == 3);
    s->eflags = g[REG_EFL] & ~0x10000u;
    s->es = (u16)g[REG_ES];
    s->cs = (u16)g[REG_CS];
    s->ss = (u16)g[REG_SS];
    s->ds = (u16)g[REG_DS];
    s->fs = (u16)g[REG_FS];
    s->gs = (u16)g[REG_GS];
    store_fpu(s->fx, c->fpstate);
    copy(s->data, (void *)(DATA + PAGE - DATA_WINDOW / 2), DATA_WINDOW);
    copy(s->data_low, (void *)DATA, EDGE);
    copy(s->data_high, (void *)(DATA + 2 * PAGE - EDGE), EDGE);
    copy(s->stack, (void *)(STACK + PAGE - STACK_WINDOW / 2), STACK_WINDOW);
    copy(s->stack_low, (void *)STACK, EDGE);
    copy(s->stack_high, (void *)(STACK + 2 * PAGE - EDGE), EDGE);
}

void __attribute__((used)) handler(int signal, const struct info *info, struct context *context)
{
    static u32 watched = 0xFFFFFFFF;
    if (signal == SIGVTALRM && (!running || watched != current)) {
        watched = current;
        return;
    }
    /* The first signal comes with something in ST0. */
    if (count == 0) apart = context->fpstate[LEGACY_SIZE + FX_TAGS] == 0;
    if (running) store(&cases[current++], info, context);
    running = 0;
    while (current >= count) next_batch();
    load(&cases[current], context);
    watched = 0xFFFFFFFF;
    running = 1;
}

static int run(void)
{
    static u8 alternate[65536];
    static const u8 signals[] = { SIGTRAP, SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGVTALRM };
    u32 stack[3] = { (u32)alternate, 0, sizeof alternate };
    u32 tick[4] = { 1, 0, 1, 0 };
    struct action action = { (void *)entry, SA_SIGINFO | SA_ONSTACK | SA_NODEFER | SA_RESTART | SA_RESTORER, (void *)restorer, { 0, 0 } };
    u32 descriptors;
    if (!transfer(SYS_read, 0, &descriptors, sizeof descriptors)) return 1;
    for (; descriptors > 0; descriptors--) {
        struct descriptor entry;
        if (!transfer(SYS_read, 0, &entry, sizeof entry) || sys(SYS_modify_ldt, WRITE_LDT, &entry, sizeof entry) != 0) return 3;
    }
    map(CODE, PAGE, PROT_READ | PROT_WRITE | PROT_EXEC);
    u8 *constant = map(DATA - PAGE, PAGE, PROT_READ | PROT_WRITE);
    map(DATA, 2 * PAGE, PROT_READ | PROT_WRITE);
    map(STACK, 2 * PAGE, PROT_READ | PROT_WRITE);
    for (int i = 0; i < PAGE; i++) constant[i] = (u8)(i * 7 + 13);
    sys(SYS_mprotect, constant, PAGE, PROT_READ);
    sys(SYS_sigaltstack, stack, 0);
    for (u32 i = 0; i < sizeof signals; i++) must("rt_sigaction", (s32)sys(SYS_rt_sigaction, signals[i], &action, 0, 8));
    sys(SYS_setitimer, ITIMER_VIRTUAL, tick, 0);
    __asm__ volatile("fldz\n\tint3" ::: "memory");
    return 4;
}
