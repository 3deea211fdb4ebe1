/* hexfloat [trips]: text to numbers and back as strtod, printf("%a") and printf("%.*e") do it, for float, double and extended, correctly rounded. Without
   argument: numbers that are hard to read, as bits, in hexadecimal and in decimal. With "trips": random numbers of all sizes go through both
   forms and come back, and through x87's conversions, which must round as integers do; prints some of them, and how many went wrong. */
#include "decimal.h"

static char text[128];

/* What put() gathered becomes text; the line is empty again. */
static void take_line(u32 from)
{
    u32 n = 0;
    for (u32 i = from; i < line_length; i++) text[n++] = line[i];
    text[n] = 0;
    line_length = from;
}

static u32 size_of(const struct format *format) { return format->bits == 24 ? 4 : format->bits == 53 ? 8 : 10; }

static struct number unpack(const void *bits, const struct format *format)
{
    struct number x = { 0 };
    const u8 *p = bits;
    u32 bytes = size_of(format);
    u64 word = 0;
    s32 exponent;
    for (u32 i = bytes < 8 ? bytes : 8; i-- > 0;) word = word << 8 | p[i];
    x.negative = p[bytes - 1] >> 7;
    if (bytes == 10) exponent = (p[8] | p[9] << 8) & 0x7fff, x.significand = word;
    else {
        u32 stored = format->bits - 1, most = bytes == 4 ? 0xff : 0x7ff;
        exponent = (s32)(word >> stored) & (s32)most;
        x.significand = (word & ((1ull << stored) - 1)) | (exponent ? 1ull << stored : 0);
    }
    x.exponent = format->least + (exponent ? exponent - 1 : 0);
    return x;
}

static void pack(const struct number *x, const struct format *format, void *bits)
{
    u8 *p = bits;
    u32 bytes = size_of(format), stored = format->bits - (bytes != 10), most = bytes == 4 ? 0xff : bytes == 8 ? 0x7ff : 0x7fff, exponent;
    struct number y = *x;
    while (y.significand && bits_of(y.significand) < format->bits && y.exponent > format->least) y.significand <<= 1, y.exponent--;
    exponent = bits_of(y.significand) < format->bits ? 0 : (u32)(y.exponent - format->least + 1);
    if (y.infinite) exponent = most, y.significand = bytes == 10 ? 1ull << 63 : 0;
    u64 word = bytes == 10 ? y.significand : (y.significand & ((1ull << stored) - 1)) | (u64)exponent << stored;
    for (u32 i = 0; i < 8 && i < bytes; i++) p[i] = (u8)(word >> 8 * i);
    if (bytes == 10) p[8] = (u8)exponent, p[9] = (u8)(exponent >> 8);
    p[bytes - 1] |= (u8)(y.negative << 7);
}

static const struct format *const formats[3] = { &float_format, &double_format, &extended_format };
static const u32 enough[3] = { 9, 17, 21 };

static void show(const char *s)
{
    put(s);
    end_line();
    for (u32 i = 0; i < 3; i++) {
        u8 bits[10];
        struct number x = read_number(s, formats[i]);
        pack(&x, formats[i], bits);
        put("  ");
        put_bits(bits, size_of(formats[i]));
        put(" ");
        put_hexadecimal(&x, formats[i]);
        put(" ");
        put_decimal(&x, enough[i]);
        end_line();
    }
}

static int equal(const u8 *a, const u8 *b, u32 bytes)
{
    while (bytes && a[bytes - 1] == b[bytes - 1]) bytes--;
    return !bytes;
}

static u32 random(void)
{
    static u32 x = 2463534242;
    x ^= x << 13, x ^= x >> 17, x ^= x << 5;
    return x;
}

