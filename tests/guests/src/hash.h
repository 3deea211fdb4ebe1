/* What the digest guests share: a stream of bytes that each can make for itself, and hexadecimal output of bytes. */
#ifndef HASH_H
#define HASH_H
#include "crt.h"

static UNUSED u32 left32(u32 x, u32 n) { return x << n | x >> (32 - n); }
static UNUSED u32 right32(u32 x, u32 n) { return x >> n | x << (32 - n); }
static UNUSED u32 swap32(u32 x) { __asm__("bswap %0" : "+r"(x)); return x; }

static UNUSED void put_bytes(const void *bytes, u32 count)
{
    const u8 *p = bytes;
    char text[3] = { 0 };
    while (count--) {
        text[0] = "0123456789abcdef"[*p >> 4];
        text[1] = "0123456789abcdef"[*p++ & 15];
        put(text);
    }
}

static UNUSED void copy(void *to, const void *from, u32 count)
{
    __asm__ volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(count) : : "memory");
}

static UNUSED void fill(void *to, u8 value, u32 count)
{
    __asm__ volatile("rep stosb" : "+D"(to), "+c"(count) : "a"(value) : "memory");
}

/* Byte i of the long stream: the top bytes of a linear congruential sequence. */
static UNUSED void stream(u8 *to, u32 count)
{
    static u32 x = 12345;
    while (count--) {
        x = x * 1664525 + 1013904223;
        *to++ = (u8)(x >> 24);
    }
}

/* Bytes of hexadecimal text. */
static UNUSED u32 unhex(const char *text, u8 *to)
{
    u32 n = 0;
    for (; text[0]; text += 2, n++) {
        u32 high = (u32)(text[0] <= '9' ? text[0] - '0' : text[0] - 'a' + 10), low = (u32)(text[1] <= '9' ? text[1] - '0' : text[1] - 'a' + 10);
        to[n] = (u8)(high << 4 | low);
    }
    return n;
}

/* Prints whether bytes are those that the standard has, and remembers when not. */
static UNUSED int failed;

static UNUSED void check(const char *what, const void *bytes, const char *expected)
{
    u8 right[256];
    const u8 *p = bytes;
    u32 n = unhex(expected, right), i = 0;
    while (i < n && p[i] == right[i]) i++;
    put(what);
    put(" ");
    put_bytes(bytes, n);
    put(i == n ? " right" : " WRONG");
    end_line();
    if (i != n) failed = 1;
}

#endif
