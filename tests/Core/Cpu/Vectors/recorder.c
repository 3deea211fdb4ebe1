/* Runs single instructions on the real processor: reads cases from the file argv[1], writes outcomes to argv[2].
   Built with gcc -m32 -O1 -no-pie -fno-pic. A case and an outcome are 624 bytes each; see VectorCase.cs. */
#define _GNU_SOURCE
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>

enum { MEMORY = 0x20000000, CODE = 0x20010000 };

struct record {
    uint8_t head[16]; /* case: length and bytes of the code; outcome: signal number */
    uint32_t gpr[7];  /* eax ecx edx ebx esi edi eflags */
    uint32_t unused;
    uint8_t memory[64];
    uint8_t fx[512];
};

uint8_t fx_in[512] __attribute__((aligned(64)));
uint8_t fx_out[512] __attribute__((aligned(64)));
uint32_t in_gpr[7], out_gpr[7], saved_esp, code_entry = CODE;
uint32_t default_mxcsr = 0x1f80;
static volatile int signal_number;

void run_case(void);
void finish(void);
void finish_signal(void);
__asm__(
    ".globl run_case, finish, finish_signal\n"
    "run_case:\n"
    "  pushal\n"
    "  mov %esp, saved_esp\n"
    "  fxrstor fx_in\n"
    "  pushl in_gpr+24\n"
    "  popf\n"
    "  mov in_gpr+0, %eax\n"
    "  mov in_gpr+4, %ecx\n"
    "  mov in_gpr+8, %edx\n"
    "  mov in_gpr+12, %ebx\n"
    "  mov in_gpr+16, %esi\n"
    "  mov in_gpr+20, %edi\n"
    "  jmp *code_entry\n"
    "finish:\n"
    "  mov %eax, out_gpr+0\n"
    "  mov %ecx, out_gpr+4\n"
    "  mov %edx, out_gpr+8\n"
    "  mov %ebx, out_gpr+12\n"
    "  mov %esi, out_gpr+16\n"
    "  mov %edi, out_gpr+20\n"
    "  mov saved_esp, %esp\n"
    "  pushf\n"
    "  popl out_gpr+24\n"
    "  fxsave fx_out\n"
    "finish_signal:\n"
    "  mov saved_esp, %esp\n"
    "  pushl $0x202\n"
    "  popf\n"
    "  fninit\n"
    "  ldmxcsr default_mxcsr\n"
    "  popal\n"
    "  ret\n");

static void handler(int number, siginfo_t *info, void *context)
{
    ucontext_t *uc = context;
    greg_t *g = uc->uc_mcontext.gregs;
    (void)info;
    signal_number = number;
    out_gpr[0] = g[REG_EAX];
    out_gpr[1] = g[REG_ECX];
    out_gpr[2] = g[REG_EDX];
    out_gpr[3] = g[REG_EBX];
    out_gpr[4] = g[REG_ESI];
    out_gpr[5] = g[REG_EDI];
    out_gpr[6] = g[REG_EFL];
    memcpy(fx_out, (char *)uc->uc_mcontext.fpregs + 112, 512);
    g[REG_EIP] = (greg_t)finish_signal;
    g[REG_EFL] = 0x202;
}

int main(int argc, char **argv)
{
    struct record r;
    FILE *in = fopen(argv[1], "rb"), *out = fopen(argv[2], "wb");
    uint8_t *memory, *code;
    stack_t stack = { .ss_sp = malloc(65536), .ss_size = 65536 };
    struct sigaction action = { .sa_sigaction = handler, .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER };
    (void)argc;
    if (!in || !out) return 1;
    memory = mmap((void *)MEMORY, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
    code = mmap((void *)CODE, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
    if (memory == MAP_FAILED || code == MAP_FAILED) return 2;
    sigaltstack(&stack, 0);
    sigaction(SIGFPE, &action, 0);
    sigaction(SIGSEGV, &action, 0);
    sigaction(SIGILL, &action, 0);
    sigaction(SIGBUS, &action, 0);
    sigaction(SIGTRAP, &action, 0);
    while (fread(&r, sizeof r, 1, in) == 1) {
        unsigned length = r.head[0];
        memcpy(code, r.head + 1, length);
        code[length] = 0xe9;
        *(uint32_t *)(code + length + 1) = (uint32_t)finish - (CODE + length + 5);
        memcpy(memory, r.memory, 64);
        memcpy(fx_in, r.fx, 512);
        memset(fx_out, 0, 512);
        memcpy(in_gpr, r.gpr, sizeof in_gpr);
        signal_number = 0;
        run_case();
        memset(r.head, 0, 16);
        r.head[0] = signal_number;
        memcpy(r.gpr, out_gpr, sizeof in_gpr);
        memcpy(r.memory, memory, 64);
        memcpy(r.fx, fx_out, 512);
        fwrite(&r, sizeof r, 1, out);
    }
    return fclose(out) != 0;
}
