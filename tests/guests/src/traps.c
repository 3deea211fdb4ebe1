/* traps [PART]: raises every exception that user mode can, and prints what its handler is told: signal / si_code, si_addr, trap number / error code,
   EIP, EFLAGS, and for page faults CR2 where it is not si_addr, in hex. Addresses within a case are offsets from its start. Parts: faults, memory, segments, align, float, step, repeat;
   without PART all of them. "debug" makes a child that stops itself, and sets its debug registers by ptrace. "watched" is that child alone, for machines
   that set the registers from outside; it tells where the breakpoint on execution belongs, the other values are those of `debug` below. */
#include "crt.h"

enum {
    SIGILL = 4, SIGTRAP = 5, SIGBUS = 7, SIGFPE = 8, SIGSEGV = 11, SIGSTOP = 19, SA_SIGINFO = 4, SA_ONSTACK = 0x08000000, SA_RESTORER = 0x04000000,
    SA_NODEFER = 0x40000000, SYS_ptrace = 26, TRAP_FLAG = 0x100
};
enum { REG_GS, REG_FS, REG_ES, REG_DS, REG_EDI, REG_ESI, REG_EBP, REG_ESP, REG_EBX, REG_EDX, REG_ECX, REG_EAX, REG_TRAPNO, REG_ERR, REG_EIP,
    REG_CS, REG_EFL, REG_UESP, REG_SS };

struct info { s32 signal, error, code; u32 address, rest[28]; };
struct context { u32 flags, link, stack[3], registers[19], fpstate, oldmask, cr2; };
struct test { const char *name; const u8 *code; };

/* Pages at fixed places; between them nothing is mapped. */
enum {
    DATA = 0x20000000, NEVER_TOUCHED = 0x20002000, READ_ONLY = 0x20004000, READ_BEFORE = 0x20006000, NO_ACCESS = 0x20008000, NO_ACCESS_NOW = 0x2000a000,
    NOT_CODE = 0x2000c000, NOT_CODE_NEW = 0x2000e000, CODE = 0x20010000, PAST_END = 0x20012000
};

void restorer(void);
void enter(const u8 *code);
void leave(void);
__asm__(".text\n"
        "restorer: movl $173, %eax\n\tint $0x80\n"
        /* Registers and flags are the same at the start of each case. */
        "enter:\n\t"
        "pushal\n\t"
        "movl %esp, saved_stack\n\t"
        "movl 36(%esp), %ebx\n\t"
        "movl $0x20000000, %eax\n\t"
        "movl %eax, %esi\n\tleal 64(%eax), %edi\n\tleal 0x800(%eax), %ebp\n\tmovl $3, %ecx\n\tmovl $0, %edx\n\t"
        "pushl $0x202\n\tpopfl\n\t"
        "jmp *%ebx\n"
        "leave:\n\t"
        "fninit\n\tldmxcsr usual_mxcsr\n\t"
        "popal\n\t"
        "ret\n");

static u32 saved_stack __attribute__((used)), usual_mxcsr __attribute__((used)) = 0x1f80;
static u16 flat_code, flat_data;
static const u8 *origin;
static u32 quiet, only_code, events;

/* Hexadecimal without leading zeros. */
static void put_number(u32 n)
{
    int shift = 28;
    while (shift > 0 && n >> shift == 0) shift -= 4;
    for (; shift >= 0; shift -= 4) {
        char digit[2] = { "0123456789abcdef"[n >> shift & 15], 0 };
        put(digit);
    }
}

static void put_address(u32 at)
{
    if (at - (u32)origin < 256) {
        put("+");
        put_number(at - (u32)origin);
    } else {
        put_number(at);
    }
}

/* RF of a trap between two iterations of a repeated string instruction: one maker sets it always, as Intel has it, the other not always. */
static u32 unlike(const u32 *r)
{
    const u8 *at = (const u8 *)r[REG_EIP];
    return r[REG_TRAPNO] == 1 && (*at == 0xf2 || *at == 0xf3) ? 0x10000 : 0;
}

static void handler(int signal, struct info *info, struct context *context)
{
    u32 *r = context->registers;
    only_code = (u32)info->code;
    if (!quiet) {
        put("  ");
        put_signed(signal);
        put("/");
        put_signed(info->code);
        put(" at ");
        put_address(info->address);
        put(" trap ");
        put_unsigned(r[REG_TRAPNO]);
        put("/");
        put_number(r[REG_ERR]);
        put(" eip ");
        put_address(r[REG_EIP]);
        put(" flags ");
        put_number(r[REG_EFL] & ~unlike(r));
        if (r[REG_TRAPNO] == 14 && context->cr2 != info->address) {
            put(" cr2 ");
            put_address(context->cr2);
        }
        end_line();
    }
    if (signal == SIGTRAP && ++events < 40) return;
    r[REG_EIP] = (u32)leave;
    r[REG_ESP] = r[REG_UESP] = saved_stack;
    r[REG_EFL] = 0x202;
    r[REG_CS] = flat_code;
    r[REG_SS] = r[REG_DS] = r[REG_ES] = flat_data;
    r[REG_FS] = 0;
    context->fpstate = 0;
}

