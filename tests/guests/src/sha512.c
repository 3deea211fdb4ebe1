/* sha512 [BLOCKS]: SHA-512 (FIPS 180-4), 64-bit arithmetic on a 32-bit machine. Prints the two new words of each of the 80 rounds of one
   block, known answers, and digests of streams. The constants are computed from the roots of the first primes. */
#define BLOCK 128
#define LENGTH_BYTES 16
#define BIG_ENDIAN_LENGTH 1
static void compress(const unsigned char *block, int show);
#include "digest.h"
#include "primes.h"

static u64 h[8], initial[8], k[80];

static u64 turn(u64 x, u32 n) { return x >> n | x << (64 - n); }

static u64 load(const u8 *p) { return (u64)swap32(*(const u32 *)p) << 32 | swap32(*(const u32 *)(p + 4)); }

static void put_long(u64 x)
{
    put_hex((u32)(x >> 32));
    put_hex((u32)x);
}

static void compress(const u8 *block, int show)
{
    u64 w[80], s[8];
    copy(s, h, sizeof s);
    for (u32 i = 0; i < 80; i++) {
        if (i < 16) w[i] = load(block + 8 * i);
        else {
            u64 x = w[i - 15], y = w[i - 2];
            w[i] = w[i - 16] + w[i - 7] + (turn(x, 1) ^ turn(x, 8) ^ x >> 7) + (turn(y, 19) ^ turn(y, 61) ^ y >> 6);
        }
        u64 first = s[7] + (turn(s[4], 14) ^ turn(s[4], 18) ^ turn(s[4], 41)) + ((s[4] & s[5]) ^ (~s[4] & s[6])) + k[i] + w[i];
        u64 second = (turn(s[0], 28) ^ turn(s[0], 34) ^ turn(s[0], 39)) + ((s[0] & s[1]) ^ (s[0] & s[2]) ^ (s[1] & s[2]));
        for (u32 j = 7; j > 0; j--) s[j] = s[j - 1];
        s[4] += first, s[0] = first + second;
        if (!show) continue;
        put_long(s[0]);
        put(" ");
        put_long(s[4]);
        if (i % 2 == 1) end_line();
        else put("  ");
    }
    for (u32 j = 0; j < 8; j++) h[j] += s[j];
}

static void begin(void)
{
    for (u32 i = 0, p = 1; i < 80 && !k[79]; i++) {
        p = next_prime(p);
        k[i] = root_fraction(p, 3);
        if (i < 8) initial[i] = root_fraction(p, 2);
    }
    copy(h, initial, sizeof h);
}

static void result(u8 *to)
{
    for (u32 i = 0; i < 8; i++) {
        ((u32 *)to)[2 * i] = swap32((u32)(h[i] >> 32));
        ((u32 *)to)[2 * i + 1] = swap32((u32)h[i]);
    }
}

#define DIGEST 64
#define ABC "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f"
#define EMPTY "cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce47d0d13c5d85f2b0ff8318d2877eec2f63b931bd47417a81a538327af927da3e"
#include "digest-run.h"
