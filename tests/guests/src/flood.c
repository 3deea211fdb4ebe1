/* flood [DESCRIPTOR]: writes 4096 bytes at a time to a descriptor (1) for ever; on an error it says so on 2 and ends with the errno. */
#include "crt.h"

static char block[4096];

static int run(void)
{
    s32 fd = argument(1, 1), result;
    for (u32 i = 0; i < sizeof block; i++) block[i] = i % 64 == 63 ? '\n' : (char)('0' + i % 64);
    while ((result = (s32)sys(SYS_write, fd, block, sizeof block)) >= 0) { }
    put("flood: ");
    put_errno(result);
    put("\n");
    flush_to(2);
    return -result;
}
