/* execve(2) in the corners: scripts, sizes, files that are open for writing, programs by descriptor; and what truncation does to mappings.
   A program that is run is this one again with an argument that only prints: nothing is ever run that runs something itself. */
#include "report.h"

enum {
    SYS_chmod = 15, SYS_getcwd = 183, SYS_ftruncate = 93, SYS_truncate = 92, SYS_prctl = 172, SYS_memfd_create = 356, SYS_execveat = 358, SYS_setrlimit = 75,
    SYS_rename = 38, SYS_msync = 144, SYS_lseek_set = 0, SYS_tgkill = 270, SYS_exit_thread = 1, SYS_sigsuspend = 72, SYS_fallocate = 324, SYS_readlink = 85, SYS_sched_yield = 158
};

enum { AT_FDCWD = -100, AT_EMPTY_PATH = 0x1000, AT_SYMLINK_NOFOLLOW = 0x100, O_CLOEXEC = 02000000, O_PATH = 010000000 };

static char *const none[] = { 0 };
static char *const environment[] = { "A=1", "B=2", 0 };

static void print_arguments(void)
{
    for (int i = 0; i < argc; i++) {
        put("  [");
        put(argv[i]);
        put("]");
        end_line();
    }
}

/* A child runs a program; what it prints comes first. */
static void run_it(const char *what, s32 directory, const char *path, char *const *arguments, s32 flags)
{
    s32 pid, status = 0;
    if (is_child(&pid)) {
        s32 result = sys(SYS_execveat, directory, path, arguments, environment, flags);
        report(what, result);
        quit(99);
    }
    sys(SYS_waitpid, pid, &status, 0);
    put(what);
    put(": status ");
    put_hex((u32)status);
    end_line();
}

static void run_path(const char *what, const char *path)
{
    char *const arguments[] = { "zero", "show", "two", 0 };
    run_it(what, AT_FDCWD, path, arguments, 0);
}

static void write_file(const char *path, const char *text, u32 size, s32 mode)
{
    s32 fd = must("open", sys(SYS_open, path, O_CREAT | O_RDWR | O_TRUNC, 0755));
    must("write", sys(SYS_write, fd, text, size));
    must("close", sys(SYS_close, fd));
    must("chmod", sys(SYS_chmod, path, mode));
}

static void script(const char *path, const char *text)
{
    write_file(path, text, length(text), 0755);
}

/* A copy of this program. */
static void copy_self(const char *path)
{
    static char buffer[65536];
    s32 from = must("open", sys(SYS_open, "/guests/execs", O_RDONLY));
    s32 got = must("read", sys(SYS_read, from, buffer, sizeof buffer));
    sys(SYS_close, from);
    write_file(path, buffer, (u32)got, 0755);
}

