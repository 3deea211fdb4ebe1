/* sharedmap [exit]: holds a shared anonymous mapping (v5: ENOSYS), says "ready", stays in user mode. */
#include "crt.h"

static int run(void)
{
    u32 *shared = (u32 *)must("mmap",
        (s32)sys(SYS_mmap2, 0, 8192, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
    shared[1] = 42;
    return hold();
}
