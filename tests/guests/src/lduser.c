/* lduser [ROUNDS]: a user of segments. Three LDT entries (modify_ldt) and one TLS entry (set_thread_area); %fs holds an
   LDT selector and %gs the TLS one through the whole run. Each of ROUNDS (5; 0: for ever) prints values read through %fs, %gs, and a
   third and fourth LDT selector loaded just for that: a sixteen-byte segment, whose limit lsl reads, and a page-granular one.
   With ROUNDS "limit" it reads one byte past the sixteen-byte segment, which must end it by SIGSEGV. */
#include "crt.h"

struct user_desc {
    u32 entry, base, limit, flags;
};

enum { SEG_32BIT = 1, LIMIT_IN_PAGES = 16, SEG_NOT_PRESENT = 32, USEABLE = 64 };

static u32 local[8], thread[8], tiny[4] = { 0x11111111, 0x22222222, 0x33333333, 0x44444444 };

static void set_ldt(u32 entry, void *base, u32 limit, u32 flags)
{
    struct user_desc d = { entry, (u32)base, limit, flags };
    must("modify_ldt", (s32)sys(SYS_modify_ldt, 0x11, &d, sizeof d));
}

static int run(void)
{
    u32 rounds = (u32)argument(1, 5);
    set_ldt(0, local, 0xfffff, SEG_32BIT | LIMIT_IN_PAGES | USEABLE);
    set_ldt(5, tiny, sizeof tiny - 1, SEG_32BIT | USEABLE);
    set_ldt(600, local, 0, SEG_32BIT | LIMIT_IN_PAGES | USEABLE);

    struct user_desc tls = { 0xffffffff, (u32)thread, 0xfffff, SEG_32BIT | LIMIT_IN_PAGES | USEABLE };
    must("set_thread_area", (s32)sys(SYS_set_thread_area, &tls));
    if (tls.entry < 6 || tls.entry > 14) return 1;

    __asm__ volatile("movw %w0, %%fs" : : "r"(0 * 8 + 7));
    __asm__ volatile("movw %w0, %%gs" : : "r"(tls.entry * 8 + 3));

    if (argument_is(1, "limit")) {
        u32 value;
        __asm__ volatile("movw %w1, %%es\n\tmovl %%es:12, %0" : "=r"(value) : "r"(5 * 8 + 7));
        put_hex(value);
        end_line();
        __asm__ volatile("movl %%es:13, %0\n\tpushl %%ds\n\tpopl %%es" : "=r"(value));
        say("read past the limit");
        return 1;
    }

    for (u32 round = 1;; round++) {
        u32 a, b, c, d, limit;
        local[1] += round;
        thread[1] += 0x100 * round;
        __asm__ volatile("addl $1, %%fs:8\n\taddl $2, %%gs:8" : : : "memory");
        __asm__ volatile("movl %%fs:4, %0\n\tmovl %%gs:4, %1" : "=r"(a), "=r"(b) : : "memory");
        __asm__ volatile("movw %w1, %%es\n\tmovl %%es:8, %0" : "=r"(c) : "r"(5 * 8 + 7) : "memory");
        __asm__ volatile("lsl %1, %0" : "=r"(limit) : "r"(5 * 8 + 7) : "cc");
        __asm__ volatile("movw %w1, %%es\n\tmovl %%es:8, %0\n\tpushl %%ds\n\tpopl %%es" : "=&r"(d) : "r"(600 * 8 + 7) : "memory");
        put("round ");
        put_unsigned(round);
        put(" ldt ");
        put_hex(a);
        put(" tls ");
        put_hex(b);
        put(" tiny ");
        put_hex(c);
        put(" page ");
        put_hex(d);
        put(" limit ");
        put_unsigned(limit);
        put(" tls count ");
        put_unsigned(thread[2]);
        end_line();
        if (round == rounds) return 0;
    }
}
