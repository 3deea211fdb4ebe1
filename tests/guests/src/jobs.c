/* Sessions, process groups and job control on a pty, told from outside the session: a line a step. */
#include "pty.h"

enum { SIGHUP = 1, SIGINT = 2, SIGKILL = 9, SIGCONT = 18, SIGSTOP = 19, SIGTSTP = 20, SIGTTIN = 21, SIGTTOU = 22, SIGWINCH = 28 };
enum { WNOHANG = 1, WUNTRACED = 2, WCONTINUED = 8 };

static int log_pipe[2];

struct action { void (*handler)(int); u32 flags; void (*restorer)(void); u32 mask[2]; };

static void say_signal(int number)
{
    char text[3] = { (char)('0' + number / 10), (char)('0' + number % 10), ' ' };
    sys(SYS_write, log_pipe[1], text, 3);
}

__asm__("give_back:\n\tmovl $173, %eax\n\tint $0x80\n");
void give_back(void);

static void on(int number, void (*handler)(int), u32 flags)
{
    struct action a = { handler, flags | 0x04000000 | 4, give_back, { 0, 0 } };
    /* Handlers take a number alone: it lies on the stack either way. */
    sys(SYS_rt_sigaction, number, &a, 0, 8);
}

static void caught(int number) { say_signal(number); }

static void ignore(int number) { on(number, (void (*)(int))1, 0); }

static void block(int number)
{
    u32 set[2] = { 1u << (number - 1), 0 };
    sys(SYS_rt_sigprocmask, 0, set, 0, 8);
}

/* What waitpid tells of a child. */
static s32 wait_for(const char *what, s32 pid, int options)
{
    s32 status = 0, got = (s32)sys(SYS_waitpid, pid, &status, options);
    put(what);
    put(": ");
    if (got < 0) put_errno(got);
    else if (got == 0) put("nothing");
    else if ((status & 0xff) == 0x7f) { put("stopped by "); put_signed(status >> 8); }
    else if (status == 0xffff) put("continued");
    else if (status & 0x7f) { put("killed by "); put_signed(status & 0x7f); }
    else { put("exit "); put_signed(status >> 8); }
    end_line();
    return got;
}

static void heard(const char *what)
{
    u8 text[64];
    nap(20);
    s32 count = (s32)sys(SYS_read, log_pipe[0], text, sizeof text);
    put(what);
    put(" heard ");
    if (count > 0) put_bytes(text, count);
    else put("nothing");
    end_line();
}

static void groups(void)
{
    s32 child, me = (s32)sys(SYS_getpid);
    report("setsid of a leader", sys(SYS_setsid) == me ? 0 : (s32)sys(SYS_setsid));
    report("setsid again", (s32)sys(SYS_setsid));
    report("setpgid of a session leader", (s32)sys(SYS_setpgid, 0, 0));
    report("setpgid negative", (s32)sys(SYS_setpgid, 0, -1));
    report("setpgid of nobody", (s32)sys(SYS_setpgid, 12345, 0));
    report("getpgid of nobody", (s32)sys(SYS_getpgid, 12345));
    report("getsid of nobody", (s32)sys(SYS_getsid, 12345));
    report("getsid", (s32)sys(SYS_getsid, 0) == me);
    if (is_child(&child)) {
        report("child to a group that is not", (s32)sys(SYS_setpgid, 0, 12345));
        report("child to a group of its own", (s32)sys(SYS_setpgid, 0, 0));
        report("child back", (s32)sys(SYS_setpgid, 0, me));
        report("child moves its parent", (s32)sys(SYS_setpgid, me, 0));
        report("child makes a session", (s32)sys(SYS_setsid) > 0);
        report("and leaves it", (s32)sys(SYS_setpgid, 0, me));
        quit(0);
    }
    reap(child);
    if (is_child(&child)) {
        sys(SYS_setsid);
        nap(30);
        quit(0);
    }
    nap(10);
    report("setpgid of a child in another session", (s32)sys(SYS_setpgid, child, 0));
    reap(child);
    if (is_child(&child)) {
        char *args[] = { argv[0], "sleep", 0 };
        sys(SYS_execve, argv[0], args, envp);
        quit(1);
    }
    nap(30);
    report("setpgid of a child after execve", (s32)sys(SYS_setpgid, child, 0));
    reap(child);
    report("kill of a group that is not", (s32)sys(SYS_kill, -12345, 0));
}