static void run_case(const char *name, const u8 *code)
{
    origin = code;
    events = 0;
    if (!quiet) say(name);
    enter(code);
}

/* Each case ends with UD2, which ends it if nothing else did. */
#define ASM(name, code) "case_" #name ":\n\t" code "\n\tud2\n"
#define DECLARE(name, code) extern const u8 case_##name[];
#define ROW(name, code) { #name, case_##name },
#define PART(part, CASES)                                                   \
    __asm__(".text\n" CASES(ASM));                                          \
    CASES(DECLARE)                                                          \
    static void part(void)                                                  \
    {                                                                       \
        static const struct test tests[] = { CASES(ROW) };                  \
        for (u32 i = 0; i < sizeof tests / sizeof *tests; i++) run_case(tests[i].name, tests[i].code); \
    }

#define FAULTS(X)                                                           \
    X(divide_by_zero, "nop\n\tdivl %edx")                                   \
    X(divide_overflow, "movl $0x80000000, %eax\n\tcltd\n\tmovl $-1, %ecx\n\tidivl %ecx") \
    X(divide_byte, "divb 1(%esi)")                                          \
    X(aam_zero, "aam $0")                                                   \
    X(int3, "int3\n\tnop")                                                  \
    X(int_3, ".byte 0xcd, 3")                                               \
    X(into_without, "into")                                                 \
    X(into_with, "movb $127, %al\n\tincb %al\n\tinto")                      \
    X(int_4, "int $4")                                                      \
    X(bound_within, "movl $1, (%esi)\n\tmovl $9, 4(%esi)\n\tmovl $9, %eax\n\tboundl %eax, (%esi)") \
    X(bound_below, "movl $1, (%esi)\n\tmovl $9, 4(%esi)\n\tmovl $0, %eax\n\tboundl %eax, (%esi)")  \
    X(bound_above, "movl $1, (%esi)\n\tmovl $9, 4(%esi)\n\tmovw $10, %ax\n\tboundw %ax, 2(%esi)")  \
    X(int_5, "int $5")                                                      \
    X(int_0, "int $0")                                                      \
    X(int_1, ".byte 0xcd, 1")                                               \
    X(int_13, "int $13")                                                    \
    X(int_255, "int $255")                                                  \
    X(ud2, "nop")                                                           \
    X(ud1_with_memory, ".byte 0x0f, 0xb9, 0x05, 0, 0, 0, 0")                \
    X(opcode_unknown, ".byte 0x0f, 0xff, 0xc0")                             \
    X(lock_of_a_register, ".byte 0xf0, 1, 0xc0")                            \
    X(lock_of_a_move, ".byte 0xf0, 0x89, 6")                                \
    X(load_of_cs, ".byte 0x8e, 0xc8")                                       \
    X(segment_register_6, ".byte 0x8e, 0xf0")                               \
    X(lea_of_a_register, ".byte 0x8d, 0xc0")                                \
    X(les_of_a_register, ".byte 0xf0, 0x90")                                \
    X(hlt, "hlt")                                                           \
    X(cli, "cli")                                                           \
    X(sti, "sti")                                                           \
    X(in, "inb $0x60, %al")                                                 \
    X(out, "movb $0x80, %dl\n\toutb %al, %dx")                              \
    X(ins, "rep\n\tinsb")                                                   \
    X(ins_of_none, "xorl %ecx, %ecx\n\trep\n\tinsb")                        \
    X(read_cr0, "movl %cr0, %eax")                                          \
    X(write_cr3, "movl %eax, %cr3")                                         \
    X(read_dr7, "movl %dr7, %eax")                                          \
    X(write_dr0, "movl %eax, %dr0")                                         \
    X(rdmsr, "rdmsr")                                                       \
    X(wrmsr, "wrmsr")                                                       \
    X(lgdt, "lgdt (%esi)")                                                  \
    X(lldt, "lldt %ax")                                                     \
    X(ltr, "ltr %ax")                                                       \
    X(lmsw, "lmsw %ax")                                                     \
    X(clts, "clts")                                                         \
    X(invd, "invd")                                                         \
    X(wbinvd, "wbinvd")                                                     \
    X(invlpg, "invlpg (%esi)")                                              \
    X(sysexit, "sysexit")                                                   \
    X(fourteen_prefixes, ".fill 14, 1, 0x66\n\tnop")                        \
    X(fifteen_prefixes, ".fill 15, 1, 0x66\n\tnop")                         \
    X(long_with_operand, ".fill 6, 1, 0x26\n\tmovl $1, %es:0x20000000(%eax)") \
    X(carry_and_sign_stay, "xorl %eax, %eax\n\tsubl $1, %eax\n\tdivl %edx")
