/* Who may do what to files: the same attempts as several users, in a directory tree of root's and of user 1000's making. */
#include "report.h"

enum {
    SYS_mknod = 14, SYS_chmod = 15, SYS_utime = 30, SYS_access = 33, SYS_rename = 38, SYS_umask = 60, SYS_readlink = 85, SYS_truncate = 92,
    SYS_getdents = 141, SYS_lstat64 = 196, SYS_lchown32 = 198, SYS_getuid32 = 199, SYS_setgroups32 = 206, SYS_setresuid32 = 208,
    SYS_setresgid32 = 210, SYS_chown32 = 212, SYS_tgkill = 270, SYS_utimensat = 320
};

#define AT_FDCWD -100

static void own(const char *path, s32 uid, s32 gid, u32 mode)
{
    must("chown", sys(SYS_lchown32, path, uid, gid));
    must("chmod", sys(SYS_chmod, path, mode));
}

static void file(const char *path, s32 uid, s32 gid, u32 mode)
{
    s32 fd = must("open", sys(SYS_open, path, 0101, 0600));
    sys(SYS_write, fd, "text", 4);
    sys(SYS_close, fd);
    own(path, uid, gid, mode);
}

static void directory(const char *path, s32 uid, s32 gid, u32 mode)
{
    must("mkdir", sys(SYS_mkdir, path, 0700));
    own(path, uid, gid, mode);
}

static void mode_of(const char *what, const char *path)
{
    u32 stat[24];
    s32 result = sys(SYS_lstat64, path, stat);
    put(what);
    put(": ");
    if (result < 0) {
        put_errno(result);
    } else {
        put_hex(stat[4]);
        put(" ");
        put_unsigned(stat[6]);
        put(":");
        put_unsigned(stat[7]);
    }
    end_line();
}

static s32 try_open(const char *path, s32 flags)
{
    s32 fd = sys(SYS_open, path, flags, 0666);
    if (fd < 0) return fd;
    sys(SYS_close, fd);
    return 0;
}

static void tree(void)
{
    sys(SYS_umask, 0);
    directory("/tmp/p", 0, 0, 0755);
    must("chdir", sys(SYS_chdir, "/tmp/p"));
    directory("shared", 0, 0, 01777);
    directory("closed", 0, 0, 0700);
    directory("blind", 0, 0, 0711);
    directory("list", 0, 0, 0744);
    directory("group", 0, 100, 02775);
    directory("mine", 1000, 1000, 0755);
    directory("shared/dir", 1000, 1000, 0755);
    directory("mine/sub", 1000, 1000, 0755);
    directory("mine/locked", 0, 0, 0755);
    file("rw", 0, 0, 0666);
    file("secret", 0, 0, 0600);
    file("hello", 0, 0, 0644);
    file("own", 1000, 1000, 0400);
    file("inverse", 1000, 100, 0047);
    file("team", 0, 100, 0660);
    file("run", 0, 0, 0111);
    file("suid", 1000, 100, 06777);
    file("sgid", 0, 100, 02666);
    file("closed/in", 0, 0, 0666);
    file("blind/in", 0, 0, 0666);
    file("list/in", 0, 0, 0666);
    file("shared/root", 0, 0, 0666);
    file("shared/own", 1000, 1000, 0666);
    file("shared/replace", 2000, 2000, 0666);
    file("group/in", 0, 100, 0664);
}

static void attempts(void)
{
    static const char *const paths[] = { "rw", "secret", "hello", "own", "inverse", "team", "run", "closed/in", "blind/in", "list/in", "closed", "list", "blind",
        "closed/../rw", "closed/.", "hello/." };
    for (u32 i = 0; i < sizeof paths / sizeof *paths; i++) {
        put(paths[i]);
        put(":");
        static const s32 flags[] = { 0, 1, 2, 01000, 0200000, 01000000 };
        for (u32 f = 0; f < 6; f++) {
            s32 result = try_open(paths[i], flags[f]);
            put(" ");
            if (result < 0) put_errno(result);
            else put("0");
        }
        put(" |");
        for (s32 rights = 0; rights < 8; rights++) {
            s32 result = sys(SYS_access, paths[i], rights);
            put(" ");
            if (result < 0) put_errno(result);
            else put("0");
        }
        end_line();
    }
    char *const nothing[] = { 0 };
    report("exec hello", sys(SYS_execve, "hello", nothing, nothing));
    report("exec secret", sys(SYS_execve, "secret", nothing, nothing));
    report("exec in closed", sys(SYS_execve, "closed/in", nothing, nothing));
    report("chdir closed", sys(SYS_chdir, "closed"));
    report("chdir list", sys(SYS_chdir, "list"));
    report("chroot", sys(SYS_chroot, "/tmp/p/mine"));
    report("chroot closed", sys(SYS_chroot, "/tmp/p/closed"));
}

