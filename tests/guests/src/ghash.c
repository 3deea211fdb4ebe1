/* build: -mpclmul -mssse3 */
/* ghash [clmul]: GHASH of GCM (NIST SP 800-38D), bit by bit or with PCLMULQDQ (all four choices of halves). Prints known answers, every product
   of a chain, and the result for a stream. Both forms print the same. */
#include "hash.h"

static u32 product[4] __attribute__((aligned(16)));

/* Numbers are four little-endian words whose bit 127 is the polynomial's constant term, as the standard's bit 0 in big-endian bytes. */
static void load(u32 *to, const u8 *from)
{
    for (u32 i = 0; i < 4; i++) to[3 - i] = swap32(((const u32 *)from)[i]);
}

static void by_bits(const u32 *x, const u32 *h)
{
    u32 z[4] = { 0 }, v[4];
    copy(v, h, 16);
    for (u32 i = 128; i-- > 0;) {
        if (x[i / 32] >> i % 32 & 1) for (u32 j = 0; j < 4; j++) z[j] ^= v[j];
        u32 low = v[0] & 1;
        for (u32 j = 0; j < 3; j++) v[j] = v[j] >> 1 | v[j + 1] << 31;
        v[3] = v[3] >> 1 ^ (0xe1000000 & (0 - low));
    }
    copy(product, z, 16);
}

/* The carry-less product of the reflected numbers, one bit to the left, and reduced. */
static void by_clmul(const u32 *x, const u32 *h)
{
    static u32 part[4][4] __attribute__((aligned(16)));
    u32 w[8];
    __asm__("movdqu %1, %%xmm0\n\tmovdqu %2, %%xmm1\n\t"
            "movdqa %%xmm0, %%xmm2\n\tpclmulqdq $0x00, %%xmm1, %%xmm2\n\tmovdqa %%xmm2, %0\n\t"
            "movdqa %%xmm0, %%xmm2\n\tpclmulqdq $0x01, %%xmm1, %%xmm2\n\tmovdqa %%xmm2, 16+%0\n\t"
            "movdqa %%xmm0, %%xmm2\n\tpclmulqdq $0x10, %%xmm1, %%xmm2\n\tmovdqa %%xmm2, 32+%0\n\t"
            "pclmulqdq $0x11, %%xmm1, %%xmm0\n\tmovdqa %%xmm0, 48+%0"
            : "=o"(part) : "m"(*(const u32(*)[4])x), "m"(*(const u32(*)[4])h) : "xmm0", "xmm1", "xmm2");
    for (u32 i = 0; i < 4; i++) w[i] = part[0][i], w[4 + i] = part[3][i];
    for (u32 i = 0; i < 4; i++) w[2 + i] ^= part[1][i] ^ part[2][i];
    for (u32 i = 7; i > 0; i--) w[i] = w[i] << 1 | w[i - 1] >> 31;
    w[0] <<= 1;
    for (u32 i = 0; i < 4; i++) { /* each low word goes up by x^128 = x^7 + x^2 + x + 1, reflected */
        u32 v = w[i];
        w[i + 4] ^= v ^ v >> 1 ^ v >> 2 ^ v >> 7;
        w[i + 3] ^= v << 31 ^ v << 30 ^ v << 25;
    }
    copy(product, w + 4, 16);
}

static void store(u8 *to)
{
    for (u32 i = 0; i < 4; i++) ((u32 *)to)[i] = swap32(product[3 - i]);
}

static int run(void)
{
    static u8 bytes[4096];
    u8 key[16], block[16], out[16];
    u32 h[4], x[4], y[4] = { 0 };
    void (*times)(const u32 *, const u32 *) = argument_is(1, "clmul") ? by_clmul : by_bits;
    unhex("66e94bd4ef8a2c3b884cfa59ca342b2e", key);
    load(h, key);
    /* Test case 2 of GCM's specification: one block of ciphertext and the lengths. */
    unhex("0388dace60b6a392f328c2b971b2fe78", block);
    load(x, block);
    times(x, h);
    store(out);
    check("block", out, "5e2ec746917062882c85b0685353deb7");
    copy(y, product, 16);
    y[0] ^= 0x80;
    times(y, h);
    store(out);
    check("ghash", out, "f38cbb1ad69223dcc3457ae5b6b0f885");
    for (u32 i = 0; i < 40; i++) {
        copy(x, product, 16);
        times(x, i & 1 ? x : h);
        store(out);
        put_bytes(out, 16);
        if (i & 1) end_line();
        else put(" ");
    }
    stream(bytes, sizeof bytes);
    fill(y, 0, 16);
    for (u32 i = 0; i < sizeof bytes; i += 16) {
        load(x, bytes + i);
        for (u32 j = 0; j < 4; j++) x[j] ^= y[j];
        times(x, h);
        copy(y, product, 16);
    }
    store(out);
    put("stream ");
    put_bytes(out, 16);
    end_line();
    return failed;
}
