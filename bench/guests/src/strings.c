/* build: -msse2 */
/* strings [TIMES]: lengths, copies, comparisons, searches and fills of short and long strings, in the manners that C libraries have: a byte
   at a time, four bytes at a time, sixteen with SSE2, and the processor's string instructions. */
#include "bench.h"
#include <emmintrin.h>

#define TEXT 65536

static char text[TEXT + 64], other[TEXT + 64];

static NOINLINE u32 length_of(const char *s)
{
    const char *p = s;
    while ((u32)p & 15)
        if (!*p++) return (u32)(p - 1 - s);
    for (;; p += 16) {
        u32 mask = (u32)_mm_movemask_epi8(_mm_cmpeq_epi8(_mm_load_si128((const __m128i *)p), _mm_setzero_si128()));
        if (mask) return (u32)(p - s) + (u32)__builtin_ctz(mask);
    }
}

static NOINLINE int compare(const char *a, const char *b)
{
    while (*a && *a == *b) a++, b++;
    return (u8)*a - (u8)*b;
}

static NOINLINE char *copy_string(char *to, const char *from)
{
    while ((*to = *from)) to++, from++;
    return to;
}

static NOINLINE const char *find(const char *s, char c)
{
    for (; *s; s++)
        if (*s == c) return s;
    return 0;
}

static NOINLINE const char *find_string(const char *s, const char *what, u32 count)
{
    for (; (s = find(s, *what)); s++)
        if (!memcmp(s, what, count)) return s;
    return 0;
}

/* Four bytes at a time: where one of them is zero, by arithmetic on the word. */
static NOINLINE u32 length_by_words(const char *s)
{
    const u32 *p = (const u32 *)s;
    for (;; p++) {
        u32 zeros = (*p - 0x01010101u) & ~*p & 0x80808080u;
        if (zeros) return (u32)((const char *)p - s) + (u32)__builtin_ctz(zeros) / 8;
    }
}

static NOINLINE void move(char *to, const char *from, u32 count)
{
    for (; count >= 16; count -= 16, to += 16, from += 16) _mm_storeu_si128((__m128i *)to, _mm_loadu_si128((const __m128i *)from));
    while (count--) *to++ = *from++;
}

static NOINLINE u32 scan(const char *s)
{
    u32 left = ~0u;
    __asm__ volatile("repne scasb" : "+D"(s), "+c"(left) : "a"(0) : "memory", "cc");
    return ~left - 1;
}

static NOINLINE u32 hash(const char *s)
{
    u32 sum = 5381;
    while (*s) sum = sum * 33 + (u8)*s++;
    return sum;
}

static int run(void)
{
    u32 times = (u32)argument(1, 4000), sum = 0;
    for (u32 i = 0; i < TEXT - 1; i++) text[i] = (char)("etaoin shrdlu "[random_next() % 14]);
    copy_string(text + TEXT - 16, "needle in hay");
    for (u32 t = 0; t < times; t++) {
        text[t * 7 % (TEXT - 32)] = (char)('a' + t % 26);
        sum = mix(sum, length_of(text) + length_by_words(text + 4) + scan(text + (t & 15) * 512 + TEXT / 2));
        sum = mix(sum, hash(text + TEXT / 2));
        move(other, text, TEXT);
        sum = mix(sum, (u32)compare(text, other));
        memcpy(other + 1, text + 3, TEXT - 64);
        sum = mix(sum, (u32)(find_string(text, "needle", 6) - text));
        memset(other, (int)t, TEXT / 4);
        /* Short strings: words, one after the other. */
        char word[64], *end = word;
        for (u32 i = 0; i < 16384; i++) {
            char c = text[i];
            if (c != ' ' && end < word + 60) {
                *end++ = c;
                continue;
            }
            *end = 0;
            char copied[64];
            sum += length_of(word) + (u32)(copy_string(copied, word) - copied) + hash(copied);
            end = word;
        }
    }
    return finish("strings", times, sum);
}
