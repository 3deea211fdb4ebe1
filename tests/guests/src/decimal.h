/* Numbers between their bits and text, exactly, with integers of many words: strtod, %.*e, and %a. For float, double and extended alike: a number
   is sign, a 64-bit significand and a power of two. */
#ifndef DECIMAL_H
#define DECIMAL_H
#include "fp.h"

enum { WORDS = 1056 }; /* 2^16445 and 5^4950 and some more */

struct format { u32 bits; s32 least, most; }; /* digits of the significand, exponents of its last digit */
struct number { u32 negative, infinite; u64 significand; s32 exponent; };

static UNUSED const struct format float_format = { 24, -149, 104 }, double_format = { 53, -1074, 971 }, extended_format = { 64, -16445, 16320 };

struct big { u32 count, word[WORDS]; };

static void big_set(struct big *b, u64 value)
{
    b->word[0] = (u32)value, b->word[1] = (u32)(value >> 32);
    b->count = b->word[1] ? 2 : b->word[0] ? 1 : 0;
}

static void big_times(struct big *b, u32 factor, u32 carry)
{
    for (u32 i = 0; i < b->count; i++) {
        u64 product = (u64)b->word[i] * factor + carry;
        b->word[i] = (u32)product;
        carry = (u32)(product >> 32);
    }
    if (carry) b->word[b->count++] = carry;
}

static void big_power(struct big *b, u32 base, u32 power)
{
    for (; power >= 8; power -= 8) {
        u32 step = 1;
        for (u32 i = 0; i < 8; i++) step *= base;
        big_times(b, step, 0);
    }
    while (power--) big_times(b, base, 0);
}

static void big_shift(struct big *b, u32 by)
{
    u32 words = by / 32, bits = by % 32;
    if (!b->count) return;
    b->word[b->count] = 0;
    if (bits) {
        for (u32 i = b->count; i > 0; i--) b->word[i] = b->word[i] << bits | b->word[i - 1] >> (32 - bits);
        b->word[0] <<= bits;
        if (b->word[b->count]) b->count++;
    }
    for (u32 i = b->count; words && i-- > 0;) b->word[i + words] = b->word[i];
    for (u32 i = 0; i < words; i++) b->word[i] = 0;
    b->count += words;
}

static int big_compare(const struct big *a, const struct big *b)
{
    if (a->count != b->count) return a->count < b->count ? -1 : 1;
    for (u32 i = a->count; i-- > 0;)
        if (a->word[i] != b->word[i]) return a->word[i] < b->word[i] ? -1 : 1;
    return 0;
}

static void big_minus(struct big *a, const struct big *b)
{
    u32 borrow = 0;
    for (u32 i = 0; i < a->count; i++) {
        u64 difference = (u64)a->word[i] - (i < b->count ? b->word[i] : 0) - borrow;
        a->word[i] = (u32)difference;
        borrow = (u32)(difference >> 32) & 1;
    }
    while (a->count && !a->word[a->count - 1]) a->count--;
}

static UNUSED u32 bits_of(u64 x)
{
    u32 n = 0;
    for (; x; x >>= 1) n++;
    return n;
}

static struct big above, below;

/* above / below * 2^exponent, rounded once, to nearest even. */
static struct number round_ratio(const struct format *format, s32 exponent)
{
    struct number result = { 0 };
    if (!above.count) return result;
    s32 shift = (s32)(below.count * 32) - (s32)(above.count * 32) + 96; /* the quotient gets 65 to 129 bits */
    if (shift > 0) big_shift(&above, (u32)shift);
    else big_shift(&below, (u32)-shift);
    exponent -= shift;
    /* Bit by bit from the top: the quotient is below 2^130. */
    static struct big part;
    u64 high = 0, low = 0;
    part = below;
    big_shift(&part, 130);
    for (u32 bit = 131; bit-- > 0;) {
        high = high << 1 | low >> 63;
        low <<= 1;
        if (big_compare(&above, &part) >= 0) big_minus(&above, &part), low |= 1;
        for (u32 i = 0; i + 1 < part.count; i++) part.word[i] = part.word[i] >> 1 | part.word[i + 1] << 31;
        part.word[part.count - 1] >>= 1;
        while (part.count && !part.word[part.count - 1]) part.count--;
    }
    int sticky = above.count != 0;
    /* To the format's digits, or fewer where the exponent would be below its least. */
    u32 size = high ? 64 + bits_of(high) : bits_of(low), drop = size > format->bits ? size - format->bits : 0;
    if (exponent + (s32)drop < format->least) drop = (u32)(format->least - exponent);
    int half = 0;
    for (; drop; drop--) {
        sticky |= half;
        half = low & 1;
        low = low >> 1 | high << 63;
        high >>= 1;
        exponent++;
    }
    if (half && (sticky || low & 1)) {
        low++;
        if (!low) low = 1ull << 63, exponent++;
        else if (bits_of(low) > format->bits) low >>= 1, exponent++;
    }
    result.significand = low;
    result.exponent = exponent;
    if (low && bits_of(low) + (u32)(exponent + 20000) > format->bits + (u32)(format->most + 20000)) result.infinite = 1;
    return result;
}

