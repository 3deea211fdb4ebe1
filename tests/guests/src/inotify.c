/* inotify(7): every event, cookies, coalescing, and what becomes of a watch. */
#include "report.h"

enum {
    SYS_rename = 38, SYS_chmod = 15, SYS_link_ = 9, SYS_symlink_ = 83, SYS_truncate = 92, SYS_ftruncate = 93, SYS_getdents64 = 220, SYS_mknod = 14, SYS_ioctl = 54,
    SYS_inotify_init = 291, SYS_add = 292, SYS_rm = 293, SYS_init1 = 332, SYS_utimensat = 320, SYS_renameat2 = 353, SYS_poll = 168, NONBLOCK = 04000,
    ALL = 0xFFF, ONLYDIR = 0x1000000, DONT_FOLLOW = 0x2000000, EXCL_UNLINK = 0x4000000, MASK_CREATE = 0x10000000, MASK_ADD = 0x20000000
};

#define ONESHOT 0x80000000u

static char buffer[4096];
static u32 cookies[8];
static int cookie_count, queue;

static void show(const char *what)
{
    static const char *const names[] = {
        "ACCESS", "MODIFY", "ATTRIB", "CLOSE_WRITE", "CLOSE_NOWRITE", "OPEN", "MOVED_FROM", "MOVED_TO", "CREATE", "DELETE", "DELETE_SELF", "MOVE_SELF",
        "?", "UNMOUNT", "OVERFLOW", "IGNORED"
    };
    s32 n = sys(SYS_read, queue, buffer, sizeof buffer);
    put(what);
    put(":");
    if (n < 0) {
        put(" ");
        put_errno(n);
    }
    for (s32 at = 0; at < n;) {
        struct { s32 wd; u32 mask, cookie, length; char name[]; } *e = (void *)(buffer + at);
        put(" ");
        put_signed(e->wd);
        for (int i = 0; i < 16; i++) {
            if (e->mask >> i & 1) put(" "), put(names[i]);
        }
        if (e->mask & 0x40000000) put("|DIR");
        if (e->cookie) {
            int i = 0;
            while (i < cookie_count && cookies[i] != e->cookie) i++;
            if (i == cookie_count) cookies[cookie_count++ & 7] = e->cookie;
            put("#");
            put_signed(i);
        }
        if (e->length) put("("), put(e->name), put("/"), put_unsigned(e->length), put(")");
        put(";");
        at += 16 + (s32)e->length;
    }
    end_line();
}

static void touch(const char *path)
{
    sys(SYS_close, must("touch", sys(SYS_open, path, O_CREAT | O_RDWR, 0600)));
}

