/* vforker [exit]: stopped inside vfork (v5: EBUSY): the child says "ready" and stays in user mode, so that its parent waits. */
#include "crt.h"

static int run(void)
{
    s32 child, status = 0;
    __asm__ volatile("int $0x80" : "=a"(child) : "a"(SYS_vfork) : "memory");
    must("vfork", child);
    if (child == 0) quit(hold());
    sys(SYS_waitpid, child, &status, 0);
    put("child ended with ");
    put_unsigned((u32)status >> 8);
    end_line();
    return 0;
}
