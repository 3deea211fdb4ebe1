/* debugreg [ROUNDS]: for tests that set the debug registers from outside. Prints "watch ADDRESS", the address of a word (always 20000000
   hex), then for ROUNDS (20; 0: for ever) reads and writes it a thousand times and prints a line. A SIGTRAP is counted, so a machine that
   implements the breakpoints shows it in "traps"; one that only keeps the registers goes on with 0. */
#include "crt.h"

enum { SIGTRAP = 5, SA_RESTORER = 0x04000000 };

static volatile u32 traps;

static void trapped(int signal)
{
    (void)signal;
    traps++;
}

void restorer(void);
__asm__(".text\nrestorer: movl $173, %eax\n\tint $0x80");

static int run(void)
{
    u32 rounds = (u32)argument(1, 20);
    u32 action[5] = { (u32)trapped, SA_RESTORER | 4 /* SA_SIGINFO: an rt frame */, (u32)restorer, 0, 0 };
    must("rt_sigaction", (s32)sys(SYS_rt_sigaction, SIGTRAP, action, 0, 8));
    volatile u32 *word = (u32 *)must("mmap", (s32)sys(SYS_mmap2, 0x20000000, 4096, PROT_READ | PROT_WRITE,
        MAP_PRIVATE | MAP_ANONYMOUS | 0x10 /* MAP_FIXED */, -1, 0));
    put("watch ");
    put_hex((u32)word);
    end_line();
    for (u32 round = 1;; round++) {
        for (u32 i = 0; i < 1000; i++) *word = *word + i;
        put("round ");
        put_unsigned(round);
        put(" word ");
        put_hex(*word);
        put(" traps ");
        put_unsigned(traps);
        end_line();
        if (round == rounds) return 0;
    }
}