static void scripts(void)
{
    copy_self("prog");
    run_path("program", "./prog");
    script("s1", "#!/tmp/e/prog\n");
    run_path("script", "s1");
    run_path("script by a longer path", "/tmp/e/../e/s1");
    script("s2", "#!/tmp/e/prog show\n");
    run_path("argument", "s2");
    script("s3", "#!  /tmp/e/prog   show and  more \t \n");
    run_path("blanks", "s3");
    script("s4", "#!/tmp/e/prog\tshow\ttabs\n");
    run_path("tabs", "s4");
    script("s5", "#!/tmp/e/prog show");
    run_path("no end of line", "s5");
    script("s6", "#!/tmp/e/prog");
    run_path("no end of line, no argument", "s6");
    script("s7", "#!\n");
    run_path("no interpreter", "s7");
    script("s8", "#!   \n/tmp/e/prog\n");
    run_path("only blanks", "s8");
    script("s9", "#!/tmp/e/nowhere\n");
    run_path("interpreter that is not", "s9");
    script("s10", "#!/tmp/e\n");
    run_path("interpreter that is a directory", "s10");
    script("s11", "#!prog show\n");
    run_path("relative interpreter", "s11");
    script("s12", "#!/tmp/e/prog show\r\n");
    run_path("carriage return", "s12");
    script("s13", "#!/tmp/e/prog\r\n");
    run_path("carriage return in the name", "s13");
    write_file("s14", "#!/tmp/e/prog show\0hidden\n", 26, 0755);
    run_path("zero in the line", "s14");
    script("s15", "# !/tmp/e/prog\n");
    run_path("no script", "s15");
    script("s16", "#");
    run_path("one byte", "s16");
    write_file("s17", "", 0, 0755);
    run_path("empty", "s17");
    script("s18", "echo hello\n");
    run_path("text", "s18");
    write_file("s19", "#!/tmp/e/prog\n", 14, 0644);
    run_path("not executable", "s19");
    script("s20", "#!/tmp/e/s19\n");
    run_path("interpreter not executable", "s20");
    write_file("s21", "\177ELF\1\1\1", 7, 0755);
    run_path("a piece of an ELF header", "s21");

    /* Lines about as long as what is read of them. */
    static char text[600];
    for (u32 size = 250; size < 262; size++) {
        fill(text, 'x', sizeof text);
        const char *start = "#!/tmp/e/prog show ";
        for (u32 i = 0; start[i]; i++) text[i] = start[i];
        text[size - 1] = '\n';
        write_file("long", text, size + 10, 0755);
        char *const arguments[] = { "zero", "lengths", 0 };
        put_unsigned(size);
        run_it(" bytes of line", AT_FDCWD, "long", arguments, 0);
    }
    for (u32 size = 253; size < 259; size++) {
        fill(text, '/', sizeof text);
        text[0] = '#';
        text[1] = '!';
        const char *end = "tmp/e/prog\n";
        for (u32 i = 0; end[i]; i++) text[size - 11 + i] = end[i];
        write_file("long", text, size, 0755);
        put_unsigned(size);
        run_path(" bytes of name", "long");
    }

    /* Scripts of scripts, a bounded chain. */
    char name[4] = "n0", line_of[] = "#!/tmp/e/n0 a0\n";
    script("n0", "#!/tmp/e/prog show\n");
    for (char c = '1'; c <= '7'; c++) {
        name[1] = c;
        line_of[10] = (char)(c - 1);
        line_of[13] = c;
        script(name, line_of);
        run_path(name, name);
    }
}

static void files(void)
{
    char *const arguments[] = { "zero", "show", 0 };
    run_path("directory", "/tmp/e");
    run_path("nothing", "none");
    run_path("empty path", "");
    run_path("below a file", "prog/x");
    run_path("with a slash", "prog/");
    must("symlink", sys(SYS_symlink, "prog", "link"));
    must("symlink", sys(SYS_symlink, "loop", "loop"));
    run_path("by a link", "link");
    run_path("loop", "loop");
    run_path("device", "/dev/null");
    report("bad path", sys(SYS_execve, 8, arguments, environment));
    report("bad arguments", sys(SYS_execve, "prog", 8, environment));
    report("bad environment", sys(SYS_execve, "prog", arguments, 8));
    char *const wild[] = { "zero", (char *)8, 0 };
    report("bad argument", sys(SYS_execve, "prog", wild, environment));

    s32 fd = must("open", sys(SYS_open, "prog", O_RDONLY));
    run_it("by descriptor", fd, "", arguments, AT_EMPTY_PATH);
    run_it("without the flag", fd, "", arguments, 0);
    run_it("unknown flag", fd, "", arguments, 1);
    run_it("relative to a file", fd, "prog", arguments, 0);
    run_it("bad descriptor", 99, "", arguments, AT_EMPTY_PATH);
    run_it("bad descriptor, absolute", 99, "/tmp/e/prog", arguments, 0);
    run_it("link not followed", AT_FDCWD, "link", arguments, AT_SYMLINK_NOFOLLOW);
    run_it("file not followed", AT_FDCWD, "prog", arguments, AT_SYMLINK_NOFOLLOW);
    sys(SYS_close, fd);
    fd = must("O_PATH", sys(SYS_open, "prog", O_PATH));
    run_it("by O_PATH", fd, "", arguments, AT_EMPTY_PATH);
    sys(SYS_close, fd);
    fd = must("directory", sys(SYS_open, "/tmp/e", O_DIRECTORY));
    run_it("in a directory", fd, "prog", arguments, 0);
    run_it("a script in a directory", fd, "s2", arguments, 0);
    run_it("the directory", fd, "", arguments, AT_EMPTY_PATH);
    sys(SYS_close, fd);
    fd = must("directory", sys(SYS_open, "/tmp/e", O_DIRECTORY | O_CLOEXEC));
    run_it("in a directory that closes", fd, "prog", arguments, 0);
    run_it("a script in a directory that closes", fd, "s2", arguments, 0);
    sys(SYS_close, fd);
    fd = must("script", sys(SYS_open, "s2", O_RDONLY));
    run_it("a script by descriptor", fd, "", arguments, AT_EMPTY_PATH);
    sys(SYS_close, fd);
    fd = must("script", sys(SYS_open, "s2", O_RDONLY | O_CLOEXEC));
    run_it("a script by a descriptor that closes", fd, "", arguments, AT_EMPTY_PATH);
    sys(SYS_close, fd);
    run_it("no arguments", AT_FDCWD, "prog", none, 0);
    run_it("null arguments", AT_FDCWD, "prog", 0, 0);
    run_it("a script without arguments", AT_FDCWD, "s2", none, 0);
}

