/* oracle: runs single instructions on the real processor. Reads cases from standard input, writes outcomes to standard output;
   both are struct record. A case is loaded by returning from a signal with its registers, and ends in the int3 that fills the code page,
   or in a fault. Built with: gcc -m32 -O2 -static -o oracle oracle.c */
#define _GNU_SOURCE
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

enum { CODE = 0x08048000, DATA = 0x09000000, STACK = 0x0A000000, PAGE = 0x1000, WINDOW = PAGE - 128, WINDOW_SIZE = 256 };

struct record {
    uint32_t gpr[8]; /* eax ecx edx ebx esp ebp esi edi */
    uint32_t eip;    /* case: where to start; outcome: where it ended, less 1 behind int3 */
    uint32_t eflags;
    uint32_t trap;   /* outcome: the vector, 3 for int3 */
    uint32_t length; /* case: bytes of code */
    uint8_t code[16];
    uint8_t data[WINDOW_SIZE];
    uint8_t stack[WINDOW_SIZE];
};

static struct record current;
static int started;

static void put(ucontext_t *uc)
{
    static const int order[8] = { REG_EAX, REG_ECX, REG_EDX, REG_EBX, REG_ESP, REG_EBP, REG_ESI, REG_EDI };
    memset((void *)CODE, 0xCC, PAGE);
    memset((void *)DATA, 0, 2 * PAGE);
    memset((void *)STACK, 0, 2 * PAGE);
    memcpy((void *)current.eip, current.code, current.length);
    memcpy((void *)(DATA + WINDOW), current.data, WINDOW_SIZE);
    memcpy((void *)(STACK + WINDOW), current.stack, WINDOW_SIZE);
    for (int i = 0; i < 8; i++) uc->uc_mcontext.gregs[order[i]] = (greg_t)current.gpr[i];
    uc->uc_mcontext.gregs[REG_UESP] = (greg_t)current.gpr[4];
    uc->uc_mcontext.gregs[REG_EIP] = (greg_t)current.eip;
    uc->uc_mcontext.gregs[REG_EFL] = (greg_t)(current.eflags | 0x202);
}

static void take(ucontext_t *uc)
{
    static const int order[8] = { REG_EAX, REG_ECX, REG_EDX, REG_EBX, REG_ESP, REG_EBP, REG_ESI, REG_EDI };
    for (int i = 0; i < 8; i++) current.gpr[i] = (uint32_t)uc->uc_mcontext.gregs[order[i]];
    current.trap = (uint32_t)uc->uc_mcontext.gregs[REG_TRAPNO];
    current.eip = (uint32_t)uc->uc_mcontext.gregs[REG_EIP] - (current.trap == 3);
    current.eflags = (uint32_t)uc->uc_mcontext.gregs[REG_EFL] & ~0x10000u;
    memcpy(current.data, (void *)(DATA + WINDOW), WINDOW_SIZE);
    memcpy(current.stack, (void *)(STACK + WINDOW), WINDOW_SIZE);
    fwrite(&current, sizeof current, 1, stdout);
}

static void handler(int number, siginfo_t *info, void *context)
{
    (void)number;
    (void)info;
    if (started) take(context);
    started = 1;
    if (fread(&current, sizeof current, 1, stdin) != 1) {
        fflush(stdout);
        _exit(0);
    }
    put(context);
}

int main(void)
{
    static uint8_t alternate[65536];
    stack_t ss = { .ss_sp = alternate, .ss_size = sizeof alternate };
    struct sigaction sa = { .sa_sigaction = handler, .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER };
    int rw = PROT_READ | PROT_WRITE, fixed = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED;
    mmap((void *)CODE, PAGE, rw | PROT_EXEC, fixed, -1, 0);
    mmap((void *)DATA, 2 * PAGE, rw, fixed, -1, 0);
    mmap((void *)STACK, 2 * PAGE, rw, fixed, -1, 0);
    sigaltstack(&ss, 0);
    int signals[] = { SIGTRAP, SIGSEGV, SIGBUS, SIGFPE, SIGILL };
    for (unsigned i = 0; i < sizeof signals / sizeof *signals; i++) sigaction(signals[i], &sa, 0);
    static char in[1 << 16], out[1 << 16];
    setvbuf(stdin, in, _IOFBF, sizeof in);
    setvbuf(stdout, out, _IOFBF, sizeof out);
    raise(SIGTRAP);
    return 1;
}
