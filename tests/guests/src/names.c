/* Names of files: what the calls that make, move and take away names do in the corners, and what they leave behind. */
#include "report.h"

enum {
    SYS_mknod = 14, SYS_rename = 38, SYS_readlink = 85, SYS_ftruncate = 93, SYS_truncate64 = 193, SYS_stat64 = 195, SYS_lstat64 = 196, SYS_fstat64 = 197,
    SYS_getdents64 = 220, SYS_fchmod = 94, SYS_fchown32 = 207, SYS_fsync = 118, SYS_fgetxattr = 231, SYS_ioctl = 54, SYS_symlinkat = 304,
    SYS_mkdirat = 296, SYS_mknodat = 297, SYS_unlinkat = 301, SYS_renameat = 302, SYS_linkat = 303, SYS_readlinkat = 305, SYS_utimensat = 320,
    SYS_renameat2 = 353, SYS_memfd_create = 356, SYS_execveat = 358, SYS_dup3 = 330, SYS_fallocate = 324, SYS_fstatat64 = 300, SYS_faccessat = 307
};

enum {
    AT_FDCWD = -100, O_EXCL = 0200, O_NOFOLLOW = 0400000, O_PATH = 010000000, O_TMPFILE = 020200000, O_NOCTTY = 0400, O_CLOEXEC = 02000000,
    NOREPLACE = 1, EXCHANGE = 2, WHITEOUT = 4, AT_REMOVEDIR = 0x200, AT_SYMLINK_FOLLOW = 0x400, AT_EMPTY_PATH = 0x1000, AT_SYMLINK_NOFOLLOW = 0x100
};

struct stat64 {
    u64 device;
    u8 pad0[4];
    u32 old_inode, mode, links, uid, gid;
    u64 rdev;
    u8 pad3[4];
    u32 size[2], block_size;
    u32 blocks[2];
    u32 atime, atime_ns, mtime, mtime_ns, ctime, ctime_ns;
    u32 inode[2];
} __attribute__((packed));

static s32 make(const char *path)
{
    s32 fd = sys(SYS_open, path, O_CREAT | O_RDWR, 0644);
    if (fd < 0) return fd;
    sys(SYS_write, fd, path, length(path));
    return sys(SYS_close, fd);
}

static s32 try_open(const char *path, s32 flags)
{
    s32 fd = sys(SYS_open, path, flags, 0644);
    if (fd < 0) return fd;
    return sys(SYS_close, fd);
}

static void show(const char *path)
{
    struct stat64 s;
    s32 result = sys(SYS_lstat64, path, &s);
    put("  ");
    put(path);
    put(" ");
    if (result < 0) {
        put_errno(result);
    } else {
        put_hex(s.mode);
        put(" links ");
        put_unsigned(s.links);
        if ((s.mode & 0170000) == 0100000) {
            put(" size ");
            put_unsigned(s.size[0]);
        }
        if ((s.mode & 0170000) == 0020000) {
            put(" device ");
            put_hex((u32)s.rdev);
        }
    }
    end_line();
}

static void tree(void)
{
    static const char *const directories[] = { "d", "d/sub", "d/sub/deep", "empty", "full", "other" };
    static const char *const files[] = { "f", "g", "full/in", "d/sub/file", "other/x" };
    must("mkdir", sys(SYS_mkdir, "/tmp/n", 0755));
    must("chdir", sys(SYS_chdir, "/tmp/n"));
    for (u32 i = 0; i < sizeof directories / sizeof *directories; i++) must("mkdir", sys(SYS_mkdir, directories[i], 0755));
    for (u32 i = 0; i < sizeof files / sizeof *files; i++) must("make", make(files[i]));
    must("symlink", sys(SYS_symlink, "f", "lf"));
    must("symlink", sys(SYS_symlink, "d", "ld"));
    must("symlink", sys(SYS_symlink, "nowhere", "dangling"));
    must("symlink", sys(SYS_symlink, "loop2", "loop1"));
    must("symlink", sys(SYS_symlink, "loop1", "loop2"));
    must("symlink", sys(SYS_symlink, "empty/new", "into"));
    must("symlink", sys(SYS_symlink, "f/", "lfslash"));
    must("link", sys(SYS_link, "f", "hard"));
}

