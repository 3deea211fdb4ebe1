/* digests [KIBIBYTES]: SHA-256 (FIPS 180-4) and CRC-32 by a table, both over a stream of bytes. */
#include "bench.h"
#include "../../../tests/guests/src/primes.h"

static u32 h[8], k[64], table[256];
static u8 bytes[4096];

static inline u32 turn(u32 x, u32 n) { return x >> n | x << (32 - n); }

static void compress(const u8 *block)
{
    u32 w[64];
    for (u32 i = 0; i < 16; i++) w[i] = __builtin_bswap32(((const u32 *)block)[i]);
    for (u32 i = 16; i < 64; i++) {
        u32 x = w[i - 15], y = w[i - 2];
        w[i] = w[i - 16] + w[i - 7] + (turn(x, 7) ^ turn(x, 18) ^ x >> 3) + (turn(y, 17) ^ turn(y, 19) ^ y >> 10);
    }
    u32 a = h[0], b = h[1], c = h[2], d = h[3], e = h[4], f = h[5], g = h[6], last = h[7];
    for (u32 i = 0; i < 64; i++) {
        u32 first = last + (turn(e, 6) ^ turn(e, 11) ^ turn(e, 25)) + ((e & f) ^ (~e & g)) + k[i] + w[i];
        u32 second = (turn(a, 2) ^ turn(a, 13) ^ turn(a, 22)) + ((a & b) ^ (a & c) ^ (b & c));
        last = g, g = f, f = e, e = d + first, d = c, c = b, b = a, a = first + second;
    }
    h[0] += a, h[1] += b, h[2] += c, h[3] += d, h[4] += e, h[5] += f, h[6] += g, h[7] += last;
}

static int run(void)
{
    u32 kibibytes = (u32)argument(1, 160000), crc = ~0u, sum = 0;
    for (u32 i = 0, p = 1; i < 64; i++) {
        p = next_prime(p);
        k[i] = (u32)(root_fraction(p, 3) >> 32);
        if (i < 8) h[i] = (u32)(root_fraction(p, 2) >> 32);
    }
    for (u32 i = 0; i < 256; i++) {
        u32 x = i;
        for (u32 bit = 0; bit < 8; bit++) x = x >> 1 ^ (x & 1 ? 0xedb88320u : 0);
        table[i] = x;
    }
    for (u32 i = 0; i < sizeof bytes; i++) bytes[i] = (u8)random_next();
    for (u32 done = 0; done < kibibytes; done++) {
        const u8 *part = bytes + (done & 3) * 1024;
        bytes[done & 4095] ^= (u8)done;
        for (u32 i = 0; i < 1024; i += 64) compress(part + i);
        for (u32 i = 0; i < 1024; i++) crc = crc >> 8 ^ table[(u8)crc ^ part[i]];
    }
    for (u32 i = 0; i < 8; i++) sum = mix(sum, h[i]);
    return finish("digests", kibibytes, mix(sum, ~crc));
}
