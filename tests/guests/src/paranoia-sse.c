/* build: -msse2 -mfpmath=sse */
/* paranoia-sse TYPE [MODE [ROUNDING]]: what SSE's and SSE2's scalar arithmetic does with float or double (4 or 8 bytes), with
   flush to zero (MODE 1), denormals are zero (2), both (3) or none (0), at each rounding control (0 nearest, 1 down, 2 up, 3 chop;
   absent: one after the other). See paranoia.h. */
#include "fp.h"

static u32 NOINLINE sse_flags(void)
{
    u32 old, clear;
    __asm__ volatile("stmxcsr %0" : "=m"(old));
    clear = old & ~63u;
    __asm__ volatile("ldmxcsr %0" : : "m"(clear));
    return old & 63;
}

#define FLAGS() sse_flags()

#define REAL float
#define BYTES 4
#define NAME(x) single_##x
#define NEAR(x) ({ int near_; __asm__ volatile("cvtss2si %1, %0" : "=r"(near_) : "m"(x)); (float)near_; })
#define ROOT(x) ({ float root_ = x; __asm__ volatile("sqrtss %0, %0" : "+x"(root_)); root_; })
#include "paranoia.h"

#undef REAL
#undef BYTES
#undef NAME
#undef NEAR
#undef ROOT
#define REAL double
#define BYTES 8
#define NAME(x) double_##x
#define NEAR(x) ({ int near_; __asm__ volatile("cvtsd2si %1, %0" : "=r"(near_) : "m"(x)); (double)near_; })
#define ROOT(x) ({ double root_ = x; __asm__ volatile("sqrtsd %0, %0" : "+x"(root_)); root_; })
#include "paranoia.h"

static int run(void)
{
    u32 bytes = (u32)argument(1, 8), mode = (u32)argument(2, 0), only = (u32)argument(3, -1);
    for (u32 rounding = NEAREST; rounding <= CHOP; rounding++) {
        if (only <= CHOP && rounding != only) continue;
        u32 control = 0x1f80 | rounding << 13 | (mode & 1 ? FLUSH_TO_ZERO : 0) | (mode & 2 ? DENORMALS_ARE_ZERO : 0);
        __asm__ volatile("ldmxcsr %0" : : "m"(control));
        x87_mode(EXTENDED_PRECISION, rounding); /* conversions of 64-bit integers go through x87 */
        if (bytes == 4) single_probe();
        else double_probe();
    }
    return 0;
}
