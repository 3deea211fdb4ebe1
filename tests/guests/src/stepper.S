/* stepper: what the debugger's cmdlets are tried on; the only guest that keeps symbols (see build.sh). A recursive call, a string
   instruction with a repeat prefix, x87 and SSE values, a signal handler that a faulting instruction enters, a call through a register, and
   a system call. Prints "120 hello" and exits with status 3. */
        .text
        .globl _start, main, factorial, on_illegal, print, buffer, handled

        .type _start, @function
_start: xorl %ebp, %ebp
        call main
        movl %eax, %ebx
        movl $1, %eax                   /* exit */
        int $0x80
        .size _start, . - _start

        .type main, @function
main:   pushl %ebp
        movl %esp, %ebp
        movl $5, %eax
        call factorial
        movl %eax, result
        movl $text, %esi
        movl $buffer + 4, %edi
        movl $6, %ecx
        rep movsb
        fldpi
        fld1
        movups lanes, %xmm1
        movl $48, %eax                  /* signal(SIGILL, on_illegal) */
        movl $4, %ebx
        movl $on_illegal, %ecx
        int $0x80
illegal:
        ud2
        movl $print, %eax
        call *%eax
        movl $3, %eax
        popl %ebp
        ret
        .size main, . - main

/* EAX! in EAX */
        .type factorial, @function
factorial:
        cmpl $1, %eax
        jbe 1f
        pushl %eax
        decl %eax
        call factorial
        popl %ecx
        mull %ecx
1:      ret
        .size factorial, . - factorial

/* Goes on behind the UD2, whose address is in the frame: EIP of struct sigcontext. */
        .type on_illegal, @function
on_illegal:
        addl $2, 64(%esp)
        incl handled
        ret
        .size on_illegal, . - on_illegal

/* Three digits of the result before what main copied, and all of it to standard output. */
        .type print, @function
print:  movl result, %eax
        movl $buffer + 2, %edi
        movl $10, %ebx
1:      xorl %edx, %edx
        divl %ebx
        addb $'0', %dl
        movb %dl, (%edi)
        decl %edi
        cmpl $buffer, %edi
        jae 1b
        movl $4, %eax                   /* write */
        movl $1, %ebx
        movl $buffer, %ecx
        movl $10, %edx
        int $0x80
        ret
        .size print, . - print

        .section .rodata
        .align 16
lanes:  .float 1, 2, 3, 4
        .size lanes, . - lanes
        .type lanes, @object
text:   .ascii "hello\n"

        .data
        .type buffer, @object
buffer: .ascii "          "
        .size buffer, . - buffer

        .bss
        .align 4
        .type handled, @object
handled:
        .long 0
        .size handled, . - handled
result: .long 0
        .section .note.GNU-stack, "", @progbits