static s32 foreground(int fd)
{
    s32 group = -1, result = (s32)sys(SYS_ioctl, fd, TIOCGPGRP, &group);
    return result < 0 ? result : group;
}

static void set_foreground(int fd, s32 group, const char *what)
{
    report(what, (s32)sys(SYS_ioctl, fd, TIOCSPGRP, &group));
}

static void controlling(void)
{
    s32 me = (s32)sys(SYS_getpid), value;
    report("/dev/tty without a terminal", (s32)sys(SYS_open, "/dev/tty", O_RDWR, 0));
    open_pty();
    report("TIOCGPGRP before", foreground(slave));
    report("TIOCGSID before", (s32)sys(SYS_ioctl, slave, TIOCGSID, &value));
    report("TIOCGPGRP of the master", foreground(master));
    sys(SYS_close, slave);
    open_slave(0);
    report("TIOCGPGRP after opening", foreground(slave) == me);
    report("TIOCGSID", (s32)sys(SYS_ioctl, slave, TIOCGSID, &value) == 0 && value == me);
    report("/dev/tty", (s32)sys(SYS_open, "/dev/tty", O_RDWR, 0) > 0);
    report("TIOCSCTTY again", (s32)sys(SYS_ioctl, slave, TIOCSCTTY, 0));
    set_foreground(slave, 12345, "TIOCSPGRP to nobody");
    set_foreground(slave, -1, "TIOCSPGRP negative");
    set_foreground(slave, 1, "TIOCSPGRP to another session");
    set_foreground(slave, me, "TIOCSPGRP to itself");
    report("TIOCNOTTY of the master", (s32)sys(SYS_ioctl, master, TIOCNOTTY));
    on(SIGHUP, caught, 0);
    on(SIGCONT, caught, 0);
    report("TIOCNOTTY", (s32)sys(SYS_ioctl, slave, TIOCNOTTY));
    heard("leader");
    report("TIOCNOTTY again", (s32)sys(SYS_ioctl, slave, TIOCNOTTY));
    report("TIOCSCTTY", (s32)sys(SYS_ioctl, slave, TIOCSCTTY, 0));
    report("TIOCGPGRP", foreground(slave) == me);
}

static s32 job(void (*work)(void))
{
    s32 child;
    if (is_child(&child)) {
        sys(SYS_setpgid, 0, 0);
        on(SIGHUP, 0, 0);
        on(SIGCONT, 0, 0);
        work();
        quit(7);
    }
    sys(SYS_setpgid, child, child);
    /* Until it has its own handlers. */
    nap(10);
    return child;
}

static void reads(void)
{
    char text[8];
    s32 count = (s32)sys(SYS_read, slave, text, sizeof text);
    report("job read", count);
}

static void reads_ignoring(void) { ignore(SIGTTIN); reads(); }
static void reads_blocking(void) { block(SIGTTIN); reads(); }
static void reads_catching(void) { on(SIGTTIN, caught, 0); reads(); }
static void writes(void) { report("job write", (s32)sys(SYS_write, slave, "w", 1)); }
static void writes_ignoring(void) { ignore(SIGTTOU); writes(); }
static void writes_catching(void) { on(SIGTTOU, caught, 0); writes(); }
static void takes(void) { set_foreground(slave, (s32)sys(SYS_getpgrp), "job TIOCSPGRP"); }
static void takes_ignoring(void) { ignore(SIGTTOU); takes(); }
static void flushes_ignoring(void) { ignore(SIGTTOU); report("job TCFLSH", (s32)sys(SYS_ioctl, slave, TCFLSH, 2)); }
static void waits(void) { for (;;) sys(SYS_pause); }

