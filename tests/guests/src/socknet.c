/* socknet: interfaces by ioctl and by netlink, several messages in one call, control messages of UDP, and two processes that wait for each other. */
#include "net.h"

struct mmsghdr { struct msghdr header; u32 length; };

static struct sockaddr address;

static void interface(const char *name, int fd, u32 request, const char *of)
{
    u8 data[32] = { 0 };
    for (u32 i = 0; i < length(of); i++) data[i] = (u8)of[i];
    if (request == 0x8910) data[0] = 0, data[16] = 1;
    s32 result = (s32)sys(SYS_ioctl, fd, request, data);
    if (result < 0) {
        show(name, result);
        return;
    }
    put(name);
    put(":");
    for (int i = request == 0x8910 ? 0 : 16; i < 24; i++) put(" "), put_unsigned(data[i]);
    end_line();
}

static void interfaces(void)
{
    int fd = must("socket", (s32)sys(SYS_socket, AF_INET, SOCK_DGRAM, 0));
    interface("flags", fd, 0x8913, "lo");
    interface("address", fd, 0x8915, "lo");
    interface("netmask", fd, 0x891B, "lo");
    interface("broadcast", fd, 0x8919, "lo");
    interface("mtu", fd, 0x8921, "lo");
    interface("hardware", fd, 0x8927, "lo");
    interface("index", fd, 0x8933, "lo");
    interface("queue", fd, 0x8942, "lo");
    interface("name", fd, 0x8910, "");
    interface("nothing", fd, 0x8913, "nothing");
    interface("unknown", fd, 0x8999, "lo");
    struct { s32 length; void *buffer; } list = { 0, 0 };
    show("list", (s32)sys(SYS_ioctl, fd, 0x8912, &list));
    show("length", list.length);

    struct { u32 length; u16 type, flags; u32 sequence, pid; u8 family, pad[3]; } request = { 20, 22, 0x301, 77, 0, AF_UNSPEC, { 0 } };
    struct { u16 family, pad; u32 pid, groups; } kernel = { AF_NETLINK, 0, 0, 0 };
    static u8 answer[8192];
    u32 size = sizeof kernel;
    int route = must("netlink", (s32)sys(SYS_socket, AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, 0));
    show("bind", (s32)sys(SYS_bind, route, &kernel, sizeof kernel));
    show("getsockname", (s32)sys(SYS_getsockname, route, &kernel, &size));
    show("is my pid", kernel.pid == (u32)sys(SYS_getpid));
    kernel.pid = 0;
    show("send", (s32)sys(SYS_sendto, route, &request, 20, 0, &kernel, sizeof kernel));
    for (int done = 0; !done;) {
        s32 got = must("receive", (s32)sys(SYS_recvfrom, route, answer, sizeof answer, 0, 0, 0));
        for (s32 at = 0; at + 16 <= got;) {
            u32 *word = (u32 *)(answer + at);
            u32 type = word[1] & 0xFFFF;
            put("type ");
            put_unsigned(type);
            put(word[2] == 77 ? " mine" : " other");
            if (type == 20) {
                u8 *info = answer + at + 16;
                put(", family ");
                put_unsigned(info[0]);
                put(" prefix ");
                put_unsigned(info[1]);
                put(" scope ");
                put_unsigned(info[3]);
                put(" index ");
                put_unsigned(info[4]);
                for (u32 a = 24; a + 4 <= word[0];) {
                    u16 *attribute = (u16 *)(answer + at + a);
                    if (attribute[1] == 1) {
                        put(" address");
                        for (int i = 4; i < attribute[0]; i++) put(" "), put_unsigned(answer[at + (s32)a + i]);
                    }
                    a += (attribute[0] + 3u) & ~3u;
                }
            }
            end_line();
            done = type == 3 || type == 2;
            at += (s32)((word[0] + 3) & ~3u);
        }
    }
    show("other protocol", (s32)sys(SYS_socket, AF_NETLINK, SOCK_STREAM, 0));
}

