/* sha1 [BLOCKS]: SHA-1 (FIPS 180-4). Prints the state after each of the 80 rounds of one block, known answers, and digests of streams. */
#define BLOCK 64
#define LENGTH_BYTES 8
#define BIG_ENDIAN_LENGTH 1
static void compress(const unsigned char *block, int show);
#include "digest.h"

static u32 h[5];

static void compress(const u8 *block, int show)
{
    static const u32 k[4] = { 0x5a827999, 0x6ed9eba1, 0x8f1bbcdc, 0xca62c1d6 };
    u32 w[80], a = h[0], b = h[1], c = h[2], d = h[3], e = h[4];
    for (u32 i = 0; i < 80; i++) {
        u32 f, next;
        w[i] = i < 16 ? swap32(((const u32 *)block)[i]) : left32(w[i - 3] ^ w[i - 8] ^ w[i - 14] ^ w[i - 16], 1);
        if (i < 20) f = (b & c) | (~b & d);
        else if (i < 40 || i >= 60) f = b ^ c ^ d;
        else f = (b & c) | (b & d) | (c & d);
        next = left32(a, 5) + f + e + k[i / 20] + w[i];
        e = d, d = c, c = left32(b, 30), b = a, a = next;
        if (!show) continue;
        put_hex(a);
        if (i % 8 == 7) end_line();
        else put(" ");
    }
    h[0] += a, h[1] += b, h[2] += c, h[3] += d, h[4] += e;
}

static void begin(void) { h[0] = 0x67452301, h[1] = 0xefcdab89, h[2] = 0x98badcfe, h[3] = 0x10325476, h[4] = 0xc3d2e1f0; }

static void result(u8 *to)
{
    for (u32 i = 0; i < 5; i++) ((u32 *)to)[i] = swap32(h[i]);
}

#define DIGEST 20
#define ABC "a9993e364706816aba3e25717850c26c9cd0d89d"
#define EMPTY "da39a3ee5e6b4b0d3255bfef95601890afd80709"
#include "digest-run.h"
