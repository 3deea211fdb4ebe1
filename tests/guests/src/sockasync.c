/* sockasync: signals in place of waiting: F_SETOWN and its like, O_ASYNC on sockets, pipes and terminals, SIGURG; and urgent bytes of UNIX streams. */
#include "net.h"

enum { F_GETFL = 3, F_SETFL = 4, F_SETOWN = 8, F_GETOWN, F_SETSIG, F_GETSIG, F_SETOWN_EX = 15, F_GETOWN_EX, O_ASYNC = 020000, O_NOCTTY = 0400, O_NONBLOCK = 04000,
    SYS_getpgrp = 65, SYS_setpgid = 57, SYS_setsid = 66, SIGUSR1 = 10, SIGCHLD = 17, SIGURG = 23, SIGIO = 29, RT = 40,
    FIOASYNC = 0x5452, FIOSETOWN = 0x8901, SIOCSPGRP, FIOGETOWN, SIOCGPGRP, SIOCATMARK = 0x8905, FIONREAD = 0x541B, TIOCGPTN = (s32)0x80045430, TIOCSPTLCK = 0x40045431, TIOCSCTTY = 0x540E, TIOCSPGRP = 0x5410 };

struct info { s32 signo, error, code, band, fd, rest[27]; };

static s32 me, first, second;
static int got;

static void handler(int number, struct info *info, void *context)
{
    (void)context;
    got++;
    put("  signal ");
    put_signed(number);
    put(" code ");
    put_signed(info->code);
    if (info->code != 0x80) {
        put(" band ");
        put_signed(info->band);
        put(" fd ");
        put(info->fd == first ? "first" : info->fd == second ? "second" : "other");
    }
    end_line();
}

static void install(int number)
{
    struct { u32 handler, flags, restorer, mask[2]; } action = { (u32)handler, 4 | 0x10000000, 0, { ~0u, ~0u } };
    sys(SYS_rt_sigaction, number, &action, 0, 8);
}

static s32 control(int fd, int command, s32 argument)
{
    return (s32)sys(SYS_fcntl64, fd, command, argument);
}

static void show_owner(const char *name, int fd)
{
    struct { s32 type, pid; } owner = { -1, -1 };
    control(fd, F_GETOWN_EX, (s32)&owner);
    put(name);
    put(" type ");
    put_signed(owner.type);
    put(owner.pid == me ? " me" : owner.pid == 0 ? " nobody" : " other");
    end_line();
}

static s32 set_owner(int fd, s32 type, s32 pid)
{
    struct { s32 type, pid; } owner = { type, pid };
    return control(fd, F_SETOWN_EX, (s32)&owner);
}

static void owners(void)
{
    s32 pair[2], value = 0;
    sys(SYS_socketpair, AF_UNIX, SOCK_STREAM, 0, pair);
    show_owner("new", pair[0]);
    show("own", control(pair[0], F_GETOWN, 0));
    show("set", control(pair[0], F_SETOWN, me));
    show("mine", control(pair[0], F_GETOWN, 0) == me);
    show_owner("mine", pair[0]);
    show("nobody there", control(pair[0], F_SETOWN, 29999));
    show_owner("still", pair[0]);
    show("least", control(pair[0], F_SETOWN, (s32)0x80000000));
    show("group", control(pair[0], F_SETOWN, -me));
    show("group", control(pair[0], F_GETOWN, 0) == -me);
    show_owner("group", pair[0]);
    show("no group", control(pair[0], F_SETOWN, -29999));
    show("thread", set_owner(pair[0], 0, me));
    show_owner("thread", pair[0]);
    show("no type", set_owner(pair[0], 3, me));
    show("fault", control(pair[0], F_SETOWN_EX, 16));
    show("nobody", set_owner(pair[0], 2, 0));
    show_owner("nobody", pair[0]);
    value = -me;
    show("ioctl", (s32)sys(SYS_ioctl, pair[0], FIOSETOWN, &value));
    show("ioctl", (s32)sys(SYS_ioctl, pair[0], SIOCGPGRP, &value));
    show("group", value == -me);
    value = me;
    show("ioctl", (s32)sys(SYS_ioctl, pair[0], SIOCSPGRP, &value));
    show("own", control(pair[0], F_GETOWN, 0) == me);
    show("signal", control(pair[0], F_GETSIG, 0));
    show("too large", control(pair[0], F_SETSIG, 65));
    show("negative", control(pair[0], F_SETSIG, -1));
    show("set", control(pair[0], F_SETSIG, RT));
    show("signal", control(pair[0], F_GETSIG, 0) == RT);
    s32 child = (s32)sys(SYS_fork);
    if (child == 0) quit(0);
    show("child", control(pair[1], F_SETOWN, child));
    sys(SYS_waitpid, child, 0, 0);
    show("gone", control(pair[1], F_GETOWN, 0));
    show_owner("gone", pair[1]);
    show("flags", control(pair[0], F_GETFL, 0));
    show("async", control(pair[0], F_SETFL, O_RDWR | O_ASYNC));
    show("flags", control(pair[0], F_GETFL, 0));
    value = 0;
    show("ioctl", (s32)sys(SYS_ioctl, pair[0], FIOASYNC, &value));
    show("flags", control(pair[0], F_GETFL, 0));
    s32 file = (s32)sys(SYS_open, "/tmp/sockasync.file", O_CREAT | O_RDWR, 0600);
    value = 1;
    show("plain file", (s32)sys(SYS_ioctl, file, FIOASYNC, &value));
    show("plain file", (s32)sys(SYS_ioctl, file, FIOSETOWN, &value));
    show("plain file", control(file, F_SETFL, O_RDWR | O_ASYNC));
    show("plain file", control(file, F_GETFL, 0) & O_ASYNC);
    show("plain file", control(file, F_SETOWN, me));
    sys(SYS_close, file);
    sys(SYS_unlink, "/tmp/sockasync.file");
    sys(SYS_close, pair[0]);
    sys(SYS_close, pair[1]);
}