static const char *const paths[] = { "f", "f/", "f/.", "f/..", "f/x", "d", "d/", "d/.", "d/..", "d//sub/", ".", "..", "/", "empty", "empty/", "empty/.", "lf", "lf/",
    "ld", "ld/", "ld/.", "dangling", "dangling/", "loop1", "loop1/", "loop1/x", "none", "none/", "none/x", "none/.", "none/..", "lfslash", "" };
#define PATHS (sizeof paths / sizeof *paths)

static void put_result(s32 result)
{
    put(" ");
    if (result < 0) put_errno(result);
    else put_signed(result);
}

/* Every call that takes a name, with every kind of name. What is done is undone. */
static void matrix(void)
{
    for (u32 i = 0; i < PATHS; i++) {
        const char *p = paths[i];
        put("\"");
        put(p);
        put("\"");
        s32 result = sys(SYS_mkdir, p, 0755);
        put_result(result);
        if (!result) sys(SYS_rmdir, p);
        result = sys(SYS_mknod, p, 0100644, 0);
        put_result(result);
        if (!result) sys(SYS_unlink, p);
        result = sys(SYS_symlink, "f", p);
        put_result(result);
        if (!result) sys(SYS_unlink, p);
        result = sys(SYS_link, "g", p);
        put_result(result);
        if (!result) sys(SYS_unlink, p);
        result = sys(SYS_link, p, "fresh");
        put_result(result);
        if (!result) sys(SYS_unlink, "fresh");
        result = sys(SYS_linkat, AT_FDCWD, p, AT_FDCWD, "fresh", AT_SYMLINK_FOLLOW);
        put_result(result);
        if (!result) sys(SYS_unlink, "fresh");
        char text[16];
        put_result(sys(SYS_readlink, p, text, 16));
        struct stat64 s;
        put_result(sys(SYS_stat64, p, &s));
        put_result(sys(SYS_lstat64, p, &s));
        put_result(sys(SYS_faccessat, AT_FDCWD, p, 0, 0));
        put(" |");
        static const s32 flags[] = { 0, O_DIRECTORY, O_NOFOLLOW, O_NOFOLLOW | O_DIRECTORY, O_PATH, O_PATH | O_NOFOLLOW, O_WRONLY, O_EXCL, O_CREAT | O_EXCL,
            O_CREAT | O_EXCL | O_NOFOLLOW };
        for (u32 f = 0; f < sizeof flags / sizeof *flags; f++) {
            result = try_open(p, flags[f]);
            put_result(result);
            if (!result && (flags[f] & O_CREAT)) sys(SYS_unlink, p);
        }
        end_line();
    }
}

/* Undoes a rename, without the slashes that one of them may no longer have. */
static void back(const char *from, const char *to, u32 flags)
{
    char names[2][16];
    for (u32 i = 0; i < 2; i++) {
        const char *name = i ? to : from;
        u32 size = length(name);
        while (size > 1 && name[size - 1] == '/') size--;
        for (u32 at = 0; at < size; at++) names[i][at] = name[at];
        names[i][size] = 0;
    }
    must("back", sys(SYS_renameat2, AT_FDCWD, names[0], AT_FDCWD, names[1], flags));
}

/* rename(2) of every kind of thing to every kind of name; what moved is moved back. */
static void renames(u32 flags)
{
    put("renameat2 with ");
    put_unsigned(flags);
    end_line();
    for (u32 i = 0; i < PATHS; i++) {
        put("\"");
        put(paths[i]);
        put("\"");
        for (u32 j = 0; j < PATHS; j++) {
            /* What would take the tree apart is tried by itself. */
            struct stat64 before;
            s32 was = sys(SYS_lstat64, paths[j], &before);
            if (flags == 0 && was == 0) {
                put(" -");
                continue;
            }
            s32 result = sys(SYS_renameat2, AT_FDCWD, paths[i], AT_FDCWD, paths[j], flags);
            put_result(result);
            if (!result && i != j) back(paths[j], paths[i], flags);
        }
        end_line();
    }
}