static void sizes(void)
{
    static char text[200000];
    static char *many[60];
    fill(text, 'y', sizeof text);
    char *arguments[] = { "zero", "lengths", text, 0 };
    text[131071] = 0;
    run_it("longest argument", AT_FDCWD, "prog", arguments, 0);
    text[131071] = 'y';
    text[131072] = 0;
    run_it("too long an argument", AT_FDCWD, "prog", arguments, 0);
    text[131072] = 'y';
    text[100000] = 0;
    many[0] = "zero";
    many[1] = "count";
    for (u32 total = 15; total < 28; total += 3) {
        for (u32 i = 2; i < total; i++) many[i] = text;
        many[total] = 0;
        put_unsigned(total);
        run_it(" arguments", AT_FDCWD, "prog", many, 0);
    }
    /* A smaller stack leaves less. */
    for (u32 stack = 256; stack <= 2048; stack *= 2) {
        s32 pid;
        if (is_child(&pid)) {
            u32 limit[2] = { stack << 10, stack << 10 };
            must("setrlimit", sys(SYS_setrlimit, 3, limit));
            put_unsigned(stack);
            put("K:");
            for (u32 total = 3; total < 8; total++) {
                for (u32 i = 2; i < total; i++) many[i] = text;
                many[total] = 0;
                s32 child, status = 0;
                if (is_child(&child)) {
                    s32 result = sys(SYS_execve, "prog", many, environment);
                    quit(result == -7 ? 7 : 99);
                }
                sys(SYS_waitpid, child, &status, 0);
                put(" ");
                put_hex((u32)status);
            }
            end_line();
            quit(0);
        }
        reap(pid);
    }
}