static void watch(int fd, s32 signal)
{
    control(fd, F_SETOWN, me);
    control(fd, F_SETSIG, signal);
    control(fd, F_SETFL, O_RDWR | O_ASYNC | O_NONBLOCK);
}

static void title(const char *what)
{
    put(what);
    end_line();
}

static void pipes(void)
{
    s32 ends[2];
    title("pipe");
    sys(SYS_pipe, ends);
    first = ends[0];
    second = ends[1];
    watch(first, RT);
    watch(second, RT);
    show("write", (s32)sys(SYS_write, second, "abcdef", 6));
    show("write", (s32)sys(SYS_write, second, "g", 1));
    show("read", (s32)sys(SYS_read, first, received, 3));
    show("read", (s32)sys(SYS_read, first, received, 10));
    show("read", (s32)sys(SYS_read, first, received, 10));
    control(second, F_SETSIG, 0);
    show("write", (s32)sys(SYS_write, second, "abcdef", 6));
    show("read", (s32)sys(SYS_read, first, received, 10));
    title("close writer");
    sys(SYS_close, second);
    sys(SYS_close, first);
    sys(SYS_pipe, ends);
    first = ends[0];
    second = ends[1];
    watch(first, SIGCHLD);
    watch(second, SIGUSR1);
    title("close reader");
    sys(SYS_close, first);
    sys(SYS_close, second);
}

/* A pipe opened by its name in /proc waits for nobody. */
static void reopened(void)
{
    char name[] = "/proc/self/fd/x";
    s32 ends[2], again;
    title("reopened");
    sys(SYS_pipe, ends);
    name[14] = (char)('0' + ends[0]);
    show("write", (s32)sys(SYS_write, ends[1], "left", 4));
    sys(SYS_close, ends[1]);
    again = (s32)sys(SYS_open, name, O_RDONLY, 0);
    show("open", again < 0 ? again : 0);
    show_poll("without a writer", again);
    sys(SYS_close, ends[0]);
    show("read", (s32)sys(SYS_read, again, received, 10));
    show("end", (s32)sys(SYS_read, again, received, 10));
    name[14] = (char)('0' + again);
    s32 writer = (s32)sys(SYS_open, name, O_WRONLY, 0);
    show("open for writing", writer < 0 ? writer : 0);
    sys(SYS_close, again);
    name[14] = (char)('0' + writer);
    again = (s32)sys(SYS_open, name, O_WRONLY | O_NONBLOCK, 0);
    show("without a reader", again < 0 ? again : 0);
    show_poll("without a reader", again);
    sys(SYS_close, again);
    sys(SYS_close, writer);
}

static void make(int type)
{
    s32 pair[2];
    sys(SYS_socketpair, AF_UNIX, type, 0, pair);
    first = pair[0];
    second = pair[1];
    watch(first, RT);
    watch(second, RT);
}

