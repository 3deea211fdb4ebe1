/* spin: one instruction, for ever. */
        .globl  _start
        .text
_start: jmp     _start
        .section .note.GNU-stack, "", @progbits