static void busy(void)
{
    char *const arguments[] = { "zero", "show", 0 };
    copy_self("busy");
    s32 fd = must("open", sys(SYS_open, "busy", O_RDWR));
    run_path("open for writing", "busy");
    script("sb", "#!/tmp/e/busy show\n");
    run_path("script of it", "sb");
    sys(SYS_close, fd);
    fd = must("open", sys(SYS_open, "sb", O_WRONLY));
    run_path("script open for writing", "sb");
    sys(SYS_close, fd);
    run_path("closed", "busy");

    /* A child that runs it until it is told to end. */
    s32 to[2], from[2], pid, status;
    must("pipe", sys(SYS_pipe, to));
    must("pipe", sys(SYS_pipe, from));
    if (is_child(&pid)) {
        char *const waits[] = { "zero", "wait", 0 };
        sys(SYS_dup2, to[0], 0);
        sys(SYS_dup2, from[1], 4);
        sys(SYS_execve, "busy", waits, environment);
        quit(99);
    }
    char byte;
    must("started", sys(SYS_read, from[0], &byte, 1));
    report("write", sys(SYS_open, "busy", O_WRONLY));
    report("read and write", sys(SYS_open, "busy", O_RDWR));
    report("read", (fd = sys(SYS_open, "busy", O_RDONLY)) >= 0);
    report("map shared for reading", (u32)sys(SYS_mmap2, 0, 4096, PROT_READ, MAP_SHARED, fd, 0) < 0xFFFFF000);
    sys(SYS_close, fd);
    report("O_TRUNC", sys(SYS_open, "busy", O_RDONLY | O_TRUNC));
    report("truncate", sys(SYS_truncate, "busy", 0));
    report("create", sys(SYS_open, "busy", O_WRONLY | O_CREAT, 0755));
    report("exclusively", sys(SYS_open, "busy", O_WRONLY | O_CREAT | 0200, 0755));
    report("chmod", sys(SYS_chmod, "busy", 0755));
    report("rename", sys(SYS_rename, "busy", "busy2"));
    report("write by the new name", sys(SYS_open, "busy2", O_WRONLY));
    report("link", sys(SYS_link, "busy2", "busy3"));
    report("unlink", sys(SYS_unlink, "busy2"));
    report("write by the link", sys(SYS_open, "busy3", O_WRONLY));
    run_it("run it twice", AT_FDCWD, "busy3", arguments, 0);
    /* A child of it holds it too. */
    must("tell", sys(SYS_write, to[1], "x", 1));
    must("waitpid", sys(SYS_waitpid, pid, &status, 0));
    report("status", status);
    report("write when it has ended", (fd = sys(SYS_open, "busy3", O_WRONLY)) >= 0);
    sys(SYS_close, fd);
    report("this program", sys(SYS_open, "/guests/execs", O_WRONLY));
    report("this program by /proc", sys(SYS_open, "/proc/self/exe", O_WRONLY));

    /* A file in memory may be run while it is open, as it was made. */
    static char buffer[65536];
    fd = must("open", sys(SYS_open, "prog", O_RDONLY));
    s32 got = must("read", sys(SYS_read, fd, buffer, sizeof buffer));
    sys(SYS_close, fd);
    fd = must("memfd", sys(SYS_memfd_create, "program", 0));
    must("write", sys(SYS_write, fd, buffer, got));
    run_it("a file in memory", fd, "", arguments, AT_EMPTY_PATH);
    sys(SYS_close, fd);
}

static volatile u32 faults;

static void on_fault(s32 number, u32 *info, u32 *context)
{
    (void)number;
    faults++;
    put("  SIG");
    put(number == 7 ? "BUS" : "SEGV");
    put(" code ");
    put_signed((s32)info[2]);
    put(" at ");
    put_hex(info[3] & 0xFFFF);
    end_line();
    /* Goes on behind the access, which is two bytes long: movb (%eax), %cl and movb %cl, (%eax). */
    context[5 + 14] += 2;
}

static void touch(const char *what, u32 address, int writes)
{
    put(what);
    end_line();
    u8 value = 0x77;
    if (writes) __asm__ volatile("movb %%cl, (%%eax)" : : "a"(address), "c"(value) : "memory");
    else __asm__ volatile("movb (%%eax), %%cl" : "+c"(value) : "a"(address) : "memory");
    put("  value ");
    put_hex(value);
    end_line();
}

