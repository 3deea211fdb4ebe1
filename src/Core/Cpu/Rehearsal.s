# The instructions that most programs are made of, once each, in a few rounds.
# as --32 Rehearsal.s -o r.o && ld -m elf_i386 -Ttext 0x20000 --oformat binary -e 0x20000 r.o -o r.bin; its bytes are in Rehearsal.Program.cs.
# Data lies at 0x30000, the stack ends at 0x44000.
.intel_syntax noprefix
.code32
start:
 mov ebx, 24
again:
 push 5
 push 7
 call whole
 add esp, 8
 call vectors
 mov eax, 0x20000 + (indirect - start)
 mov [0x31000], eax
 call dword ptr [0x31000]
 call eax
 dec ebx
 jne again
 int 0x80
indirect:
 test eax, eax
 je 1f
 sub edx, 1
1: ret

whole:
 push ebp
 mov ebp, esp
 push edi
 push esi
 push ebx
 sub esp, 0x2c
 and esp, -16
 mov eax, [ebp+8]
 mov ecx, [ebp+12]
 lea edx, [eax+ecx*4+3]
 mov [esp+4], edx
 mov dword ptr [esp+8], 0x12345
 mov byte ptr [esp+12], 0x41
 mov word ptr [esp+14], 0x4241
 mov [esp+16], al
 mov [esp+18], cx
 movzx esi, byte ptr [esp+12]
 movsx edi, byte ptr [esp+12]
 movzx esi, word ptr [esp+14]
 movsx edi, word ptr [esp+14]
 movzx esi, al
 movzx edi, cx
 movsx edi, al
 movzx edx, ah
 mov al, [esp+12]
 mov ax, [esp+14]
 mov dl, cl
 mov eax, [ebp+8]
 add eax, ecx
 add eax, [esp+4]
 add [esp+4], ecx
 add eax, 0x12345
 add ecx, 3
 add dword ptr [esp+8], 1
 adc eax, 0
 sub eax, ecx
 sub eax, [esp+8]
 sub [esp+8], ecx
 sub eax, 0x1234
 sbb edx, edx
 sbb eax, 0
 and eax, ecx
 and eax, 0xffffff
 and ecx, 0x7f
 and dword ptr [esp+4], 0xff
 and byte ptr [esp+12], 0x7f
 or eax, ecx
 or eax, 0x100
 or ecx, 1
 or [esp+4], eax
 or byte ptr [esp+12], 1
 xor eax, ecx
 xor edx, edx
 xor eax, [esp+4]
 xor al, cl
 cmp eax, ecx
 jb 2f
 mov edx, 1
2: cmp eax, [esp+8]
 jae 2f
 mov edx, 2
2: cmp [esp+8], ecx
 jbe 2f
 mov edx, 3
2: cmp eax, 0x7fffffff
 ja 2f
 mov edx, 4
2: cmp ecx, 4
 jl 2f
 inc edx
2: cmp dword ptr [esp+4], 0
 jge 2f
 inc edx
2: cmp byte ptr [esp+12], 0x20
 jle 2f
 inc ecx
2: cmp al, 0x2f
 jg 2f
 inc ecx
2: cmp al, cl
 je 2f
 dec ecx
2: cmp word ptr [esp+14], 3
 jne 2f
 dec edx
2: test eax, eax
 js 2f
 dec ecx
2: test al, al
 jns 2f
 dec ecx
2: test byte ptr [esp+12], 1
 je 2f
 inc dword ptr [esp+4]
2: test al, 4
 sete al
 setne dl
 cmp ecx, edx
 setb cl
 seta ch
 setl al
 setg dl
 movzx eax, al
 cmp ecx, 5
 cmove eax, edx
 cmovne edx, ecx
 cmovb eax, [esp+4]
 cmovae ecx, eax
 cmovbe eax, ecx
 cmova ecx, edx
 cmovl eax, edx
 cmovge edx, eax
 cmovs eax, ecx
 shl eax, 3
 shr eax, 2
 sar edx, 31
 shl edx
 shr edx
 mov ecx, 3
 shl eax, cl
 shr eax, cl
 sar eax, cl
 rol eax, 5
 ror eax, 7
 shld eax, edx, 4
 shrd eax, edx, 4
 shr byte ptr [esp+12], 1
 imul eax, ecx
 imul edx, ecx, 0x55
 imul ecx, edx, 0x12345
 imul eax, [esp+4]
 neg eax
 not edx
 mov eax, 100
 mov ecx, 7
 xor edx, edx
 div ecx
 mov eax, 100
 cdq
 idiv ecx
 mul ecx
 imul ecx
 bsf eax, ecx
 bsr edx, ecx
 bt eax, 3
 jb 2f
 bswap eax
2: bt dword ptr [esp+4], 3
 setb al
 xchg eax, ecx
 xchg [esp+4], ecx
 mov eax, 1
 lock cmpxchg [esp+4], ecx
 lock xadd [esp+8], eax
 lock inc dword ptr [esp+8]
 lock or dword ptr [esp+8], 0
 cwde
 push eax
 push dword ptr [esp+8]
 pop dword ptr [esp+8]
 pop eax
 nop
 .byte 0x8d,0xb4,0x26,0,0,0,0
 mov eax, [0x31000]
 mov [0x31004], eax
 and eax, 15
 mov edx, [0x31000+eax*4]
 movzx ecx, byte ptr [0x31000+0]
 cld
 mov edi, 0x32000
 mov esi, 0x31000
 mov ecx, 40
 rep movsd
 mov edi, 0x32000
 mov ecx, 24
 xor eax, eax
 rep stosd
 mov edi, 0x32000
 mov ecx, 13
 rep stosb
 movsd
 movsb
 stosd
 mov edi, 0x32000
 mov ecx, 9
 repne scasb
 mov esi, 0x31000
 mov edi, 0x31000
 mov ecx, 9
 repe cmpsb
 lea esp, [ebp-12]
 pop ebx
 pop esi
 pop edi
 leave
 ret

vectors:
 push ebp
 mov ebp, 0x31000
 mov eax, 0x61
 movd xmm0, eax
 punpcklbw xmm0, xmm0
 punpcklwd xmm0, xmm0
 pshufd xmm0, xmm0, 0
 movdqu xmm1, [ebp+3]
 movdqa xmm2, [ebp+16]
 movaps xmm3, [ebp+32]
 movups xmm4, [ebp+33]
 movq xmm5, [ebp+8]
 pxor xmm6, xmm6
 pcmpeqb xmm1, xmm0
 pcmpeqb xmm6, [ebp+16]
 pcmpeqd xmm7, xmm7
 por xmm1, xmm6
 pand xmm2, xmm7
 pandn xmm2, xmm0
 pminub xmm3, xmm0
 psubb xmm3, xmm0
 paddd xmm4, xmm0
 paddq xmm4, xmm0
 psubd xmm4, xmm0
 psrldq xmm4, 2
 psrlq xmm4, 8
 pslld xmm4, 8
 punpckldq xmm4, xmm5
 punpcklqdq xmm4, xmm5
 pshufb xmm4, xmm5
 ptest xmm4, xmm5
 pmovmskb edx, xmm1
 movd ecx, xmm4
 movdqu [ebp+0x40], xmm1
 movdqa [ebp+0x50], xmm2
 movaps [ebp+0x60], xmm3
 movups [ebp+0x71], xmm4
 movq qword ptr [ebp+0x8], xmm5
 movhps xmm5, [ebp+8]
 movlps [ebp+8], xmm5
 bsf edx, edx
 pop ebp
 ret
