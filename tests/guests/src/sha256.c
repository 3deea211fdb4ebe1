/* sha256 [BLOCKS]: SHA-256 (FIPS 180-4). Prints the two new words of each of the 64 rounds of one block, known answers, and digests of
   streams. The constants are computed from the roots of the first primes. */
#define BLOCK 64
#define LENGTH_BYTES 8
#define BIG_ENDIAN_LENGTH 1
static void compress(const unsigned char *block, int show);
#include "digest.h"
#include "primes.h"

static u32 h[8], initial[8], k[64];

static void compress(const u8 *block, int show)
{
    u32 w[64], s[8];
    copy(s, h, sizeof s);
    for (u32 i = 0; i < 64; i++) {
        if (i < 16) w[i] = swap32(((const u32 *)block)[i]);
        else {
            u32 x = w[i - 15], y = w[i - 2];
            w[i] = w[i - 16] + w[i - 7] + (right32(x, 7) ^ right32(x, 18) ^ x >> 3) + (right32(y, 17) ^ right32(y, 19) ^ y >> 10);
        }
        u32 first = s[7] + (right32(s[4], 6) ^ right32(s[4], 11) ^ right32(s[4], 25)) + ((s[4] & s[5]) ^ (~s[4] & s[6])) + k[i] + w[i];
        u32 second = (right32(s[0], 2) ^ right32(s[0], 13) ^ right32(s[0], 22)) + ((s[0] & s[1]) ^ (s[0] & s[2]) ^ (s[1] & s[2]));
        for (u32 j = 7; j > 0; j--) s[j] = s[j - 1];
        s[4] += first, s[0] = first + second;
        if (!show) continue;
        put_hex(s[0]);
        put(" ");
        put_hex(s[4]);
        if (i % 4 == 3) end_line();
        else put("  ");
    }
    for (u32 j = 0; j < 8; j++) h[j] += s[j];
}

static void begin(void)
{
    for (u32 i = 0, p = 1; i < 64 && !k[63]; i++) {
        p = next_prime(p);
        k[i] = (u32)(root_fraction(p, 3) >> 32);
        if (i < 8) initial[i] = (u32)(root_fraction(p, 2) >> 32);
    }
    copy(h, initial, sizeof h);
}

static void result(u8 *to)
{
    for (u32 i = 0; i < 8; i++) ((u32 *)to)[i] = swap32(h[i]);
}

#define DIGEST 32
#define ABC "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
#define EMPTY "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
#include "digest-run.h"
