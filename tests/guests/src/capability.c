/* Ids and capabilities through every call that changes them. */
#include "report.h"

enum {
    SYS_chmod = 15, SYS_stime = 25, SYS_sethostname = 74, SYS_setdomainname = 121, SYS_prctl = 172, SYS_capget = 184, SYS_capset = 185,
    SYS_setreuid32 = 203, SYS_setregid32 = 204, SYS_getgroups32 = 205, SYS_setgroups32 = 206, SYS_setresuid32 = 208, SYS_getresuid32 = 209,
    SYS_setresgid32 = 210, SYS_getresgid32 = 211, SYS_chown32 = 212, SYS_setuid32 = 213, SYS_setgid32 = 214, SYS_setfsuid32 = 215,
    SYS_setfsgid32 = 216
};

static u32 header[2] = { 0x20080522, 0 }, data[6];

static void show(const char *what)
{
    s32 u[3], g[3];
    header[1] = 0;
    sys(SYS_getresuid32, u, u + 1, u + 2);
    sys(SYS_getresgid32, g, g + 1, g + 2);
    s32 fsuid = sys(SYS_setfsuid32, -1), fsgid = sys(SYS_setfsgid32, -1);
    sys(SYS_capget, header, data);
    put(what);
    put(": ");
    for (int i = 0; i < 3; i++) put_signed(u[i]), put(" ");
    put_signed(fsuid);
    put(" / ");
    for (int i = 0; i < 3; i++) put_signed(g[i]), put(" ");
    put_signed(fsgid);
    put(" e");
    put_hex(data[0] & 0x1FF), put(" p"), put_hex(data[1] & 0x1FF), put(" i"), put_hex(data[2] & 0x1FF);
    put(" keep ");
    put_signed(sys(SYS_prctl, 7, 0, 0, 0, 0));
    put(" bits ");
    put_hex(sys(SYS_prctl, 27, 0, 0, 0, 0));
    put(" dump ");
    put_signed(sys(SYS_prctl, 3, 0, 0, 0, 0));
    end_line();
}

static s32 set(u32 effective, u32 permitted, u32 inheritable)
{
    header[1] = 0;
    u32 all[6] = { effective, permitted, inheritable, 0, 0, 0 };
    return sys(SYS_capset, header, all);
}

#define CHILD(what) s32 pid; say(what); if (!is_child(&pid)) { reap(pid); return; }

static void users(void)
{
    CHILD("setuid");
    report("setuid -1", sys(SYS_setuid32, -1));
    report("seteuid 1000", sys(SYS_setresuid32, -1, 1000, -1));
    show("  euid 1000");
    report("setuid 2000", sys(SYS_setuid32, 2000));
    report("setreuid saved", sys(SYS_setreuid32, -1, 0));
    show("  back");
    report("setfsuid", sys(SYS_setfsuid32, 1000));
    show("  fsuid 1000");
    report("setfsuid back", sys(SYS_setfsuid32, 0));
    show("  fsuid 0");
    report("setreuid", sys(SYS_setreuid32, 1000, 0));
    show("  ruid 1000");
    report("setuid 500", sys(SYS_setuid32, 500));
    show("  all 500");
    report("setuid 0", sys(SYS_setuid32, 0));
    report("setfsuid 0", sys(SYS_setfsuid32, 0));
    report("setgid", sys(SYS_setgid32, 5));
    report("setgroups", sys(SYS_setgroups32, 0, 0));
    report("chroot", sys(SYS_chroot, "/"));
    report("sethostname", sys(SYS_sethostname, "x", 1));
    report("setdomainname", sys(SYS_setdomainname, "x", 1));
    report("stime", sys(SYS_stime, &pid));
    report("kill init", sys(SYS_kill, 1, 0));
    quit(0);
}

