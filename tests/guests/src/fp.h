/* What guests with floating point share: control and status of both units, and numbers as their bits. */
#ifndef FP_H
#define FP_H
#include "crt.h"

typedef long double extended;

/* The six exceptions, as x87's status word and MXCSR have them in their low bits. */
enum { INVALID = 1, DENORMAL = 2, ZERO_DIVIDE = 4, OVERFLOW = 8, UNDERFLOW = 16, INEXACT = 32 };
/* Rounding as in the fields of x87's control word (shifted by 10) and MXCSR (shifted by 13). */
enum { NEAREST, DOWN, UP, CHOP };
/* Precision as in x87's control word (shifted by 8). */
enum { SINGLE_PRECISION = 0, DOUBLE_PRECISION = 2, EXTENDED_PRECISION = 3 };
enum { FLUSH_TO_ZERO = 0x8000, DENORMALS_ARE_ZERO = 0x40 };

static UNUSED void x87_mode(u32 precision, u32 rounding)
{
    u16 control = (u16)(0x3f | precision << 8 | rounding << 10);
    __asm__ volatile("fnclex\n\tfldcw %0" : : "m"(control));
}

static UNUSED u32 x87_flags(void) /* and clears them */
{
    u16 status;
    __asm__ volatile("fnstsw %0\n\tfnclex" : "=m"(status));
    return status & 63;
}

static UNUSED void put_flags(u32 flags)
{
    put(" ");
    if (!flags) put("-");
    for (u32 i = 0; i < 6; i++) {
        char name[2] = { "IDZOUP"[i], 0 };
        if (flags & 1u << i) put(name);
    }
}

/* The bytes of a number, most significant first. */
static UNUSED void put_bits(const volatile void *number, u32 bytes)
{
    const volatile u8 *p = number;
    char text[3] = { 0 };
    while (bytes--) {
        text[0] = "0123456789abcdef"[p[bytes] >> 4];
        text[1] = "0123456789abcdef"[p[bytes] & 15];
        put(text);
    }
}

#endif
