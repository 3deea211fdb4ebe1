/* longcalls PART: makes the longest calls that a kernel can be asked for, one after the other for ever, and says "ready" before: null (writes
   2 GiB of untouched memory to /dev/null), zero (reads /dev/zero into 900 MiB again and again), random (getrandom likewise), pages (maps,
   protects, unmaps 2 GiB page by page in turn), fork (with 128 MiB of touched memory), iovec (1024 pieces, each 1 MiB), poll (1024
   entries), copy (sendfile from /dev/zero), terminal (sendfile from there to a terminal), mincore. For tests that stop it meanwhile: a call
   must not keep a machine for long. */
#include "crt.h"

enum { MIB = 1 << 20, SYS_getrandom = 355, SYS_madvise = 219, SYS_mincore = 218, SYS_readv = 145, SYS_writev = 146, SYS_poll = 168, SYS_sendfile = 187 };

static u32 vector[2048];

static u8 *map(u32 size)
{
    return (u8 *)must("mmap", (s32)sys(SYS_mmap2, 0, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | 0x4000 /* MAP_NORESERVE */, -1, 0));
}

static int run(void)
{
    s32 zero = (s32)sys(SYS_open, "/dev/zero", O_RDONLY), null = (s32)sys(SYS_open, "/dev/null", O_WRONLY);
    u8 *memory = map(2048u * MIB - 4096);
    if (argument_is(1, "fork")) for (u32 i = 0; i < 128 * MIB; i += 4096) memory[i] = 1;
    if (argument_is(1, "poll")) for (u32 i = 0; i < 128 * MIB; i += 8) *(u32 *)(memory + i) = 1, *(u32 *)(memory + i + 4) = 1;
    for (u32 i = 0; i < 1024; i++) vector[2 * i] = (u32)memory + i * MIB / 8, vector[2 * i + 1] = MIB;
    say("ready");
    for (;;) {
        if (argument_is(1, "null")) sys(SYS_write, null, memory, 0x7ffff000);
        else if (argument_is(1, "zero")) sys(SYS_read, zero, memory, 900 * MIB);
        else if (argument_is(1, "random")) sys(SYS_getrandom, memory, 900 * MIB, 0);
        else if (argument_is(1, "iovec")) sys(SYS_readv, zero, vector, 1024);
        else if (argument_is(1, "poll")) sys(SYS_poll, memory, 1024, 0);
        else if (argument_is(1, "copy")) sys(SYS_sendfile, null, zero, 0, 0x7ffff000);
        else if (argument_is(1, "terminal")) sys(SYS_sendfile, sys(SYS_open, "/dev/ptmx", O_RDWR), zero, 0, 0x7ffff000);
        else if (argument_is(1, "mincore")) sys(SYS_mincore, memory, 2048u * MIB - 4096, memory);
        else if (argument_is(1, "fork")) {
            s32 child = (s32)sys(SYS_fork);
            if (child == 0) quit(0);
            sys(SYS_waitpid, child, 0, 0);
        } else {
            for (u32 i = 0; i < 60000; i++) sys(SYS_mprotect, memory + i * 8192, 4096, PROT_READ);
            sys(SYS_madvise, memory, 2048u * MIB - 4096, 4);
            sys(SYS_mprotect, memory, 2048u * MIB - 4096, PROT_READ | PROT_WRITE);
        }
    }
}
