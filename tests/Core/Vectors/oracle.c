/* oracle: runs instructions on the real processor. Reads from standard input: a local descriptor table (a count, then so many struct user_desc),
   then batches (a count, then so many struct state); writes the outcomes of each batch, struct state too, to standard output.
   A case is loaded by returning from a signal with its registers, and ends in the int3 that fills the code page, or in a fault; a case that does
   not end in a second or two is given up as trap 255. Layout and sizes: VectorState.cs, VectorLayout.cs.
   Built with: gcc -m32 -O2 -static -fno-stack-protector -Wl,-Ttext-segment=0x60000000 */
#define _GNU_SOURCE
#include <asm/ldt.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <ucontext.h>
#include <unistd.h>

enum {
    CODE = 0x08048000, DATA = 0x09000000, STACK = 0x0A000000, PAGE = 0x1000,
    DATA_WINDOW = 512, STACK_WINDOW = 256, EDGE = 64, FX_SIZE = 288, CODE_SIZE = 384, LEGACY_SIZE = 112, CODE_START = 16, GIVEN_UP = 255
};

struct state {
    uint32_t gpr[8];                        /* eax ecx edx ebx esp ebp esi edi */
    uint32_t eip;                           /* case: where to start, an offset in cs; outcome: where it ended, less 1 behind int3 */
    uint32_t eflags;
    uint32_t trap, error, address;          /* outcome: vector, error code, cr2 of a page fault */
    uint32_t signal, signal_code;           /* outcome: number and si_code */
    uint32_t length;                        /* case: bytes of code */
    uint16_t es, cs, ss, ds, fs, gs;
    uint16_t unused[2];
    uint8_t fx[FX_SIZE];
    uint8_t code[CODE_SIZE];
    uint8_t data[DATA_WINDOW], data_low[EDGE], data_high[EDGE];
    uint8_t stack[STACK_WINDOW], stack_low[EDGE], stack_high[EDGE];
};

static struct state *cases;
static uint32_t count, current;
static int started;
uint32_t saved_gs;

void entry(int number, siginfo_t *info, void *context);
/* The case's flags and GS are still in force when the handler begins. */
__asm__(".globl entry\nentry:\n  pushl $0x202\n  popfl\n  movl saved_gs, %eax\n  movl %eax, %gs\n  jmp handler\n");

static int transfer(ssize_t (*move)(int, void *, size_t), int file, void *buffer, size_t size)
{
    for (size_t done = 0; done < size;) {
        ssize_t part = move(file, (char *)buffer + done, size - done);
        if (part <= 0) return 0;
        done += (size_t)part;
    }
    return 1;
}

static ssize_t write_to(int file, void *buffer, size_t size) { return write(file, buffer, size); }

static void next_batch(void)
{
    if (count != 0 && !transfer(write_to, 1, cases, count * sizeof *cases)) _exit(1);
    if (!transfer(read, 0, &count, sizeof count)) _exit(0);
    free(cases);
    cases = malloc(count * sizeof *cases);
    if (!transfer(read, 0, cases, count * sizeof *cases)) _exit(2);
    current = 0;
}

static void put_fpu(uint8_t *frame, const uint8_t *fx)
{
    /* The kernel takes XMM and MXCSR from the FXSAVE part of the frame, the rest from the FSAVE part before it. */
    uint32_t *words = (uint32_t *)frame;
    uint16_t tags = 0;
    for (unsigned i = 0; i < 8; i++) {
        if (!(fx[4] >> i & 1)) tags |= 3 << (2 * i);
        memcpy(frame + 28 + 10 * i, fx + 32 + 16 * i, 10);
    }
    words[0] = *(const uint16_t *)fx | 0xffff0000;
    words[1] = *(const uint16_t *)(fx + 2) | 0xffff0000;
    words[2] = tags | 0xffff0000;
    words[3] = *(const uint32_t *)(fx + 8);
    words[4] = *(const uint16_t *)(fx + 12) | (uint32_t)*(const uint16_t *)(fx + 6) << 16;
    words[5] = *(const uint32_t *)(fx + 16);
    words[6] = *(const uint16_t *)(fx + 20) | 0xffff0000;
    uint32_t mask = *(uint32_t *)(frame + LEGACY_SIZE + 28);
    memcpy(frame + LEGACY_SIZE, fx, FX_SIZE);
    *(uint32_t *)(frame + LEGACY_SIZE + 28) = mask;
}

static const int order[8] = { REG_EAX, REG_ECX, REG_EDX, REG_EBX, REG_ESP, REG_EBP, REG_ESI, REG_EDI };

