/* bigfile [PATH]: makes a file (/tmp/big) grow without end, 64 KiB a write, until it is refused; prints "wrote N KiB, ERRNO" and ends
   with 0, if it is let. */
#include "crt.h"

static char block[65536];

static int run(void)
{
    s32 fd = must("open", (s32)sys(SYS_open, argc > 1 ? argv[1] : "/tmp/big", O_WRONLY | O_CREAT | O_TRUNC | 0100000 /* O_LARGEFILE */, 0600));
    u32 kib = 0;
    s32 result;
    for (u32 i = 0; i < sizeof block; i++) block[i] = (char)i;
    while ((result = (s32)sys(SYS_write, fd, block, sizeof block)) > 0) kib += (u32)result >> 10;
    put("wrote ");
    put_unsigned(kib);
    put(" KiB, ");
    put_errno(result);
    end_line();
    return 0;
}
