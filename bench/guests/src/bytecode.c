/* bytecode [TIMES]: an interpreter of a stack machine, one switch in a loop, runs a program that computes with an array: sums, a linear
   congruence, comparisons, a call of a function. */
#include "bench.h"

enum { HALT, PUSH, LOAD, STORE, GET, PUT, ADD, SUBTRACT, MULTIPLY, AND, XOR, SHIFT, LESS, JUMP, JUMP_IF_ZERO, CALL, RETURN, DUPLICATE, DROP, SWAP };

static const s32 program[] = {
    /*  0 */ PUSH, 0, STORE, 0, PUSH, 12345, STORE, 1, PUSH, 0, STORE, 2,
    /* 12: while i < n */ LOAD, 0, LOAD, 3, LESS, JUMP_IF_ZERO, 77,
    /* 19: x = x * 1664525 + 1013904223 */ LOAD, 1, PUSH, 1664525, MULTIPLY, PUSH, 1013904223, ADD, STORE, 1,
    /* 29: a[i & 255] ^= f(x) */ LOAD, 0, PUSH, 255, AND, DUPLICATE, GET, LOAD, 1, CALL, 78, XOR, SWAP, PUT,
    /* 43: s += a[x >> 24] */ LOAD, 2, LOAD, 1, PUSH, 24, SHIFT, GET, ADD, STORE, 2,
    /* 54: if s < x, s -= i */ LOAD, 2, LOAD, 1, LESS, JUMP_IF_ZERO, 68, LOAD, 2, LOAD, 0, SUBTRACT, STORE, 2,
    /* 68: i++ */ LOAD, 0, PUSH, 1, ADD, STORE, 0, JUMP, 12,
    /* 77 */ HALT,
    /* 78: f(x) = (x >> 3) ^ x * 5 */ DUPLICATE, PUSH, 3, SHIFT, SWAP, PUSH, 5, MULTIPLY, XOR, RETURN,
};

static s32 array[256];

static NOINLINE u32 interpret(const s32 *code, s32 count)
{
    s32 stack[64], variables[4] = { 0, 0, 0, count }, *top = stack, t;
    const s32 *at = code, *calls[16], **call = calls;
    for (;;) {
        switch (*at++) {
        case HALT: return mix((u32)variables[2], (u32)variables[1]);
        case PUSH: *++top = *at++; break;
        case LOAD: *++top = variables[*at++]; break;
        case STORE: variables[*at++] = *top--; break;
        case GET: *top = array[*top & 255]; break;
        case PUT: t = *top--, array[t & 255] = *top--; break;
        case ADD: t = *top--, *top = (s32)((u32)*top + (u32)t); break;
        case SUBTRACT: t = *top--, *top = (s32)((u32)*top - (u32)t); break;
        case MULTIPLY: t = *top--, *top = (s32)((u32)*top * (u32)t); break;
        case AND: t = *top--, *top &= t; break;
        case XOR: t = *top--, *top ^= t; break;
        case SHIFT: t = *top--, *top = (s32)((u32)*top >> (t & 31)); break;
        case LESS: t = *top--, *top = *top < t; break;
        case JUMP: at = code + *at; break;
        case JUMP_IF_ZERO: at = *top-- ? at + 1 : code + *at; break;
        case CALL: *call++ = at + 1, at = code + *at; break;
        case RETURN: at = *--call; break;
        case DUPLICATE: t = *top, *++top = t; break;
        case DROP: top--; break;
        case SWAP: t = *top, *top = top[-1], top[-1] = t; break;
        default: quit(1);
        }
    }
}

static int run(void)
{
    u32 times = (u32)argument(1, 160), sum = 0;
    for (u32 t = 0; t < times; t++) sum = mix(sum, interpret(program, 100000));
    return finish("bytecode", times, sum);
}
