/* dupwriter [PATH] [ROUNDS]: two descriptors on one open file (dup), a third on the same file opened anew and marked
   close-on-exec, and an appending one on PATH.log. Each of ROUNDS (5; 0: for ever) writes through all of them. A correct
   restart keeps the shared offset, the separate one, the flags and the marks; the last lines print them:
   descriptor, position, F_GETFL, F_GETFD. PATH is /tmp/dup unless given. */
#include "crt.h"

enum { F_GETFD = 1, F_SETFD = 2, F_GETFL = 3, SEEK_SET = 0, SEEK_CUR = 1 };

static char log_path[256];

static void describe(const char *name, int fd)
{
    put(name);
    put(" position ");
    put_signed((s32)sys(SYS_lseek, fd, 0, SEEK_CUR));
    put(" flags ");
    put_hex((u32)sys(SYS_fcntl, fd, F_GETFL, 0));
    put(" mark ");
    put_signed((s32)sys(SYS_fcntl, fd, F_GETFD, 0));
    end_line();
}

static void numbered(const char *word, u32 n, int fd)
{
    put(word);
    put_unsigned(n);
    put("\n");
    must(word, flush_to(fd));
}

static void copy_out(const char *path)
{
    s32 fd = must("open", (s32)sys(SYS_open, path, O_RDONLY));
    while ((line_length = (u32)must("read", (s32)sys(SYS_read, fd, line, sizeof line))) > 0) flush_to(1);
    sys(SYS_close, fd);
}

static int run(void)
{
    const char *path = argc > 1 ? argv[1] : "/tmp/dup";
    u32 rounds = (u32)argument(2, 5);
    u32 length_of_path = length(path);
    if (length_of_path > 250) return 1;
    for (u32 i = 0; i < length_of_path; i++) log_path[i] = path[i];
    for (u32 i = 0; i < 5; i++) log_path[length_of_path + i] = ".log"[i];

    s32 first = must("open", (s32)sys(SYS_open, path, O_RDWR | O_CREAT | O_TRUNC, 0644));
    s32 second = must("dup", (s32)sys(SYS_dup, first));
    s32 reader = must("open", (s32)sys(SYS_open, path, O_RDONLY));
    must("fcntl", (s32)sys(SYS_fcntl, reader, F_SETFD, 1));
    sys(SYS_unlink, log_path);
    s32 log = must("open", (s32)sys(SYS_open, log_path, O_WRONLY | O_CREAT | O_APPEND, 0644));
    log = must("dup2", (s32)sys(SYS_dup2, log, 10));

    for (u32 round = 1;; round++) {
        numbered("first ", round, first);
        numbered("second ", round, second);
        sys(SYS_lseek, log, 0, SEEK_SET);
        numbered("appended ", round, log);
        char c = 0;
        must("read", (s32)sys(SYS_read, reader, &c, 1));
        put("read ");
        put((char[2]){ c, 0 });
        put(" at ");
        put_unsigned(round - 1);
        end_line();
        if (round == rounds) break;
    }

    describe("first", first);
    describe("second", second);
    describe("reader", reader);
    describe("log", log);
    copy_out(path);
    copy_out(log_path);
    return 0;
}
