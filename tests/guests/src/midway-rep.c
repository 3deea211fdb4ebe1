/* midway-rep: a stretch of string instructions with every kind of prefix: overlapping copies both ways, fills and scans and comparisons that end early,
   16-bit counts and addresses in a segment with a base, with the direction flag set and clear, and flags that a copy must leave alone. */
#include "midway.h"

NAMED_BY_ASM u8 a[64], b[64];
NAMED_BY_ASM u32 left[24];
NAMED_BY_ASM u16 selector;

static int run(void)
{
    for (u32 i = 0; i < sizeof a; i++) a[i] = b[i] = (u8)(i * 7);
    b[40] = 1, b[50] = 2;
    struct { u32 entry, base, limit, flags; } segment = { (u32)-1, (u32)b, 0xfffff, 0x51 }; /* 32-bit, limit in pages, usable */
    must("set_thread_area", (s32)sys(SYS_set_thread_area, &segment));
    selector = (u16)(segment.entry << 3 | 3);
    say("begin");
    __asm__ volatile(
        "pushl %%ebp\n\t"
        "stc\n\tmovl $a, %%esi\n\tmovl $a+3, %%edi\n\tmovl $37, %%ecx\n\trep movsb\n\t"          /* a pattern spreads */
        "setc left\n\tmovl %%esi, left+4\n\tmovl %%edi, left+8\n\tmovl %%ecx, left+12\n\t"
        "std\n\tmovl $a+56, %%esi\n\tmovl $a+59, %%edi\n\tmovl $9, %%ecx\n\trep movsl\n\t"       /* downwards, unaligned, overlapping */
        "movl %%esi, left+16\n\tmovl %%edi, left+20\n\t"
        "cld\n\tmovl $a, %%esi\n\tmovl $a+3, %%edi\n\tmovl $61, %%ecx\n\trepe cmpsb\n\t"
        "pushfl\n\tpopl left+24\n\tmovl %%ecx, left+28\n\t"
        "std\n\tmovl $a+62, %%esi\n\tmovl $b+62, %%edi\n\tmovl $30, %%ecx\n\trepne cmpsw\n\t"
        "pushfl\n\tpopl left+32\n\tmovl %%ecx, left+36\n\tmovl %%edi, left+40\n\t"
        "movl $b+20, %%edi\n\tmovl $0x5a5aa5a5, %%eax\n\tmovl $6, %%ecx\n\trep stosl\n\t"         /* downwards */
        "movl %%edi, left+44\n\tcld\n\t"
        "movw selector, %%es\n\tmovl $0x12340030, %%edi\n\tmovl $0xffff0007, %%ecx\n\taddr16 rep stosb\n\t" /* es:di, cx */
        "movl %%edi, left+48\n\tmovl %%ecx, left+64\n\t"
        "movw selector, %%fs\n\tmovl $0x43210038, %%esi\n\tmovl $0x80000003, %%ecx\n\t"
        "std\n\tmovl $60, %%edi\n\taddr16 rep movsb %%fs:(%%si), %%es:(%%di)\n\tcld\n\t"
        "movl %%esi, left+68\n\tmovl %%edi, left+72\n\tmovl %%ecx, left+76\n\tpushl %%ds\n\tpopl %%es\n\t"
        "movl $b, %%edi\n\tmovb $2, %%al\n\tmovl $60, %%ecx\n\trepne scasb\n\t"
        "pushfl\n\tpopl left+52\n\tmovl %%ecx, left+56\n\t"
        "movl $a, %%esi\n\tmovl $17, %%ecx\n\txorl %%eax, %%eax\n\trep lodsw\n\tmovl %%eax, left+60\n\t"
        "movl $0xabcd0000, %%ecx\n\taddr16 rep movsb\n\tmovl %%esi, left+80\n\txorl %%ecx, %%ecx\n\trepe cmpsb\n\t" /* none at all */
        "popl %%ebp"
        : : : "eax", "ecx", "esi", "edi", "cc", "memory");
    say("end");
    for (u32 i = 0; i < 24; i++) left[i] -= left[i] - (u32)a < sizeof a + 4 ? (u32)a : left[i] - (u32)b < sizeof b + 4 ? (u32)b : 0;
    left[6] &= 0xcd5, left[8] &= 0xcd5, left[13] &= 0xcd5;
    put_words("left", left, 21);
    put_words("a", a, 16);
    put_words("b", b, 16);
    return 0;
}