static void groups(void)
{
    CHILD("setgid");
    u32 list[4] = { 7, 3, 5, 3 }, got[4];
    report("setgroups", sys(SYS_setgroups32, 4, list));
    report("getgroups 0", sys(SYS_getgroups32, 0, 0));
    report("getgroups 2", sys(SYS_getgroups32, 2, got));
    report("getgroups", sys(SYS_getgroups32, 4, got));
    for (int i = 0; i < 4; i++) report("  group", (s32)got[i]);
    report("setgroups many", sys(SYS_setgroups32, 65537, list));
    report("setgroups fault", sys(SYS_setgroups32, 4, 4));
    report("setregid", sys(SYS_setregid32, 100, 200));
    show("  100 200");
    sys(SYS_setresuid32, 1, 1, 1);
    show("  user 1");
    report("setregid swap", sys(SYS_setregid32, 200, 100));
    show("  swapped");
    report("setresgid", sys(SYS_setresgid32, 200, 200, 300));
    report("setgid saved", sys(SYS_setgid32, 200));
    report("setgid other", sys(SYS_setgid32, 300));
    show("  end");
    quit(0);
}

static void real_saved(void)
{
    CHILD("setreuid");
    sys(SYS_setresuid32, 10, 20, 30);
    show("  10 20 30");
    report("real saved", sys(SYS_setreuid32, 30, -1));
    report("effective saved", sys(SYS_setreuid32, -1, 30));
    show("  10 30");
    report("fsuid other", sys(SYS_setfsuid32, 99));
    report("fsuid real", sys(SYS_setfsuid32, 10));
    show("  fsuid 10");
    report("setresuid permute", sys(SYS_setresuid32, 30, 10, 10));
    show("  30 10 10");
    report("setresuid other", sys(SYS_setresuid32, 30, 10, 20));
    quit(0);
}

static void sets(void)
{
    CHILD("capset");
    header[0] = 1;
    report("version", sys(SYS_capget, header, 0));
    put_hex(header[0]), end_line();
    header[0] = 1;
    report("version with data", sys(SYS_capget, header, data));
    header[1] = -1;
    report("negative", sys(SYS_capget, header, data));
    header[1] = 99999;
    report("nobody", sys(SYS_capget, header, data));
    report("set of another", sys(SYS_capset, header, data));
    report("fault", sys(SYS_capget, 4, data));
    header[1] = 0;
    report("data fault", sys(SYS_capget, header, 4));
    report("effective beyond permitted", set(3, 1, 0));
    report("drop", set(0xC1, 0x1C3, 0));
    show("  dropped");
    report("raise effective", set(0x1C3, 0x1C3, 0));
    report("raise permitted", set(0xC1, 0x1C7, 0));
    report("inheritable", set(0x1C3, 0x1C3, 0xC0));
    show("  inheritable");
    report("ambient not there", sys(SYS_prctl, 47, 1, 6, 0, 0));
    report("ambient raise", sys(SYS_prctl, 47, 2, 6, 0, 0));
    report("ambient raise not inheritable", sys(SYS_prctl, 47, 2, 8, 0, 0));
    report("ambient raise beyond", sys(SYS_prctl, 47, 2, 41, 0, 0));
    report("ambient there", sys(SYS_prctl, 47, 1, 6, 0, 0));
    report("ambient odd", sys(SYS_prctl, 47, 9, 6, 0, 0));
    report("ambient more", sys(SYS_prctl, 47, 1, 6, 1, 0));
    report("bounding", sys(SYS_prctl, 23, 7, 0, 0, 0));
    report("bounding drop", sys(SYS_prctl, 24, 7, 0, 0, 0));
    report("bounding", sys(SYS_prctl, 23, 7, 0, 0, 0));
    report("bounding beyond", sys(SYS_prctl, 23, 41, 0, 0, 0));
    report("lose inheritable", set(0x1C3, 0x1C3, 0x80));
    report("ambient there", sys(SYS_prctl, 47, 1, 6, 0, 0));
    report("inheritable out of bounds", set(0x1C3, 0x1C3, 0x180));
    report("no setpcap", set(0xC3, 0xC3, 0x80));
    report("bounding drop", sys(SYS_prctl, 24, 6, 0, 0, 0));
    report("secure bits", sys(SYS_prctl, 28, 4, 0, 0, 0));
    report("version 1", (header[0] = 0x19980330, sys(SYS_capget, header, data)));
    quit(0);
}