static u32 trip(const u8 *bits, u32 which, int shown)
{
    u8 back[16], narrow[16], expected[16];
    const struct format *format = formats[which];
    struct number x = unpack(bits, format), y;
    u32 wrong = 0, bytes = size_of(format), from;
    if (shown) put_bits(bits, bytes), put(" ");
    from = line_length;
    put_hexadecimal(&x, format);
    take_line(from);
    if (shown) put(text), put(" ");
    y = read_number(text, format), pack(&y, format, back), wrong += !equal(bits, back, bytes);
    from = line_length;
    put_decimal(&x, enough[which]);
    take_line(from);
    if (shown) put(text), end_line();
    y = read_number(text, format), pack(&y, format, back), wrong += !equal(bits, back, bytes);
    /* The processor's own conversions from this format, exact or rounded once. */
    for (u32 to = 0; to < 3; to++) {
        extended value;
        if (which == 0) __asm__("flds %1" : "=t"(value) : "m"(*(const u8(*)[4])bits));
        else if (which == 1) __asm__("fldl %1" : "=t"(value) : "m"(*(const u8(*)[8])bits));
        else __asm__("fldt %1" : "=t"(value) : "m"(*(const u8(*)[10])bits));
        if (to == 0) __asm__("fstps %0" : "=m"(*(u8(*)[4])narrow) : "t"(value) : "st");
        else if (to == 1) __asm__("fstpl %0" : "=m"(*(u8(*)[8])narrow) : "t"(value) : "st");
        else __asm__("fstpt %0" : "=m"(*(u8(*)[10])narrow) : "t"(value) : "st");
        big_set(&above, x.significand);
        big_set(&below, 1);
        y = round_ratio(formats[to], x.exponent);
        y.negative = x.negative;
        pack(&y, formats[to], expected);
        wrong += !equal(narrow, expected, size_of(formats[to]));
    }
    return wrong;
}

static int trips(void)
{
    u32 wrong = 0, count = 0;
    for (u32 which = 0; which < 3; which++) {
        for (u32 i = 0; i < 36; i++) {
            u8 bits[16];
            for (u32 j = 0; j < 16; j += 4) *(u32 *)(bits + j) = random();
            u16 *top = (u16 *)(bits + size_of(formats[which]) - 2);
            if (which == 0) *top = (u16)(*top % 0x7f80 | (*top & 0x8000));
            if (which == 1) *top = i % 4 == 0 ? (u16)(0x3500 + *top % 0x1700) : (u16)(*top % 0x7ff0 | (*top & 0x8000));
            if (which == 2) {
                *top = i % 6 == 0 ? 0 : i % 6 == 1 ? (u16)(0x3c00 + random() % 0x40) : (u16)(0x3f60 + random() % 0x120);
                if (*top) bits[7] |= 0x80;
                else bits[7] &= 0x7f;
            }
            if (i % 10 == 0) bits[which == 0 ? 0 : 4] = 0, *(u32 *)bits &= which ? 0 : 0xffff00ff; /* short ones, and ties */
            wrong += trip(bits, which, i % 5 == 0);
            count++;
        }
    }
    put_unsigned(count);
    put(" numbers, ");
    put_unsigned(wrong);
    put(" went wrong");
    end_line();
    return wrong != 0;
}

static int run(void)
{
    static const char *const hard[] = {
        "0", "-0.0", "1", "0.1", "-3.14159265358979323846264338327950288", "123456789012345678901234567890", "9007199254740993", "9007199254740992.99999999999999999999",
        "9007199254740993.00000000000000000001", "16777217", "1e23", "8.5e22", "2.2250738585072011e-308", "2.2250738585072014e-308", "4.9406564584124654e-324",
        "2.4703282292062327e-324", "2.4703282292062328e-324", "1.7976931348623157e308", "1.7976931348623158e308", "1.7976931348623159e308", "3.4028234663852886e38",
        "3.4028235677973366e38", "1.401298464324817e-45", "7.0064923216240854e-46", "7.0064923216240853e-46", "1.1754943508222875e-38", "6.631236846766476e-316", "1e400", "1e-400",
        "1.18973149535723176502e4932", "1.18973149535723176509e4932", "3.64519953188247460253e-4951", "1.8225997659412373e-4951", "0x1.8p1", "0x1.fffffffffffff8p0", "0x1.fffffffffffff7fffp0", "0x1.000001p0",
        "0x0.8p-1074", "0x0.8000000000000000001p-1074", "0x1p-1074", "0xffffffffffffffff.8p0", "0x1p1024", "5e-324", "179769313486231580793728971405301e276",
    };
    x87_mode(EXTENDED_PRECISION, NEAREST);
    if (argument_is(1, "trips")) return trips();
    for (u32 i = 0; i < sizeof hard / sizeof *hard; i++) show(hard[i]);
    return 0;
}
