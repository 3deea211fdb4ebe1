/* mapall [untouched]: maps memory until none is left, first in pieces of 64 MiB, then ever smaller ones down to a page, and
   writes to every page (unless "untouched"). Prints "mapped N KiB, ERRNO" and ends with 0, if it is let. */
#include "crt.h"

static int run(void)
{
    int touch = !argument_is(1, "untouched");
    u32 kib = 0;
    s32 result = 0;
    for (u32 size = 64 << 20; size >= 4096; size >>= 1) {
        for (;;) {
            result = (s32)sys(SYS_mmap2, 0, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
            if ((u32)result >= (u32)-4095) break;
            if (touch) for (u32 i = 0; i < size; i += 4096) *(volatile u32 *)(result + i) = i;
            kib += size >> 10;
        }
    }
    put("mapped ");
    put_unsigned(kib);
    put(" KiB, ");
    put_errno(result);
    end_line();
    return 0;
}