static void many(void)
{
    int a = must("socket", (s32)sys(SYS_socket, AF_INET, SOCK_DGRAM, 0)), b = must("socket", (s32)sys(SYS_socket, AF_INET, SOCK_DGRAM, 0));
    u32 size = inet_address(&address, 0x7F000001, 0);
    must("bind", (s32)sys(SYS_bind, a, &address, size));
    inet_address(&address, 0x7F000001, port_of(a));
    must("connect", (s32)sys(SYS_connect, b, &address, size));
    struct iovec parts[3] = { { "one", 3 }, { "two two", 7 }, { "three", 5 } };
    struct mmsghdr out[3] = { { { 0, 0, &parts[0], 1, 0, 0, 0 }, 0 }, { { 0, 0, &parts[1], 2, 0, 0, 0 }, 0 }, { { 0, 0, &parts[2], 1, 0, 0, 0 }, 0 } };
    show("sendmmsg", (s32)sys(SYS_sendmmsg, b, out, 3, 0));
    show("length", (s32)out[1].length);
    static char room[4][5];
    struct iovec places[4] = { { room[0], 5 }, { room[1], 5 }, { room[2], 5 }, { room[3], 5 } };
    struct mmsghdr in[4];
    for (int i = 0; i < 4; i++) in[i] = (struct mmsghdr){ { 0, 0, &places[i], 1, 0, 0, 0 }, 0 };
    show("recvmmsg", (s32)sys(SYS_recvmmsg, a, in, 4, MSG_DONTWAIT, 0));
    for (int i = 0; i < 3; i++) {
        show_bytes("message", (s32)in[i].length, room[i]);
        show("flags", (s32)in[i].header.flags);
    }
    show("recvmmsg", (s32)sys(SYS_recvmmsg, a, in, 4, MSG_DONTWAIT, 0));

    set_option(a, 0, 8, 1);
    set_option(a, 0, 12, 1);
    set_option(a, 0, 13, 1);
    set_option(a, SOL_SOCKET, SO_TIMESTAMP, 1);
    set_option(b, 0, 2, 9);
    set_option(b, 0, 1, 8);
    send_text(b, "with control", 0);
    static u8 control[256];
    struct iovec part = { received, 100 };
    struct msghdr message = { &address, sizeof address, &part, 1, control, sizeof control, 0 };
    show("recvmsg", (s32)sys(SYS_recvmsg, a, &message, 0));
    show("name", (s32)message.namelen);
    show("control", (s32)message.controllen);
    for (u32 at = 0; at + 12 <= message.controllen;) {
        struct cmsg *item = (struct cmsg *)(control + at);
        put_signed(item->level);
        put("/");
        put_signed(item->type);
        put(" of ");
        put_unsigned(item->length);
        if (item->level == 0)
            for (u32 i = 0; i < item->length - 12; i++) put(" "), put_unsigned(item->data[i]);
        end_line();
        at += (item->length + 3) & ~3u;
    }
}

static void wait_for(s32 child)
{
    s32 status = -1;
    sys(SYS_wait4, child, &status, 0, 0);
    show("child", status);
}

/* Each side waits for the other in accept, connect, recv and send. */
static void waiting(void)
{
    int listener = must("socket", (s32)sys(SYS_socket, AF_INET, SOCK_STREAM, 0));
    u32 size = inet_address(&address, 0x7F000001, 0), pause[2] = { 0, 20000000 };
    must("bind", (s32)sys(SYS_bind, listener, &address, size));
    must("listen", (s32)sys(SYS_listen, listener, 1));
    inet_address(&address, 0x7F000001, port_of(listener));
    static char block[100000];
    s32 child = must("fork", (s32)sys(SYS_fork));
    if (child == 0) {
        sys(SYS_nanosleep, pause, 0);
        int fd = (s32)sys(SYS_socket, AF_INET, SOCK_STREAM, 0);
        if ((s32)sys(SYS_connect, fd, &address, size) < 0) quit(1);
        send_text(fd, "in ", 0);
        sys(SYS_nanosleep, pause, 0);
        send_text(fd, "pieces", 0);
        sys(SYS_nanosleep, pause, 0);
        s32 total = 0;
        for (int i = 0; i < 100; i++) total += (s32)sys(SYS_write, fd, block, sizeof block);
        quit(total == 10000000 ? 0 : 2);
    }
    int fd = must("accept", (s32)sys(SYS_accept4, listener, 0, 0, 0));
    show_receive("waits for all", fd, 9, MSG_WAITALL);
    s32 total = 0, got;
    while ((got = (s32)sys(SYS_recvfrom, fd, block, sizeof block, 0, 0, 0)) > 0) total += got;
    show("all", total);
    show("end", got);
    wait_for(child);

    s32 path = must("socket", (s32)sys(SYS_socket, AF_UNIX, SOCK_STREAM, 0));
    size = unix_address(&address, "socknet", 1);
    must("bind", (s32)sys(SYS_bind, path, &address, size));
    must("listen", (s32)sys(SYS_listen, path, 0));
    child = must("fork", (s32)sys(SYS_fork));
    if (child == 0) {
        for (int i = 0; i < 3; i++) {
            int end = (s32)sys(SYS_socket, AF_UNIX, SOCK_STREAM, 0);
            if ((s32)sys(SYS_connect, end, &address, size) < 0) quit(1);
            if (send_text(end, "waited", 0) < 0) quit(2);
        }
        quit(0);
    }
    for (int i = 0; i < 3; i++) {
        sys(SYS_nanosleep, pause, 0);
        int end = must("accept", (s32)sys(SYS_accept4, path, 0, 0, 0));
        show_receive("accepted", end, 20, 0);
        s32 who[3];
        u32 length_ = 12;
        sys(SYS_getsockopt, end, SOL_SOCKET, SO_PEERCRED, who, &length_);
        show("peer is the child", who[0] == child);
    }
    wait_for(child);

    u32 action[4] = { (u32)count_signal, 0, 0, 0 };
    sys(SYS_sigaction, 17, action, 0);
    child = must("fork", (s32)sys(SYS_fork));
    if (child == 0) {
        sys(SYS_nanosleep, pause, 0);
        quit(0);
    }
    show("interrupted", (s32)sys(SYS_accept4, path, 0, 0, 0));
    wait_for(child);
}

static int run(void)
{
    interfaces();
    many();
    waiting();
    return 0;
}
