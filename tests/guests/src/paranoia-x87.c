/* paranoia-x87 TYPE PRECISION [ROUNDING]: what x87's arithmetic does with float, double or extended (4, 8 or 10 bytes), at each
   precision control (24, 53, 64) and rounding control (0 nearest, 1 down, 2 up, 3 chop;
   absent: one after the other). See paranoia.h. */
#include "fp.h"

#define FLAGS() x87_flags()

#define REAL float
#define BYTES 4
#define NAME(x) single_##x
#define NEAR(x) ({ float near_ = x; __asm__("frndint" : "+t"(near_)); near_; })
#define ROOT(x) ({ float root_ = x; __asm__("fsqrt" : "+t"(root_)); root_; })
#include "paranoia.h"

#undef REAL
#undef BYTES
#undef NAME
#undef NEAR
#undef ROOT
#define REAL double
#define BYTES 8
#define NAME(x) double_##x
#define NEAR(x) ({ double near_ = x; __asm__("frndint" : "+t"(near_)); near_; })
#define ROOT(x) ({ double root_ = x; __asm__("fsqrt" : "+t"(root_)); root_; })
#include "paranoia.h"

#undef REAL
#undef BYTES
#undef NAME
#undef NEAR
#undef ROOT
#define REAL extended
#define BYTES 10
#define NAME(x) extended_##x
#define NEAR(x) ({ extended near_ = x; __asm__("frndint" : "+t"(near_)); near_; })
#define ROOT(x) ({ extended root_ = x; __asm__("fsqrt" : "+t"(root_)); root_; })
#include "paranoia.h"

static int run(void)
{
    u32 bytes = (u32)argument(1, 8), bits = (u32)argument(2, 64), only = (u32)argument(3, -1);
    for (u32 rounding = NEAREST; rounding <= CHOP; rounding++) {
        if (only <= CHOP && rounding != only) continue;
        x87_mode(bits == 24 ? SINGLE_PRECISION : bits == 53 ? DOUBLE_PRECISION : EXTENDED_PRECISION, rounding);
        if (bytes == 4) single_probe();
        else if (bytes == 8) double_probe();
        else extended_probe();
    }
    return 0;
}