PART(faults, FAULTS)

#define MEMORY(X)                                                           \
    X(read_zero, "movl 0, %eax")                                            \
    X(write_zero, "movl %eax, 0")                                           \
    X(jump_zero, "xorl %edx, %edx\n\tjmp *%edx")                            \
    X(read_unmapped, "movl 0x20001000, %eax")                               \
    X(write_unmapped, "movb %al, 0x20001fff")                               \
    X(add_unmapped, "addl %eax, 0x20001800")                                \
    X(execute_unmapped, "movl $0x20001234, %eax\n\tjmp *%eax")              \
    X(read_over_the_end, "movl 0x20000ffe, %eax")                           \
    X(write_over_the_end, "movl %eax, 0x20000ffd")                          \
    X(write_over_the_start, "movl %eax, 0x20001fff")                        \
    X(add_over_the_end, "addl %eax, 0x20000fff")                            \
    X(movsd_over_the_end, "movl $0x20000ff9, %esi\n\trep\n\tmovsl")         \
    X(stosb_over_the_end, "movl $0x20000ffe, %edi\n\trep\n\tstosb")         \
    X(stosb_backwards, "movl $0x20000001, %edi\n\tstd\n\trep\n\tstosb")     \
    X(cmpsb_over_the_end, "movl $0x20000fff, %edi\n\tmovb $0, (%edi)\n\tmovb $0, (%esi)\n\trepe\n\tcmpsb") \
    X(write_never_touched, "movl %eax, 0x20002000")                         \
    X(read_then_write, "movl 0x20002000, %eax\n\tmovl %eax, 0x20002004")    \
    X(write_read_only, "movl %eax, 0x20004000")                             \
    X(write_read_before, "movl %eax, 0x20006010")                           \
    X(exchange_read_before, "xchgl %eax, 0x20006010")                       \
    X(read_no_access, "movl 0x20008000, %eax")                              \
    X(write_no_access, "movl %eax, 0x20008000")                             \
    X(read_no_access_now, "movl 0x2000a000, %eax")                          \
    X(write_no_access_now, "movl %eax, 0x2000a004")                         \
    X(execute_data, "movl $0x2000c010, %eax\n\tjmp *%eax")                  \
    X(execute_new_data, "movl $0x2000e010, %eax\n\tjmp *%eax")              \
    X(execute_no_access, "movl $0x20008000, %eax\n\tjmp *%eax")             \
    X(code_over_the_end, "movl $0x20010ffd, %eax\n\tjmp *%eax")             \
    X(prefixes_to_the_end, "movl $0x20010ff1, %eax\n\tmovl $0x66666666, %edx\n\tmovl %edx, (%eax)\n\tmovl %edx, 4(%eax)\n\tmovl %edx, 8(%eax)\n\tmovl %edx, 11(%eax)\n\tjmp *%eax") \
    X(fourteen_to_the_end, "movl $0x20010ff2, %eax\n\tjmp *%eax")           \
    X(write_own_code, "movl %eax, write_target\nwrite_target: nop")         \
    X(read_past_the_file, "movl 0x20013000, %eax")                          \
    X(write_past_the_file, "movl %eax, 0x20013ffc")                         \
    X(push_unmapped, "movl $0x20002000, %esp\n\tpushl %eax")                \
    X(push_half_mapped, "movl $0x20001002, %esp\n\tpushl %eax")             \
    X(pop_unmapped, "movl $0x20001000, %esp\n\tpopl %eax")                  \
    X(pop_to_unmapped, "movl $0x20000800, %esp\n\tpopl 0x20001000")         \
    X(call_without_stack, "movl $0x20001800, %esp\n\tcall case_ud2")        \
    X(ret_without_stack, "movl $0x20001800, %esp\n\tret")                   \
    X(pusha_half, "movl $0x20002010, %esp\n\tpushal")                       \
    X(popa_half, "movl $0x20000ff0, %esp\n\tpopal")                         \
    X(enter_without_stack, "movl $0x20000810, %esp\n\tenter $0x900, $0")    \
    X(leave_unmapped, "movl $0x20001800, %ebp\n\tleave")                    \
    X(call_to_unmapped, "movl $0x20000800, %esp\n\tmovl $0x20001800, %eax\n\tcall *%eax") \
    X(movaps_unaligned, "movaps 4(%esi), %xmm0")                            \
    X(movaps_unaligned_unmapped, "movaps 0x20001004, %xmm0")                \
    X(fxsave_unaligned, "fxsave 8(%esi)")                                   \
    X(ldmxcsr_reserved, "movl $0x80001f80, (%esi)\n\tldmxcsr (%esi)")       \
    X(movups_over_the_end, "movups %xmm0, 0x20000ff8")                      \
    X(fstpt_over_the_end, "fld1\n\tfstpt 0x20000ff8")                       \
    X(maskmovq, "movl $0x20000ffd, %edi\n\tpcmpeqb %mm0, %mm0\n\tmaskmovq %mm0, %mm0") \
    X(cmpxchg8b_over_the_end, "cmpxchg8b 0x20000ffc")                       \
    X(clflush_unmapped, "clflush 0x20001000")                               \
    X(prefetch_unmapped, "prefetcht0 0x20001000")
