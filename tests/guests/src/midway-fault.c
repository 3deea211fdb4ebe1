/* midway-fault KIND [handled | pointers]: a stretch in which an x87 exception is unmasked, raised and pending, while integer instructions, and x87's own that do
   not wait, run on. KIND: invalid, stack, denormal, zero, overflow, underflow, inexact, late (raised masked, unmasked afterwards). After the stretch an
   instruction that waits brings SIGFPE: the end, or with "handled" a handler that prints what it is told. */
#include "midway.h"

enum { SIGFPE = 8, SA_SIGINFO = 4, SA_RESTORER = 0x04000000 };

struct rt_action { void *handler; u32 flags; void *restorer; u32 mask[2]; };
struct info { s32 signal, error, code; u32 address, rest[28]; };
struct context { u32 flags, link, stack[3], registers[19]; u8 *fpstate; u32 oldmask, cr2, mask[2]; };

void restorer(void);
void waiting(void);
__asm__(".text\nrestorer: movl $173, %eax\n\tint $0x80\n");

NAMED_BY_ASM u16 control, control_again, status[4], masked = 0x037f;
NAMED_BY_ASM u8 environment[28], tiny[10] = { 1, 0, 0, 0, 0, 0, 0, 0x80, 1, 0 }, huge[10] = { 1, 0, 0, 0, 0, 0, 0, 0x80, 0xfe, 0x7f }, small[10] = { 1 };
NAMED_BY_ASM u32 sum;

static void handler(int signal, struct info *info, struct context *context)
{
    u8 image[108];
    put("signal ");
    put_unsigned((u32)signal);
    put(" code ");
    put_signed(info->code);
    put(info->address == (u32)waiting ? " at the instruction that waits" : " elsewhere");
    end_line();
    for (u32 i = 0; i < sizeof image; i++) image[i] = context->fpstate[i];
    put_x87(image, argument_is(3, "pointers"));
    quit(3);
}

/* Raises what the control word lets be raised; the operands of each kind are on the stack. FNSTENV masks what is pending, FLDCW unmasks it again. */
#define STRETCH(operands, operation) \
    __asm__ volatile( \
        "fninit\n\tfldpi\n\tfldcw masked\n\t" operands "\n\tfldcw control\n\t" operation "\n\t" \
        "fnstsw status\n\tmovl $5, %%ecx\n\t" \
        "1: addl %%ecx, sum\n\tfnstcw control\n\tfnstsw %%ax\n\tmovw %%ax, status+2\n\tloop 1b\n\t" \
        "fnstenv environment\n\tfldcw control_again\n\tfnstsw status+4" : : : "eax", "ecx", "memory")

static int run(void)
{
    static const char *const kinds[] = { "invalid", "denormal", "zero", "overflow", "underflow", "inexact", "stack", "late" };
    static const u8 unmasked[] = { INVALID, DENORMAL, ZERO_DIVIDE, OVERFLOW, UNDERFLOW, INEXACT, INVALID, ZERO_DIVIDE };
    u32 kind = 0;
    while (kind < 7 && !argument_is(1, kinds[kind])) kind++;
    control = control_again = (u16)(0x0b7f & ~(u32)unmasked[kind]); /* extended, up */
    say("begin");
    switch (kind) {
    case 0: STRETCH("fldz\n\tfldz", "fdivp %%st, %%st(1)"); break;
    case 1: STRETCH("fldt small", "fadd %%st, %%st(1)"); break;
    case 2: STRETCH("fldz\n\tfld1", "fdiv %%st(1), %%st"); break;
    case 3: STRETCH("fldt huge", "fmul %%st, %%st(0)"); break;
    case 4: STRETCH("fldt tiny", "fmul %%st, %%st(0)"); break;
    case 5: STRETCH("fld1\n\tfldl2e", "fdivrp %%st, %%st(1)"); break;
    case 6: STRETCH("fld1\n\tfld1\n\tfld1\n\tfld1\n\tfld1\n\tfld1\n\tfld1", "fldln2"); break;
    default: STRETCH("fldz\n\tfld1\n\tfdiv %%st(1), %%st", ""); break;
    }
    say("end");
    put_words("status", status, 2);
    put_words("sum", &sum, 1);
    put_bits(environment, 2), put(" "), put_bits(environment + 4, 2), put(" "), put_bits(environment + 8, 2);
    end_line();
    if (argument_is(2, "handled")) {
        struct rt_action action = { handler, SA_SIGINFO | SA_RESTORER, restorer, { 0, 0 } };
        must("rt_sigaction", (s32)sys(SYS_rt_sigaction, SIGFPE, &action, 0, 8));
    }
    __asm__ volatile("nop\n\t.globl waiting\nwaiting: fwait" : : : "memory");
    say("not raised");
    return 1;
}
