/* pi [DIGITS | agm | machin]: digits of pi (1000) by the spigot of Rabinowitz and Wagon, in 32-bit integers with divisions of 64 by 32
   bits; or what double and extended arithmetic make of pi, step by step and bit by bit, by the arithmetic-geometric mean or by
   Machin's series. */
#include "fp.h"

enum { MOST = 1000 };

static u32 rest[MOST * 10 / 3 + 2];

static void digit(u32 d)
{
    static u32 column;
    char text[2] = { (char)('0' + d), 0 };
    put(text);
    if (++column == 1) put(".");
    else if ((column - 1) % 50 == 0) end_line();
}

static u32 remainder(u64 dividend, u32 divisor, u32 *quotient)
{
    u32 left;
    __asm__("divl %4" : "=a"(*quotient), "=d"(left) : "a"((u32)dividend), "d"((u32)(dividend >> 32)), "r"(divisor));
    return left;
}

static void spigot(u32 digits)
{
    u32 terms = digits * 10 / 3 + 1, held = 0, nines = 0, printed = 0;
    for (u32 i = 0; i < terms; i++) rest[i] = 2;
    for (u32 n = 0; printed < digits; n++) {
        u32 carry = 0;
        for (u32 i = terms; i-- > 1;) {
            u32 quotient;
            rest[i] = remainder((u64)rest[i] * 10 + carry, 2 * i + 1, &quotient);
            carry = quotient * i;
        }
        carry += rest[0] * 10;
        rest[0] = carry % 10;
        carry /= 10;
        if (carry == 9) {
            nines++;
            continue;
        }
        if (n) digit(held + carry / 10), printed++;
        for (; nines; nines--) {
            if (printed < digits) digit(carry == 10 ? 0 : 9), printed++;
        }
        held = carry % 10;
    }
    if (line_length) end_line();
}

static void step(const char *what, u32 n, volatile extended *value)
{
    volatile double rounded = (double)*value;
    put(what);
    put(" ");
    put_unsigned(n);
    put(" ");
    put_bits(value, 10);
    put(" ");
    put_bits(&rounded, 8);
    end_line();
}

static void agm(void)
{
    volatile extended a = 1, b = 0.5L, t = 0.25L, p = 1, pi;
    __asm__("fsqrt" : "=t"(b) : "0"(b));
    for (u32 n = 1; n <= 5; n++) {
        volatile extended next = (a + b) / 2, product = a * b, difference;
        __asm__("fsqrt" : "=t"(b) : "0"(product));
        difference = a - next;
        t = t - p * difference * difference;
        a = next;
        p = p + p;
        pi = (a + b) * (a + b) / (4 * t);
        step("agm", n, &pi);
    }
}

static void machin(void)
{
    volatile double fifth = 1.0 / 5, other = 1.0 / 239, sum = 0, x = 16 * fifth, y = 4 * other;
    for (u32 n = 0; n < 12; n++) {
        volatile extended shown;
        double k = 2 * (int)n + 1;
        sum = sum + (n & 1 ? -1 : 1) * (x / k - y / k);
        x = x * fifth * fifth;
        y = y * other * other;
        shown = sum;
        step("machin", n, &shown);
    }
}

static int run(void)
{
    if (argument_is(1, "agm")) agm();
    else if (argument_is(1, "machin")) machin();
    else {
        s32 digits = argument(1, MOST);
        spigot(digits < 1 || digits > MOST ? MOST : (u32)digits);
    }
    return 0;
}