static void replacing(void)
{
    report("file over directory", sys(SYS_rename, "f", "empty"));
    report("file over full directory", sys(SYS_rename, "f", "full"));
    report("directory over file", sys(SYS_rename, "empty", "f"));
    report("directory over full", sys(SYS_rename, "empty", "full"));
    report("over own hard link", sys(SYS_rename, "f", "hard"));
    show("f");
    show("hard");
    report("onto itself", sys(SYS_rename, "f", "f"));
    report("directory onto itself", sys(SYS_rename, "d", "d/"));
    report("into itself", sys(SYS_rename, "d", "d/x"));
    report("into its own subtree", sys(SYS_rename, "d", "d/sub/deep/x"));
    report("into its own subtree, existing", sys(SYS_rename, "d", "d/sub/deep"));
    report("over its own parent", sys(SYS_rename, "d/sub", "d"));
    report("over its grandparent", sys(SYS_rename, "d/sub/deep", "d"));
    report("file over its own parent", sys(SYS_rename, "full/in", "full"));
    report("through a link into itself", sys(SYS_rename, "d", "ld/x"));
    report("link over file", sys(SYS_rename, "lf", "g"));
    show("g");
    report("file over link", sys(SYS_rename, "other/x", "g"));
    show("g");
    report("over a dangling link", sys(SYS_rename, "g", "dangling"));
    show("dangling");
    report("root", sys(SYS_rename, "/", "x"));
    report("over root", sys(SYS_rename, "d", "/"));
    report("dot", sys(SYS_rename, ".", "x"));
    report("to dotdot", sys(SYS_rename, "d", ".."));
    report("directory to a name with slash", sys(SYS_rename, "empty", "moved/"));
    report("file to a name with slash", sys(SYS_rename, "f", "moved2/"));
    report("back", sys(SYS_rename, "moved/", "empty"));
    report("over an empty directory", sys(SYS_rename, "d", "empty"));
    show("empty");
    show("d");
    show(".");
    report("back", sys(SYS_rename, "empty", "d"));
    report("mkdir", sys(SYS_mkdir, "empty", 0755));
    report("exchange file and directory", sys(SYS_renameat2, AT_FDCWD, "f", AT_FDCWD, "d/sub", EXCHANGE));
    show("f");
    show("d/sub");
    show("d");
    show(".");
    report("back", sys(SYS_renameat2, AT_FDCWD, "f", AT_FDCWD, "d/sub", EXCHANGE));
    report("exchange with own subtree", sys(SYS_renameat2, AT_FDCWD, "d", AT_FDCWD, "d/sub", EXCHANGE));
    report("exchange with own parent", sys(SYS_renameat2, AT_FDCWD, "d/sub", AT_FDCWD, "d", EXCHANGE));
    report("exchange with nothing", sys(SYS_renameat2, AT_FDCWD, "f", AT_FDCWD, "none", EXCHANGE));
    report("exchange of nothing", sys(SYS_renameat2, AT_FDCWD, "none", AT_FDCWD, "f", EXCHANGE));
    report("exchange and noreplace", sys(SYS_renameat2, AT_FDCWD, "f", AT_FDCWD, "g", EXCHANGE | NOREPLACE));
    report("whiteout and exchange", sys(SYS_renameat2, AT_FDCWD, "f", AT_FDCWD, "hard", EXCHANGE | WHITEOUT));
    report("unknown flag", sys(SYS_renameat2, AT_FDCWD, "f", AT_FDCWD, "hard", 8));
    report("noreplace", sys(SYS_renameat2, AT_FDCWD, "f", AT_FDCWD, "hard", NOREPLACE));
    report("noreplace onto itself", sys(SYS_renameat2, AT_FDCWD, "f", AT_FDCWD, "f", NOREPLACE));
    report("noreplace of nothing", sys(SYS_renameat2, AT_FDCWD, "none", AT_FDCWD, "f", NOREPLACE));
    report("noreplace to fresh", sys(SYS_renameat2, AT_FDCWD, "f", AT_FDCWD, "fresh", NOREPLACE));
    report("whiteout", sys(SYS_renameat2, AT_FDCWD, "fresh", AT_FDCWD, "f", WHITEOUT));
    show("fresh");
    show("f");
    report("unlink", sys(SYS_unlink, "fresh"));
}

