/* md5 [BLOCKS]: MD5 (RFC 1321). Prints the state after each of the 64 steps of one block, known answers, and digests of streams. The
   constants are 2^32 |sin i|, by x87. */
#define BLOCK 64
#define LENGTH_BYTES 8
#define BIG_ENDIAN_LENGTH 0
static void compress(const unsigned char *block, int show);
#include "digest.h"

static u32 h[4], sines[64];

static void compress(const u8 *block, int show)
{
    static const u8 shifts[4][4] = { { 7, 12, 17, 22 }, { 5, 9, 14, 20 }, { 4, 11, 16, 23 }, { 6, 10, 15, 21 } };
    const u32 *m = (const u32 *)block;
    u32 a = h[0], b = h[1], c = h[2], d = h[3];
    for (u32 i = 0; i < 64; i++) {
        u32 f, g;
        if (i < 16) f = (b & c) | (~b & d), g = i;
        else if (i < 32) f = (d & b) | (~d & c), g = 5 * i + 1;
        else if (i < 48) f = b ^ c ^ d, g = 3 * i + 5;
        else f = c ^ (b | ~d), g = 7 * i;
        f += a + sines[i] + m[g & 15];
        a = d, d = c, c = b, b += left32(f, shifts[i / 16][i & 3]);
        if (!show) continue;
        put_hex(b);
        if (i % 8 == 7) end_line();
        else put(" ");
    }
    h[0] += a, h[1] += b, h[2] += c, h[3] += d;
}

static void begin(void)
{
    for (u32 i = 0; i < 64; i++) {
        long double sine = (long double)(i + 1);
        __asm__("fsin\n\tfabs" : "+t"(sine));
        sines[i] = (u32)(u64)(sine * 4294967296.0L);
    }
    h[0] = 0x67452301, h[1] = 0xefcdab89, h[2] = 0x98badcfe, h[3] = 0x10325476;
}

static void result(u8 *to) { copy(to, h, 16); }

#define DIGEST 16
#define ABC "900150983cd24fb0d6963f7d28e17f72"
#define EMPTY "d41d8cd98f00b204e9800998ecf8427e"
#include "digest-run.h"