static void sockets(void)
{
    static char big[60000];
    s32 result;
    title("stream");
    make(SOCK_STREAM);
    show("send", send_text(first, "hello", 0));
    show("send", send_text(first, "hello", 0));
    show_receive("receive", second, 100, 0);
    show_poll("room", first);
    control(second, F_SETFL, O_RDWR | O_NONBLOCK);
    while ((result = (s32)sys(SYS_write, first, big, sizeof big)) > 0) {}
    show("full", result);
    while ((result = (s32)sys(SYS_read, second, big, sizeof big)) > 0) {}
    title("drained");
    show("async", control(second, F_SETFL, O_RDWR | O_NONBLOCK | O_ASYNC));
    show("shut", (s32)sys(SYS_shutdown, first, SHUT_WR));
    show("shut", (s32)sys(SYS_shutdown, first, SHUT_RD));
    title("close");
    sys(SYS_close, first);
    sys(SYS_close, second);
    title("duplicate");
    make(SOCK_DGRAM);
    s32 copy = (s32)sys(SYS_dup, second);
    show("send", send_text(first, "hello", 0));
    sys(SYS_close, second);
    show("send", send_text(first, "hello", 0));
    control(copy, F_SETFL, O_RDWR);
    show("not any more", send_text(first, "hello", 0));
    sys(SYS_close, copy);
    sys(SYS_close, first);
    title("listener");
    struct sockaddr address;
    u32 size = unix_address(&address, "sockasync", 1);
    first = (s32)sys(SYS_socket, AF_UNIX, SOCK_STREAM, 0);
    sys(SYS_bind, first, &address, size);
    sys(SYS_listen, first, 5);
    watch(first, RT);
    second = (s32)sys(SYS_socket, AF_UNIX, SOCK_STREAM, 0);
    watch(second, RT);
    show("connect", (s32)sys(SYS_connect, second, &address, size));
    title("close listener");
    sys(SYS_close, first);
    sys(SYS_close, second);
}

static void urgent(void)
{
    s32 value = 0;
    title("urgent");
    make(SOCK_STREAM);
    control(first, F_SETFL, O_RDWR | O_NONBLOCK);
    control(second, F_SETFL, O_RDWR | O_NONBLOCK);
    show("none", (s32)sys(SYS_recvfrom, second, received, 10, MSG_OOB, 0, 0));
    show("send", send_text(first, "abX", MSG_OOB));
    show_poll("urgent", second);
    sys(SYS_ioctl, second, FIONREAD, &value);
    show("bytes", value);
    show("at mark", (s32)sys(SYS_ioctl, second, SIOCATMARK, &value));
    show("at mark", value);
    show_receive("before", second, 100, 0);
    sys(SYS_ioctl, second, SIOCATMARK, &value);
    show("at mark", value);
    show_receive("peek urgent", second, 10, MSG_OOB | MSG_PEEK);
    show_receive("urgent", second, 10, MSG_OOB);
    show_receive("again", second, 10, MSG_OOB);
    show("send", send_text(first, "cd", 0));
    show_receive("after", second, 100, 0);
    show("send", send_text(first, "efY", MSG_OOB));
    show("send", send_text(first, "gh", 0));
    show_receive("urgent first", second, 10, MSG_OOB);
    show_receive("up to the mark", second, 100, 0);
    show_receive("behind it", second, 100, 0);
    show("send", send_text(first, "ijZ", MSG_OOB));
    show("send", send_text(first, "kW", MSG_OOB));
    show_receive("the later one", second, 100, 0);
    show_receive("urgent", second, 10, MSG_OOB);
    show_receive("rest", second, 100, 0);
    show("send", send_text(first, "V", MSG_OOB));
    show("send", send_text(first, "after", 0));
    show_receive("not taken", second, 100, 0);
    show_receive("lost", second, 10, MSG_OOB);
    show("inline", set_option(second, SOL_SOCKET, SO_OOBINLINE, 1));
    show("send", send_text(first, "lmU", MSG_OOB));
    show_receive("urgent", second, 10, MSG_OOB);
    show_receive("before", second, 100, 0);
    show_receive("inline", second, 100, 0);
    show("nothing", (s32)sys(SYS_sendto, first, "", 0, MSG_OOB, 0, 0));
    control(second, F_SETOWN, 0);
    show("no owner", send_text(first, "T", MSG_OOB));
    control(second, F_SETOWN, me);
    control(second, F_SETFL, O_RDWR | O_NONBLOCK | O_ASYNC);
    control(second, F_SETSIG, RT);
    show("with a signal", send_text(first, "S", MSG_OOB));
    sys(SYS_close, first);
    sys(SYS_close, second);
    make(SOCK_DGRAM);
    control(second, F_SETFL, O_RDWR | O_NONBLOCK);
    show("datagram", send_text(first, "x", MSG_OOB));
    sys(SYS_close, first);
    sys(SYS_close, second);
}

