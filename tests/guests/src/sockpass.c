/* sockpass: what UNIX sockets carry beside bytes: descriptors, also in flight for good and in cycles, credentials, and where messages end. */
#include "net.h"

static s32 pair[2];

static s32 send_with(int fd, const char *text, int level, int type, const void *data, u32 size)
{
    static char control[2048];
    struct cmsg *item = (struct cmsg *)control;
    struct iovec part = { text, length(text) };
    struct msghdr message = { 0, 0, &part, 1, size ? control : 0, size ? (12 + size + 3) & ~3u : 0, 0 };
    item->length = 12 + size;
    item->level = level;
    item->type = type;
    for (u32 i = 0; i < size; i++) item->data[i] = ((const u8 *)data)[i];
    return (s32)sys(SYS_sendmsg, fd, &message, MSG_NOSIGNAL);
}

static s32 send_fds(int fd, const char *text, const s32 *fds, u32 count)
{
    return send_with(fd, text, SOL_SOCKET, 1, fds, count * 4);
}

static s32 last_fd;

static void show_message(const char *name, int fd, u32 room, u32 control_room, int flags)
{
    static char control[2048];
    struct iovec part = { received, room };
    struct msghdr message = { 0, 0, &part, 1, control, control_room, 0 };
    s32 result = (s32)sys(SYS_recvmsg, fd, &message, flags);
    if (result < 0) {
        show(name, result);
        return;
    }
    last_fd = -1;
    put(name);
    put(": ");
    put_signed(result);
    put(" bytes, flags ");
    put_hex(message.flags);
    put(", control ");
    put_unsigned(message.controllen);
    for (u32 at = 0; at + 12 <= message.controllen;) {
        struct cmsg *item = (struct cmsg *)(control + at);
        put(", ");
        put_signed(item->level);
        put("/");
        put_signed(item->type);
        put(" of ");
        put_unsigned(item->length);
        if (item->level == 1 && item->type == 1) {
            s32 *fds = (s32 *)item->data;
            for (u32 i = 0; i < (item->length - 12) / 4; i++) {
                last_fd = fds[i];
                put((s32)sys(SYS_fcntl64, fds[i], 1, 0) == 1 ? " cloexec" : " open");
            }
        } else if (item->level == 1 && item->type == 2) {
            s32 *who = (s32 *)item->data;
            put(who[0] == (s32)sys(SYS_getpid) ? " me " : who[0] ? " other " : " nobody ");
            put_unsigned((u32)who[1]);
            put(" ");
            put_unsigned((u32)who[2]);
        }
        at += (item->length + 3) & ~3u;
    }
    end_line();
}

static void descriptors(void)
{
    s32 tube[2], several[3];
    must("pipe", (s32)sys(SYS_pipe, tube));
    must("socketpair", (s32)sys(SYS_socketpair, AF_UNIX, SOCK_STREAM, 0, pair));
    show("send", send_fds(pair[0], "one", tube, 1));
    show("send", send_text(pair[0], "two", 0));
    show_message("stops behind descriptors", pair[1], 100, 100, 0);
    sys(SYS_close, tube[0]);
    sys(SYS_write, tube[1], "through", 7);
    show("read", (s32)sys(SYS_read, last_fd, received, 10));
    sys(SYS_close, last_fd);
    show_message("the rest", pair[1], 100, 100, 0);
    several[0] = tube[1], several[1] = 1, several[2] = 2;
    send_fds(pair[0], "abcdef", several, 3);
    show_message("peek", pair[1], 2, 100, MSG_PEEK);
    show_message("first part", pair[1], 2, 100, MSG_CMSG_CLOEXEC);
    show_message("second part", pair[1], 10, 100, 0);
    send_fds(pair[0], "x", several, 3);
    show_message("room for one", pair[1], 10, 16, 0);
    send_fds(pair[0], "x", several, 1);
    show_message("no room", pair[1], 10, 0, 0);
    send_fds(pair[0], "x", several, 1);
    show_message("room for none", pair[1], 10, 12, 0);
    send_fds(pair[0], "left", several, 1);
    show_receive("by recv", pair[1], 10, 0);
    several[0] = 99;
    show("closed descriptor", send_fds(pair[0], "x", several, 1));
    static s32 many[254];
    for (int i = 0; i < 254; i++) many[i] = 1;
    show("too many", send_fds(pair[0], "x", many, 254));
    show("most", send_fds(pair[0], "x", many, 253));
    show_message("most", pair[1], 10, 2048, MSG_PEEK);
    for (int i = 10; i < 1000; i++) sys(SYS_close, i);
    show_message("most", pair[1], 10, 16, 0);
    show("unknown", send_with(pair[0], "x", SOL_SOCKET, 77, many, 4));
    show("other level", send_with(pair[0], "x", 6, 77, many, 4));
    show_receive("other level", pair[1], 10, 0);
    sys(SYS_close, pair[0]);
    sys(SYS_close, pair[1]);
}

