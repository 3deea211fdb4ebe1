/* blowfish: Blowfish with its P-array and S-boxes computed as what they are, the first 33,344 bits of pi's fraction (Machin's formula in
   fixed point: many divisions of 64 by 32 bits). Prints some of the boxes, every round of one block, known answers, and a stream. */
#include "hash.h"

enum { WORDS = 1042, GUARD = 3, SIZE = WORDS + GUARD + 1 };

static u32 sum[SIZE], term[SIZE], part[SIZE]; /* word 0 is the integer part */
static u32 p[18], s[4][256];

/* to = from / divisor from a first word on that is not 0; the new first word. */
static u32 divide(u32 *to, const u32 *from, u32 first, u32 divisor)
{
    u32 left = 0;
    for (u32 i = first; i < SIZE; i++) __asm__("divl %4" : "=a"(to[i]), "=d"(left) : "a"(from[i]), "d"(left), "r"(divisor));
    while (first < SIZE && !to[first]) first++;
    return first;
}

static void add(u32 first, int negative)
{
    u32 carry = 0;
    for (u32 i = SIZE; i-- > first;) {
        u64 value = negative ? (u64)sum[i] - part[i] - carry : (u64)sum[i] + part[i] + carry;
        sum[i] = (u32)value;
        carry = (u32)(value >> 32) & 1;
    }
    for (u32 i = first; carry && i-- > 0;) {
        if (negative) carry = sum[i]-- == 0;
        else carry = ++sum[i] == 0;
    }
}

static void arctangent(u32 factor, u32 x, int negative)
{
    fill(term, 0, sizeof term);
    term[0] = factor;
    u32 first = divide(term, term, 0, x);
    for (u32 k = 1; first < SIZE; k += 2) {
        divide(part, term, first, k);
        add(first, negative ^ (k >> 1 & 1));
        first = divide(term, term, first, x * x);
    }
}

static void encrypt(u32 *left, u32 *right, int show)
{
    u32 l = *left, r = *right;
    for (u32 i = 0; i < 16; i++) {
        u32 old = l ^= p[i];
        r ^= ((s[0][l >> 24] + s[1][l >> 16 & 255]) ^ s[2][l >> 8 & 255]) + s[3][l & 255];
        l = r, r = old;
        if (show) put_hex(l), put(" "), put_hex(r), put(i % 4 == 3 ? "\n" : "  ");
    }
    if (show) flush_to(1);
    *left = r ^ p[17];
    *right = l ^ p[16];
}

static void key(const u8 *bytes, u32 count)
{
    u32 l = 0, r = 0, at = 0;
    copy(p, sum + 1, sizeof p);
    copy(s, sum + 19, sizeof s);
    for (u32 i = 0; i < 18; i++) {
        u32 w = 0;
        for (u32 j = 0; j < 4; j++) w = w << 8 | bytes[at], at = (at + 1) % count;
        p[i] ^= w;
    }
    for (u32 i = 0; i < 18; i += 2) encrypt(&l, &r, 0), p[i] = l, p[i + 1] = r;
    for (u32 i = 0; i < 1024; i += 2) encrypt(&l, &r, 0), s[i / 256][i % 256] = l, s[i / 256][i % 256 + 1] = r;
}

static void answer(const char *k, const char *plain, const char *cipher)
{
    u8 bytes[8], block[8];
    u32 words[2];
    unhex(k, bytes);
    unhex(plain, block);
    key(bytes, 8);
    words[0] = swap32(((u32 *)block)[0]), words[1] = swap32(((u32 *)block)[1]);
    encrypt(words, words + 1, 1);
    words[0] = swap32(words[0]), words[1] = swap32(words[1]);
    check("block", words, cipher);
}

static int run(void)
{
    arctangent(16, 5, 0);
    arctangent(4, 239, 1);
    for (u32 i = 0; i < 4; i++) put_hex(sum[i]), put(" ");
    put("... ");
    for (u32 i = WORDS - 3; i <= WORDS; i++) put_hex(sum[i]), put(i < WORDS ? " " : "");
    end_line();
    answer("0000000000000000", "0000000000000000", "4ef997456198dd78");
    answer("ffffffffffffffff", "ffffffffffffffff", "51866fd5b85ecb8a");
    answer("0123456789abcdef", "1111111111111111", "61f9c3802281b096");
    answer("fedcba9876543210", "0123456789abcdef", "0aceab0fc6a0a28d");
    u32 l = 0, r = 0;
    for (u32 i = 0; i < 20000; i++) encrypt(&l, &r, 0);
    put("chain ");
    put_hex(l);
    put_hex(r);
    end_line();
    return failed;
}