PART(memory, MEMORY)

/* LDT: 0 data, base 20000000h, 4 KiB; 1 data, not present; 2 flat code; 3 data, read only; 4 code at 20010000h, 16 bytes; 5 code, execute only. */
#define SEGMENTS(X)                                                         \
    X(segment_null_fs, "xorl %eax, %eax\n\tmovl %eax, %fs\n\tmovl %fs:(%esi), %eax") \
    X(segment_null_ss, "xorl %eax, %eax\n\tmovl %eax, %ss")                         \
    X(segment_beyond_the_gdt, "movl $0xfff8, %eax\n\tmovl %eax, %es")               \
    X(segment_beyond_the_ldt, "movl $0xffc, %eax\n\tmovl %eax, %es")                \
    X(segment_not_present, "movl $0xf, %eax\n\tmovl %eax, %es")                     \
    X(segment_not_present_ss, "movl $0xf, %eax\n\tmovl %eax, %ss")                  \
    X(segment_read_only_ss, "movl $0x1f, %eax\n\tmovl %eax, %ss")                   \
    X(segment_code_as_ss, "movl $0x17, %eax\n\tmovl %eax, %ss")                     \
    X(segment_execute_only_ds, "movl $0x2f, %eax\n\tmovl %eax, %ds")                \
    X(segment_write_read_only, "movl $0x1f, %eax\n\tmovl %eax, %es\n\tmovl %eax, %es:(%esi)") \
    X(segment_beyond_the_limit, "movl $7, %eax\n\tmovl %eax, %es\n\tmovl %es:0xffc, %eax\n\tmovl %es:0xffd, %eax") \
    X(segment_stack_limit, "movl $7, %eax\n\tmovl %eax, %ss\n\tmovl $0x1004, %esp\n\tpushl %eax") \
    X(segment_stack_limit_pop, "movl $7, %eax\n\tmovl %eax, %ss\n\tmovl $0xffe, %esp\n\tpopl %eax") \
    X(segment_stack_limit_ebp, "movl $7, %eax\n\tmovl %eax, %ss\n\tmovl $0x1000, %esp\n\tmovl $0x2000, %ebp\n\tmovl (%ebp), %eax") \
    X(segment_stack_within, "movl $7, %eax\n\tmovl %eax, %ss\n\tmovl $0x1000, %esp\n\tpushl %eax\n\tpopl %edx") \
    X(segment_far_jump_null, "ljmp $0, $0")                                         \
    X(segment_far_jump_data, "ljmp $7, $0")                                         \
    X(segment_far_jump_not_present, "ljmp $0xf, $0")                                \
    X(segment_far_jump, "ljmp $0x17, $1f\n1:\tdivl %edx")                           \
    X(segment_far_jump_beyond, "ljmp $0x27, $16")                                   \
    X(segment_code_limit, "movl $0x90909090, %eax\n\tmovl %eax, 0x2001000c\n\tljmp $0x27, $12") \
    X(segment_far_call, "lcall $0x17, $1f\n1:\tint3\n\tmovw %ss, %ax\n\tmovl %eax, %ds\n\tud2") \
    X(segment_far_return_data, "pushl $7\n\tpushl $0\n\tlret")                      \
    X(segment_far_return_beyond, "pushl $0xfff8\n\tpushl $0\n\tlret")               \
    X(segment_far_return_without_stack, "movl $0x20000ffc, %esp\n\tlret")           \
    X(segment_iret_null, "pushl $0x202\n\tpushl $0\n\tpushl $0\n\tiret")            \
    X(segment_iret, "pushl $0x8d7\n\tpushl $0x17\n\tpushl $1f\n\tiret\n1:")         \
    X(segment_lds_not_present, "movl $0, (%esi)\n\tmovw $0xf, 4(%esi)\n\tlds (%esi), %eax") \
    X(segment_arpl_lar_lsl, "movl $0x27, %eax\n\tlsl %eax, %edx\n\tlar %eax, %ecx\n\tjz 1f\n\tud2\n1:\tcmpl $15, %edx\n\tjne 1f\n\tcmpl $0x40fb00, %ecx\n1:")