static void changes(void)
{
    report("create", try_open("new", 0101));
    report("create shared", try_open("shared/new", 0101));
    mode_of("  is", "shared/new");
    report("create group", try_open("group/new", 0101));
    mode_of("  is", "group/new");
    report("create mine", try_open("mine/new", 0301));
    report("create existing", try_open("hello", 0301));
    report("create existing in closed", try_open("closed/in", 0301));
    report("mkdir", sys(SYS_mkdir, "dir", 0777));
    report("mkdir existing", sys(SYS_mkdir, "closed", 0777));
    report("mkdir group", sys(SYS_mkdir, "group/dir", 0777));
    mode_of("  is", "group/dir");
    report("symlink", sys(SYS_symlink, "hello", "link"));
    report("symlink shared", sys(SYS_symlink, "/tmp/p/hello", "shared/link"));
    mode_of("  is", "shared/link");
    report("fifo", sys(SYS_mknod, "shared/fifo", 010666, 0));
    report("device", sys(SYS_mknod, "shared/null", 020666, 0x103));
    report("link secret", sys(SYS_link, "secret", "shared/hard1"));
    report("link rw", sys(SYS_link, "rw", "shared/hard2"));
    report("link suid", sys(SYS_link, "suid", "shared/hard3"));
    report("link own", sys(SYS_link, "own", "shared/hard4"));
    report("rename root's", sys(SYS_rename, "shared/root", "shared/root2"));
    report("rename own", sys(SYS_rename, "shared/own", "shared/own2"));
    report("rename over another's", sys(SYS_rename, "shared/new", "shared/replace"));
    report("rename directory", sys(SYS_rename, "shared/dir", "mine/dir"));
    report("rename locked", sys(SYS_rename, "mine/locked", "mine/sub/locked"));
    report("rename locked in place", sys(SYS_rename, "mine/locked", "mine/unlocked"));
    report("rename out", sys(SYS_rename, "hello", "shared/hello"));
    report("unlink", sys(SYS_unlink, "rw"));
    report("unlink absent", sys(SYS_unlink, "absent"));
    report("unlink directory", sys(SYS_unlink, "closed"));
    report("unlink in closed", sys(SYS_unlink, "closed/in"));
    report("unlink root's in shared", sys(SYS_unlink, "shared/root"));
    report("unlink in group", sys(SYS_unlink, "group/in"));
    report("rmdir", sys(SYS_rmdir, "blind"));
    report("rmdir mine", sys(SYS_rmdir, "mine/sub"));
    report("truncate", sys(SYS_truncate, "secret", 1));
    report("truncate group's", sys(SYS_truncate, "team", 1));
    report("truncate directory", sys(SYS_truncate, "closed", 1));
}

static void attributes(void)
{
    report("chmod", sys(SYS_chmod, "hello", 0777));
    report("chmod own", sys(SYS_chmod, "own", 06755));
    mode_of("  is", "own");
    report("chmod inverse", sys(SYS_chmod, "inverse", 02755));
    mode_of("  is", "inverse");
    report("chown own to self", sys(SYS_chown32, "own", 1000, -1));
    mode_of("  is", "own");
    report("chown own away", sys(SYS_chown32, "own", 2000, -1));
    report("chown own to group", sys(SYS_chown32, "own", -1, 100));
    report("chown own to other", sys(SYS_chown32, "own", -1, 300));
    report("chown root's", sys(SYS_chown32, "hello", 1000, -1));
    mode_of("  suid was", "suid");
    s32 fd = sys(SYS_open, "suid", 1);
    sys(SYS_write, fd, "x", 1);
    sys(SYS_close, fd);
    mode_of("  is", "suid");
    fd = sys(SYS_open, "sgid", 1);
    sys(SYS_write, fd, "x", 1);
    sys(SYS_close, fd);
    mode_of("  is", "sgid");
    s32 times[4] = { 5, 0, 5, 0 }, now[4] = { 0, 0x3FFFFFFF, 0, 0x3FFFFFFF }, nothing[4] = { 0, 0x3FFFFFFE, 0, 0x3FFFFFFE }, half[4] = { 0, 0x3FFFFFFF, 0, 0x3FFFFFFE };
    static const char *const paths[] = { "rw", "hello", "own", "team", "closed/in" };
    for (u32 i = 0; i < 5; i++) {
        put(paths[i]);
        put(" ");
        report("touch", sys(SYS_utimensat, AT_FDCWD, paths[i], 0, 0));
        report(" now", sys(SYS_utimensat, AT_FDCWD, paths[i], now, 0));
        report(" set", sys(SYS_utimensat, AT_FDCWD, paths[i], times, 0));
        report(" nothing", sys(SYS_utimensat, AT_FDCWD, paths[i], nothing, 0));
        report(" half", sys(SYS_utimensat, AT_FDCWD, paths[i], half, 0));
        report(" utime", sys(SYS_utime, paths[i], 0));
    }
}

