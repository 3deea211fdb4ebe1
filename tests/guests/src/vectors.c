/* preadv, pwritev and their RWF_* flags; openat2's rules; readdir, process_madvise and statx's mounts. */
#include "report.h"

enum {
    SYS_readdir = 89, SYS_preadv = 333, SYS_pwritev = 334, SYS_preadv2 = 378, SYS_pwritev2 = 379, SYS_statx = 383, SYS_pidfd_open = 434, SYS_openat2 = 437, SYS_process_madvise = 440,
    DSYNC = 2, NOWAIT = 8, APPEND = 16, PATH = 010000000,
    NO_XDEV = 1, BENEATH = 8, IN_ROOT = 16, CACHED = 32
};

struct piece { void *at; u32 length; };

static char first[20], second[20];

static void show(const char *what, s32 result)
{
    put(what);
    put(": ");
    put_signed(result);
    put(" ");
    put(first);
    put(" ");
    put(second);
    end_line();
    fill(first, 0, sizeof first);
    fill(second, 0, sizeof second);
}

static void vectors(void)
{
    int fd = must("open", sys(SYS_open, "/tmp/vectors", O_RDWR | O_CREAT | O_TRUNC, 0600)), pipe[2];
    struct piece out[3] = { { "abc", 3 }, { "", 0 }, { "defgh", 5 } }, in[2] = { { first, 4 }, { second, 10 } }, bad[2] = { { first, 3 }, { (void *)8, 3 } };
    report("pwritev", sys(SYS_pwritev, fd, out, 3, 2, 0));
    report("position", sys(SYS_lseek, fd, 0, 1));
    show("preadv", sys(SYS_preadv, fd, in, 2, 2, 0));
    report("append", sys(SYS_pwritev2, fd, out, 1, 0, 0, APPEND));
    report("size", sys(SYS_lseek, fd, 0, 2));
    sys(SYS_lseek, fd, 3, 0);
    show("own position", sys(SYS_preadv2, fd, in, 2, -1, -1, 0));
    report("position", sys(SYS_lseek, fd, 1, 0));
    report("append", sys(SYS_pwritev2, fd, out, 1, -1, -1, APPEND | DSYNC));
    report("position", sys(SYS_lseek, fd, 0, 1));
    report("no position", sys(SYS_preadv, fd, in, 2, -1, -1));
    report("far", sys(SYS_preadv, fd, in, 2, 0, 1));
    report("flags", sys(SYS_preadv2, fd, in, 2, 0, 0, 0x4000));
    report("descriptor", sys(SYS_preadv, 99, in, 2, 0, 0));
    report("vector", sys(SYS_preadv, fd, (void *)0x20000, 2, 0, 0));
    report("count", sys(SYS_preadv, fd, in, 2000, 0, 0));
    report("nothing", sys(SYS_preadv, fd, in, 0, 0, 0));
    report("part", sys(SYS_preadv, fd, bad, 2, 0, 0));
    must("pipe", sys(SYS_pipe, pipe));
    report("pipe", sys(SYS_preadv, pipe[0], in, 2, 0, 0));
    report("other end", sys(SYS_pwritev, pipe[0], out, 1, 0, 0));
    report("no wait", sys(SYS_preadv2, pipe[0], in, 2, -1, -1, NOWAIT));
    sys(SYS_write, pipe[1], "hello", 5);
    show("no wait", sys(SYS_preadv2, pipe[0], in, 2, -1, -1, NOWAIT));
    sys(SYS_unlink, "/tmp/vectors");
    sys(SYS_close, fd);
    sys(SYS_close, pipe[0]);
    sys(SYS_close, pipe[1]);
}

static void open_how(const char *what, s32 directory, const char *path, u32 flags, u32 resolve)
{
    u64 how[3] = { flags, 0, resolve };
    s32 result = sys(SYS_openat2, directory, path, how, sizeof how);
    report(what, result >= 0 ? 0 : result);
    if (result >= 0) sys(SYS_close, result);
}