static void tostop(int yes)
{
    struct termios t;
    sys(SYS_ioctl, slave, TCGETS, &t);
    t.lflag = (t.lflag & ~(u32)(TOSTOP | ECHO)) | (yes ? TOSTOP : 0);
    sys(SYS_ioctl, slave, TCSETS, &t);
}

static void end_job(s32 pid)
{
    sys(SYS_kill, -pid, SIGKILL);
    sys(SYS_waitpid, pid, 0, 0);
}

static void background(void)
{
    s32 pid, me = (s32)sys(SYS_getpid);
    tostop(0);
    pid = job(reads);
    wait_for("background read", pid, WUNTRACED);
    wait_for("again", pid, WUNTRACED | WNOHANG);
    set_foreground(slave, pid, "to the foreground");
    report("SIGCONT", (s32)sys(SYS_kill, -pid, SIGCONT));
    wait_for("continued", pid, WCONTINUED);
    sys(SYS_write, master, "hi\n", 3);
    wait_for("read in the foreground", pid, WUNTRACED);
    ignore(SIGTTOU);
    set_foreground(slave, me, "back, ignoring SIGTTOU");
    on(SIGTTOU, 0, 0);
    wait_for("read ignoring SIGTTIN", job(reads_ignoring), WUNTRACED);
    wait_for("read blocking SIGTTIN", job(reads_blocking), WUNTRACED);
    wait_for("read catching SIGTTIN", job(reads_catching), WUNTRACED);
    heard("job");
    wait_for("write", job(writes), WUNTRACED);
    tostop(1);
    pid = job(writes);
    wait_for("write with TOSTOP", pid, WUNTRACED);
    end_job(pid);
    wait_for("write with TOSTOP ignoring", job(writes_ignoring), WUNTRACED);
    wait_for("write with TOSTOP catching", job(writes_catching), WUNTRACED);
    heard("job");
    tostop(0);
    pid = job(takes);
    wait_for("TIOCSPGRP from the background", pid, WUNTRACED);
    end_job(pid);
    wait_for("TIOCSPGRP ignoring", job(takes_ignoring), WUNTRACED);
    report("now in the foreground", foreground(slave) != me);
    ignore(SIGTTOU);
    set_foreground(slave, me, "back");
    on(SIGTTOU, 0, 0);
    wait_for("TCFLSH ignoring", job(flushes_ignoring), WUNTRACED);
}

static void keys(void)
{
    s32 pid = job(waits), me = (s32)sys(SYS_getpid);
    ignore(SIGTTOU);
    set_foreground(slave, pid, "job in front");
    sys(SYS_write, master, "\032", 1);
    wait_for("^Z", pid, WUNTRACED);
    sys(SYS_kill, -pid, SIGCONT);
    wait_for("SIGCONT", pid, WUNTRACED | WCONTINUED);
    sys(SYS_write, master, "\003", 1);
    wait_for("^C", pid, WUNTRACED);
    pid = job(waits);
    set_foreground(slave, pid, "job in front");
    sys(SYS_write, master, "\034", 1);
    s32 status = 0;
    sys(SYS_waitpid, pid, &status, 0);
    report("^\\", status & 0x7f);
    set_foreground(slave, me, "shell in front");
    on(SIGWINCH, caught, 0);
    u16 size[4] = { 24, 80, 1, 2 };
    report("TIOCSWINSZ", (s32)sys(SYS_ioctl, master, TIOCSWINSZ, size));
    report("the same", (s32)sys(SYS_ioctl, slave, TIOCSWINSZ, size));
    fill(size, 0, sizeof size);
    sys(SYS_ioctl, slave, TIOCGWINSZ, size);
    report("rows", size[0]);
    report("columns", size[1]);
    report("height", size[3]);
    heard("shell");
    report("TIOCSIG", (s32)sys(SYS_ioctl, master, TIOCSIG, SIGKILL));
    on(SIGINT, caught, 0);
    report("TIOCSIG", (s32)sys(SYS_ioctl, master, TIOCSIG, SIGINT));
    heard("shell");
    pid = job(waits);
    sys(SYS_kill, pid, SIGSTOP);
    wait_for("SIGSTOP", pid, WUNTRACED);
    sys(SYS_kill, pid, SIGSTOP);
    wait_for("SIGSTOP again", pid, WUNTRACED | WNOHANG);
    sys(SYS_kill, pid, SIGKILL);
    wait_for("SIGKILL", pid, WUNTRACED);
}

