/* contexts ids|limits|places|shared|ghosts|orphans|devices|attributes|exe: what a process is and where it stands, brought into an uncommon state, with a while of computing
   before it is looked at again: whoever looks in between finds groups and sessions whose first process is gone, orphans, zombies, working and root directories that
   were renamed or have no name any more, device nodes, limits, ids and the program's own file away. */
#include "report.h"

enum {
    SYS_mknod = 14, SYS_chmod = 15, SYS_stime = 25, SYS_rename = 38, SYS_setpgid = 57, SYS_umask = 60, SYS_setsid = 66, SYS_getrlimit = 191, SYS_setrlimit = 75, SYS_readlink = 85,
    SYS_getpriority = 96, SYS_setpriority = 97, SYS_getpgid = 132, SYS_personality = 136, SYS_getsid = 147, SYS_sched_setparam = 154, SYS_sched_getparam, SYS_sched_setscheduler, SYS_sched_getscheduler,
    SYS_prctl = 172, SYS_capget = 184, SYS_capset = 185, SYS_getcwd = 183, SYS_stat64 = 195, SYS_fstat64 = 197, SYS_getresuid32 = 209, SYS_setresuid32 = 208, SYS_setresgid32 = 210, SYS_getresgid32 = 211,
    SYS_setgroups32 = 206, SYS_getgroups32 = 205, SYS_setfsuid32 = 215, SYS_ioprio_set = 289, SYS_ioprio_get = 290, SYS_waitid = 284, SYS_access = 33,
    NOFILE = 7, RSS = 5, STACK_LIMIT = 3, QUEUES = 12, SIGUSR1 = 10, SIGTERM = 15
};

static void compute(void)
{
    for (volatile u32 i = 0; i < 60000; i++) {}
}

static char text[4200];

static void show_cwd(const char *what)
{
    s32 size = (s32)sys(SYS_getcwd, text, sizeof text);
    put(what);
    put(": ");
    if (size < 0) put_errno(size);
    else put(text);
    end_line();
}

static s32 wait_for(s32 pid)
{
    s32 status = -1;
    sys(SYS_waitpid, pid, &status, 0);
    return status;
}

static void say_file(const char *name, const char *contents)
{
    s32 fd = must("open", (s32)sys(SYS_open, name, 0101 | 01000, 0666));
    sys(SYS_write, fd, contents, length(contents));
    sys(SYS_close, fd);
}

static void show_file(const char *name)
{
    s32 fd = (s32)sys(SYS_open, name, 0), size = fd < 0 ? fd : (s32)sys(SYS_read, fd, text, 200);
    put(name);
    put(": ");
    if (size < 0) put_errno(size);
    else {
        text[size] = 0;
        put(text);
    }
    end_line();
    if (fd >= 0) sys(SYS_close, fd);
}

