/* vsyscall: makes its system calls through AT_SYSINFO (__kernel_vsyscall in the vdso) as glibc does, with all six arguments,
   and checks that the registers survive. Where there is no AT_SYSINFO it says so and ends with 3. */
#include "crt.h"

static u32 entry;

static NOINLINE s32 call(u32 nr, u32 a, u32 b, u32 c)
{
    u32 result, ebx = a, ecx = b, edx = c, esi = 0x51515151, edi = 0xd1d1d1d1;
    __asm__ volatile(
        "pushl %%ebp\n\t"
        "movl $0xb9b9b9b9, %%ebp\n\t"
        "call *entry\n\t"
        "cmpl $0xb9b9b9b9, %%ebp\n\t"
        "popl %%ebp\n\t"
        "je 1f\n\t"
        "ud2\n"
        "1:"
        : "=a"(result), "+b"(ebx), "+c"(ecx), "+d"(edx), "+S"(esi), "+D"(edi) : "0"(nr) : "memory", "cc");
    if (ebx != a || ecx != b || edx != c || esi != 0x51515151 || edi != 0xd1d1d1d1) say("a register was changed");
    return (s32)result;
}

static int run(void)
{
    for (u32 *a = auxv; a[0]; a += 2) if (a[0] == 32) entry = a[1];
    if (!entry) {
        say("no AT_SYSINFO");
        return 3;
    }
    for (int i = 0; i < 3; i++) call(SYS_write, 1, (u32)"through the vdso\n", 17);
    say(call(SYS_getpid, 0, 0, 0) == (s32)sys(SYS_getpid) ? "same pid" : "another pid");
    put("bad descriptor: ");
    put_errno(call(SYS_write, 99, 0, 0));
    end_line();
    return 0;
}
