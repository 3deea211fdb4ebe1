/* build: -maes -mssse3 */
/* aes [ni]: AES of FIPS 197 with keys of 128, 192 and 256 bits, in C from the field's arithmetic alone (no tables but those that it makes),
   or with AESENC, AESENCLAST, AESDEC, AESDECLAST, AESIMC and AESKEYGENASSIST. Prints the key schedule and the state after every round, both
   ways, known answers, and a chain. Both forms print the same, but that "ni" goes on to a longer chain. */
#include "hash.h"

static u8 sbox[256], inverse[256];
static u8 keys[15][16] __attribute__((aligned(16)));
static u32 rounds;
static int hardware;

static u8 times(u8 a, u8 b)
{
    u8 p = 0;
    for (; b; b >>= 1) {
        if (b & 1) p ^= a;
        a = (u8)(a << 1 ^ (a & 0x80 ? 0x1b : 0));
    }
    return p;
}

static void make_boxes(void)
{
    u8 p = 1, q = 1;
    do { /* p runs through the field by 3, q through the inverses by 1/3 */
        p = times(p, 3);
        q = times(q, 0xf6);
        u8 x = q;
        for (u32 i = 1; i < 5; i++) x ^= (u8)(q << i | q >> (8 - i));
        sbox[p] = x ^ 0x63;
    } while (p != 1);
    sbox[0] = 0x63;
    for (u32 i = 0; i < 256; i++) inverse[sbox[i]] = (u8)i;
}

/* SubWord and RotWord, by hand or by AESKEYGENASSIST with constant 0, whose lanes 0 and 1 are SubWord and RotWord(SubWord) of lane 1. */
static u32 substitute(u32 word, int turn)
{
    if (hardware) {
        u32 lanes[4] __attribute__((aligned(16))) = { 0, word, 0, 0 };
        __asm__("movdqa %0, %%xmm0\n\taeskeygenassist $0, %%xmm0, %%xmm1\n\tmovdqa %%xmm1, %0" : "+m"(lanes) : : "xmm0", "xmm1");
        return lanes[turn ? 1 : 0];
    }
    if (turn) word = right32(word, 8);
    return sbox[(u8)word] | (u32)sbox[(u8)(word >> 8)] << 8 | (u32)sbox[(u8)(word >> 16)] << 16 | (u32)sbox[word >> 24] << 24;
}

static void expand(const u8 *key, u32 words)
{
    u32 *w = (u32 *)keys, constant = 1;
    rounds = words + 6;
    copy(w, key, words * 4);
    for (u32 i = words; i < 4 * (rounds + 1); i++) {
        u32 t = w[i - 1];
        if (i % words == 0) t = substitute(t, 1) ^ constant, constant = times((u8)constant, 2);
        else if (words > 6 && i % words == 4) t = substitute(t, 0);
        w[i] = w[i - words] ^ t;
    }
}

static void add_key(u8 *state, u32 round)
{
    for (u32 i = 0; i < 16; i++) state[i] ^= keys[round][i];
}

static void mix(u8 *state, int back)
{
    static const u8 there[4] = { 2, 3, 1, 1 }, home[4] = { 14, 11, 13, 9 };
    const u8 *m = back ? home : there;
    for (u32 c = 0; c < 16; c += 4) {
        u8 in[4];
        copy(in, state + c, 4);
        for (u32 i = 0; i < 4; i++) {
            state[c + i] = 0;
            for (u32 j = 0; j < 4; j++) state[c + i] ^= times(in[j], m[(j - i) & 3]);
        }
    }
}

static void shift(u8 *state, int back, const u8 *box)
{
    u8 in[16];
    copy(in, state, 16);
    for (u32 i = 0; i < 16; i++) state[i] = box[in[(back ? i - 4 * (i & 3) : i + 4 * (i & 3)) & 15]];
}

#define ROUND(name, state, key) \
    __asm__("movdqa %0, %%xmm2\n\t" name " %1, %%xmm2\n\tmovdqa %%xmm2, %0" : "+m"(*(u8(*)[16])(state)) : "m"(*(const u8(*)[16])(key)) : "xmm2")

static void show_state(const char *what, const u8 *state)
{
    put(what);
    put(" ");
    put_bytes(state, 16);
    end_line();
}

static void encrypt(u8 *state, int show)
{
    add_key(state, 0);
    for (u32 r = 1; r <= rounds; r++) {
        if (hardware && r < rounds) ROUND("aesenc", state, keys[r]);
        else if (hardware) ROUND("aesenclast", state, keys[r]);
        else {
            shift(state, 0, sbox);
            if (r < rounds) mix(state, 0);
            add_key(state, r);
        }
        if (show) show_state("encrypted", state);
    }
}

/* The equivalent inverse cipher: round keys go through InvMixColumns. */
static void decrypt(u8 *state, int show)
{
    add_key(state, rounds);
    for (u32 r = rounds; r-- > 0;) {
        u8 key[16] __attribute__((aligned(16)));
        copy(key, keys[r], 16);
        if (hardware && r) {
            __asm__("aesimc %0, %%xmm3\n\tmovdqa %%xmm3, %0" : "+m"(key) : : "xmm3");
            ROUND("aesdec", state, key);
        } else if (hardware) {
            ROUND("aesdeclast", state, key);
        } else {
            shift(state, 1, inverse);
            if (r) mix(state, 1), mix(key, 1);
            for (u32 i = 0; i < 16; i++) state[i] ^= key[i];
        }
        if (show) show_state("decrypted", state);
    }
}

static int run(void)
{
    static const char *const answers[3] = { "69c4e0d86a7b0430d8cdb78070b4c55a", "dda97ca4864cdfe06eaf70a0ec0d7191", "8ea2b7ca516745bfeafc49904b496089" };
    static u8 state[16] __attribute__((aligned(16)));
    u8 key[32], plain[16], before[16] __attribute__((aligned(16)));
    hardware = argument_is(1, "ni");
    make_boxes();
    for (u32 i = 0; i < 32; i++) key[i] = (u8)i;
    for (u32 i = 0; i < 16; i++) plain[i] = (u8)(i * 17);
    for (u32 size = 0; size < 3; size++) {
        expand(key, 4 + 2 * size);
        for (u32 r = 0; r <= rounds; r++) show_state("key", keys[r]);
        copy(state, plain, 16);
        encrypt(state, 1);
        check("ciphertext", state, answers[size]);
        decrypt(state, 1);
        check("plaintext", state, "00112233445566778899aabbccddeeff");
        for (u32 i = 0; i < (hardware ? 4000 : 60); i++) {
            copy(before, state, 16);
            encrypt(state, 0);
            if (i % 20 == 19) {
                u8 again[16] __attribute__((aligned(16)));
                copy(again, state, 16);
                decrypt(again, 0);
                for (u32 j = 0; j < 16; j++) failed |= again[j] != before[j];
            }
            if (i == 59) show_state("chain", state);
        }
        if (hardware) show_state("long chain", state);
        fill(state, 0, 16);
    }
    say(failed ? "WRONG" : "right");
    return failed;
}