/* Real, effective and saved ids apart, another one for files, groups, capabilities, and what may not be gained any more. */
static void ids(void)
{
    static const u32 groups[3] = { 7, 77, 777 };
    u32 found[8] = { 0 }, header[2] = { 0x20080522, 0 }, data[6] = { 0 };
    say_file("/tmp/secret", "secret");
    must("chmod", (s32)sys(SYS_chmod, "/tmp/secret", 0600));
    s32 held = (s32)sys(SYS_open, "/tmp/secret", 2);
    must("setgroups", (s32)sys(SYS_setgroups32, 3, groups));
    must("setresgid", (s32)sys(SYS_setresgid32, 11, 12, 13));
    must("keep", (s32)sys(SYS_prctl, 8, 1, 0, 0, 0));
    must("setresuid", (s32)sys(SYS_setresuid32, 21, 22, 23));
    sys(SYS_capget, header, data);
    data[0] = 1 << 3 | 1 << 7;
    data[1] = 1 << 3 | 1 << 7 | 1 << 10;
    data[2] = 1 << 3;
    data[3] = data[4] = data[5] = 0;
    report("capset", (s32)sys(SYS_capset, header, data));
    sys(SYS_setfsuid32, 23);
    report("no new privileges", (s32)sys(SYS_prctl, 38, 1, 0, 0, 0));
    compute();
    sys(SYS_getresuid32, found, found + 1, found + 2);
    sys(SYS_getresgid32, found + 3, found + 4, found + 5);
    for (u32 i = 0; i < 6; i++) report("id", (s32)found[i]);
    report("of files", (s32)sys(SYS_setfsuid32, 22));
    compute();
    fill(found, 0, sizeof found);
    report("groups", (s32)sys(SYS_getgroups32, 8, found));
    for (u32 i = 0; i < 3; i++) report("group", (s32)found[i]);
    sys(SYS_capget, header, data);
    for (u32 i = 0; i < 3; i++) report("capabilities", (s32)data[i]);
    report("keep", (s32)sys(SYS_prctl, 7, 0, 0, 0, 0));
    report("no new privileges", (s32)sys(SYS_prctl, 39, 0, 0, 0, 0));
    report("held", (s32)sys(SYS_read, held, text, 6));
    report("written", (s32)sys(SYS_write, held, text, 6));
    report("opened again", (s32)sys(SYS_open, "/tmp/secret", 0));
    report("back", (s32)sys(SYS_setresuid32, -1, 21, -1));
    report("too far", (s32)sys(SYS_setresuid32, -1, 0, -1));
}

static void limits(void)
{
    static const u32 some[4][3] = { { NOFILE, 20, 30 }, { RSS, 0, 4096 }, { STACK_LIMIT, 1 << 20, 1 << 22 }, { QUEUES, 1000, 2000 } };
    u32 found[2];
    for (u32 i = 0; i < 4; i++) must("setrlimit", (s32)sys(SYS_setrlimit, some[i][0], some[i] + 1));
    compute();
    for (u32 i = 0; i < 4; i++) {
        sys(SYS_getrlimit, some[i][0], found);
        report("soft", (s32)found[0]);
        report("hard", (s32)found[1]);
    }
    s32 last = 0;
    for (s32 fd = 0; fd >= 0; fd = (s32)sys(SYS_dup, 1)) last = fd;
    report("last descriptor", last);
    compute();
    report("one more", (s32)sys(SYS_dup, 1));
}

/* A mask for new files, a working directory that moves and goes, and a root of one's own. */
static void places(void)
{
    u32 about[24];
    must("mkdir", (s32)sys(SYS_mkdir, "/tmp/there", 0777));
    must("mkdir", (s32)sys(SYS_mkdir, "/tmp/there/below", 0777));
    must("mkdir", (s32)sys(SYS_mkdir, "/tmp/there/gone", 0777));
    sys(SYS_umask, 027);
    must("chdir", (s32)sys(SYS_chdir, "/tmp/there/below"));
    say_file("/tmp/there/before", "before");
    must("rename", (s32)sys(SYS_rename, "/tmp/there", "/tmp/elsewhere"));
    compute();
    show_cwd("moved");
    say_file("new", "new");
    sys(SYS_stat64, "/tmp/elsewhere/below/new", about);
    report("mode", (s32)about[4]);
    s32 child;
    if (is_child(&child)) {
        must("chdir", (s32)sys(SYS_chdir, "../gone"));
        must("rmdir", (s32)sys(SYS_rmdir, "/tmp/elsewhere/gone"));
        compute();
        show_cwd("gone");
        report("make", (s32)sys(SYS_mkdir, "x", 0777));
        report("up", (s32)sys(SYS_chdir, ".."));
        show_cwd("up");
        must("chroot", (s32)sys(SYS_chroot, "below"));
        compute();
        report("outside of the root", sys(SYS_getcwd, text, sizeof text) > 0 && text[0] == '(');
        report("to the root", (s32)sys(SYS_chdir, "/"));
        show_cwd("in the root");
        show_file("/new");
        show_file("/../../before");
        compute();
        report("mask", (s32)sys(SYS_umask, 0));
        quit(0);
    }
    report("child", wait_for(child));
    report("mask", (s32)sys(SYS_umask, 0));
}

