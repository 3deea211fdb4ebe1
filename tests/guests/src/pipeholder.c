/* pipeholder [exit]: holds both ends of a pipe with five bytes in it (v5: EBADF), says "ready", stays in user mode. */
#include "crt.h"

static int run(void)
{
    s32 ends[2];
    must("pipe", (s32)sys(SYS_pipe, ends));
    must("write", (s32)sys(SYS_write, ends[1], "bytes", 5));
    return hold();
}