PART(segments, SEGMENTS)

/* EFLAGS.AC is set by the first two instructions. */
#define AC(code) "pushl $0x40202\n\tpopfl\n\t" code "\n\tint3"
#define ALIGN(X)                                                            \
    X(align_word, AC("movw 2(%esi), %ax\n\tmovw 1(%esi), %ax"))                   \
    X(align_dword, AC("movl 4(%esi), %eax\n\tmovl 2(%esi), %eax"))                \
    X(align_dword_write, AC("movl %eax, 1(%esi)"))                                \
    X(align_byte, AC("movb 1(%esi), %al"))                                        \
    X(align_modify, AC("addl %eax, 2(%esi)"))                                     \
    X(align_single_float, AC("flds 2(%esi)"))                                     \
    X(align_double_float, AC("fldl 8(%esi)\n\tfldl 2(%esi)"))                     \
    X(align_quadword, AC("movq 8(%esi), %mm0\n\tmovq 1(%esi), %mm0"))             \
    X(align_movss, AC("movss 2(%esi), %xmm0"))                                    \
    X(align_movlps, AC("movlps 1(%esi), %xmm0"))                                  \
    X(align_movaps, AC("movaps (%esi), %xmm0\n\tmovaps 4(%esi), %xmm0"))          \
    X(align_push, AC("leal 0x802(%esi), %esp\n\tpushl %eax"))                     \
    X(align_pop, AC("leal 0x802(%esi), %esp\n\tpopl %eax"))                       \
    X(align_call, AC("leal 0x802(%esi), %esp\n\tcall case_ud2"))                  \
    X(align_movsd, AC("incl %esi\n\tincl %esi\n\trep\n\tmovsl"))                  \
    X(align_cmpxchg8b, AC("cmpxchg8b 4(%esi)"))                                   \
    X(align_unmapped, AC("movl 0x20001002, %eax"))                                \
    X(align_off_again, "pushl $0x40202\n\tpopfl\n\tpushl $0x202\n\tpopfl\n\tmovl 2(%esi), %eax")
PART(align, ALIGN)

/* x87 with all exceptions unmasked: the fault comes with the next waiting instruction. SSE: with the instruction itself. */
#define X87(code) "fninit\n\tmovw $0x340, (%esi)\n\tfldcw (%esi)\n\t" code
#define SSE(mxcsr, code) "movl $" #mxcsr ", (%esi)\n\tldmxcsr (%esi)\n\t" code
#define FLOAT(X)                                                            \
    X(x87_invalid, X87("fldz\n\tfldz\n\tfdivrp\n\tnop\n\tfwait"))           \
    X(x87_divide, X87("fld1\n\tfldz\n\tfdivrp\n\tfnstsw %ax\n\tfld1"))      \
    X(x87_stack, X87("fadd %st(1), %st\n\tnop\n\tfabs"))                    \
    X(x87_denormal, X87("movl $1, 8(%esi)\n\tflds 8(%esi)\n\tfwait"))       \
    X(x87_overflow, X87("movl $0x7f000000, 8(%esi)\n\tflds 8(%esi)\n\tfmul %st(0), %st\n\tfmul %st(0), %st\n\tfmul %st(0), %st\n\tfsts 12(%esi)\n\tfwait")) \
    X(x87_underflow, X87("movl $0x00800000, 8(%esi)\n\tflds 8(%esi)\n\tfmul %st(0), %st\n\tfsts 12(%esi)\n\tfwait")) \
    X(x87_precision, X87("fld1\n\tfldpi\n\tfdivrp\n\tfwait"))               \
    X(x87_masked, "fninit\n\tfld1\n\tfldz\n\tfdivrp\n\tfwait")              \
    X(x87_unmasked_later, "fninit\n\tfld1\n\tfldz\n\tfdivrp\n\tmovw $0x37b, (%esi)\n\tfldcw (%esi)\n\tfld1") \
    X(x87_cleared, X87("fld1\n\tfldz\n\tfdivrp\n\tfnclex\n\tfld1"))         \
    X(x87_mmx, X87("fld1\n\tfldz\n\tfdivrp\n\tpxor %mm0, %mm0"))            \
    X(x87_fxsave, X87("fld1\n\tfldz\n\tfdivrp\n\tfxsave (%esi)\n\tfrstor 0x200(%esi)")) \
    X(sse_invalid, SSE(0x1f00, "xorps %xmm0, %xmm0\n\tdivps %xmm0, %xmm0")) \
    X(sse_denormal, SSE(0x1e80, "movl $1, 8(%esi)\n\tmovss 8(%esi), %xmm0\n\taddss %xmm0, %xmm0")) \
    X(sse_divide, SSE(0x1d80, "xorps %xmm0, %xmm0\n\tmovl $0x3f800000, 8(%esi)\n\tmovss 8(%esi), %xmm1\n\tdivss %xmm0, %xmm1")) \
    X(sse_overflow, SSE(0x1b80, "movl $0x7f000000, 8(%esi)\n\tmovss 8(%esi), %xmm0\n\tmulss %xmm0, %xmm0")) \
    X(sse_underflow, SSE(0x1780, "movl $0x00800000, 8(%esi)\n\tmovss 8(%esi), %xmm0\n\tmulss %xmm0, %xmm0")) \
    X(sse_precision, SSE(0x0f80, "movl $0x3f800001, 8(%esi)\n\tmovss 8(%esi), %xmm0\n\tmulss %xmm0, %xmm0")) \
    X(sse_two_lanes, SSE(0x0000, "movl $0x3f800000, 16(%esi)\n\tmovl $0, 20(%esi)\n\tmovl $0x3f800000, 24(%esi)\n\tmovl $0x40400000, 28(%esi)\n\tmovups 16(%esi), %xmm0\n\tmovl $0, 16(%esi)\n\tmovl $0x40400000, 24(%esi)\n\tmovups 16(%esi), %xmm1\n\tdivps %xmm1, %xmm0")) \
    X(sse_sticky, SSE(0x1d84, "xorps %xmm0, %xmm0\n\taddps %xmm0, %xmm0"))  \
    X(sse_memory, SSE(0x1f00, "movl $0xbf800000, 8(%esi)\n\tsqrtss 8(%esi), %xmm0"))
