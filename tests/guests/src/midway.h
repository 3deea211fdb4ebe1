/* Guests that are stopped, saved and restored at every instruction of a stretch: they say "begin" before it and "end" after it, and print
   what it left after that. In between they make no system call. */
#ifndef MIDWAY_H
#define MIDWAY_H
#include "fp.h"

#define NAMED_BY_ASM static __attribute__((used, aligned(16)))

static UNUSED void put_words(const char *what, const volatile void *words, u32 count)
{
    put(what);
    for (u32 i = 0; i < count; i++) {
        put(i % 8 == 0 && i ? "\n  " : " ");
        put_hex(((const volatile u32 *)words)[i]);
    }
    end_line();
}

/* FSAVE's image: control, status and tags, then the registers. Instruction and operand pointers are shown only on demand, as not every
   processor keeps them through a task switch. */
static UNUSED void put_x87(const volatile u8 *image, int pointers)
{
    put("x87 control ");
    put_bits(image, 2);
    put(" status ");
    put_bits(image + 4, 2);
    put(" tags ");
    put_bits(image + 8, 2);
    end_line();
    if (pointers) put_words("pointers", image + 12, 4);
    for (u32 i = 0; i < 8; i++) {
        put("st");
        put_unsigned(i);
        put(" ");
        put_bits(image + 28 + 10 * i, 10);
        end_line();
    }
}

#endif
