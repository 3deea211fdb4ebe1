/* jumpzero: jumps to address 0; ends by SIGSEGV with eip 0. */
        .globl  _start
        .text
_start: xorl    %eax, %eax
        jmp     *%eax
        .section .note.GNU-stack, "", @progbits