struct action { void (*handler)(int); u32 flags; void (*restorer)(void); u32 mask[2]; };

static volatile u32 step;
static s32 opened;
static u8 stack[4096];

static void ignore_it(int number)
{
    (void)number;
}

/* A process of its own that shares one table each: memory, directories, descriptors, handlers. */
static NORETURN NOINLINE void sharer(void)
{
    static const struct action action = { .handler = ignore_it };
    compute();
    sys(SYS_umask, 0111);
    sys(SYS_chdir, "/tmp");
    opened = (s32)sys(SYS_open, "/dev/null", 1);
    sys(SYS_rt_sigaction, SIGUSR1, &action, 0, 8);
    step = 1;
    while (step != 2) nap(1);
    compute();
    sys(SYS_exit, 6);
    for (;;) {}
}

static void shared(void)
{
    struct action found;
    s32 child, open_before = (s32)sys(SYS_open, "/dev/zero", 0);
    __asm__ volatile("int $0x80\n\ttestl %%eax, %%eax\n\tjnz 1f\n\tcall *%%edi\n1:" : "=a"(child)
                     : "0"(SYS_clone), "b"(0x100 | 0x200 | 0x400 | 0x800 | 17), "c"(stack + sizeof stack - 16), "d"(0), "S"(0), "D"(sharer) : "memory");
    must("clone", child);
    while (step != 1) nap(1);
    compute();
    show_cwd("his directory");
    report("his mask", (s32)sys(SYS_umask, 0));
    report("his descriptor is the next", opened == open_before + 1);
    report("written", (s32)sys(SYS_write, opened, "x", 1));
    sys(SYS_rt_sigaction, SIGUSR1, 0, &found, 8);
    report("his handler", found.handler == ignore_it);
    report("not in his group of threads", sys(SYS_getpid) != child);
    step = 2;
    compute();
    report("child", wait_for(child));
    report("still open", (s32)sys(SYS_close, opened));
}

/* Groups and a session that are only numbers: those whose numbers they are have ended and been waited for. */
static void ghosts(void)
{
    s32 first, member, leader, fds[2], answer[6];
    must("pipe", (s32)sys(SYS_pipe, fds));
    if (is_child(&first)) {
        sys(SYS_setpgid, 0, 0);
        for (;;) sys(SYS_pause);
    }
    sys(SYS_setpgid, first, first);
    if (is_child(&member)) {
        sys(SYS_setpgid, 0, first);
        for (;;) sys(SYS_pause);
    }
    sys(SYS_setpgid, member, first);
    sys(SYS_kill, first, SIGTERM);
    report("first", wait_for(first));
    if (is_child(&leader)) {
        s32 below;
        sys(SYS_setsid);
        if (is_child(&below)) {
            nap(20);
            compute();
            answer[0] = (s32)sys(SYS_getsid, 0);
            answer[1] = (s32)sys(SYS_getpgid, 0);
            answer[2] = (s32)sys(SYS_setsid) > 0;
            answer[3] = (s32)sys(SYS_getsid, answer[0]);
            answer[4] = (s32)sys(SYS_kill, -answer[1], 0);
            sys(SYS_write, fds[1], answer, 20);
            quit(0);
        }
        quit(3);
    }
    report("leader", wait_for(leader));
    compute();
    report("in the group of one who is gone", sys(SYS_getpgid, member) == first);
    report("he", (s32)sys(SYS_kill, first, 0));
    report("his group", (s32)sys(SYS_kill, -first, 0));
    sys(SYS_read, fds[0], answer, 20);
    report("in the session of one who is gone", answer[0] == leader);
    report("and in his group", answer[1] == leader);
    report("a session of its own", answer[2]);
    report("he", answer[3]);
    report("his group", answer[4]);
    compute();
    if (is_child(&leader)) {
        s32 entered = (s32)sys(SYS_setpgid, 0, first);
        quit(entered == 0 && sys(SYS_getpgid, 0) == first ? 5 : 6);
    }
    report("into it", wait_for(leader));
    sys(SYS_kill, -first, SIGTERM);
    report("member", wait_for(member));
    report("his group", (s32)sys(SYS_kill, -first, 0));
}

