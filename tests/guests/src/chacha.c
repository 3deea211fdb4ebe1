/* build: -msse2 */
/* chacha [sse]: ChaCha20 (RFC 8439), in C or four columns at once in XMM registers. Prints the state after every double round of one
   block, the known answer, and a digest of a long stream of blocks. Both forms print the same. */
#include "hash.h"

static u32 input[16] __attribute__((aligned(16))), x[16] __attribute__((aligned(16)));
static int vectors;

static void quarter(u32 a, u32 b, u32 c, u32 d)
{
    x[a] += x[b], x[d] = left32(x[d] ^ x[a], 16);
    x[c] += x[d], x[b] = left32(x[b] ^ x[c], 12);
    x[a] += x[b], x[d] = left32(x[d] ^ x[a], 8);
    x[c] += x[d], x[b] = left32(x[b] ^ x[c], 7);
}

#define STEP(a, b, d, n, m) \
    "paddd %%xmm" #b ", %%xmm" #a "\n\tpxor %%xmm" #a ", %%xmm" #d "\n\tmovdqa %%xmm" #d ", %%xmm4\n\t" \
    "pslld $" #n ", %%xmm" #d "\n\tpsrld $" #m ", %%xmm4\n\tpor %%xmm4, %%xmm" #d "\n\t"
#define QUARTERS STEP(0, 1, 3, 16, 16) STEP(2, 3, 1, 12, 20) STEP(0, 1, 3, 8, 24) STEP(2, 3, 1, 7, 25)

static void double_round(void)
{
    if (vectors) {
        __asm__("movdqa %0, %%xmm0\n\tmovdqa 16+%0, %%xmm1\n\tmovdqa 32+%0, %%xmm2\n\tmovdqa 48+%0, %%xmm3\n\t"
                QUARTERS
                "pshufd $0x39, %%xmm1, %%xmm1\n\tpshufd $0x4e, %%xmm2, %%xmm2\n\tpshufd $0x93, %%xmm3, %%xmm3\n\t"
                QUARTERS
                "pshufd $0x93, %%xmm1, %%xmm1\n\tpshufd $0x4e, %%xmm2, %%xmm2\n\tpshufd $0x39, %%xmm3, %%xmm3\n\t"
                "movdqa %%xmm0, %0\n\tmovdqa %%xmm1, 16+%0\n\tmovdqa %%xmm2, 32+%0\n\tmovdqa %%xmm3, 48+%0"
                : "+o"(x) : : "xmm0", "xmm1", "xmm2", "xmm3", "xmm4");
        return;
    }
    for (u32 i = 0; i < 4; i++) quarter(i, 4 + i, 8 + i, 12 + i);
    for (u32 i = 0; i < 4; i++) quarter(i, 4 + (i + 1) % 4, 8 + (i + 2) % 4, 12 + (i + 3) % 4);
}

static void block(int show)
{
    copy(x, input, 64);
    for (u32 i = 0; i < 10; i++) {
        double_round();
        if (show) put_bytes(x, 64), end_line();
    }
    for (u32 i = 0; i < 16; i++) x[i] += input[i];
}

static int run(void)
{
    u32 sum[16] = { 0 };
    vectors = argument_is(1, "sse");
    copy(input, "expand 32-byte k", 16);
    for (u32 i = 0; i < 32; i++) ((u8 *)input)[16 + i] = (u8)i;
    input[12] = 1, input[13] = 0x09000000, input[14] = 0x4a000000, input[15] = 0;
    block(1);
    check("block", x, "10f1e7e4d13b5915500fdd1fa32071c4c7d1f4c733c068030422aa9ac3d46c4ed2826446079faa0914c2d705d98b02a2b5129cd1de164eb9cbd083e8a2503c4e");
    for (u32 i = 0; i < 2000; i++) {
        input[12]++;
        block(0);
        for (u32 j = 0; j < 16; j++) sum[j] = left32(sum[j], 5) ^ x[j];
    }
    put("stream ");
    put_bytes(sum, 64);
    end_line();
    return failed;
}
