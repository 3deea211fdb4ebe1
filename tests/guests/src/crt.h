/* What every guest shares: the entry point, system calls by int $0x80, and a few print helpers. No libc.
   A guest defines `static int run(void)`; the process exits with its result.
   Each helper is static and maybe unused; sections that nobody calls are dropped by the linker. */
#ifndef CRT_H
#define CRT_H

typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef int s32;
typedef unsigned long long u64;

#define UNUSED __attribute__((unused))
#define NOINLINE __attribute__((noinline))
#define NORETURN __attribute__((noreturn))

static int argc;
static char **argv, **envp;
static u32 *auxv UNUSED; /* key, value pairs up to key 0 */

static int run(void);

/* i386 numbers of the calls that the guests make. */
enum {
    SYS_exit = 1, SYS_fork = 2, SYS_read = 3, SYS_write = 4, SYS_open = 5, SYS_close = 6, SYS_waitpid = 7,
    SYS_link = 9, SYS_unlink = 10, SYS_execve = 11, SYS_chdir = 12, SYS_lseek = 19, SYS_getpid = 20, SYS_alarm = 27,
    SYS_pause = 29, SYS_kill = 37, SYS_mkdir = 39, SYS_rmdir = 40, SYS_dup = 41, SYS_pipe = 42, SYS_signal = 48,
    SYS_fcntl = 55, SYS_chroot = 61, SYS_dup2 = 63, SYS_getppid = 64, SYS_sigaction = 67, SYS_symlink = 83, SYS_munmap = 91,
    SYS_fchdir = 133,
    SYS_socketcall = 102, SYS_wait4 = 114, SYS_clone = 120, SYS_modify_ldt = 123, SYS_mprotect = 125,
    SYS_nanosleep = 162, SYS_rt_sigaction = 174, SYS_rt_sigprocmask = 175, SYS_rt_sigpending = 176,
    SYS_rt_sigsuspend = 179, SYS_sigaltstack = 186, SYS_vfork = 190, SYS_mmap2 = 192, SYS_gettid = 224,
    SYS_set_thread_area = 243, SYS_exit_group = 252, SYS_openat = 295,
    SYS_checkpoint = 333, SYS_restart = 334
};

enum {
    O_RDONLY = 0, O_WRONLY = 1, O_RDWR = 2, O_CREAT = 0100, O_TRUNC = 01000, O_APPEND = 02000, O_DIRECTORY = 0200000,
    PROT_READ = 1, PROT_WRITE = 2, PROT_EXEC = 4, MAP_SHARED = 1, MAP_PRIVATE = 2, MAP_ANONYMOUS = 0x20
};

long syscall6(long nr, long a, long b, long c, long d, long e, long f);

__asm__(
    ".text\n"
    ".globl _start\n"
    "_start:\n\t"
    "xorl %ebp, %ebp\n\t"
    "movl %esp, %eax\n\t"
    "andl $-16, %esp\n\t"
    "subl $12, %esp\n\t"
    "pushl %eax\n\t"
    "call start\n\t"
    "hlt\n"
    "syscall6:\n\t"
    "pushl %ebp\n\t"
    "pushl %edi\n\t"
    "pushl %esi\n\t"
    "pushl %ebx\n\t"
    "movl 20(%esp), %eax\n\t"
    "movl 24(%esp), %ebx\n\t"
    "movl 28(%esp), %ecx\n\t"
    "movl 32(%esp), %edx\n\t"
    "movl 36(%esp), %esi\n\t"
    "movl 40(%esp), %edi\n\t"
    "movl 44(%esp), %ebp\n\t"
    "int $0x80\n\t"
    "popl %ebx\n\t"
    "popl %esi\n\t"
    "popl %edi\n\t"
    "popl %ebp\n\t"
    "ret\n");

#define SYS_PICK(_0, _1, _2, _3, _4, _5, _6, name, ...) name
#define SYS0(n) syscall6(n, 0, 0, 0, 0, 0, 0)
#define SYS1(n, a) syscall6(n, (long)(a), 0, 0, 0, 0, 0)
#define SYS2(n, a, b) syscall6(n, (long)(a), (long)(b), 0, 0, 0, 0)
#define SYS3(n, a, b, c) syscall6(n, (long)(a), (long)(b), (long)(c), 0, 0, 0)
#define SYS4(n, a, b, c, d) syscall6(n, (long)(a), (long)(b), (long)(c), (long)(d), 0, 0)
#define SYS5(n, a, b, c, d, e) syscall6(n, (long)(a), (long)(b), (long)(c), (long)(d), (long)(e), 0)
#define SYS6(n, a, b, c, d, e, f) syscall6(n, (long)(a), (long)(b), (long)(c), (long)(d), (long)(e), (long)(f))
#define sys(...) SYS_PICK(__VA_ARGS__, SYS6, SYS5, SYS4, SYS3, SYS2, SYS1, SYS0)(__VA_ARGS__)