static void keeps(void)
{
    CHILD("keep");
    report("keep 2", sys(SYS_prctl, 8, 2, 0, 0, 0));
    report("keep 1", sys(SYS_prctl, 8, 1, 0, 0, 0));
    sys(SYS_setresuid32, 1000, 1000, 1000);
    show("  kept");
    report("effective again", set(0xC0, 0xC0, 0));
    show("  some");
    report("setuid 0", sys(SYS_setuid32, 0));
    show("  root");
    quit(0);
}

static void bits(void)
{
    CHILD("secure bits");
    report("unknown", sys(SYS_prctl, 28, 0x100000, 0, 0, 0));
    report("no fixup, locked", sys(SYS_prctl, 28, 0xC, 0, 0, 0));
    report("unlock", sys(SYS_prctl, 28, 0, 0, 0, 0));
    report("clear under lock", sys(SYS_prctl, 28, 8, 0, 0, 0));
    report("keep locked", sys(SYS_prctl, 28, 0x2C, 0, 0, 0));
    report("keep", sys(SYS_prctl, 8, 1, 0, 0, 0));
    sys(SYS_setresuid32, 1000, 1000, 1000);
    show("  as 1000");
    report("chown", sys(SYS_chown32, "/", 0, 0));
    quit(0);
}

/* "capability show" runs behind an execve. */
static void executes(const char *what, u32 mode, s32 owner, s32 group, s32 uid, int how)
{
    CHILD(what);
    s32 in = must("open", sys(SYS_open, "/proc/self/exe", 0)), out = must("create", sys(SYS_open, "/tmp/capability", 01101, 0755)), got;
    static char bytes[4096];
    while ((got = sys(SYS_read, in, bytes, sizeof bytes)) > 0) sys(SYS_write, out, bytes, got);
    sys(SYS_close, out);
    sys(SYS_close, in);
    sys(SYS_chown32, "/tmp/capability", owner, group);
    sys(SYS_chmod, "/tmp/capability", mode);
    if (how == 1) sys(SYS_prctl, 38, 1, 0, 0, 0);
    if (how == 2) sys(SYS_prctl, 28, 1, 0, 0, 0);
    if (how == 3) sys(SYS_prctl, 8, 1, 0, 0, 0), sys(SYS_setresuid32, uid, uid, uid), set(0xC0, 0xC0, 0xC0), sys(SYS_prctl, 47, 2, 6, 0, 0);
    if (how == 4) sys(SYS_prctl, 24, 0, 0, 0, 0);
    sys(SYS_setresgid32, uid, uid, uid);
    sys(SYS_setresuid32, uid, uid, uid);
    char *const arguments[] = { "capability", "show", 0 };
    must("execve", sys(SYS_execve, "/tmp/capability", arguments, envp));
}

static int run(void)
{
    if (argument_is(1, "show")) {
        show("  behind execve");
        for (u32 *a = auxv; *a; a += 2) {
            if (*a >= 11 && *a <= 14) put_unsigned(a[1]), put(" ");
            if (*a == 23) put("secure "), put_unsigned(a[1]), put(" ");
        }
        end_line();
        report("ambient", sys(SYS_prctl, 47, 1, 6, 0, 0));
        return 0;
    }
    show("start");
    users();
    groups();
    real_saved();
    sets();
    keeps();
    bits();
    executes("plain as root", 0755, 0, 0, 0, 0);
    executes("plain as 1000", 0755, 0, 0, 1000, 0);
    executes("set-user-id root", 04755, 0, 0, 1000, 0);
    executes("set-user-id 2000", 04755, 2000, 0, 1000, 0);
    executes("set-user-id 2000 as root", 04755, 2000, 0, 0, 0);
    executes("set-group-id 300", 02755, 0, 300, 1000, 0);
    executes("set-group-id without x", 02745, 0, 300, 1000, 0);
    executes("set-user-id root, no new privileges", 04755, 0, 0, 1000, 1);
    executes("root, no new privileges", 0755, 0, 0, 0, 1);
    executes("root without its rights", 0755, 0, 0, 0, 2);
    executes("set-user-id root without its rights", 04755, 0, 0, 1000, 2);
    executes("ambient", 0755, 0, 0, 1000, 3);
    executes("ambient, set-user-id 2000", 04755, 2000, 0, 1000, 3);
    executes("bounded", 04755, 0, 0, 1000, 4);
    sys(SYS_unlink, "/tmp/capability");
    return 0;
}