PART(floats, FLOAT)

/* si_code of each set of pending x87 exceptions, in the order that the kernel looks for them; the second line with some of them masked. */
extern const u8 case_pending[];
__asm__(".text\ncase_pending: fldenv environment\n\tfwait\n\tud2\n");
static u32 environment[7] __attribute__((used));

static void pending(void)
{
    quiet = 1;
    for (u32 mask = 0; mask < 64; mask += 9) {
        put("codes with mask ");
        put_hex(mask);
        put(":");
        for (u32 status = 1; status < 64; status++) {
            u32 summary = (status & ~mask) ? 0x8080 : 0;
            environment[0] = 0xffff0340 | mask;
            environment[1] = 0xffff0000 | status | summary;
            environment[2] = 0xffffffff;
            only_code = 0;
            run_case("", case_pending);
            put(" ");
            put_signed((s32)only_code);
        }
        end_line();
    }
    quiet = 0;
}

static void float_part(void)
{
    floats();
    pending();
}

/* TF is set by the first two instructions; the first trap comes behind the one that follows them. */
#define TF(code) "pushl $0x302\n\tpopfl\n\t" code
#define STEP(X)                                                             \
    X(step_plain, TF("nop\n\tincl %eax\n\tjmp 1f\n\tnop\n1:\tcall 2f\n2:\tpopl %eax")) \
    X(step_cleared_by_popf, TF("nop\n\tpushl $0x202\n\tpopfl\n\tnop\n\tnop"))    \
    X(step_set_again, TF("pushl $0x302\n\tpopfl\n\tnop\n\tpushl $0x202\n\tpopfl\n\tpushl $0x302\n\tpopfl\n\tnop")) \
    X(step_pushf_sees_it, TF("pushfl\n\tpopl %eax\n\tbtl $8, %eax\n\tjc 1f\n\tint3\n1:")) \
    X(step_set_by_iret, "pushl $0x302\n\tpushl %cs\n\tpushl $1f\n\tiret\n1:\tnop\n\tnop") \
    X(step_cleared_by_iret, TF("pushl $0x202\n\tpushl %cs\n\tpushl $1f\n\tiret\n1:\tnop\n\tnop")) \
    X(step_mov_ss, "movl %ss, %ebx\n\t" TF("nop\n\tmovl %ebx, %ss\n\tnop\n\tnop")) \
    X(step_pop_ss, TF("pushl %ss\n\tpopl %ss\n\tnop\n\tnop"))                    \
    X(step_mov_ss_twice, "movl %ss, %ebx\n\t" TF("movl %ebx, %ss\n\tmovl %ebx, %ds\n\tnop")) \
    X(step_mov_ds, "movl %ds, %ebx\n\t" TF("movl %ebx, %ds\n\tpushl %es\n\tpopl %es\n\tnop")) \
    X(step_mov_ss_int3, "movl %ss, %ebx\n\t" TF("movl %ebx, %ss\n\tint3\n\tnop"))
