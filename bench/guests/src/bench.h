/* What every guest of the suite shares: those of tests/guests, the memory functions that gcc calls by itself, a sequence of numbers, and the
   last line: a checksum that is the same wherever the program runs. */
#ifndef BENCH_H
#define BENCH_H
#include "../../../tests/guests/src/crt.h"

UNUSED void *memcpy(void *to, const void *from, __SIZE_TYPE__ count)
{
    void *result = to;
    u32 words = count >> 2, rest = count & 3;
    __asm__ volatile("rep movsl\n\tmovl %3, %2\n\trep movsb" : "+D"(to), "+S"(from), "+c"(words) : "r"(rest) : "memory");
    return result;
}

UNUSED void *memset(void *to, int value, __SIZE_TYPE__ count)
{
    void *result = to;
    __asm__ volatile("rep stosb" : "+D"(to), "+c"(count) : "a"(value) : "memory");
    return result;
}

UNUSED int memcmp(const void *a, const void *b, __SIZE_TYPE__ count)
{
    const u8 *x = a, *y = b;
    for (; count; count--, x++, y++)
        if (*x != *y) return *x - *y;
    return 0;
}

/* Marsaglia's xorshift. */
static u32 random_state UNUSED = 2463534242u;

static UNUSED inline u32 random_next(void)
{
    u32 x = random_state;
    x ^= x << 13;
    x ^= x >> 17;
    x ^= x << 5;
    return random_state = x;
}

static UNUSED inline u32 mix(u32 sum, u32 value) { return ((sum << 5 | sum >> 27) ^ value) * 0x9e3779b1u; }

/* A number of floating point by its bits, so that nothing is rounded in printing. */
static UNUSED u32 mix_double(u32 sum, double value)
{
    union { double number; u32 words[2]; } u = { value };
    return mix(mix(sum, u.words[0]), u.words[1]);
}

static UNUSED int finish(const char *name, u32 size, u32 sum)
{
    put(name);
    put(" ");
    put_unsigned(size);
    put(" ");
    put_hex(sum);
    end_line();
    return 0;
}

#endif
