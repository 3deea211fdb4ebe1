/* build: -msse2 -mfpmath=sse -fno-math-errno */
/* nbody [STEPS]: bodies that attract one another, in steps of Euler's method, in scalar SSE2: additions, multiplications, divisions, roots. */
#include "bench.h"

#define BODIES 6

static struct { double x[3], v[3], mass; } body[BODIES];

static NOINLINE void step(double dt)
{
    for (u32 i = 0; i < BODIES; i++)
        for (u32 j = i + 1; j < BODIES; j++) {
            double d[3], square = 0.01;
            for (u32 k = 0; k < 3; k++) d[k] = body[i].x[k] - body[j].x[k], square += d[k] * d[k];
            double force = dt / (square * __builtin_sqrt(square));
            for (u32 k = 0; k < 3; k++) {
                body[i].v[k] -= d[k] * body[j].mass * force;
                body[j].v[k] += d[k] * body[i].mass * force;
            }
        }
    for (u32 i = 0; i < BODIES; i++)
        for (u32 k = 0; k < 3; k++) body[i].x[k] += dt * body[i].v[k];
}

static int run(void)
{
    u32 steps = (u32)argument(1, 1500000), sum = 0;
    for (u32 i = 0; i < BODIES; i++) {
        body[i].mass = i ? (double)(random_next() % 1000) / 1e5 : 40;
        for (u32 k = 0; k < 3; k++) {
            body[i].x[k] = i ? (double)(random_next() % 20000) / 1000 - 10 : 0;
            body[i].v[k] = i ? (double)(random_next() % 2000) / 1000 - 1 : 0;
        }
    }
    for (u32 t = 0; t < steps; t++) step(0.001);
    for (u32 i = 0; i < BODIES; i++)
        for (u32 k = 0; k < 3; k++) sum = mix_double(sum, body[i].x[k]);
    return finish("nbody", steps, sum);
}