static void put(const struct state *s, ucontext_t *uc)
{
    greg_t *g = uc->uc_mcontext.gregs;
    memset((void *)CODE, 0xCC, PAGE);
    memset((void *)DATA, 0, 2 * PAGE);
    memset((void *)STACK, 0, 2 * PAGE);
    memcpy((void *)(CODE + CODE_START), s->code, s->length);
    memcpy((void *)(DATA + PAGE - DATA_WINDOW / 2), s->data, DATA_WINDOW);
    memcpy((void *)DATA, s->data_low, EDGE);
    memcpy((void *)(DATA + 2 * PAGE - EDGE), s->data_high, EDGE);
    memcpy((void *)(STACK + PAGE - STACK_WINDOW / 2), s->stack, STACK_WINDOW);
    memcpy((void *)STACK, s->stack_low, EDGE);
    memcpy((void *)(STACK + 2 * PAGE - EDGE), s->stack_high, EDGE);
    for (int i = 0; i < 8; i++) g[order[i]] = (greg_t)s->gpr[i];
    g[REG_UESP] = (greg_t)s->gpr[4];
    g[REG_EIP] = (greg_t)s->eip;
    g[REG_EFL] = (greg_t)(s->eflags | 0x202);
    g[REG_ES] = s->es;
    g[REG_CS] = s->cs;
    g[REG_SS] = s->ss;
    g[REG_DS] = s->ds;
    g[REG_FS] = s->fs;
    g[REG_GS] = s->gs;
    put_fpu((uint8_t *)uc->uc_mcontext.fpregs, s->fx);
}

static void take(struct state *s, siginfo_t *info, ucontext_t *uc)
{
    greg_t *g = uc->uc_mcontext.gregs;
    for (int i = 0; i < 8; i++) s->gpr[i] = (uint32_t)g[order[i]];
    s->trap = info->si_signo == SIGALRM ? GIVEN_UP : (uint32_t)g[REG_TRAPNO];
    s->error = s->trap == GIVEN_UP ? 0 : (uint32_t)g[REG_ERR];
    s->address = s->trap == 14 ? (uint32_t)uc->uc_mcontext.cr2 : 0;
    s->signal = (uint32_t)info->si_signo;
    s->signal_code = s->trap == GIVEN_UP ? 0 : (uint32_t)info->si_code;
    s->eip = (uint32_t)g[REG_EIP] - (s->trap == 3);
    s->eflags = (uint32_t)g[REG_EFL] & ~0x10000u;
    s->es = (uint16_t)g[REG_ES];
    s->cs = (uint16_t)g[REG_CS];
    s->ss = (uint16_t)g[REG_SS];
    s->ds = (uint16_t)g[REG_DS];
    s->fs = (uint16_t)g[REG_FS];
    s->gs = (uint16_t)g[REG_GS];
    memcpy(s->fx, (uint8_t *)uc->uc_mcontext.fpregs + LEGACY_SIZE, FX_SIZE);
    memcpy(s->data, (void *)(DATA + PAGE - DATA_WINDOW / 2), DATA_WINDOW);
    memcpy(s->data_low, (void *)DATA, EDGE);
    memcpy(s->data_high, (void *)(DATA + 2 * PAGE - EDGE), EDGE);
    memcpy(s->stack, (void *)(STACK + PAGE - STACK_WINDOW / 2), STACK_WINDOW);
    memcpy(s->stack_low, (void *)STACK, EDGE);
    memcpy(s->stack_high, (void *)(STACK + 2 * PAGE - EDGE), EDGE);
}

__attribute__((used)) static void handler(int number, siginfo_t *info, void *context)
{
    static uint32_t watched = UINT32_MAX;
    if (number == SIGALRM && (!started || watched != current || current >= count)) {
        watched = current;
        return;
    }
    if (started) take(&cases[current++], info, context);
    started = 1;
    watched = UINT32_MAX;
    while (current >= count) next_batch();
    put(&cases[current], context);
}

int main(void)
{
    static uint8_t alternate[65536];
    stack_t ss = { .ss_sp = alternate, .ss_size = sizeof alternate };
    struct sigaction sa = { .sa_sigaction = entry, .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER | SA_RESTART };
    struct itimerval tick = { { 1, 0 }, { 1, 0 } };
    int rw = PROT_READ | PROT_WRITE, fixed = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED;
    uint32_t descriptors;
    __asm__ volatile("movl %%gs, %0" : "=r"(saved_gs));
    if (!transfer(read, 0, &descriptors, sizeof descriptors)) return 1;
    for (; descriptors > 0; descriptors--) {
        struct user_desc entry;
        if (!transfer(read, 0, &entry, sizeof entry) || syscall(SYS_modify_ldt, 0x11, &entry, sizeof entry) != 0) return 3;
    }
    mmap((void *)CODE, PAGE, rw | PROT_EXEC, fixed, -1, 0);
    uint8_t *constant = mmap((void *)(DATA - PAGE), PAGE, rw, fixed, -1, 0);
    mmap((void *)DATA, 2 * PAGE, rw, fixed, -1, 0);
    mmap((void *)STACK, 2 * PAGE, rw, fixed, -1, 0);
    for (int i = 0; i < PAGE; i++) constant[i] = (uint8_t)(i * 7 + 13);
    mprotect(constant, PAGE, PROT_READ);
    sigaltstack(&ss, 0);
    int signals[] = { SIGTRAP, SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGALRM };
    for (unsigned i = 0; i < sizeof signals / sizeof *signals; i++) sigaction(signals[i], &sa, 0);
    setitimer(ITIMER_REAL, &tick, 0);
    raise(SIGTRAP);
    return 4;
}