static void removing(void)
{
    static const char *const bad[] = { "f", "full", "lf", "ld", "ld/", "empty/.", "empty/..", ".", "..", "/", "none", "none/", "/proc", "dangling", "loop1", "loop1/", "f/" };
    for (u32 i = 0; i < sizeof bad / sizeof *bad; i++) {
        put("rmdir ");
        put(bad[i]);
        put(":");
        put_result(sys(SYS_rmdir, bad[i]));
        end_line();
    }
    static const char *const kept[] = { "d", "d/", "ld/", ".", "..", "/", "none", "none/", "f/", "f/x", "lf/", "/proc", "dangling/", "loop1/" };
    for (u32 i = 0; i < sizeof kept / sizeof *kept; i++) {
        put("unlink ");
        put(kept[i]);
        put(":");
        put_result(sys(SYS_unlink, kept[i]));
        end_line();
    }
    report("unlinkat with a flag", sys(SYS_unlinkat, AT_FDCWD, "f", 1));
    report("unlinkat of a directory", sys(SYS_unlinkat, AT_FDCWD, "empty", 0));
    report("unlinkat of a file as directory", sys(SYS_unlinkat, AT_FDCWD, "f", AT_REMOVEDIR));
    /* A directory that is gone, from inside. */
    must("mkdir", sys(SYS_mkdir, "gone", 0755));
    s32 fd = must("open", sys(SYS_open, "gone", O_DIRECTORY));
    must("chdir", sys(SYS_chdir, "gone"));
    report("rmdir the working directory", sys(SYS_rmdir, "../gone"));
    report("create there", make("x"));
    report("mkdir there", sys(SYS_mkdir, "x", 0755));
    report("rename into", sys(SYS_rename, "../f", "x"));
    report("link into", sys(SYS_link, "../f", "x"));
    report("open dot", try_open(".", O_DIRECTORY));
    report("open dotdot", try_open("..", O_DIRECTORY));
    char buffer[64];
    report("getdents", sys(SYS_getdents64, fd, buffer, 64));
    report("getcwd", sys(183, buffer, 64));
    struct stat64 s;
    report("fstat", sys(SYS_fstat64, fd, &s));
    report("links", (s32)s.links);
    report("rmdir dot", sys(SYS_rmdir, "."));
    report("chdir", sys(SYS_chdir, ".."));
    sys(SYS_close, fd);
}

static void opening(void)
{
    static const char *const names[] = { "f", "d", "lf", "ld", "dangling", "loop1", "none/x", "into", "f/", "d/", "none/", "d/." };
    static const s32 flags[] = { O_CREAT, O_CREAT | O_DIRECTORY, O_CREAT | O_EXCL, O_CREAT | O_NOFOLLOW, O_CREAT | O_PATH, O_TRUNC, O_TRUNC | O_NOFOLLOW, O_TMPFILE | O_RDWR,
        O_TMPFILE, O_TMPFILE | O_RDWR | O_EXCL, O_TMPFILE | O_RDWR | O_CREAT, 020000000 | O_RDWR, O_RDWR | O_DIRECTORY, 3, 3 | O_DIRECTORY, O_CREAT | 3, O_PATH | O_TMPFILE };
    for (u32 i = 0; i < sizeof names / sizeof *names; i++) {
        put(names[i]);
        put(":");
        for (u32 j = 0; j < sizeof flags / sizeof *flags; j++) {
            put_result(try_open(names[i], flags[j]));
            if (flags[j] & O_CREAT) {
                sys(SYS_unlink, "nowhere");
                sys(SYS_unlink, "empty/new");
            }
        }
        end_line();
    }
    s32 fd = must("O_PATH", sys(SYS_open, "f", O_PATH | O_RDWR | O_TRUNC | O_CREAT));
    char buffer[64];
    struct stat64 s;
    report("flags", sys(SYS_fcntl, fd, 3, 0));
    report("size", sys(SYS_fstat64, fd, &s) ? -1 : (s32)s.size[0]);
    report("read", sys(SYS_read, fd, buffer, 1));
    report("write", sys(SYS_write, fd, buffer, 1));
    report("pread", sys(180, fd, buffer, 1, 0, 0));
    report("lseek", sys(SYS_lseek, fd, 0, 0));
    report("ftruncate", sys(SYS_ftruncate, fd, 0));
    report("fchmod", sys(SYS_fchmod, fd, 0600));
    report("fchown", sys(SYS_fchown32, fd, 0, 0));
    report("fsync", sys(SYS_fsync, fd));
    report("ioctl", sys(SYS_ioctl, fd, 0x541B, buffer));
    report("fgetxattr", sys(SYS_fgetxattr, fd, "user.x", buffer, 64));
    report("getdents", sys(SYS_getdents64, fd, buffer, 64));
    report("fchdir", sys(SYS_fchdir, fd));
    report("mmap", sys(SYS_mmap2, 0, 4096, PROT_READ, MAP_PRIVATE, fd, 0));
    report("fallocate", sys(SYS_fallocate, fd, 0, 0, 0, 1, 0));
    report("F_SETFL", sys(SYS_fcntl, fd, 4, O_APPEND));
    report("F_GETFD", sys(SYS_fcntl, fd, 1, 0));
    s32 copy = report("F_DUPFD", sys(SYS_fcntl, fd, 0, 40));
    sys(SYS_close, copy);
    report("F_GETLK", sys(SYS_fcntl, fd, 5, buffer));
    report("openat below a file", sys(SYS_openat, fd, "x", 0));
    s32 polled[2] = { fd, 1 };
    report("poll", sys(168, polled, 1, 0));
    report("utimensat of the descriptor", sys(SYS_utimensat, fd, 0, 0, 0));
    report("readlinkat of a file", sys(SYS_readlinkat, fd, "", buffer, 64));
    sys(SYS_close, fd);
    must("symlink", sys(SYS_symlink, "f", "symbolic"));
    fd = must("O_PATH of a link", sys(SYS_open, "symbolic", O_PATH | O_NOFOLLOW));
    report("readlinkat", sys(SYS_readlinkat, fd, "", buffer, 64));
    report("fstatat", sys(SYS_fstatat64, fd, "", &s, AT_EMPTY_PATH));
    report("is a link", (s.mode & 0170000) == 0120000);
    sys(SYS_close, fd);
    fd = must("O_PATH of a directory", sys(SYS_open, "d", O_PATH));
    report("openat", sys(SYS_openat, fd, "sub/file", 0) >= 0);
    report("fchdir", sys(SYS_fchdir, fd));
    report("getdents", sys(SYS_getdents64, fd, buffer, 64));
    report("chdir back", sys(SYS_chdir, "/tmp/n"));
    sys(SYS_close, fd);
}