static int run(void)
{
    int fd;
    report("flags", sys(SYS_init1, 1));
    queue = report("init", sys(SYS_init1, NONBLOCK));
    must("mkdir", sys(SYS_mkdir, "/tmp/d", 0700));
    touch("/tmp/d/old");
    report("no events", sys(SYS_add, queue, "/tmp/d", 0));
    report("no path", sys(SYS_add, queue, "/tmp/none", ALL));
    report("no inotify", sys(SYS_add, 0, "/tmp/d", ALL));
    report("bad descriptor", sys(SYS_add, 99, "/tmp/d", ALL));
    report("only directory", sys(SYS_add, queue, "/tmp/d/old", ALL | ONLYDIR));
    report("add and create", sys(SYS_add, queue, "/tmp/d", ALL | MASK_ADD | MASK_CREATE));
    report("remove nothing", sys(SYS_rm, queue, 1));
    show("empty");
    report("add", sys(SYS_add, queue, "/tmp/d", ALL));
    report("again", sys(SYS_add, queue, "/tmp/d", ALL));
    report("create only", sys(SYS_add, queue, "/tmp/d", ALL | MASK_CREATE));
    touch("/tmp/d/new");
    s32 bytes = 0;
    report("ioctl", sys(SYS_ioctl, queue, 0x541B, &bytes));
    report("bytes", bytes);
    report("too small", sys(SYS_read, queue, buffer, 16));
    report("one", sys(SYS_read, queue, buffer, 63));
    show("made");
    fd = must("open", sys(SYS_open, "/tmp/d/new", O_RDWR));
    sys(SYS_write, fd, "abc", 3);
    sys(SYS_write, fd, "abc", 3);
    show("written twice");
    sys(SYS_lseek, fd, 0, 0);
    sys(SYS_read, fd, line, 8);
    sys(SYS_read, fd, line, 8);
    sys(SYS_ftruncate, fd, 2);
    sys(SYS_close, fd);
    show("read, cut, closed");
    sys(SYS_close, sys(SYS_open, "/tmp/d/new", O_WRONLY | O_TRUNC));
    show("opened to cut");
    sys(SYS_truncate, "/tmp/d/new", 5);
    sys(SYS_chmod, "/tmp/d/new", 0644);
    show("attributes");
    s32 both[4] = { 1, 0, 2, 0 }, omit[4] = { 1, 0, 2, 0x3ffffffe };
    sys(SYS_utimensat, -100, "/tmp/d/new", both, 0);
    sys(SYS_utimensat, -100, "/tmp/d/new", omit, 0);
    show("times");
    sys(SYS_mkdir, "/tmp/d/sub", 0700);
    sys(SYS_link, "/tmp/d/new", "/tmp/d/name");
    sys(SYS_symlink, "nowhere", "/tmp/d/symlink");
    sys(SYS_mknod, "/tmp/d/fifo", 010600, 0);
    show("kinds");
    fd = must("open directory", sys(SYS_open, "/tmp/d", O_RDONLY));
    sys(SYS_getdents64, fd, line, sizeof line);
    sys(SYS_close, fd);
    show("listed");
    sys(SYS_chmod, "/tmp/d", 0755);
    show("own attributes");
    sys(SYS_rename, "/tmp/d/new", "/tmp/d/renamed");
    sys(SYS_rename, "/tmp/d/sub", "/tmp/sub");
    sys(SYS_rename, "/tmp/sub", "/tmp/d/sub");
    show("moved");
    sys(SYS_renameat2, -100, "/tmp/d/renamed", -100, "/tmp/d/sub", 2);
    show("exchanged");
    sys(SYS_renameat2, -100, "/tmp/d/renamed", -100, "/tmp/d/sub", 2);
    show("exchanged back");
    sys(SYS_rmdir, "/tmp/d/sub");
    sys(SYS_unlink, "/tmp/d/name");
    sys(SYS_unlink, "/tmp/d/symlink");
    sys(SYS_unlink, "/tmp/d/fifo");
    show("removed");
    report("fewer", sys(SYS_add, queue, "/tmp/d", 0x200));
    touch("/tmp/d/unseen");
    show("unseen");
    report("more", sys(SYS_add, queue, "/tmp/d", 0x100 | MASK_ADD));
    touch("/tmp/d/seen");
    sys(SYS_unlink, "/tmp/d/seen");
    show("seen");
    sys(SYS_add, queue, "/tmp/d", ALL);

    report("file", sys(SYS_add, queue, "/tmp/d/old", ALL));
    fd = must("open", sys(SYS_open, "/tmp/d/old", O_RDWR));
    sys(SYS_write, fd, "x", 1);
    show("both watch");
    sys(SYS_rename, "/tmp/d/old", "/tmp/d/older");
    show("moved itself");
    sys(SYS_unlink, "/tmp/d/older");
    show("unlinked, open");
    sys(SYS_write, fd, "x", 1);
    show("written without a name");
    sys(SYS_close, fd);
    show("gone");
    report("dead watch", sys(SYS_rm, queue, 2));

    touch("/tmp/d/a");
    touch("/tmp/d/b");
    report("a", sys(SYS_add, queue, "/tmp/d/a", ALL));
    report("b", sys(SYS_add, queue, "/tmp/d/b", ALL));
    show("two files");
    sys(SYS_rename, "/tmp/d/a", "/tmp/d/b");
    show("a over b");
    sys(SYS_unlink, "/tmp/d/b");
    show("a unlinked");

    report("once", sys(SYS_add, queue, "/tmp/d", 0x100 | ONESHOT));
    touch("/tmp/d/c");
    touch("/tmp/d/e");
    show("once");
    report("excluding", sys(SYS_add, queue, "/tmp/d", ALL | EXCL_UNLINK));
    fd = sys(SYS_open, "/tmp/d/c", O_RDWR);
    sys(SYS_unlink, "/tmp/d/c");
    show("unlinked");
    sys(SYS_write, fd, "x", 1);
    sys(SYS_close, fd);
    show("not told");
    report("remove", sys(SYS_rm, queue, 6));
    show("removed");
    sys(SYS_unlink, "/tmp/d/e");
    sys(SYS_unlink, "/tmp/d/renamed");
    sys(SYS_unlink, "/tmp/d/unseen");
    report("directory", sys(SYS_add, queue, "/tmp/d", 0x400));
    sys(SYS_rmdir, "/tmp/d");
    show("directory gone");
    s32 child;
    int wait = sys(SYS_inotify_init);
    sys(SYS_add, wait, "/tmp", 0x100);
    if (is_child(&child)) {
        nap(10);
        touch("/tmp/late");
        quit(0);
    }
    report("waited", sys(SYS_read, wait, buffer, 64));
    reap(child);
    return 0;
}