/* As strtod: decimal or, after 0x, hexadecimal. */
static UNUSED struct number read_number(const char *s, const struct format *format)
{
    s32 exponent = 0, scale = 0, sign = 1, fraction = 0;
    u32 negative = *s == '-', hexadecimal;
    if (*s == '-' || *s == '+') s++;
    hexadecimal = s[0] == '0' && s[1] == 'x';
    if (hexadecimal) s += 2;
    big_set(&above, 0);
    big_set(&below, 1);
    for (; *s == '.' || (*s >= '0' && *s <= '9') || (hexadecimal && *s >= 'a' && *s <= 'f'); s++) {
        if (*s == '.') { fraction = 1; continue; }
        big_times(&above, hexadecimal ? 16 : 10, (u32)(*s <= '9' ? *s - '0' : *s - 'a' + 10));
        scale += fraction;
    }
    if (*s == 'e' || *s == 'p') {
        s++;
        if (*s == '-') sign = -1;
        if (*s == '-' || *s == '+') s++;
        for (; *s >= '0' && *s <= '9'; s++) exponent = exponent * 10 + *s - '0';
        exponent *= sign;
    }
    struct number result;
    if (hexadecimal) result = round_ratio(format, exponent - 4 * scale);
    else {
        exponent -= scale;
        big_power(exponent < 0 ? &below : &above, 5, (u32)(exponent < 0 ? -exponent : exponent));
        result = round_ratio(format, exponent);
    }
    result.negative = negative;
    return result;
}

/* As %.*e, for digits > 0: exact, and rounded once, to nearest even. */
static UNUSED void put_decimal(const struct number *x, u32 digits)
{
    static char text[64];
    s32 power = 0;
    put(x->negative ? "-" : "");
    if (x->infinite) { put("inf"); return; }
    big_set(&above, x->significand);
    big_set(&below, 1);
    if (x->exponent >= 0) big_shift(&above, (u32)x->exponent);
    else big_shift(&below, (u32)-x->exponent);
    if (x->significand) {
        power = (s32)((bits_of(x->significand) + (u32)(x->exponent + 20000)) * 30103 / 100000) - 6021; /* may be one too large or small */
        if (power > 0) big_power(&below, 10, (u32)power);
        else big_power(&above, 10, (u32)-power);
        while (big_compare(&above, &below) < 0) big_times(&above, 10, 0), power--;
        for (;;) {
            static struct big ten;
            ten = below;
            big_times(&ten, 10, 0);
            if (big_compare(&above, &ten) < 0) break;
            below = ten, power++;
        }
    }
    for (u32 i = 0; i < digits; i++) {
        text[i] = '0';
        while (big_compare(&above, &below) >= 0) big_minus(&above, &below), text[i]++;
        big_times(&above, 10, 0);
    }
    big_times(&below, 5, 0);
    int side = big_compare(&above, &below);
    if (side > 0 || (side == 0 && (text[digits - 1] & 1))) {
        u32 i = digits;
        while (i > 0 && text[i - 1] == '9') text[--i] = '0';
        if (i) text[i - 1]++;
        else text[0] = '1', power++;
    }
    text[digits] = 0;
    char first[2] = { text[0], 0 };
    put(first);
    if (digits > 1) put("."), put(text + 1);
    put(power < 0 ? "e-" : "e+");
    if (power > -10 && power < 10) put("0");
    put_unsigned((u32)(power < 0 ? -power : power));
}

/* As %a of glibc: float and double start with one bit, extended with four. */
static UNUSED void put_hexadecimal(const struct number *x, const struct format *format)
{
    u64 significand = x->significand;
    s32 exponent = x->significand ? x->exponent : 0;
    u32 lead = format->bits == 64 ? 4 : 1, digits = (format->bits - lead + 3) / 4;
    put(x->negative ? "-" : "");
    if (x->infinite) { put("inf"); return; }
    if (significand) {
        while (bits_of(significand) < format->bits && exponent > format->least) significand <<= 1, exponent--;
        exponent += (s32)(format->bits - lead);
        significand <<= digits * 4 + lead - format->bits; /* float's 23 bits fill 6 digits */
    }
    char text[2] = { 0 };
    put("0x");
    text[0] = "0123456789abcdef"[significand >> digits * 4 & 15];
    put(text);
    u32 last = 0;
    while (last < digits && significand & ((1ull << (digits - last) * 4) - 1)) last++;
    if (last) put(".");
    for (u32 i = 1; i <= last; i++) {
        text[0] = "0123456789abcdef"[significand >> (digits - i) * 4 & 15];
        put(text);
    }
    put(exponent < 0 ? "p-" : "p+");
    put_unsigned((u32)(exponent < 0 ? -exponent : exponent));
}

#endif
