/* What a process learns of its children and of processes by descriptor: waitid with every way to choose, WNOWAIT, codes of ends and stops,
   CLONE_PARENT, clone3 with a chosen pid, pidfds, subreapers, the signal of a parent's death, a leader that ends before its thread. */
#include "report.h"

enum {
    SYS_setpgid = 57, SYS_setrlimit = 75, SYS_waitid = 284, SYS_tgkill = 270, SYS_prctl = 172, SYS_poll = 168, SYS_clone3 = 435, SYS_pidfd_open = 434,
    SYS_pidfd_send_signal = 424, SYS_pidfd_getfd = 438, SYS_sigtimedwait = 177, SYS_unshare = 310,
    P_ALL = 0, P_PID = 1, P_PGID = 2, P_PIDFD = 3,
    WNOHANG = 1, WSTOPPED = 2, WEXITED = 4, WCONTINUED = 8, WNOWAIT = 0x1000000, WALL = 0x40000000, WCLONE = (s32)0x80000000,
    SIGKILL = 9, SIGUSR1 = 10, SIGTERM = 15, SIGCHLD = 17, SIGCONT = 18, SIGSTOP = 19
};

struct info { s32 signo, error, code, pid, uid, status, rest[26]; };

static s32 me, child;

static void put_who(s32 pid)
{
    put(pid == 0 ? "none" : pid == child ? "child" : pid == me ? "me" : "other");
}

static void wait_id(const char *what, s32 type, s32 id, s32 options)
{
    struct info info;
    fill(&info, 0x55, sizeof info);
    s32 result = sys(SYS_waitid, type, id, &info, options, 0);
    put(what);
    put(": ");
    if (result < 0) {
        put_errno(result);
        end_line();
        return;
    }
    put_signed(result);
    put(" signo ");
    put_signed(info.signo);
    put(" code ");
    put_signed(info.code);
    put(" pid ");
    put_who(info.pid);
    put(" status ");
    put_signed(info.status);
    put(" rest ");
    put_hex((u32)info.rest[0]);
    end_line();
}

static void spawn(int how)
{
    if (!is_child(&child)) return;
    if (how == 0) quit(7);
    if (how == 1) sys(SYS_kill, sys(SYS_getpid), SIGTERM);
    if (how == 2) sys(SYS_kill, sys(SYS_getpid), SIGSTOP), quit(5);
    for (;;) sys(SYS_pause);
}

static void ends(void)
{
    spawn(0);
    wait_id("exit, WNOWAIT", P_PID, child, WEXITED | WNOWAIT);
    wait_id("exit again, WNOWAIT", P_ALL, 0, WEXITED | WNOWAIT);
    wait_id("stops only", P_PID, child, WSTOPPED | WNOHANG);
    wait_id("exit", P_PID, child, WEXITED);
    wait_id("nobody", P_PID, child, WEXITED);
    spawn(1);
    wait_id("signal", P_PID, child, WEXITED);
    spawn(2);
    wait_id("stop", P_PGID, 0, WSTOPPED);
    wait_id("no news", P_ALL, 0, WSTOPPED | WEXITED | WNOHANG);
    sys(SYS_kill, child, SIGCONT);
    wait_id("continued", P_ALL, 0, WCONTINUED);
    wait_id("end", P_ALL, 0, WEXITED);
    wait_id("no options", P_ALL, 0, 0);
    wait_id("bad option", P_ALL, 0, WEXITED | 64);
    wait_id("bad type", 9, 0, WEXITED);
    wait_id("bad pid", P_PID, 0, WEXITED);
    wait_id("bad descriptor", P_PIDFD, 99, WEXITED);
}

static void descriptors(void)
{
    s32 fds[2];
    s32 poll[2] = { 0, 1 };
    spawn(3);
    must("pipe", sys(SYS_pipe, fds));
    s32 fd = must("pidfd_open", sys(SYS_pidfd_open, child, 04000));
    report("close on exec", sys(SYS_fcntl, fd, 1, 0));
    poll[0] = fd;
    report("poll before", sys(SYS_poll, poll, 1, 0));
    wait_id("not yet", P_PIDFD, fd, WEXITED);
    report("bad flags", sys(SYS_pidfd_send_signal, fd, SIGUSR1, 0, 64));
    report("bad signal", sys(SYS_pidfd_send_signal, fd, 99, 0, 0));
    report("no pidfd", sys(SYS_pidfd_send_signal, fds[0], SIGUSR1, 0, 0));
    s32 copy = must("getfd", sys(SYS_pidfd_getfd, fd, 1, 0));
    report("copy writes", sys(SYS_write, copy, "x\n", 2));
    report("getfd of none", sys(SYS_pidfd_getfd, fd, 77, 0));
    report("kill", sys(SYS_pidfd_send_signal, fd, SIGKILL, 0, 0));
    report("poll", sys(SYS_poll, poll, 1, 1000));
    report("events", poll[1] >> 16);
    wait_id("killed", P_PIDFD, fd, WEXITED);
    report("kill the dead", sys(SYS_pidfd_send_signal, fd, SIGKILL, 0, 0));
    report("open the dead", sys(SYS_pidfd_open, child, 0));
    report("open bad", sys(SYS_pidfd_open, -1, 0));
    report("open with bad flags", sys(SYS_pidfd_open, me, 1));
}

