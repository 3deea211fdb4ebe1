/* Multiplication of two square matrices of doubles, and a sum over the product: what matrix-sse2 and matrix-x87 share. */
#include "bench.h"

#define SIDE 160

static double a[SIDE][SIDE], b[SIDE][SIDE], c[SIDE][SIDE];

static NOINLINE void multiply(void)
{
    for (u32 i = 0; i < SIDE; i++)
        for (u32 j = 0; j < SIDE; j++) c[i][j] = 0;
    for (u32 i = 0; i < SIDE; i++)
        for (u32 k = 0; k < SIDE; k++) {
            double x = a[i][k];
            for (u32 j = 0; j < SIDE; j++) c[i][j] += x * b[k][j];
        }
}

static NOINLINE u32 matrices(u32 times)
{
    u32 sum = 0;
    for (u32 i = 0; i < SIDE; i++)
        for (u32 j = 0; j < SIDE; j++) a[i][j] = (double)(random_next() >> 8) / 16777216, b[i][j] = (double)(random_next() >> 8) / 16777216 - 0.5;
    for (u32 t = 0; t < times; t++) {
        multiply();
        for (u32 i = 0; i < SIDE; i++) sum = mix_double(sum, c[i][(i * 7 + t) % SIDE]);
        for (u32 i = 0; i < SIDE; i++) a[i][t % SIDE] = c[i][0] / SIDE;
    }
    return sum;
}
