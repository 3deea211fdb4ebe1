/* matrix-x87 [TIMES]: matrices of 160 by 160 doubles multiplied in the x87, as Debian's i386 programs compute. */
#include "matrix.h"

static int run(void)
{
    u32 times = (u32)argument(1, 16);
    return finish("matrix-x87", times, matrices(times));
}
