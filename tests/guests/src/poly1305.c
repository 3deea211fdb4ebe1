/* poly1305 [x87]: Poly1305 (RFC 8439) on five words of 26 bits, with 64-bit products of integers or with x87's 64 bits of significand,
   where every sum of products is exact. Prints the accumulator after every block, the known answer, and tags of a stream. Both forms print the same. */
#include "fp.h"
#include "hash.h"

static u32 r[5], acc[5], pad[4];
static int floating;

static u32 word(const u8 *p) { return *(const u32 *)p; }

static void split(u32 *to, const u8 *p, u32 top)
{
    to[0] = word(p) & 0x3ffffff;
    to[1] = word(p + 3) >> 2 & 0x3ffffff;
    to[2] = word(p + 6) >> 4 & 0x3ffffff;
    to[3] = word(p + 9) >> 6 & 0x3ffffff;
    to[4] = word(p + 12) >> 8 | top << 24;
}

static void key(const u8 *k)
{
    u8 clamped[16];
    copy(clamped, k, 16);
    for (u32 i = 3; i < 16; i += 4) clamped[i] &= 15;
    for (u32 i = 4; i < 16; i += 4) clamped[i] &= 252;
    split(r, clamped, 0);
    copy(pad, k + 16, 16);
    fill(acc, 0, sizeof acc);
}

static void times(void)
{
    u64 sums[5];
    for (u32 i = 0; i < 5; i++) {
        sums[i] = 0;
        extended sum = 0;
        for (u32 j = 0; j < 5; j++) {
            u32 factor = j <= i ? r[i - j] : 5 * r[5 + i - j];
            if (floating) sum += (extended)acc[j] * (extended)factor;
            else sums[i] += (u64)acc[j] * factor;
        }
        if (floating) sums[i] = (u64)(long long)sum;
    }
    u64 carry = 0;
    for (u32 i = 0; i < 5; i++) {
        sums[i] += carry;
        acc[i] = (u32)sums[i] & 0x3ffffff;
        carry = sums[i] >> 26;
    }
    carry = acc[0] + carry * 5;
    acc[0] = (u32)carry & 0x3ffffff;
    acc[1] += (u32)(carry >> 26);
}

static void absorb(const u8 *bytes, u32 count, int show)
{
    for (u32 at = 0; at < count; at += 16) {
        u8 last[17] = { 0 };
        u32 part[5], size = count - at < 16 ? count - at : 16;
        copy(last, bytes + at, size);
        last[size] = 1;
        split(part, last, size == 16);
        for (u32 i = 0; i < 5; i++) acc[i] += part[i];
        times();
        if (!show) continue;
        for (u32 i = 5; i-- > 0;) put_hex(acc[i]), put(i ? " " : "");
        end_line();
    }
}

static void tag(u8 *to)
{
    u32 carry = 0, less[5], words[4], borrow = 5;
    for (u32 turn = 0; turn < 2; turn++) {
        for (u32 i = 0; i < 5; i++) acc[i] += carry, carry = acc[i] >> 26, acc[i] &= 0x3ffffff;
        carry *= 5;
    }
    acc[0] += carry;
    for (u32 i = 0; i < 5; i++) borrow += acc[i], less[i] = borrow & 0x3ffffff, borrow >>= 26; /* acc + 5: beyond 2^130 when acc >= p */
    if (borrow) copy(acc, less, sizeof acc);
    words[0] = acc[0] | acc[1] << 26;
    words[1] = acc[1] >> 6 | acc[2] << 20;
    words[2] = acc[2] >> 12 | acc[3] << 14;
    words[3] = acc[3] >> 18 | acc[4] << 8;
    u64 sum = 0;
    for (u32 i = 0; i < 4; i++) sum += (u64)words[i] + pad[i], words[i] = (u32)sum, sum >>= 32;
    copy(to, words, 16);
}

static int run(void)
{
    static u8 bytes[4096];
    static const char message[] = "Cryptographic Forum Research Group";
    u8 k[32], out[16];
    floating = argument_is(1, "x87");
    x87_mode(EXTENDED_PRECISION, NEAREST);
    unhex("85d6be7857556d337f4452fe42d506a80103808afb0db2fd4abff6af4149f51b", k);
    key(k);
    absorb((const u8 *)message, sizeof message - 1, 1);
    tag(out);
    check("tag", out, "a8061dc1305136c6c22b8baf0c0127a9");
    stream(bytes, sizeof bytes);
    for (u32 i = 0; i < 20; i++) {
        stream(k, 32);
        key(k);
        absorb(bytes + i, 4000 - i * 37, 0);
        tag(out);
        put("stream ");
        put_bytes(out, 16);
        end_line();
    }
    fill(bytes, 0xff, sizeof bytes);
    key(bytes);
    absorb(bytes, 1024, 0);
    tag(out);
    put("all ones ");
    put_bytes(out, 16);
    end_line();
    return failed;
}
