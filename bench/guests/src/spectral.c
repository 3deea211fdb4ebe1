/* build: -fno-math-errno */
/* spectral [N]: the largest singular value of the matrix 1/((i+j)(i+j+1)/2+i+1), N by N, by the power method, in the x87. */
#include "bench.h"

#define MOST 4000

static double u[MOST], v[MOST], between[MOST];

static inline double element(u32 i, u32 j) { return 1.0 / ((i + j) * (i + j + 1) / 2 + i + 1); }

static NOINLINE void times_matrix(u32 n, const double *x, double *y, u32 transposed)
{
    for (u32 i = 0; i < n; i++) {
        double sum = 0;
        for (u32 j = 0; j < n; j++) sum += (transposed ? element(j, i) : element(i, j)) * x[j];
        y[i] = sum;
    }
}

static void both(u32 n, const double *x, double *y)
{
    times_matrix(n, x, between, 0);
    times_matrix(n, between, y, 1);
}

static int run(void)
{
    u32 n = (u32)argument(1, 1000);
    double uv = 0, vv = 0;
    if (n > MOST) n = MOST;
    for (u32 i = 0; i < n; i++) u[i] = 1;
    for (u32 i = 0; i < 10; i++) {
        both(n, u, v);
        both(n, v, u);
    }
    for (u32 i = 0; i < n; i++) uv += u[i] * v[i], vv += v[i] * v[i];
    return finish("spectral", n, mix_double(0, __builtin_sqrt(uv / vv)));
}