static void linking(void)
{
    char path[32] = "/proc/self/fd/";
    s32 fd = must("open", sys(SYS_open, "f", O_RDONLY));
    u32 at = length(path);
    if (fd >= 10) path[at++] = (char)('0' + fd / 10);
    path[at] = (char)('0' + fd % 10);
    report("linkat with an empty path, no flag", sys(SYS_linkat, fd, "", AT_FDCWD, "l1", 0));
    report("linkat with AT_EMPTY_PATH", sys(SYS_linkat, fd, "", AT_FDCWD, "l1", AT_EMPTY_PATH));
    report("linkat through /proc", sys(SYS_linkat, AT_FDCWD, path, AT_FDCWD, "l2", AT_SYMLINK_FOLLOW));
    report("linkat of the link in /proc", sys(SYS_linkat, AT_FDCWD, path, AT_FDCWD, "l3", 0));
    report("unknown flag", sys(SYS_linkat, fd, "", AT_FDCWD, "l3", 1));
    report("AT_EMPTY_PATH with the working directory", sys(SYS_linkat, AT_FDCWD, "", AT_FDCWD, "l3", AT_EMPTY_PATH));
    report("of a symbolic link", sys(SYS_linkat, AT_FDCWD, "lf", AT_FDCWD, "l4", 0));
    report("followed", sys(SYS_linkat, AT_FDCWD, "lf", AT_FDCWD, "l5", AT_SYMLINK_FOLLOW));
    report("of a dangling link", sys(SYS_linkat, AT_FDCWD, "loop1", AT_FDCWD, "l6", 0));
    report("followed", sys(SYS_linkat, AT_FDCWD, "loop1", AT_FDCWD, "l7", AT_SYMLINK_FOLLOW));
    static const char *const names[] = { "f", "l1", "l2", "l3", "l4", "l5", "l6", "l7" };
    for (u32 i = 0; i < sizeof names / sizeof *names; i++) show(names[i]);
    for (u32 i = 1; i < sizeof names / sizeof *names; i++) sys(SYS_unlink, names[i]);
    sys(SYS_close, fd);
    /* A file whose last name is gone gets no new one. */
    must("make", make("last"));
    fd = must("open", sys(SYS_open, "last", O_RDWR));
    path[at] = (char)('0' + fd % 10);
    sys(SYS_unlink, "last");
    report("link of a deleted file", sys(SYS_linkat, fd, "", AT_FDCWD, "again", AT_EMPTY_PATH));
    report("through /proc", sys(SYS_linkat, AT_FDCWD, path, AT_FDCWD, "again", AT_SYMLINK_FOLLOW));
    struct stat64 s;
    sys(SYS_fstat64, fd, &s);
    report("links", (s32)s.links);
    s32 again = sys(SYS_open, path, O_RDONLY);
    report("open through /proc", again >= 0 ? 0 : again);
    sys(SYS_close, again);
    report("create through /proc", try_open(path, O_CREAT | O_RDWR));
    report("create exclusively through /proc", try_open(path, O_CREAT | O_EXCL | O_RDWR));
    sys(SYS_close, fd);
    for (u32 exclusive = 0; exclusive < 2; exclusive++) {
        fd = must("O_TMPFILE", sys(SYS_open, ".", O_TMPFILE | O_RDWR | (exclusive ? O_EXCL : 0), 0640));
        path[at] = (char)('0' + fd % 10);
        sys(SYS_write, fd, "text", 4);
        report("link of a temporary file", sys(SYS_linkat, AT_FDCWD, path, AT_FDCWD, "named", AT_SYMLINK_FOLLOW));
        report("a second", sys(SYS_linkat, fd, "", AT_FDCWD, "named2", AT_EMPTY_PATH));
        show("named");
        sys(SYS_unlink, "named");
        sys(SYS_unlink, "named2");
        report("after both are gone", sys(SYS_linkat, fd, "", AT_FDCWD, "named", AT_EMPTY_PATH));
        sys(SYS_close, fd);
    }
    fd = must("memfd", sys(SYS_memfd_create, "m", 0));
    report("link of a memory file", sys(SYS_linkat, fd, "", AT_FDCWD, "named", AT_EMPTY_PATH));
    sys(SYS_close, fd);
    fd = must("directory", sys(SYS_open, "d", O_DIRECTORY));
    report("link of a directory", sys(SYS_linkat, fd, "", AT_FDCWD, "named", AT_EMPTY_PATH));
    sys(SYS_close, fd);
}

