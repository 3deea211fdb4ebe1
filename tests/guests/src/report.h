/* For guests that try calls one after another: a line each with what a call gave. */
#ifndef REPORT_H
#define REPORT_H

#include "crt.h"

/* "what: 3" or "what: EINVAL"; gives the result back. */
static UNUSED s32 report(const char *what, s32 result)
{
    put(what);
    put(": ");
    if (result < 0 && result > -4096) put_errno(result);
    else put_signed(result);
    end_line();
    return result;
}

static UNUSED void put_u64(u64 n)
{
    char digits[21];
    int i = 20;
    digits[20] = 0;
    do {
        /* No 64-bit division without a library: by halves. */
        u32 high = (u32)(n >> 32), low = (u32)n, rest = high % 10, quotient;
        __asm__("divl %4" : "=a"(quotient), "=d"(rest) : "0"(low), "1"(rest), "r"(10));
        digits[--i] = (char)('0' + rest);
        n = (u64)(high / 10) << 32 | quotient;
    } while (n);
    put(digits + i);
}

static UNUSED void fill(void *to, int byte, u32 count)
{
    for (u32 i = 0; i < count; i++) ((u8 *)to)[i] = (u8)byte;
}

static UNUSED void nap(s32 milliseconds)
{
    s32 time[2] = { milliseconds / 1000, milliseconds % 1000 * 1000000 };
    sys(SYS_nanosleep, time, 0);
}

/* A child runs what follows when this gives 1; the parent goes on with 0. */
static UNUSED int is_child(s32 *pid)
{
    *pid = must("fork", sys(SYS_fork));
    return *pid == 0;
}

static UNUSED void reap(s32 pid)
{
    s32 status = 0;
    report("child", sys(SYS_waitpid, pid, &status, 0) == pid ? status : -1);
}

#endif