static void truncation(void)
{
    struct { void (*handler)(s32, u32 *, u32 *); u32 flags; void (*restorer)(void); u32 mask[2]; } action = { on_fault, 0x40000004, 0, { 0, 0 } };
    must("SIGBUS", sys(SYS_rt_sigaction, 7, &action, 0, 8));
    must("SIGSEGV", sys(SYS_rt_sigaction, 11, &action, 0, 8));
    static char page[4096];
    fill(page, 'p', sizeof page);
    s32 fd = must("open", sys(SYS_open, "mapped", O_CREAT | O_RDWR | O_TRUNC, 0644));
    for (u32 i = 0; i < 4; i++) must("write", sys(SYS_write, fd, page, 4096));
    u32 shared = (u32)sys(SYS_mmap2, 0x40000000, 0x5000, PROT_READ | PROT_WRITE, MAP_SHARED | 0x10, fd, 0);
    u32 private = (u32)sys(SYS_mmap2, 0x40010000, 0x5000, PROT_READ | PROT_WRITE, MAP_PRIVATE | 0x10, fd, 0);
    u32 offset = (u32)sys(SYS_mmap2, 0x40020000, 0x2000, PROT_READ | PROT_WRITE, MAP_PRIVATE | 0x10, fd, 2);
    touch("shared", shared + 0x3000, 0);
    touch("shared behind the end", shared + 0x4000, 0);
    touch("shared behind the end, writing", shared + 0x4000, 1);
    touch("private copy", private + 0x3000, 1);
    touch("private copy to stay", private + 0x1000, 1);
    touch("private copy in the last page", private + 0x2800, 1);
    touch("private, by offset", offset + 0x1000, 1);
    must("ftruncate", sys(SYS_ftruncate, fd, 0x2400));
    touch("shared, kept", shared + 0x1000, 0);
    touch("shared, tail of the last page", shared + 0x2800, 0);
    touch("shared, gone", shared + 0x3000, 0);
    touch("shared, gone, writing", shared + 0x3004, 1);
    touch("private, kept", private + 0x1000, 0);
    touch("private, copy of the last page", private + 0x2800, 0);
    touch("private, its copy is gone", private + 0x3000, 0);
    touch("private, gone, writing", private + 0x3008, 1);
    touch("by offset, last page", offset, 0);
    touch("by offset, gone", offset + 0x1000, 0);
    char byte;
    report("read into what is gone", sys(SYS_lseek, fd, 0, 0) || sys(SYS_read, fd, shared + 0x3000, 1));
    report("into memory", sys(SYS_read, fd, shared + 0x3000, 1));
    report("write from what is gone", sys(SYS_write, fd, private + 0x3000, 1));
    /* A child maps it too. */
    s32 pid;
    if (is_child(&pid)) {
        touch("child, shared", shared + 0x3000, 0);
        touch("child, private", private + 0x1000, 0);
        quit(0);
    }
    reap(pid);
    must("ftruncate", sys(SYS_ftruncate, fd, 0x4000));
    touch("shared, grown", shared + 0x3000, 0);
    touch("private, grown", private + 0x3000, 0);
    touch("shared tail, grown", shared + 0x2800, 0);
    touch("shared, writing where it grew", shared + 0x3010, 1);
    sys(SYS_lseek, fd, 0x3010, 0);
    report("is in the file", sys(SYS_read, fd, &byte, 1));
    report("byte", byte);
    must("ftruncate", sys(SYS_ftruncate, fd, 0));
    touch("shared, nothing left", shared, 0);
    touch("private copy, nothing left", private + 0x1000, 0);
    must("write", sys(SYS_lseek, fd, 0, 0) || sys(SYS_write, fd, page, 4096) != 4096);
    touch("shared, written again", shared, 0);
    touch("private, written again", private, 0);
    report("punch a hole", sys(SYS_fallocate, fd, 3, 0, 0, 4096, 0));
    touch("shared, in the hole", shared, 0);
    touch("private, in the hole", private, 0);
    sys(SYS_close, fd);
    report("O_TRUNC", sys(SYS_close, sys(SYS_open, "mapped", O_RDWR | O_TRUNC)));
    touch("shared, cut by opening", shared, 0);
    report("munmap", sys(SYS_munmap, 0x40000000, 0x30000));
    report("faults", (s32)faults);
}

static int run(void)
{
    for (int i = 1; i < argc; i++) {
        if (argument_is(i, "show")) {
            print_arguments();
            return 3;
        }
        if (argument_is(i, "lengths")) {
            for (int k = 0; k < argc; k++) {
                put(" ");
                put_unsigned(length(argv[k]));
            }
            end_line();
            return 4;
        }
        if (argument_is(i, "count")) return 5;
        if (argument_is(i, "wait")) {
            char byte;
            sys(SYS_write, 4, "s", 1);
            sys(SYS_read, 0, &byte, 1);
            return 6;
        }
    }
    /* Only as it is called first, without arguments, does it go on: what runs it always gives some, or none at all. */
    if (argc != 1 || !same(argv[0], "/guests/execs")) {
        print_arguments();
        return 8;
    }
    must("mkdir", sys(SYS_mkdir, "/tmp/e", 0755));
    must("chdir", sys(SYS_chdir, "/tmp/e"));
    scripts();
    files();
    sizes();
    busy();
    truncation();
    return 0;
}