/* Children without their parent, given to a grandparent; zombies that nobody has waited for, with what they leave. */
static void orphans(void)
{
    s32 parent, fds[2], answer[2], status;
    must("pipe", (s32)sys(SYS_pipe, fds));
    report("subreaper", (s32)sys(SYS_prctl, 36, 1, 0, 0, 0));
    if (is_child(&parent)) {
        s32 below, old = (s32)sys(SYS_getpid);
        if (is_child(&below)) {
            sys(SYS_prctl, 1, SIGUSR1, 0, 0, 0);
            nap(20);
            compute();
            answer[0] = (s32)sys(SYS_getppid) != old;
            sys(SYS_prctl, 2, answer + 1, 0, 0, 0);
            sys(SYS_write, fds[1], answer, 8);
            quit(9);
        }
        quit(4);
    }
    nap(5);
    compute();
    report("parent", wait_for(parent));
    sys(SYS_read, fds[0], answer, 8);
    report("has another", answer[0]);
    report("signal", answer[1]);
    nap(5);
    s32 dead[3];
    for (s32 i = 0; i < 3; i++)
        if (is_child(dead + i)) {
            if (i == 2) sys(SYS_kill, sys(SYS_getpid), SIGTERM);
            quit(40 + i);
        }
    nap(10);
    compute();
    report("a zombie can be told", (s32)sys(SYS_kill, dead[1], SIGUSR1));
    report("its group", sys(SYS_getpgid, dead[1]) == sys(SYS_getpgid, 0));
    for (s32 i = 0; i < 3; i++) report("zombie", wait_for(dead[2 - i]));
    compute();
    report("orphan", sys(SYS_waitpid, -1, &status, 0) > 0 ? status : -1);
    report("nobody", (s32)sys(SYS_waitpid, -1, &status, 0));
}

/* Nodes of devices, open and mapped, and one made here. */
static void devices(void)
{
    u32 about[24];
    report("mknod", (s32)sys(SYS_mknod, "/tmp/zero", 020600, 0x105));
    report("mknod", (s32)sys(SYS_mknod, "/tmp/odd", 060640, 0xf007));
    s32 zero = (s32)sys(SYS_open, "/dev/zero", 2), full = (s32)sys(SYS_open, "/dev/full", 2), null = (s32)sys(SYS_open, "/dev/null", 2), own = (s32)sys(SYS_open, "/tmp/zero", 2);
    u32 *shared = (u32 *)must("mmap", (s32)sys(SYS_mmap2, 0, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, zero, 0));
    u32 *alone = (u32 *)must("mmap", (s32)sys(SYS_mmap2, 0, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE, zero, 0));
    s32 child;
    shared[1] = 5;
    alone[1] = 6;
    if (is_child(&child)) {
        compute();
        shared[1] += 10;
        alone[1] += 10;
        compute();
        quit((int)(shared[1] + alone[1]));
    }
    report("child", wait_for(child));
    report("shared", (s32)shared[1]);
    report("alone", (s32)alone[1]);
    sys(SYS_unlink, "/tmp/zero");
    compute();
    fill(text, 1, 4);
    report("zero", own < 0 ? own : (s32)sys(SYS_read, own, text, 3));
    report("it", text[2]);
    report("full", (s32)sys(SYS_write, full, text, 3));
    report("null", (s32)sys(SYS_read, null, text, 3));
    sys(SYS_stat64, "/tmp/odd", about);
    report("mode", (s32)about[4]);
    report("number", (s32)about[8]);
    report("open", (s32)sys(SYS_open, "/tmp/odd", 0));
    report("again", (s32)sys(SYS_open, "/tmp/zero", 0));
}

