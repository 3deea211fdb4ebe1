/* coldcode KIND [TIMES]: code that a translator earns nothing by, made at run time.
   once: 12 MiB of short blocks, each run once; straight: 10 MiB without a branch, run TIMES times; rewritten: a function that is changed before each of its TIMES calls. */
#include "bench.h"

enum { CODE = 16 << 20, PIECE = 16 };

typedef u32 (*code_t)(u32);

/* add eax, [four bytes]; xor eax, [four bytes]; imul eax, eax, 3; rol eax, 1 */
static u8 *put_piece(u8 *to, u32 value)
{
    *to++ = 0x05, *(u32 *)to = value, to += 4;
    *to++ = 0x35, *(u32 *)to = value * 5, to += 4;
    *to++ = 0x6B, *to++ = 0xC0, *to++ = 3;
    *to++ = 0xD1, *to++ = 0xC0;
    return to;
}

/* The argument comes on the stack: mov eax, [esp+4] */
static u8 *put_start(u8 *to)
{
    *to++ = 0x8B, *to++ = 0x44, *to++ = 0x24, *to++ = 0x04;
    return to;
}

static int run(void)
{
    u32 times = (u32)argument(2, argument_is(1, "rewritten") ? 2000000 : 3), sum = 1;
    u8 *code = (u8 *)must("mmap", (s32)sys(SYS_mmap2, 0, CODE, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    u8 *at = put_start(code);
    if (argument_is(1, "rewritten")) {
        u8 *place = at + 1;
        for (u32 i = 0; i < 4; i++) at = put_piece(at, i);
        *at = 0xC3;
        for (u32 i = 0; i < times; i++) {
            *(volatile u32 *)place = i;
            sum = ((code_t)code)(sum);
        }
        return finish("rewritten", times, sum);
    }
    u32 once = argument_is(1, "once"), length = (once ? 12 : 10) << 20;
    for (u32 i = 0; at < code + length; i++) {
        at = put_piece(at, i * 2654435761u);
        /* jz to the next: the end of a block */
        if (once) *at++ = 0x74, *at++ = 0;
    }
    *at = 0xC3;
    if (once) times = 1;
    for (u32 i = 0; i < times; i++) sum = ((code_t)code)(sum);
    return finish(argv[1], times, sum);
}