/* Over lo the answer may come a moment later. */
static void settle(int many)
{
    struct pollfd none = { -1, 0, 0 };
    for (int tries = 0; tries < 100 && got < many; tries++) sys(SYS_poll, &none, 1, 10);
    if (got < many) title("too few");
    got = 0;
}

static void internet(void)
{
    struct sockaddr address;
    title("internet");
    s32 listener = (s32)sys(SYS_socket, AF_INET, SOCK_STREAM, 0);
    first = listener;
    u32 size = inet_address(&address, 0x7F000001, 0);
    sys(SYS_bind, listener, &address, size);
    sys(SYS_listen, listener, 5);
    inet_address(&address, 0x7F000001, port_of(listener));
    got = 0;
    watch(listener, RT);
    s32 client = (s32)sys(SYS_socket, AF_INET, SOCK_STREAM, 0);
    show("connect", (s32)sys(SYS_connect, client, &address, size));
    settle(1);
    second = (s32)sys(SYS_accept4, listener, 0, 0, 0);
    watch(second, RT);
    show("send", send_text(client, "abc", 0));
    settle(1);
    show("urgent", send_text(client, "d", MSG_OOB));
    settle(3);
    show("shut", (s32)sys(SYS_shutdown, client, SHUT_WR));
    settle(1);
    sys(SYS_close, client);
    sys(SYS_close, second);
    sys(SYS_close, listener);
}

static void terminals(void)
{
    s32 unlock = 0, n = 0;
    char name[16] = "/dev/pts/";
    title("terminal");
    first = (s32)sys(SYS_open, "/dev/ptmx", O_RDWR | O_NOCTTY, 0);
    sys(SYS_ioctl, first, TIOCSPTLCK, &unlock);
    sys(SYS_ioctl, first, TIOCGPTN, &n);
    if (n >= 10) name[9] = (char)('0' + n / 10), name[10] = (char)('0' + n % 10);
    else name[9] = (char)('0' + n);
    second = (s32)sys(SYS_open, name, O_RDWR | O_NOCTTY, 0);
    got = 0;
    control(second, F_SETSIG, RT);
    show("async", control(second, F_SETFL, O_RDWR | O_ASYNC | O_NONBLOCK));
    show_owner("slave", second);
    show("half a line", (s32)sys(SYS_write, first, "ab", 2));
    s32 result = (s32)sys(SYS_write, first, "c\n", 2);
    settle(1);
    show("a line", result);
    show("read", (s32)sys(SYS_read, second, received, 100));
    control(second, F_SETFL, O_RDWR | O_NONBLOCK);
    control(first, F_SETOWN, me);
    show("async", control(first, F_SETFL, O_RDWR | O_ASYNC | O_NONBLOCK));
    while ((s32)sys(SYS_read, first, received, 100) > 0) {}
    got = 0;
    result = (s32)sys(SYS_write, second, "x", 1);
    settle(1);
    show("output", result);
    sys(SYS_close, first);
    sys(SYS_close, second);
}

/* recv(2) by socketcall(2) has no address: what an earlier call had there is forgotten. */
static void call_of_calls(void)
{
    s32 pair[2], size = sizeof received;
    sys(SYS_socketpair, AF_UNIX, SOCK_DGRAM, 0, pair);
    struct sockaddr name;
    show("bind", (s32)sys(SYS_bind, pair[0], &name, unix_address(&name, "sockasync sender", 1)));
    send_text(pair[0], "one", 0);
    send_text(pair[0], "two", 0);
    u32 from[6] = { (u32)pair[1], (u32)received, 10, 0, 16, (u32)&size };
    show("recvfrom", (s32)sys(SYS_socketcall, 12, from));
    show("recv", (s32)sys(SYS_socketcall, 10, from));
    sys(SYS_close, pair[0]);
    sys(SYS_close, pair[1]);
}

static int run(void)
{
    call_of_calls();
    me = (s32)sys(SYS_getpid);
    sys(SYS_setpgid, 0, 0);
    owners();
    install(SIGIO);
    install(SIGURG);
    install(SIGUSR1);
    install(SIGCHLD);
    install(RT);
    pipes();
    reopened();
    sockets();
    urgent();
    internet();
    terminals();
    return 0;
}
