/* build: -msse2 -mfpmath=sse -O3 */
/* matrix-sse2 [TIMES]: matrices of 160 by 160 doubles multiplied, two elements at a time in SSE2. */
#include "matrix.h"

static int run(void)
{
    u32 times = (u32)argument(1, 100);
    return finish("matrix-sse2", times, matrices(times));
}