static void proc(s32 parent)
{
    static char path[64], link[64];
    static const char *const names[] = { "/status", "/environ", "/maps", "/auxv", "/cmdline", "/fd", "/fdinfo" };
    for (u32 i = 0; i < sizeof names / sizeof *names; i++) {
        char *p = path;
        for (const char *s = "/proc/"; *s; s++) *p++ = *s;
        char digits[12];
        s32 n = parent, k = 0;
        while (n) digits[k++] = (char)('0' + n % 10), n /= 10;
        while (k) *p++ = digits[--k];
        for (const char *s = names[i]; *s; s++) *p++ = *s;
        *p = 0;
        put(names[i]);
        put(" ");
        report("of the parent", try_open(path, 0));
        if (i) continue;
        for (const char *s = "exe"; *s; s++) p[s - "exe" - 6] = *s;
        p[-3] = 0;
        s32 got = sys(SYS_readlink, path, link, sizeof link);
        report("exe of the parent", got < 0 ? got : 0);
    }
    report("own environ", try_open("/proc/self/environ", 0));
    report("own descriptors", try_open("/proc/self/fd", 0));
    report("signal to the parent", sys(SYS_kill, parent, 0));
    report("signal to init", sys(SYS_kill, 1, 0));
    report("tgkill the parent", sys(SYS_tgkill, parent, parent, 0));
}

static void as(const char *who, s32 uid, s32 gid, s32 extra)
{
    s32 pid, parent = sys(SYS_getpid);
    sys(SYS_mkdir, "/tmp", 01777);
    if (is_child(&pid)) {
        say(who);
        tree();
        s32 groups[1] = { extra };
        must("setgroups", sys(SYS_setgroups32, extra ? 1 : 0, groups));
        must("setresgid", sys(SYS_setresgid32, gid, gid, gid));
        must("setresuid", sys(SYS_setresuid32, uid, uid, uid));
        attempts();
        if (sys(SYS_getuid32) == 0) quit(0);
        attributes();
        changes();
        proc(parent);
        quit(0);
    }
    reap(pid);
}

/* Removes what is in the directory that is entered, and leaves it. */
static void clean(void)
{
    static char entries[4096];
    s32 fd = sys(SYS_open, ".", 0200000), got;
    while ((got = sys(SYS_getdents, fd, entries, sizeof entries)) > 0) {
        for (s32 at = 0; at < got; at += *(u16 *)(entries + at + 8)) {
            const char *name = entries + at + 10;
            if (name[0] == '.' || sys(SYS_unlink, name) != -21) continue;
            if (sys(SYS_rmdir, name) == 0) continue;
            /* It empties one directory at a time and begins anew. */
            sys(SYS_chdir, name);
            sys(SYS_close, fd);
            clean();
            fd = sys(SYS_open, ".", 0200000);
            break;
        }
    }
    sys(SYS_close, fd);
    sys(SYS_chdir, "..");
}

static void fresh(void)
{
    if (sys(SYS_chdir, "/tmp/p") == 0) clean();
    sys(SYS_rmdir, "/tmp/p");
    sys(SYS_chdir, "/");
}

static int run(void)
{
    fresh();
    as("user 1000", 1000, 1000, 0);
    fresh();
    as("user 1000 of group 100", 1000, 1000, 100);
    fresh();
    as("user 3000", 3000, 3000, 0);
    fresh();
    as("user 3000, group 100", 3000, 100, 0);
    fresh();
    as("root", 0, 0, 0);
    fresh();
    return 0;
}
