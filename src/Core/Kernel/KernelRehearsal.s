# The system calls that most programs make, once each. Results are not looked at, but for fork's.
# as --32 KernelRehearsal.s -o k.o && ld -m elf_i386 -N -s -Ttext 0x8048054 -e start --build-id=none k.o -o k; its bytes are in KernelRehearsal.Program.cs.
.intel_syntax noprefix
.code32

.macro call number, b=0, c=0, d=0, s=0, i=0
 mov eax, \number
 mov ebx, \b
 mov ecx, \c
 mov edx, \d
 mov esi, \s
 mov edi, \i
 int 0x80
.endm

.globl start
start:
 sub esp, 0x2000
 mov ebp, esp
 call 45                                  # brk
 lea ebx, [eax+0x3000]
 mov eax, 45
 int 0x80
 call 122, ebp                            # uname
 call 243, ebp                            # set_thread_area, EFAULT or EINVAL
 call 258, ebp                            # set_tid_address
 call 311, ebp, 12                        # set_robust_list
 call 174, 10, 0, ebp, 8                  # rt_sigaction
 call 175, 0, 0, ebp, 8                   # rt_sigprocmask
 call 340, 0, 3, 0, ebp                   # prlimit64
 call 355, ebp, 16, 0                     # getrandom
 call 403, 1, ebp                         # clock_gettime64
 call 54, 1, 0x5401, ebp                  # ioctl TCGETS
 call 33, (offset missing), 4             # access
 call 39, (offset directory), 0x1ff       # mkdir
 call 12, (offset directory)              # chdir
 call 183, ebp, 256                       # getcwd
 call 295, -100, (offset name), 0x42, 0x1b6 # openat, to be made and written
 push eax
 mov ebx, eax
 mov eax, 4
 mov ecx, offset start
 mov edx, 600
 int 0x80
 mov ebx, [esp]
 call 197, ebx, ebp                       # fstat64
 mov ebx, [esp]
 call 140, ebx, 0, 0, ebp                 # _llseek
 mov ebx, [esp]
 call 3, ebx, ebp, 512                    # read
 mov ebx, [esp]
 call 180, ebx, ebp, 64, 8                # pread64
 mov ebx, [esp]
 call 221, ebx, 1                         # fcntl64 F_GETFD
 mov edi, [esp]
 mov eax, 192                             # mmap2, of the file
 xor ebx, ebx
 mov ecx, 0x1000
 mov edx, 3
 mov esi, 2
 push ebp
 xor ebp, ebp
 int 0x80
 pop ebp
 mov edx, [eax]
 mov [eax], edx
 push eax
 call 125, [esp], 0x1000, 1               # mprotect
 call 91, [esp], 0x1000                   # munmap
 pop eax
 pop ebx
 call 6, ebx                              # close
 mov eax, 192                             # mmap2, of nothing
 xor ebx, ebx
 mov ecx, 0x4000
 mov edx, 3
 mov esi, 0x22
 mov edi, -1
 push ebp
 xor ebp, ebp
 int 0x80
 pop ebp
 mov [eax+0x2000], eax
 call 383, -100, (offset name), 0x100, 0x7ff, ebp # statx
 call 196, (offset name), ebp             # lstat64
 call 85, (offset name), ebp, 64          # readlink
 call 295, -100, (offset here), 0x18000   # openat, of a directory
 push eax
 call 220, [esp], ebp, 0x800              # getdents64
 pop ebx
 call 6, ebx
 call 38, (offset name), (offset missing) # rename
 call 10, (offset missing)                # unlink
 call 331, ebp                            # pipe2
 call 63, [ebp], 9                        # dup2
 lea ecx, [ebp+64]
 mov dword ptr [ecx], 0
 call 240, ecx, 1, 1                      # futex, a wake
 lea ecx, [ebp+0x1000]
 call 120, 0x50f00, ecx                   # clone, a thread
 test eax, eax
 je over
 call 158                                 # sched_yield
 call 2                                   # fork
 test eax, eax
 je over
 call 114, -1, ebp                        # wait4
 call 252                                 # exit_group
over:
 call 1                                   # exit

directory: .asciz "/rehearsed"
name: .asciz "name"
missing: .asciz "other"
here: .asciz "."
