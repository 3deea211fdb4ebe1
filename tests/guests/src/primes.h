/* The first bits of the fractions of roots of primes, which SHA-2 has as constants: found by integer bisection, 32 or 64 bits. */
#ifndef PRIMES_H
#define PRIMES_H
#include "crt.h"

static UNUSED u32 next_prime(u32 p)
{
    for (p++;; p++) {
        u32 d = 2;
        while (d * d <= p && p % d) d++;
        if (d * d > p) return p;
    }
}

/* to = a * b, little-endian words, lengths as given. */
static void multiply(const u32 *a, u32 na, const u32 *b, u32 nb, u32 *to)
{
    for (u32 i = 0; i < na + nb; i++) to[i] = 0;
    for (u32 i = 0; i < na; i++) {
        u32 carry = 0;
        for (u32 j = 0; j < nb; j++) {
            u64 sum = (u64)a[i] * b[j] + to[i + j] + carry;
            to[i + j] = (u32)sum;
            carry = (u32)(sum >> 32);
        }
        to[i + nb] = carry;
    }
}

/* The first 64 bits of the fraction of p's square (power 2) or cube (power 3) root: the largest x of 96 bits, 64 of them fraction, with x^power <= p. */
static UNUSED u64 root_fraction(u32 p, u32 power)
{
    u32 x[3] = { 0 }, square[6], cube[9];
    for (u32 bit = 96; bit-- > 0;) {
        const u32 *product = square;
        u32 size = 6, over;
        x[bit / 32] |= 1u << bit % 32;
        multiply(x, 3, x, 3, square);
        if (power == 3) multiply(square, 6, x, 3, cube), product = cube, size = 9;
        over = 0;
        for (u32 i = power * 2 + 1; i < size; i++) over |= product[i];
        if (over || product[power * 2] >= p) x[bit / 32] &= ~(1u << bit % 32); /* no prime is a square or a cube */
    }
    return (u64)x[1] << 32 | x[0];
}

#endif