static void nodes(void)
{
    static const u32 types[] = { 0, 0010000, 0020000, 0040000, 0060000, 0100000, 0120000, 0140000, 0030000, 0150000, 0170000 };
    for (u32 i = 0; i < sizeof types / sizeof *types; i++) {
        put("mknod ");
        put_hex(types[i]);
        put(":");
        s32 result = sys(SYS_mknod, "node", types[i] | 07777, 0x103);
        put_result(result);
        end_line();
        if (!result) show("node");
        sys(SYS_unlink, "node");
    }
    report("mknod over a file", sys(SYS_mknod, "f", 0010644, 0));
    report("mknod of a directory over a file", sys(SYS_mknod, "f", 0040644, 0));
    report("fifo, reading without waiting", sys(SYS_mknod, "pipe", 0010644, 0));
    report("write end alone", try_open("pipe", O_WRONLY | 04000));
    report("read end alone", try_open("pipe", 04000));
    report("both ends", try_open("pipe", O_RDWR));
    report("O_PATH", try_open("pipe", O_PATH));
    report("O_DIRECTORY", try_open("pipe", O_DIRECTORY));
    report("unlink", sys(SYS_unlink, "pipe"));
    report("socket", sys(SYS_mknod, "sock", 0140644, 0));
    report("open", try_open("sock", O_RDWR));
    report("O_PATH", try_open("sock", O_PATH));
    report("unlink", sys(SYS_unlink, "sock"));
    report("no driver", sys(SYS_mknod, "dev", 0020644, 0x3C03));
    report("open", try_open("dev", O_RDWR));
    report("unlink", sys(SYS_unlink, "dev"));
}

/* A step of time that the kernel's coarse clock sees. */
static void tick(void)
{
    nap(20);
}

static void moment(struct stat64 *s, const char *path)
{
    must("stat", sys(SYS_lstat64, path, s));
}

/* Which of the three times a call changed. */
static void changed(const char *what, const char *path, const struct stat64 *before)
{
    struct stat64 now;
    moment(&now, path);
    put(what);
    put(" on ");
    put(path);
    put(":");
    if (now.atime != before->atime || now.atime_ns != before->atime_ns) put(" atime");
    if (now.mtime != before->mtime || now.mtime_ns != before->mtime_ns) put(" mtime");
    if (now.ctime != before->ctime || now.ctime_ns != before->ctime_ns) put(" ctime");
    if (now.links != before->links) put(" links");
    end_line();
}