static NORETURN UNUSED void quit(int status)
{
    for (;;) sys(SYS_exit_group, status);
}

void __attribute__((used)) NORETURN start(u32 *stack)
{
    argc = (int)stack[0];
    argv = (char **)(stack + 1);
    envp = argv + argc + 1;
    char **p = envp;
    while (*p) p++;
    auxv = (u32 *)(p + 1);
    quit(run());
}

/* ---- text ---- */

static UNUSED u32 length(const char *s)
{
    u32 n = 0;
    while (s[n]) n++;
    return n;
}

static UNUSED int same(const char *a, const char *b)
{
    while (*a && *a == *b) a++, b++;
    return *a == *b;
}

/* Decimal (or, after 0x, hexadecimal) with an optional sign. */
static UNUSED s32 number(const char *s)
{
    u32 n = 0;
    int negative = *s == '-';
    if (negative) s++;
    if (s[0] == '0' && s[1] == 'x') {
        for (s += 2; *s; s++) n = n * 16 + (u32)(*s <= '9' ? *s - '0' : (*s | 32) - 'a' + 10);
    } else {
        for (; *s >= '0' && *s <= '9'; s++) n = n * 10 + (u32)(*s - '0');
    }
    return (s32)(negative ? -n : n);
}

static UNUSED s32 argument(int i, s32 otherwise)
{
    return i < argc ? number(argv[i]) : otherwise;
}

static UNUSED int argument_is(int i, const char *word)
{
    return i < argc && same(argv[i], word);
}

/* ---- output: a line is built in a buffer and leaves in one write ---- */

static char line[512];
static u32 line_length;

static UNUSED void put(const char *s)
{
    while (*s && line_length < sizeof line) line[line_length++] = *s++;
}

static UNUSED void put_unsigned(u32 n)
{
    char digits[11];
    int i = 10;
    digits[10] = 0;
    do digits[--i] = (char)('0' + n % 10);
    while (n /= 10);
    put(digits + i);
}

static UNUSED void put_signed(s32 n)
{
    if (n < 0) put("-");
    put_unsigned(n < 0 ? -(u32)n : (u32)n);
}

static UNUSED void put_hex(u32 n)
{
    char digits[9];
    for (int i = 7; i >= 0; i--, n >>= 4) digits[i] = "0123456789abcdef"[n & 15];
    digits[8] = 0;
    put(digits);
}

/* Sends what put() gathered to a descriptor; the result is write's. */
static UNUSED int flush_to(int fd)
{
    int result = (int)sys(SYS_write, fd, line, line_length);
    line_length = 0;
    return result;
}

static UNUSED void end_line(void)
{
    put("\n");
    flush_to(1);
}

static UNUSED void say(const char *s)
{
    put(s);
    end_line();
}

/* The name of a negative errno, or its number. */
static UNUSED void put_errno(s32 result)
{
    static const struct { u8 number; char name[15]; } names[] = {
        { 1, "EPERM" }, { 2, "ENOENT" }, { 3, "ESRCH" }, { 4, "EINTR" }, { 5, "EIO" }, { 8, "ENOEXEC" }, { 9, "EBADF" },
        { 10, "ECHILD" }, { 11, "EAGAIN" }, { 12, "ENOMEM" }, { 13, "EACCES" }, { 14, "EFAULT" }, { 16, "EBUSY" },
        { 17, "EEXIST" }, { 18, "EXDEV" }, { 20, "ENOTDIR" }, { 21, "EISDIR" }, { 22, "EINVAL" }, { 24, "EMFILE" },
        { 27, "EFBIG" }, { 28, "ENOSPC" }, { 29, "ESPIPE" }, { 30, "EROFS" }, { 32, "EPIPE" }, { 38, "ENOSYS" },
        { 40, "ELOOP" }, { 97, "EAFNOSUPPORT" }, { 116, "ESTALE" }, { 122, "EDQUOT" },
    };
    for (u32 i = 0; i < sizeof names / sizeof *names; i++) {
        if (names[i].number == (u32)-result) {
            put(names[i].name);
            return;
        }
    }
    put_signed(result);
}

/* Ends the guest with its errno as status when a call that it cannot do without failed. */
static UNUSED s32 must(const char *what, s32 result)
{
    if ((u32)result < (u32)-4095) return result;
    put(what);
    put(": ");
    put_errno(result);
    end_line();
    quit(-result);
}

/* Says that the state to be captured stands, then stays in user mode for ever, or ends when an argument is "exit". */
static UNUSED int hold(void)
{
    say("ready");
    for (int i = 1; i < argc; i++) {
        if (same(argv[i], "exit")) return 0;
    }
    for (;;) __asm__ volatile("pause" ::: "memory");
}

#endif
