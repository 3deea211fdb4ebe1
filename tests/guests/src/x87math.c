/* x87math [exact | near]: x87's functions. "exact": operands whose result every processor has to give bit for bit, with the exceptions and C0 to C3, in
   every rounding and precision mode (folded into a word each): special values, FSCALE, FXTRACT, FPREM, FPREM1, FRNDINT, FSQRT, FXAM, the constants, and what the transcendental
   instructions give for zeros, infinities and other marked operands. "near": the transcendental instructions over their ranges, rounded to double, where
   the results of different makers differ only in bits beyond. Without argument both. */
#include "fp.h"

static u8 zero[10], one[10] = { 0, 0, 0, 0, 0, 0, 0, 0x80, 0xff, 0x3f }, minus_one[10] = { 0, 0, 0, 0, 0, 0, 0, 0x80, 0xff, 0xbf };

static u32 sum; /* of all that a mode printed: the whole text would be long */

static void fold(const void *bytes, u32 count)
{
    const u8 *p = bytes;
    while (count--) sum = (sum << 5 | sum >> 27) ^ *p++;
}

static int silent;
static u16 shown = 0x477f; /* C0 to C3, stack fault, exceptions; C1 tells of rounding */

static void result(const char *what, const void *value, u16 status)
{
    status &= shown;
    fold(value, 10);
    fold(&status, 2);
    if (silent) return;
    put(what);
    put(" ");
    put_bits(value, 10);
    put(" ");
    put_bits(&status, 2);
    put("; ");
    if (line_length > 100) end_line();
}

#define UNARY(name, x) \
    do { \
        u8 out[10]; \
        u16 status; \
        __asm__ volatile("fldt %2\n\tfnclex\n\t" name "\n\tfnstsw %1\n\tfstpt %0" : "=m"(out), "=m"(status) : "m"(*(const u8(*)[10])(x)) : "memory"); \
        result(name, out, status); \
    } while (0)

#define PUSHING(name, x) \
    do { \
        u8 out[10], other[10]; \
        u16 status; \
        __asm__ volatile("fldt %3\n\tfnclex\n\t" name "\n\tfnstsw %2\n\tfstpt %0\n\tfstpt %1" \
                         : "=m"(out), "=m"(other), "=m"(status) : "m"(*(const u8(*)[10])(x)) : "memory"); \
        result(name, out, status); \
        result("and", other, status); \
    } while (0)

/* x in st(1), y in st. */
#define BINARY(name, after, x, y) \
    do { \
        u8 out[10]; \
        u16 status; \
        __asm__ volatile("fldt %2\n\tfldt %3\n\tfnclex\n\t" name "\n\tfnstsw %1\n\tfstpt %0\n\t" after \
                         : "=m"(out), "=m"(status) : "m"(*(const u8(*)[10])(x)), "m"(*(const u8(*)[10])(y)) : "memory"); \
        result(name, out, status); \
    } while (0)

#define CONSTANT(name) \
    do { \
        u8 out[10]; \
        u16 status; \
        __asm__ volatile("fnclex\n\t" name "\n\tfnstsw %1\n\tfstpt %0" : "=m"(out), "=m"(status) : : "memory"); \
        result(name, out, status); \
    } while (0)

/* Significands and exponents: zeros, numbers of all sizes, denormals, pseudo-denormals, infinities, quiet and signalling NaNs, and forms that no
   processor after the 80287 takes. */
static const struct { u64 significand; u16 exponent; } values[] = {
    { 0, 0 }, { 0, 0x8000 }, { 1ull << 63, 0x3fff }, { 1ull << 63, 0xbfff }, { 0xc000000000000000, 0x4000 }, { 0xc90fdaa22168c235, 0x4000 },
    { 0xaaaaaaaaaaaaaaab, 0xbffd }, { 0xfffffffffffffffe, 0x403d }, { 1ull << 63, 0x403e }, { 0x8000000000000001, 0xc03d }, { 0xffffffffffffffff, 0x7ffe },
    { 1ull << 63, 1 }, { 1, 0 }, { 0x7fffffffffffffff, 0x8000 }, { 1ull << 63, 0 }, { 1ull << 63, 0x7fff }, { 1ull << 63, 0xffff }, { 0xc000000000000005, 0x7fff },
    { 0x8000000000000003, 0xffff }, { 0x4000000000000000, 0x3fff }, { 0, 0x7fff }, { 0x8000000000000000, 0x4009 }, { 0xa000000000000000, 0x4002 }, { 0xe000000000000000, 0xbffe },
};
enum { COUNT = sizeof values / sizeof *values };

static void exact_mode(void)
{
    CONSTANT("fld1");
    CONSTANT("fldl2t");
    CONSTANT("fldl2e");
    CONSTANT("fldpi");
    CONSTANT("fldlg2");
    CONSTANT("fldln2");
    CONSTANT("fldz");
    for (u32 i = 0; i < COUNT; i++) {
        u8 x[10], y[10];
        for (u32 k = 0; k < 10; k++) x[k] = k < 8 ? (u8)(values[i].significand >> 8 * k) : (u8)(values[i].exponent >> 8 * (k - 8));
        UNARY("fxam", x);
        UNARY("fsqrt", x);
        UNARY("frndint", x);
        UNARY("fabs", x);
        UNARY("fchs", x);
        UNARY("ftst", x);
        PUSHING("fxtract", x);
        for (u32 j = 0; j < COUNT; j++) {
            for (u32 k = 0; k < 10; k++) y[k] = k < 8 ? (u8)(values[j].significand >> 8 * k) : (u8)(values[j].exponent >> 8 * (k - 8));
            BINARY("fprem", "fstp %%st", y, x);
            BINARY("fprem1", "fstp %%st", y, x);
            BINARY("fscale", "fstp %%st", y, x);
            BINARY("fcom", "fstp %%st", y, x);
            BINARY("fucom", "fstp %%st", y, x);
        }
    }
}