/* A parent that ends leaves a stopped child in a group that nobody can continue. */
static void orphan_stopped(void)
{
    s32 child;
    if (is_child(&child)) {
        sys(SYS_setpgid, 0, 0);
        on(SIGHUP, caught, 0);
        on(SIGCONT, caught, 0);
        sys(SYS_kill, sys(SYS_getpid), SIGSTOP);
        report("orphan read", (s32)sys(SYS_read, slave, log_pipe, 4));
        report("orphan SIGTSTP", (s32)sys(SYS_kill, sys(SYS_getpid), SIGTSTP));
        say_signal(99);
        quit(0);
    }
    sys(SYS_setpgid, child, child);
    sys(SYS_waitpid, child, 0, WUNTRACED);
    quit(0);
}

static void orphans(void)
{
    s32 pid = job(orphan_stopped);
    wait_for("parent of the stopped", pid, 0);
    nap(30);
    heard("orphan");
}

/* The leader of a session ends: its foreground hears SIGHUP, and the terminal is free. */
static void leader_ends(void)
{
    s32 leader;
    if (is_child(&leader)) {
        s32 child;
        sys(SYS_setsid);
        open_pty();
        sys(SYS_ioctl, slave, TIOCSCTTY, 0);
        if (is_child(&child)) {
            on(SIGHUP, caught, 0);
            on(SIGCONT, caught, 0);
            nap(60);
            /* SIGHUP ended the first one early. */
            nap(60);
            report("/dev/tty after the leader", (s32)sys(SYS_open, "/dev/tty", O_RDWR, 0));
            report("TIOCGPGRP after the leader", foreground(slave));
            report("write after the leader", (s32)sys(SYS_write, slave, "x", 1));
            quit(0);
        }
        nap(20);
        quit(0);
    }
    wait_for("leader", leader, 0);
    nap(200);
    heard("member");
}

/* The master is closed: the leader hears SIGHUP and SIGCONT, and the terminal is dead. */
static void hang_up(void)
{
    s32 leader;
    if (is_child(&leader)) {
        char c;
        sys(SYS_setsid);
        on(SIGHUP, caught, 0);
        on(SIGCONT, caught, 0);
        open_pty();
        sys(SYS_ioctl, slave, TIOCSCTTY, 0);
        sys(SYS_write, master, "typed\n", 6);
        settle();
        sys(SYS_close, master);
        struct { int fd; u16 events, revents; } one = { slave, 5, 0 };
        sys(SYS_poll, &one, 1, 0);
        report("poll", one.revents);
        report("read", (s32)sys(SYS_read, slave, &c, 1));
        report("write", (s32)sys(SYS_write, slave, "x", 1));
        report("TCFLSH", (s32)sys(SYS_ioctl, slave, TCFLSH, 2));
        s32 group = (s32)sys(SYS_getpid);
        report("TIOCSPGRP", (s32)sys(SYS_ioctl, slave, TIOCSPGRP, &group));
        report("/dev/tty", (s32)sys(SYS_open, "/dev/tty", O_RDWR, 0));
        quit(0);
    }
    wait_for("leader", leader, 0);
    heard("leader");
}