/* The last writer of a pipe sits in a queue that nobody can reach: once that is seen, the pipe ends. */
static void cycles(void)
{
    s32 tube[2], a[2];
    must("pipe", (s32)sys(SYS_pipe, tube));
    must("socketpair", (s32)sys(SYS_socketpair, AF_UNIX, SOCK_STREAM, 0, a));
    sys(SYS_fcntl64, tube[0], 4, 04000);
    send_fds(a[0], "x", (s32[]){ a[0], tube[1] }, 2);
    send_fds(a[1], "x", (s32[]){ a[1] }, 1);
    sys(SYS_close, tube[1]);
    show("writer in flight", (s32)sys(SYS_read, tube[0], received, 1));
    sys(SYS_close, a[0]);
    sys(SYS_close, a[1]);
    s32 result = -11;
    u32 wait[2] = { 0, 1000000 };
    for (int i = 0; i < 1000 && result == -11; i++) {
        s32 b[2];
        must("socketpair", (s32)sys(SYS_socketpair, AF_UNIX, SOCK_STREAM, 0, b));
        sys(SYS_close, b[0]);
        sys(SYS_close, b[1]);
        result = (s32)sys(SYS_read, tube[0], received, 1);
        if (result == -11) sys(SYS_nanosleep, wait, 0);
    }
    show("collected", result);
    sys(SYS_close, tube[0]);
}

static void credentials(void)
{
    must("socketpair", (s32)sys(SYS_socketpair, AF_UNIX, SOCK_DGRAM, 0, pair));
    s32 who[3], size = 12;
    show("peercred", (s32)sys(SYS_getsockopt, pair[0], SOL_SOCKET, SO_PEERCRED, who, &size));
    show("is me", who[0] == (s32)sys(SYS_getpid) && who[1] == 0 && who[2] == 0);
    s32 alone = (s32)sys(SYS_socket, AF_UNIX, SOCK_STREAM, 0);
    show("peercred", (s32)sys(SYS_getsockopt, alone, SOL_SOCKET, SO_PEERCRED, who, &size));
    show("pid", who[0]);
    show("uid", who[1]);
    send_text(pair[0], "before", 0);
    show("passcred", set_option(pair[1], SOL_SOCKET, SO_PASSCRED, 1));
    show("passcred", get_option(pair[1], SOL_SOCKET, SO_PASSCRED));
    send_text(pair[0], "after", 0);
    show_message("before", pair[1], 10, 100, 0);
    show_message("after", pair[1], 10, 100, 0);
    who[0] = (s32)sys(SYS_getpid), who[1] = 1000, who[2] = 1001;
    show("root says 1000", send_with(pair[0], "x", SOL_SOCKET, 2, who, 12));
    show_message("root says 1000", pair[1], 10, 100, 0);
    who[0] = 999999;
    show("no such process", send_with(pair[0], "x", SOL_SOCKET, 2, who, 12));
    show("short", send_with(pair[0], "x", SOL_SOCKET, 2, who, 8));
    sys(SYS_setresuid, 1000, 1000, 1000);
    who[0] = (s32)sys(SYS_getpid), who[1] = 1000, who[2] = 0;
    show("user says itself", send_with(pair[0], "x", SOL_SOCKET, 2, who, 12));
    show_message("user says itself", pair[1], 10, 100, 0);
    who[1] = 0;
    show("user says root", send_with(pair[0], "x", SOL_SOCKET, 2, who, 12));
    u32 limit[2] = { 20, 20 };
    sys(SYS_setrlimit, 7, limit);
    set_option(pair[1], SOL_SOCKET, SO_PASSCRED, 0);
    s32 a[2], result = 0, sent = 0;
    must("socketpair", (s32)sys(SYS_socketpair, AF_UNIX, SOCK_STREAM, 0, a));
    while (sent < 100 && (result = send_fds(a[0], "x", (s32[]){ 1 }, 1)) > 0) sent++;
    show("in flight", sent);
    show("then", result);
}

static int run(void)
{
    descriptors();
    cycles();
    credentials();
    return 0;
}
