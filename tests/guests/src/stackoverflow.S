/* stackoverflow: calls itself until the stack meets its limit; ends by SIGSEGV. */
        .globl  _start
        .text
_start: call    _start
        .section .note.GNU-stack, "", @progbits