static void attributes(void)
{
    s32 priority = 5, value = 0;
    report("personality", (s32)sys(SYS_personality, 0x0040000));
    sys(SYS_prctl, 15, "other name", 0, 0, 0);
    report("nice", (s32)sys(SYS_setpriority, 0, 0, 7));
    report("slack", (s32)sys(SYS_prctl, 29, 123456, 0, 0, 0));
    report("dumpable", (s32)sys(SYS_prctl, 4, 0, 0, 0, 0));
    report("io", (s32)sys(SYS_ioprio_set, 1, 0, 2 << 13 | 6));
    report("death", (s32)sys(SYS_prctl, 1, SIGUSR1, 0, 0, 0));
    compute();
    report("personality", (s32)sys(SYS_personality, -1));
    fill(text, 0, 16);
    sys(SYS_prctl, 16, text, 0, 0, 0);
    say(text);
    report("nice", 20 - (s32)sys(SYS_getpriority, 0, 0));
    report("slack", (s32)sys(SYS_prctl, 30, 0, 0, 0, 0));
    report("dumpable", (s32)sys(SYS_prctl, 3, 0, 0, 0, 0));
    report("io", (s32)sys(SYS_ioprio_get, 1, 0));
    report("scheduler", (s32)sys(SYS_sched_setscheduler, 0, 2, &priority));
    compute();
    report("scheduler", (s32)sys(SYS_sched_getscheduler, 0));
    priority = 0;
    sys(SYS_sched_getparam, 0, &priority);
    report("priority", priority);
    sys(SYS_prctl, 2, &value, 0, 0, 0);
    report("death", value);
    s32 child;
    if (is_child(&child)) {
        compute();
        sys(SYS_prctl, 2, &value, 0, 0, 0);
        report("death of the child's parent", value);
        report("personality", (s32)sys(SYS_personality, -1));
        flush_to(1);
        quit((int)sys(SYS_sched_getscheduler, 0));
    }
    report("child", wait_for(child));
}

/* A program that runs from a file that is renamed, and then has no name any more. */
static void exe(void)
{
    static const char *const arguments[] = { "one", "exe", "again", 0 }, *const none[] = { 0 };
    if (!argument_is(2, "again")) {
        s32 from = must("open", (s32)sys(SYS_open, "/proc/self/exe", 0)), to = must("open", (s32)sys(SYS_open, "/tmp/copy", 0101, 0755)), size;
        while ((size = (s32)sys(SYS_read, from, text, 4096)) > 0) sys(SYS_write, to, text, size);
        sys(SYS_close, to);
        sys(SYS_close, from);
        must("execve", (s32)sys(SYS_execve, "/tmp/copy", arguments, none));
    }
    for (s32 step = 0; step < 3; step++) {
        if (step == 1) sys(SYS_rename, "/tmp/copy", "/tmp/renamed");
        if (step == 2) sys(SYS_unlink, "/tmp/renamed");
        compute();
        s32 size = (s32)sys(SYS_readlink, "/proc/self/exe", text, 100);
        text[size < 0 ? 0 : size] = 0;
        say(text);
    }
    s32 fd = (s32)sys(SYS_open, "/proc/self/auxv", 0), words = (s32)sys(SYS_read, fd, text, sizeof text) / 8, page = 0;
    for (s32 i = 0; i < words; i++)
        if (((u32 *)(void *)text)[2 * i] == 6) page = (s32)((u32 *)(void *)text)[2 * i + 1];
    report("page", page);
    show_file("/proc/self/comm");
}

static int run(void)
{
    static const struct { const char *name; void (*act)(void); } parts[] = {
        { "ids", ids }, { "limits", limits }, { "places", places }, { "shared", shared }, { "ghosts", ghosts }, { "orphans", orphans }, { "devices", devices }, { "attributes", attributes }, { "exe", exe },
    };
    for (u32 i = 0; i < sizeof parts / sizeof *parts; i++)
        if (argument_is(1, parts[i].name)) {
            parts[i].act();
            return 0;
        }
    say("which?");
    return 2;
}