static void resolving(void)
{
    s32 directory, root, proc;
    sys(SYS_mkdir, "/tmp/how", 0755);
    sys(SYS_mkdir, "/tmp/how/d", 0755);
    sys(SYS_symlink, "/d", "/tmp/how/absolute");
    sys(SYS_symlink, "../../..", "/tmp/how/up");
    sys(SYS_symlink, "/proc/self", "/tmp/how/away");
    sys(SYS_close, sys(SYS_open, "/tmp/how/d/f", O_CREAT | O_RDWR, 0644));
    directory = must("open", sys(SYS_open, "/tmp/how", PATH | O_DIRECTORY));
    root = must("open", sys(SYS_open, "/", PATH));
    proc = must("open", sys(SYS_open, "/proc", PATH));
    open_how("absolute path", directory, "/d/f", 0, IN_ROOT);
    open_how("absolute link", directory, "absolute/f", 0, IN_ROOT);
    open_how("beyond", directory, "../../d/f", 0, IN_ROOT);
    open_how("link beyond", directory, "up/d/f", 0, IN_ROOT);
    open_how("away", directory, "away", 0, IN_ROOT);
    open_how("the root", directory, "/", 0, IN_ROOT);
    open_how("no descriptor", 99, "/d/f", 0, IN_ROOT);
    open_how("into /proc", root, "proc/self/status", 0, NO_XDEV);
    open_how("/proc", root, "proc", 0, NO_XDEV);
    open_how("on one", root, "guests", 0, NO_XDEV);
    open_how("within /proc", proc, "self/status", 0, NO_XDEV);
    open_how("out of /proc", proc, "..", 0, NO_XDEV);
    open_how("from the root", proc, "/proc/version", 0, NO_XDEV);
    open_how("two roots", directory, "d/f", 0, BENEATH | IN_ROOT);
    open_how("create cached", directory, "d/g", O_CREAT, CACHED);
    open_how("truncate cached", directory, "d/f", O_TRUNC | O_RDWR, CACHED);
    open_how("cached", directory, "d/f", 0, CACHED);
    open_how("unknown", directory, "d/f", 0, 64);
    sys(SYS_close, directory);
    sys(SYS_close, root);
    sys(SYS_close, proc);
}

static void listing(void)
{
    struct { u32 inode, offset; u16 length; char name[256]; } entry;
    s32 fd = must("open", sys(SYS_open, "/tmp/how/d", O_DIRECTORY)), result;
    int dots = 0;
    while ((result = sys(SYS_readdir, fd, &entry, 1)) == 1) {
        if (entry.name[0] == '.') dots += entry.length;
        else report(entry.name, entry.length);
    }
    report("dots", dots);
    report("end", result);
    report("no directory", sys(SYS_readdir, 1, &entry, 1));
    sys(SYS_close, fd);
}

static void advising(void)
{
    static u8 pages[8192] __attribute__((aligned(4096)));
    struct piece range[2] = { { pages, 4096 }, { pages + 4096, 4096 } };
    s32 own = must("pidfd_open", sys(SYS_pidfd_open, sys(SYS_getpid), 0));
    report("cold", sys(SYS_process_madvise, own, range, 2, 20, 0));
    report("flags", sys(SYS_process_madvise, own, range, 2, 20, 1));
    report("no process", sys(SYS_process_madvise, 1, range, 2, 20, 0));
    report("count", sys(SYS_process_madvise, own, range, 2000, 20, 0));
    report("advice", sys(SYS_process_madvise, own, range, 2, 99, 0));
}

static void mounts(void)
{
    u32 x[64], proc[64], inner[64];
    report("statx", sys(SYS_statx, -100, "/", 0, 0xfff, x));
    report("statx", sys(SYS_statx, -100, "/proc", 0, 0xfff, proc));
    report("statx", sys(SYS_statx, -100, "/proc/version", 0, 0xfff, inner));
    report("has mount", (s32)(x[0] & proc[0] & inner[0] & 0x1000));
    report("is root", (s32)(proc[2] & ~inner[2] & 0x2000));
    report("same mount", proc[36] == inner[36] && x[36] != proc[36]);
    report("two ways to be in step", sys(SYS_statx, -100, "/", 0x6000, 0xfff, x));
}

static int run(void)
{
    vectors();
    resolving();
    listing();
    advising();
    mounts();
    return 0;
}