static void times(void)
{
    enum { NOW = 0x3FFFFFFF, OMIT = 0x3FFFFFFE };
    static const s32 pairs[][4] = { { 1, 2, 3, 4 }, { 0, NOW, 0, NOW }, { 0, OMIT, 0, OMIT }, { 5, OMIT, 6, 7 }, { 8, 9, 10, OMIT }, { 0, NOW, 11, 12 }, { 13, 14, 0, NOW },
        { 0, 1000000000, 0, 0 }, { 0, 0, 0, -1 }, { -1, 0, -2, 999999999 }, { 0, OMIT, 0, 1000000000 }, { 1, NOW, 2, OMIT } };
    for (u32 i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        struct stat64 before, after;
        moment(&before, "f");
        tick();
        put("utimensat ");
        put_unsigned(i);
        put(":");
        put_result(sys(SYS_utimensat, AT_FDCWD, "f", pairs[i], 0));
        moment(&after, "f");
        if (after.atime == (u32)pairs[i][0] && after.atime_ns == (u32)pairs[i][1]) put(" access as given");
        else put(after.atime == before.atime && after.atime_ns == before.atime_ns ? " access kept" : " access now");
        if (after.mtime == (u32)pairs[i][2] && after.mtime_ns == (u32)pairs[i][3]) put(" modify as given");
        else put(after.mtime == before.mtime && after.mtime_ns == before.mtime_ns ? " modify kept" : " modify now");
        put(after.ctime == before.ctime && after.ctime_ns == before.ctime_ns ? " change kept" : " change now");
        end_line();
    }
    report("no file", sys(SYS_utimensat, AT_FDCWD, "none", 0, 0));
    report("both omitted, no file", sys(SYS_utimensat, AT_FDCWD, "none", pairs[2], 0));
    report("no path, no descriptor", sys(SYS_utimensat, AT_FDCWD, 0, 0, 0));
    report("bad descriptor", sys(SYS_utimensat, 99, 0, 0, 0));
    report("bad descriptor, both omitted", sys(SYS_utimensat, 99, 0, pairs[2], 0));
    report("flag", sys(SYS_utimensat, AT_FDCWD, "f", 0, 1));
    report("the link itself", sys(SYS_utimensat, AT_FDCWD, "loop1", pairs[0], AT_SYMLINK_NOFOLLOW));
    report("the loop", sys(SYS_utimensat, AT_FDCWD, "loop1", pairs[0], 0));
    report("bad address", sys(SYS_utimensat, AT_FDCWD, "f", 8, 0));
    report("empty path", sys(SYS_utimensat, AT_FDCWD, "", 0, 0));
    report("empty path and flag", sys(SYS_utimensat, AT_FDCWD, "", 0, AT_EMPTY_PATH));

    struct stat64 f, d;
    s32 fd = must("open", sys(SYS_open, "f", O_RDWR));
#define SEE(text, call, name, directory) do { \
        moment(&f, name); moment(&d, directory); tick(); report(text, call); changed(text, name, &f); changed(text, directory, &d); \
    } while (0)
    SEE("write", sys(SYS_write, fd, "x", 1), "f", ".");
    SEE("write nothing", sys(SYS_write, fd, "x", 0), "f", ".");
    SEE("ftruncate to the same", sys(SYS_ftruncate, fd, 1), "f", ".");
    SEE("ftruncate again", sys(SYS_ftruncate, fd, 1), "f", ".");
    SEE("truncate64 to the same", sys(SYS_truncate64, "f", 1, 0), "f", ".");
    SEE("open with O_TRUNC", try_open("f", O_RDWR | O_TRUNC), "f", ".");
    SEE("open with O_TRUNC again", try_open("f", O_RDWR | O_TRUNC), "f", ".");
    SEE("open with O_CREAT", try_open("f", O_RDWR | O_CREAT), "f", ".");
    SEE("chmod", sys(SYS_fchmod, fd, 0600), "f", ".");
    SEE("chown", sys(SYS_fchown32, fd, 0, 0), "f", ".");
    SEE("chown to nobody else", sys(SYS_fchown32, fd, -1, -1), "f", ".");
    SEE("link", sys(SYS_link, "f", "d/link"), "f", "d");
    SEE("rename", sys(SYS_rename, "d/link", "d/link2"), "f", "d");
    SEE("rename over itself", sys(SYS_rename, "d/link2", "d/link2"), "f", "d");
    SEE("unlink", sys(SYS_unlink, "d/link2"), "f", "d");
    SEE("mkdir", sys(SYS_mkdir, "d/made", 0755), "d", ".");
    SEE("rename of a directory", sys(SYS_rename, "d/made", "other/made"), "other", "d");
    SEE("rmdir", sys(SYS_rmdir, "other/made"), "other", ".");
    SEE("symlink", sys(SYS_symlink, "x", "d/s"), "d", ".");
    SEE("unlink of a symlink", sys(SYS_unlink, "d/s"), "d", ".");
    SEE("exchange", sys(SYS_renameat2, AT_FDCWD, "d/sub/file", AT_FDCWD, "full/in", EXCHANGE), "full", "d/sub");
    SEE("failing unlink", sys(SYS_unlink, "d/none"), "f", "d");
    SEE("failing rmdir", sys(SYS_rmdir, "d/sub"), "d/sub", "d");
    sys(SYS_close, fd);
}