static void make(const char *what, u64 *arguments, u32 size)
{
    s32 pid = sys(SYS_clone3, arguments, size);
    if (pid == 0) quit(9);
    if (pid < 0) {
        report(what, pid);
        return;
    }
    child = pid;
    put(what);
    put(": made");
    end_line();
    wait_id(what, P_PID, pid, WEXITED | WALL);
}

static void clones(void)
{
    u64 a[12] = { 0 };
    s32 fd = -1, wanted = 0;
    a[4] = SIGCHLD;
    make("plain", a, 64);
    make("small", a, 56);
    a[11] = 1;
    make("more than known", a, 96);
    a[11] = 0;
    a[0] = 0x1000;
    a[1] = (u32)&fd;
    make("pidfd", a, 88);
    report("its descriptor", sys(SYS_fcntl, fd, 1, 0));
    sys(SYS_close, fd);
    a[0] = 0x10000;
    make("thread alone", a, 88);
    a[0] = 0;
    a[4] = 65;
    make("bad signal", a, 88);
    a[4] = SIGCHLD;
    a[5] = 0x1000;
    make("stack without size", a, 88);
    a[5] = 0;
    /* A number that was free a moment ago. */
    if (is_child(&wanted)) quit(0);
    sys(SYS_waitpid, wanted, 0, 0);
    a[8] = (u32)&wanted;
    a[9] = 1;
    make("chosen pid", a, 88);
    report("is it", child == wanted);
    wanted = me;
    make("pid in use", a, 88);
    wanted = 40000000;
    make("pid too high", a, 88);
    a[8] = a[9] = 0;
    a[0] = 0x800 | 0x100000000ull;
    make("clear and share handlers", a, 88);
    a[0] = 1ull << 40;
    make("unknown flag", a, 88);
    report("clone with pidfd and parent tid", sys(SYS_clone, 0x1000 | 0x100000 | SIGCHLD, 0, &fd, 0, 0));
    report("clone, handlers without memory", sys(SYS_clone, 0x800 | SIGCHLD, 0, 0, 0, 0));
    report("clone, mounts and file system", sys(SYS_clone, 0x20000 | 0x200 | SIGCHLD, 0, 0, 0, 0));
    /* A child without SIGCHLD is only for those who ask. */
    child = sys(SYS_clone, 0, 0, 0, 0, 0);
    if (child == 0) quit(4);
    wait_id("not a clone", P_ALL, 0, WEXITED);
    wait_id("clone", P_ALL, 0, WEXITED | WCLONE);
    /* A sibling made by a child. */
    s32 fds[2], maker, pid;
    must("pipe", sys(SYS_pipe, fds));
    if (is_child(&maker)) {
        pid = sys(SYS_clone, 0x8000 | SIGCHLD, 0, 0, 0, 0);
        if (pid == 0) quit(sys(SYS_getppid) == me ? 6 : 1);
        sys(SYS_write, fds[1], &pid, 4);
        quit(0);
    }
    sys(SYS_read, fds[0], &child, 4);
    sys(SYS_waitpid, maker, 0, 0);
    wait_id("sibling", P_PID, child, WEXITED);
}

static void orphans(void)
{
    s32 fds[2], middle, zero = 0;
    must("pipe", sys(SYS_pipe, fds));
    report("subreaper", sys(SYS_prctl, 36, 1, 0, 0, 0));
    if (is_child(&middle)) {
        s32 grandchild;
        if (is_child(&grandchild)) {
            u32 set[2] = { 1u << (SIGUSR1 - 1), 0 };
            sys(SYS_rt_sigprocmask, 0, set, 0, 8);
            sys(SYS_prctl, 1, SIGUSR1, 0, 0, 0);
            sys(SYS_write, fds[1], &zero, 4);
            struct info info;
            s32 got = sys(SYS_sigtimedwait, set, &info, 0, 8);
            quit(got == SIGUSR1 && sys(SYS_getppid) == me ? 33 : 1);
        }
        sys(SYS_read, fds[0], &zero, 4);
        sys(SYS_write, fds[1], &grandchild, 4);
        quit(0);
    }
    sys(SYS_waitpid, middle, 0, 0);
    sys(SYS_read, fds[0], &child, 4);
    wait_id("orphan", P_ALL, 0, WEXITED);
    report("no subreaper", sys(SYS_prctl, 36, 0, 0, 0, 0));
}

static u32 thread_stack[1024];

static NORETURN NOINLINE void in_thread(void)
{
    nap(50);
    quit(21);
}

static void leaders(void)
{
    if (is_child(&child)) {
        u32 *top = thread_stack + 1024;
        s32 result;
        /* A thread that never returns from where it begins: files, memory, handlers and the group are shared. */
        __asm__ volatile("int $0x80\n\ttestl %%eax, %%eax\n\tjnz 1f\n\tcall *%%edi\n1:" : "=a"(result)
                         : "0"(SYS_clone), "b"(0x10f00), "c"(top - 16), "d"(0), "S"(0), "D"(in_thread) : "memory");
        sys(SYS_exit, 3);
    }
    nap(10);
    wait_id("leader alone has ended", P_PID, child, WEXITED | WNOHANG);
    wait_id("with its thread", P_PID, child, WEXITED);
}

static int run(void)
{
    me = sys(SYS_getpid);
    ends();
    descriptors();
    clones();
    orphans();
    leaders();
    return 0;
}