static void exact(void)
{
    static const u8 precisions[3] = { SINGLE_PRECISION, DOUBLE_PRECISION, EXTENDED_PRECISION };
    for (u32 p = 0; p < 3; p++) {
        for (u32 rounding = 0; rounding < 4; rounding++) {
            x87_mode(precisions[p], rounding);
            silent = 1, sum = 0;
            exact_mode();
            put("exact ");
            put_unsigned(p), put(" "), put_unsigned(rounding), put(" ");
            put_hex(sum);
            end_line();
        }
    }
    silent = 0;
    /* The marked operands of the transcendental instructions, whose makers differ in what is inexact and which way it was rounded. */
    shown &= (u16)~(0x200 | INEXACT);
    x87_mode(EXTENDED_PRECISION, NEAREST);
    for (u32 i = 0; i < COUNT; i++) {
        u8 x[10];
        u32 kind = values[i].exponent & 0x7fff, integer = values[i].significand >> 63;
        for (u32 k = 0; k < 10; k++) x[k] = k < 8 ? (u8)(values[i].significand >> 8 * k) : (u8)(values[i].exponent >> 8 * (k - 8));
        int special = kind == 0x7fff || (kind == 0 && !values[i].significand) || (kind && !integer) || kind >= 0x403e;
        if (special) {
            UNARY("fsin", x);
            UNARY("fcos", x);
            if (kind == 0x7fff || kind < 0x403e) {
                PUSHING("fptan", x);
                PUSHING("fsincos", x);
            }
        }
        if (special && (kind < 0x403e || kind == 0x7fff)) UNARY("f2xm1", x);
        if (kind == 0x3fff && integer && values[i].significand == 1ull << 63) UNARY("f2xm1", x);
        if (special) {
            BINARY("fpatan", "", one, x);
            BINARY("fpatan", "", x, one);
            BINARY("fpatan", "", x, x);
            BINARY("fyl2x", "", one, x);
            BINARY("fyl2x", "", x, minus_one);
            BINARY("fyl2x", "", zero, x);
            if (kind != 0x7ffe) BINARY("fyl2xp1", "", x, zero);
        }
        /* Whole logarithms. */
        if (values[i].significand == 1ull << 63 && kind && kind != 0x7fff) {
            BINARY("fyl2x", "", one, x);
            BINARY("fyl2x", "", minus_one, x);
        }
    }
    if (line_length) end_line();
}

static u32 random(void)
{
    static u32 x = 88172645;
    x ^= x << 13, x ^= x >> 17, x ^= x << 5;
    return x;
}

/* A number of either sign whose size is 2^low to 2^(low + range). */
static extended operand(s32 low, u32 range, int positive)
{
    union { extended value; struct { u64 significand; u16 exponent; } parts; } x = { 0 };
    x.parts.significand = (u64)(random() | 0x80000000) << 32 | random();
    x.parts.exponent = (u16)(0x3fff + low + (s32)(random() % range));
    if (!positive && random() & 1) x.parts.exponent |= 0x8000;
    return x.value;
}

static void near_result(const char *what, extended value)
{
    volatile double rounded = (double)value;
    put(what);
    put(" ");
    put_bits(&rounded, 8);
    put("; ");
    if (line_length > 100) end_line();
}

static void near(void)
{
    x87_mode(EXTENDED_PRECISION, NEAREST);
    for (u32 i = 0; i < 64; i++) {
        extended x = operand(-20, 24, 0), y = operand(-6, 12, 0), out, other;
        __asm__("fsin" : "=t"(out) : "0"(x));
        near_result("fsin", out);
        __asm__("fcos" : "=t"(out) : "0"(x));
        near_result("fcos", out);
        __asm__("fsincos" : "=t"(out), "=u"(other) : "0"(x));
        near_result("fsincos", out);
        near_result("and", other);
        __asm__("fptan" : "=t"(out), "=u"(other) : "0"(x));
        near_result("fptan", other);
        __asm__("fpatan" : "=t"(out) : "0"(x), "u"(y) : "st(1)");
        near_result("fpatan", out);
        x = operand(-16, 16, 0);
        __asm__("f2xm1" : "=t"(out) : "0"(x));
        near_result("f2xm1", out);
        x = operand(-100, 200, 1);
        __asm__("fyl2x" : "=t"(out) : "0"(x), "u"(y) : "st(1)");
        near_result("fyl2x", out);
        x = operand(-30, 28, 0);
        __asm__("fyl2xp1" : "=t"(out) : "0"(x), "u"(y) : "st(1)");
        near_result("fyl2xp1", out);
    }
    if (line_length) end_line();
}

static int run(void)
{
    if (!argument_is(1, "near")) exact();
    if (!argument_is(1, "exact")) near();
    return 0;
}