/* Names while the directory changes: what is read exactly once, and that a position that was told can be gone back to. */
static void listing(void)
{
    must("mkdir", sys(SYS_mkdir, "list", 0755));
    must("chdir", sys(SYS_chdir, "list"));
    char name[4] = "a00";
    for (u32 i = 0; i < 40; i++) {
        name[1] = (char)('0' + i / 10);
        name[2] = (char)('0' + i % 10);
        must("make", make(name));
    }
    s32 fd = must("open", sys(SYS_open, ".", O_DIRECTORY));
    static u8 buffer[256];
    u32 seen[42], names = 0, dots = 0, twice = 0, round = 0;
    fill(seen, 0, sizeof seen);
    s32 got;
    while ((got = sys(SYS_getdents64, fd, buffer, 256)) > 0) {
        for (s32 at = 0; at < got; at += *(u16 *)(buffer + at + 16)) {
            char *entry = (char *)buffer + at + 19;
            if (entry[0] == '.') {
                dots++;
                continue;
            }
            u32 index = (u32)(entry[1] - '0') * 10 + (u32)(entry[2] - '0');
            twice += seen[index];
            seen[index] = 1;
            names++;
            /* What was seen is removed: the rest still comes. */
            sys(SYS_unlink, entry);
        }
        round++;
    }
    report("end", got);
    report("names", (s32)names);
    report("dots", (s32)dots);
    report("twice", (s32)twice);
    report("in several calls", round > 2);
    report("seek to the start", sys(SYS_lseek, fd, 0, 0));
    must("make", make("new"));
    got = sys(SYS_getdents64, fd, buffer, 256);
    u32 count = 0;
    for (s32 at = 0; at < got; at += *(u16 *)(buffer + at + 16)) count++;
    report("after going back", (s32)count);
    report("too small", sys(SYS_getdents64, fd, buffer, 10));
    sys(SYS_lseek, fd, 0, 0);
    report("too small at the start", sys(SYS_getdents64, fd, buffer, 10));
    report("bad address", sys(SYS_getdents64, fd, 8, 256));
    report("seek to the end", sys(SYS_lseek, fd, 0, 7));
    report("seek before the start", sys(SYS_lseek, fd, -1, 0));
    sys(SYS_close, fd);
    report("unlink", sys(SYS_unlink, "new"));
    report("chdir", sys(SYS_chdir, ".."));
    report("rmdir", sys(SYS_rmdir, "list"));
}

static int run(void)
{
    s32 pid;
    tree();
    /* Where the root is on the same file system. */
    if (is_child(&pid)) {
        must("chroot", sys(SYS_chroot, "."));
        matrix();
        renames(NOREPLACE);
        renames(EXCHANGE);
        renames(0);
        replacing();
        quit(0);
    }
    reap(pid);
    report("rename to another file system", sys(SYS_rename, "f", "/proc/x"));
    report("link to another file system", sys(SYS_link, "f", "/proc/x"));
    removing();
    opening();
    linking();
    nodes();
    times();
    listing();
    return 0;
}
