/* Extended attributes of user.*: of a file in memory (tmpfs, which has them since Linux 6.6), of files and of a directory below /tmp, and of what can have none. */
#include "report.h"

enum {
    SYS_mknod = 14, SYS_chmod = 15, SYS_setuid32 = 213, SYS_setxattr = 226, SYS_lsetxattr = 227, SYS_fsetxattr = 228, SYS_getxattr = 229, SYS_lgetxattr = 230, SYS_fgetxattr = 231,
    SYS_listxattr = 232, SYS_flistxattr = 234, SYS_removexattr = 235, SYS_lremovexattr = 236, SYS_fremovexattr = 237, SYS_memfd_create = 356,
    CREATE = 1, REPLACE = 2, O_PATH = 010000000
};

static char buffer[257], name[300];
static u8 large[65537];

static void show(s32 size)
{
    buffer[size > 0 ? size : 0] = 0;
    put("  ");
    put(buffer);
    end_line();
}

static void of_descriptor(const char *what, s32 fd)
{
    put(what);
    end_line();
    report("get", sys(SYS_fgetxattr, fd, "user.a", buffer, 256));
    report("list", sys(SYS_flistxattr, fd, buffer, 256));
    report("remove", sys(SYS_fremovexattr, fd, "user.a"));
    report("replace", sys(SYS_fsetxattr, fd, "user.a", "one", 3, REPLACE));
    report("set", sys(SYS_fsetxattr, fd, "user.a", "one", 3, 0));
    report("create", sys(SYS_fsetxattr, fd, "user.a", "two", 3, CREATE));
    report("both", sys(SYS_fsetxattr, fd, "user.a", "two", 3, CREATE | REPLACE));
    report("unknown flag", sys(SYS_fsetxattr, fd, "user.a", "two", 3, 4));
    show(report("get", sys(SYS_fgetxattr, fd, "user.a", buffer, 256)));
    report("size", sys(SYS_fgetxattr, fd, "user.a", 0, 0));
    report("too little room", sys(SYS_fgetxattr, fd, "user.a", buffer, 2));
    report("replace", sys(SYS_fsetxattr, fd, "user.a", "three", 5, REPLACE));
    show(report("get", sys(SYS_fgetxattr, fd, "user.a", buffer, 256)));
    report("empty", sys(SYS_fsetxattr, fd, "user.a", "", 0, 0));
    report("get", sys(SYS_fgetxattr, fd, "user.a", buffer, 256));
    report("list size", sys(SYS_flistxattr, fd, 0, 0));
    report("list", sys(SYS_flistxattr, fd, buffer, 256));
    put("  ");
    put(buffer);
    end_line();
    report("list, too little room", sys(SYS_flistxattr, fd, buffer, 6));
    report("no name", sys(SYS_fsetxattr, fd, "", "x", 1, 0));
    report("prefix alone", sys(SYS_fsetxattr, fd, "user.", "x", 1, 0));
    report("no prefix", sys(SYS_fsetxattr, fd, "a", "x", 1, 0));
    report("get without prefix", sys(SYS_fgetxattr, fd, "a", buffer, 256));
    report("too large", sys(SYS_fsetxattr, fd, "user.b", large, sizeof large, 0));
    for (u32 i = 0; i < 256; i++) name[i] = i < 5 ? "user."[i] : 'n';
    report("name too long", sys(SYS_fsetxattr, fd, name, "x", 1, 0));
    name[255] = 0;
    report("longest name", sys(SYS_fsetxattr, fd, name, "x", 1, 0));
    report("get", sys(SYS_fgetxattr, fd, name, buffer, 256));
    report("remove", sys(SYS_fremovexattr, fd, name));
    report("value out of reach", sys(SYS_fsetxattr, fd, "user.b", 16, 1, 0));
    report("name out of reach", sys(SYS_fsetxattr, fd, 16, "x", 1, 0));
    report("remove", sys(SYS_fremovexattr, fd, "user.a"));
    report("again", sys(SYS_fremovexattr, fd, "user.a"));
}

static void of_name(const char *what, const char *path)
{
    put(what);
    end_line();
    report("set", sys(SYS_lsetxattr, path, "user.a", "one", 3, 0));
    report("get", sys(SYS_lgetxattr, path, "user.a", buffer, 256));
    report("remove", sys(SYS_lremovexattr, path, "user.a"));
}

static int run(void)
{
    s32 fd = must("memfd_create", sys(SYS_memfd_create, "m", 0));
    of_descriptor("a file in memory", fd);
    sys(SYS_close, fd);
    must("mkdir", sys(SYS_mkdir, "/tmp/x", 0755));
    must("chdir", sys(SYS_chdir, "/tmp/x"));
    fd = must("open", sys(SYS_open, "f", O_CREAT | O_RDWR, 0644));
    of_descriptor("a file", fd);
    report("set, a name for it", sys(SYS_setxattr, "f", "user.a", "one", 3, 0));
    show(report("get", sys(SYS_fgetxattr, fd, "user.a", buffer, 256)));
    must("symlink", sys(SYS_symlink, "f", "l"));
    show(report("through a link", sys(SYS_getxattr, "l", "user.a", buffer, 256)));
    report("list", sys(SYS_listxattr, "l", buffer, 256));
    report("remove", sys(SYS_removexattr, "l", "user.a"));
    sys(SYS_close, fd);
    must("mkdir", sys(SYS_mkdir, "d", 0755));
    fd = must("open", sys(SYS_open, "d", O_RDONLY));
    of_descriptor("a directory", fd);
    sys(SYS_close, fd);
    of_name("a link", "l");
    must("mknod", sys(SYS_mknod, "p", 0010644, 0));
    of_name("a pipe", "p");
    of_name("nothing", "n");
    fd = must("open", sys(SYS_open, "f", O_PATH));
    report("O_PATH", sys(SYS_fsetxattr, fd, "user.a", "one", 3, 0));
    report("closed", sys(SYS_fsetxattr, 99, "user.a", "one", 3, 0));
    s32 ends[2];
    must("pipe", sys(SYS_pipe, ends));
    report("pipe, user", sys(SYS_fsetxattr, ends[0], "user.a", "one", 3, 0));
    report("get", sys(SYS_fgetxattr, ends[0], "user.a", buffer, 256));
    report("pipe, trusted", sys(SYS_fsetxattr, ends[0], "trusted.a", "one", 3, 0));
    report("get", sys(SYS_fgetxattr, ends[0], "trusted.a", buffer, 256));
    must("chmod", sys(SYS_chmod, "f", 0444));
    /* Whom the file does not belong to may read, and only the owner's rights let write. */
    report("setuid", sys(SYS_setuid32, 1000));
    report("set, another's", sys(SYS_setxattr, "f", "user.a", "one", 3, 0));
    report("get", sys(SYS_getxattr, "f", "user.a", buffer, 256));
    return 0;
}