PART(step, STEP)

#define REPEAT(X)                                                           \
    X(step_rep_movsb, TF("rep\n\tmovsb\n\tnop"))                                 \
    X(step_rep_of_none, TF("xorl %ecx, %ecx\n\trep\n\tmovsb\n\tnop"))            \
    X(step_repe_cmpsb, "movw $0x0101, (%esi)\n\tmovw $0x0201, (%edi)\n\t" TF("repe\n\tcmpsb\n\tnop")) \
    X(step_movsb, TF("movsb\n\tlodsb"))                                          \
    X(step_int3, TF("int3\n\tnop"))                                              \
    X(step_system_call, TF("movl $20, %eax\n\tint $0x80\n\tnop\n\tnop"))         \
    X(step_fault, TF("nop\n\tdivl %edx"))                                        \
    X(step_page_fault, TF("movl 0x20001000, %eax"))                              \
    X(step_x87_fault, X87("fld1\n\tfldz\n\tfdivrp\n\t") TF("fnop\n\tfwait"))     \
    X(step_rep_fault, "movl $0x20000fff, %edi\n\t" TF("rep\n\tstosb"))           \
    X(step_int_4, TF("int $4"))                                                  \
    X(step_cpuid, TF("xorl %eax, %eax\n\tcpuid\n\tnop"))                         \
    X(step_loop, TF("1:\tloop 1b\n\tnop"))                                       \
    X(step_far_jump, TF("ljmp $0x17, $1f\n1:\tnop"))                             \
    X(step_sahf, TF("movb $0xff, %ah\n\tsahf\n\tcmc"))
PART(repeat, REPEAT)

/* What `debug` sets: DR0 writes of the dword at DATA + 100h, DR1 reads and writes of the word at DATA + 202h, DR2 the execution of watched_code,
   DR3 reads and writes of the byte at DATA + 300h. */
extern const u8 watched_code[];
#define DEBUG(X)                                                            \
    X(watch_read_of_written, "movl 0x20000100, %eax\n\tnop")                      \
    X(watch_write, "movl %eax, 0x20000100\n\tnop")                                \
    X(watch_write_of_a_byte, "movb %al, 0x20000103\n\tnop")                       \
    X(watch_write_beside, "movb %al, 0x20000104\n\tmovb %al, 0x200000ff\n\tnop")  \
    X(watch_write_across, "movl %eax, 0x200000fe\n\tnop")                         \
    X(watch_modify, "addl $0, 0x20000100\n\tnop")                                 \
    X(watch_read, "movw 0x20000202, %ax\n\tnop")                                  \
    X(watch_read_of_half, "movb 0x20000203, %al\n\tnop")                          \
    X(watch_read_around, "fldl 0x200001fc\n\tnop")                                \
    X(watch_read_two, "movl $0x20000300, %esi\n\tmovl $0x20000100, %edi\n\tmovsb\n\tnop") \
    X(watch_push_over, "movl $0x20000104, %esp\n\tpushl %eax\n\tnop")             \
    X(watch_rep_stosb, "movl $0x200000fe, %edi\n\tmovl $6, %ecx\n\trep\n\tstosb\n\tnop") \
    X(watch_rep_movsb, "movl $0x20000201, %esi\n\tmovl $0x20000400, %edi\n\trep\n\tmovsb\n\tnop") \
    X(watch_both_with_step, TF("movl %eax, 0x20000100\n\tnop"))                   \
    X(watch_fault_after_read, "movl $0x20000ffe, %edi\n\tmovl $0x20000300, %esi\n\tpushl 0x20000300\n\tpopl 0x20000ffe") \
    X(watch_fault_of_the_reader, "pushl (%esi)\n\tmovl $0x20001000, %esp\n\taddl $0x1000, %esp\n\tpushl 0x20000300") \
    X(watch_execute, "nop\nwatched_code: incl %eax\n\tnop")                       \
    X(watch_execute_loop, "movl $2, %ecx\n1:\tcall watched_return\n\tloop 1b")    \
    X(watch_execute_with_step, TF("jmp watched_code"))
__asm__(".text\nwatched_return: ret\n");
PART(watched, DEBUG)

static void map(u32 at, u32 protection)
{
    must("mmap", (s32)sys(SYS_mmap2, at, 4096, protection, MAP_PRIVATE | MAP_ANONYMOUS | 0x10 /* MAP_FIXED */, -1, 0));
}

static void describe(u32 entry, u32 base, u32 limit, u32 flags)
{
    u32 description[4] = { entry, base, limit, flags };
    must("modify_ldt", (s32)sys(SYS_modify_ldt, 1, description, 16));
}

