/* writecode: writes to its own read-only code; ends by SIGSEGV.
   writecode self: rewrites code that it may write, in every way that an emulator's caches could miss, and prints a line a way:
   a function patched between calls; an instruction that patches the next one, and one in its own past; a page that goes
   writable, executable, writable, executable by mprotect; the same frame of code seen at two addresses; code over a page's
   edge; a page unmapped and another mapped in its place. Ends with "OK" and 0. */
#include "crt.h"

enum { RW = PROT_READ | PROT_WRITE, RX = PROT_READ | PROT_EXEC, RWX = RW | PROT_EXEC, SYS_memfd_create = 356, SYS_ftruncate = 93 };

typedef u32 function(void);

/* mov $value, %eax; ret */
static void emit(volatile u8 *code, u32 value)
{
    code[0] = 0xb8;
    for (int i = 0; i < 4; i++) code[1 + i] = (u8)(value >> 8 * i);
    code[5] = 0xc3;
}

static u8 *pages(u32 count, int protection, u8 *where)
{
    return (u8 *)must("mmap",
        (s32)sys(SYS_mmap2, where, count * 4096, protection, MAP_PRIVATE | MAP_ANONYMOUS | (where ? 0x10 : 0), -1, 0));
}

static void expect(const char *what, u32 is, u32 expected)
{
    put(what);
    put(is == expected ? " ok" : " WRONG ");
    if (is != expected) put_hex(is);
    end_line();
    if (is != expected) quit(1);
}

static u32 sum_of_calls(volatile u8 *code, u32 count)
{
    u32 sum = 0;
    for (u32 i = 0; i < count; i++) {
        emit(code, i);
        sum += ((function *)(u32)code)();
    }
    return sum;
}

static int run(void)
{
    if (!argument_is(1, "self")) {
        *(volatile u8 *)(u32)run = 0xcc;
        say("wrote to code");
        return 1;
    }

    u8 *code = pages(4, RWX, 0);
    expect("patched between calls", sum_of_calls(code, 1000), 499500);

    /* movb $imm, next+1; next: mov $imm8-extended, %eax; ret: the store changes the immediate that follows it. */
    u32 sum = 0;
    for (u32 i = 0; i < 100; i++) {
        u8 *p = code + 256;
        u32 target = (u32)p + 8;
        p[0] = 0xc6, p[1] = 0x05;
        for (int b = 0; b < 4; b++) p[2 + b] = (u8)(target >> 8 * b);
        p[6] = (u8)i;
        emit(p + 7, 0x5500 + (i ^ 0xff));
        sum += ((function *)(u32)p)() - 0x5500;
    }
    expect("patched by the instruction before", sum, 4950);

    /* A loop that increments the immediate of its own first instruction:
       1: mov $1, %eax; incl 1b+1; dec %ecx; jnz 1b; ret, with ecx = 50 loaded in front. */
    {
        u8 *p = code + 512;
        u32 first = (u32)p + 6;
        p[0] = 0x90, p[1] = 0xb9, p[2] = 50, p[3] = p[4] = p[5] = 0;
        p[6] = 0xb8, p[7] = 1, p[8] = p[9] = p[10] = 0;
        p[11] = 0xff, p[12] = 0x05;
        for (int b = 0; b < 4; b++) p[13 + b] = (u8)((first + 1) >> 8 * b);
        p[17] = 0x49, p[18] = 0x75, p[19] = (u8)-14, p[20] = 0xc3;
        u32 result;
        __asm__ volatile("call *%1" : "=a"(result) : "r"(p) : "ecx", "edx", "cc", "memory");
        expect("patched in a loop", result, 50);
    }

    sum = 0;
    for (u32 i = 0; i < 20; i++) {
        must("mprotect", (s32)sys(SYS_mprotect, code, 4096, RW));
        emit(code, i * 3);
        must("mprotect", (s32)sys(SYS_mprotect, code, 4096, RX));
        sum += ((function *)(u32)code)();
    }
    expect("mprotect to and fro", sum, 570);
    must("mprotect", (s32)sys(SYS_mprotect, code, 4096, RWX));

    sum = sum_of_calls(code + 4096 - 3, 100);
    expect("over a page's edge", sum, 4950);

    sum = 0;
    for (u32 i = 0; i < 20; i++) {
        must("munmap", (s32)sys(SYS_munmap, code + 8192, 4096));
        pages(1, RWX, code + 8192);
        emit(code + 8192, i * 7);
        sum += ((function *)(u32)(code + 8192))();
    }
    expect("mapped anew", sum, 1330);

    s32 fd = (s32)sys(SYS_memfd_create, "code", 0);
    if (fd < 0) {
        say("two addresses ok (not tried: no memfd_create)");
    } else {
        must("ftruncate", (s32)sys(SYS_ftruncate, fd, 4096));
        u8 *writer = (u8 *)must("mmap", (s32)sys(SYS_mmap2, 0, 4096, RW, MAP_SHARED, fd, 0));
        u8 *reader = (u8 *)must("mmap", (s32)sys(SYS_mmap2, 0, 4096, RX, MAP_SHARED, fd, 0));
        sum = 0;
        for (u32 i = 0; i < 50; i++) {
            emit(writer, i);
            sum += ((function *)(u32)reader)();
        }
        expect("two addresses", sum, 1225);
    }
    say("OK");
    return 0;
}
