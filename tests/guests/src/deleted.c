/* deleted [exit]: holds a file whose name is gone, /tmp/deleted (v5: EBADF), says "ready", stays in user mode. */
#include "crt.h"

static int run(void)
{
    s32 fd = must("open", (s32)sys(SYS_open, "/tmp/deleted", O_RDWR | O_CREAT | O_TRUNC, 0600));
    must("write", (s32)sys(SYS_write, fd, "still here\n", 11));
    must("unlink", (s32)sys(SYS_unlink, "/tmp/deleted"));
    return hold();
}