static void prepare(void)
{
    enum { BIG = 1, CODE_KIND = 4, READ_ONLY_KIND = 8, PAGES = 16, ABSENT = 32, RW = PROT_READ | PROT_WRITE };
    map(DATA, RW);
    map(NEVER_TOUCHED, PROT_READ);
    map(READ_ONLY, PROT_READ);
    map(READ_BEFORE, PROT_READ);
    (void)*(volatile u32 *)READ_BEFORE;
    map(NO_ACCESS, 0);
    map(NO_ACCESS_NOW, RW);
    *(volatile u32 *)NO_ACCESS_NOW = 1;
    must("mprotect", (s32)sys(SYS_mprotect, NO_ACCESS_NOW, 4096, 0));
    map(NOT_CODE, RW);
    *(volatile u32 *)NOT_CODE = 1;
    map(NOT_CODE_NEW, RW);
    map(CODE, RW | PROT_EXEC);
    ((volatile u8 *)CODE)[4093] = 0xc7; /* mov imm32, [disp32] */
    ((volatile u8 *)CODE)[4094] = 0x05;
    s32 self = must("open", (s32)sys(SYS_open, argv[0], O_RDONLY));
    must("mmap", (s32)sys(SYS_mmap2, PAST_END, 8192, RW, MAP_PRIVATE | 0x10, self, 0x100));
    describe(0, DATA, 0xfff, BIG);
    describe(1, 0, 0xfffff, BIG | PAGES | ABSENT);
    describe(2, 0, 0xfffff, BIG | PAGES | CODE_KIND);
    describe(3, 0, 0xfffff, BIG | PAGES | READ_ONLY_KIND);
    describe(4, CODE, 15, BIG | CODE_KIND);
    describe(5, 0, 0xfffff, BIG | PAGES | CODE_KIND | READ_ONLY_KIND);
    __asm__("movw %%cs, %0\n\tmovw %%ss, %1" : "=m"(flat_code), "=m"(flat_data));

    static u8 stack[65536];
    u32 alternate[3] = { (u32)stack, 0, sizeof stack };
    must("sigaltstack", (s32)sys(SYS_sigaltstack, alternate, 0));
    static const u8 signals[] = { SIGILL, SIGTRAP, SIGBUS, SIGFPE, SIGSEGV };
    for (u32 i = 0; i < sizeof signals; i++) {
        u32 action[5] = { (u32)handler, SA_SIGINFO | SA_ONSTACK | SA_RESTORER, (u32)restorer, 0, 0 };
        must("rt_sigaction", (s32)sys(SYS_rt_sigaction, signals[i], action, 0, 8));
    }
}

/* The child stops itself; its debug registers are set, and its signals passed on. */
static int debug(void)
{
    enum { TRACEME = 0, POKEUSER = 6, CONTINUE = 7, DEBUG_REGISTERS = 252 };
    s32 child = must("fork", (s32)sys(SYS_fork));
    if (!child) {
        must("ptrace", (s32)sys(SYS_ptrace, TRACEME, 0, 0, 0));
        sys(SYS_kill, sys(SYS_getpid), SIGSTOP);
        watched();
        quit(0);
    }
    s32 status = 0;
    sys(SYS_waitpid, child, &status, 0);
    u32 values[4] = { DATA + 0x100, DATA + 0x202, (u32)watched_code, DATA + 0x300 };
    for (u32 i = 0; i < 4; i++) must("ptrace", (s32)sys(SYS_ptrace, POKEUSER, child, DEBUG_REGISTERS + i * 4, values[i]));
    must("ptrace", (s32)sys(SYS_ptrace, POKEUSER, child, DEBUG_REGISTERS + 28, 0x307d0055));
    for (u32 pass = 0;;) {
        must("ptrace", (s32)sys(SYS_ptrace, CONTINUE, child, 0, pass));
        must("waitpid", (s32)sys(SYS_waitpid, child, &status, 0));
        if ((status & 0xff) != 0x7f) return status >> 8 & 0xff;
        pass = (u32)status >> 8 & 0xff;
    }
}

static int run(void)
{
    static const struct { const char *name; void (*run)(void); } parts[] = {
        { "faults", faults }, { "memory", memory }, { "segments", segments }, { "align", align }, { "float", float_part }, { "step", step },
        { "repeat", repeat },
    };
    prepare();
    if (argument_is(1, "debug")) return debug();
    if (argument_is(1, "watched")) {
        put("code ");
        put_hex((u32)watched_code);
        end_line();
        sys(SYS_kill, sys(SYS_getpid), SIGSTOP);
        watched();
        return 0;
    }
    for (u32 i = 0; i < sizeof parts / sizeof *parts; i++) {
        if (argc > 1 && !same(argv[1], parts[i].name)) continue;
        put("== ");
        say(parts[i].name);
        parts[i].run();
    }
    return 0;
}
