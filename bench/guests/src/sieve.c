/* sieve [TIMES]: the primes below four million by the sieve of Eratosthenes, a byte a number. */
#include "bench.h"

#define LIMIT 4000000

static u8 composite[LIMIT];

static int run(void)
{
    u32 times = (u32)argument(1, 120), sum = 0;
    for (u32 t = 0; t < times; t++) {
        u32 count = 0;
        memset(composite, 0, sizeof composite);
        for (u32 i = 2; i < LIMIT; i++) {
            if (composite[i]) continue;
            count++;
            if (i < 2000)
                for (u32 j = i * i; j < LIMIT; j += i) composite[j] = 1;
        }
        sum = mix(sum, count);
    }
    return finish("sieve", times, sum);
}