/* The slave is closed: the master reads EIO, until it is opened again. */
static void slave_closed(void)
{
    u8 text[16];
    open_pty();
    struct { int fd; u16 events, revents; } one = { master, 5, 0 };
    sys(SYS_poll, &one, 1, 0);
    report("poll", one.revents);
    sys(SYS_write, slave, "last", 4);
    settle();
    sys(SYS_close, slave);
    report("read", (s32)sys(SYS_read, master, text, sizeof text));
    report("read at the end", (s32)sys(SYS_read, master, text, sizeof text));
    report("write", (s32)sys(SYS_write, master, "x", 1));
    sys(SYS_poll, &one, 1, 0);
    report("poll", one.revents);
    open_slave(O_NOCTTY);
    one.events = 1;
    sys(SYS_poll, &one, 1, 0);
    report("poll when open again", one.revents & ~1);
    int lock = 1;
    report("lock", (s32)sys(SYS_ioctl, master, TIOCSPTLCK, &lock));
    report("peer of a locked one", (s32)sys(SYS_ioctl, master, TIOCGPTPEER, O_RDWR | O_NOCTTY));
    lock = 0;
    sys(SYS_ioctl, master, TIOCSPTLCK, &lock);
    report("peer", (s32)sys(SYS_ioctl, master, TIOCGPTPEER, O_RDWR | O_NOCTTY) > 0);
    report("TIOCGPTN of the slave", (s32)sys(SYS_ioctl, slave, TIOCGPTN, &lock));
    report("TIOCGETD", (s32)sys(SYS_ioctl, slave, TIOCGETD, &lock) == 0 ? lock : -1);
    report("TIOCOUTQ", (s32)sys(SYS_ioctl, slave, TIOCOUTQ, &lock) == 0 ? lock : -1);
    report("unknown", (s32)sys(SYS_ioctl, slave, 0x5499, &lock));
    report("fault", (s32)sys(SYS_ioctl, slave, TCGETS, 16));
    report("lseek", (s32)sys(SYS_lseek, slave, 0, 0));
    report("TCSBRK", (s32)sys(SYS_ioctl, slave, TCSBRK, 1));
    report("TCXONC", (s32)sys(SYS_ioctl, slave, TCXONC, 9));
    report("TIOCVHANGUP", (s32)sys(SYS_ioctl, slave, TIOCVHANGUP));
    report("read after", (s32)sys(SYS_read, slave, text, 1));
    report("write after", (s32)sys(SYS_write, slave, text, 1));
    open_slave(O_NOCTTY);
    report("write when open again", (s32)sys(SYS_write, slave, "x", 1));
}

static void packets(void)
{
    u8 text[32];
    struct termios t;
    int yes = 1;
    open_pty();
    report("TIOCPKT", (s32)sys(SYS_ioctl, master, TIOCPKT, &yes));
    blocking(master, 0);
    sys(SYS_write, slave, "data", 4);
    settle();
    s32 count = (s32)sys(SYS_read, master, text, sizeof text);
    put_bytes(text, count);
    for (int i = 0; i < 5; i++) {
        sys(SYS_ioctl, slave, TCGETS, &t);
        switch (i) {
        case 0: sys(SYS_ioctl, slave, TCFLSH, 0); break;
        case 1: sys(SYS_ioctl, slave, TCXONC, 0); break;
        case 2: sys(SYS_ioctl, slave, TCXONC, 1); break;
        case 3: t.iflag &= ~(u32)IXON; break;
        case 4: t.iflag |= IXON; break;
        }
        if (i > 2) sys(SYS_ioctl, slave, TCSETS, &t);
        struct { int fd; u16 events, revents; } one = { master, 3, 0 };
        sys(SYS_poll, &one, 1, 0);
        put(" ");
        put_signed(one.revents);
        put(" ");
        count = (s32)sys(SYS_read, master, text, sizeof text);
        put_bytes(text, count);
    }
    end_line();
    sys(SYS_close, master);
}

static int run(void)
{
    s32 child;
    if (argument_is(1, "sleep")) {
        nap(60);
        return 0;
    }
    must("pipe", sys(SYS_pipe, log_pipe));
    sys(SYS_fcntl, log_pipe[0], 4, O_NONBLOCK);
    /* A child, so that setsid works whoever started this. */
    if (is_child(&child)) {
        groups();
        controlling();
        background();
        keys();
        orphans();
        on(SIGHUP, 0, 0);
        quit(0);
    }
    wait_for("session", child, 0);
    leader_ends();
    hang_up();
    slave_closed();
    packets();
    return 0;
}
