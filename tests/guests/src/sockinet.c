/* sockinet: what TCP and UDP do on lo, step by step: names, binding rules, connecting, data, ends, resets, urgent data, options. */
#include "net.h"

enum { IPPROTO_IP = 0, IPPROTO_TCP = 6, IPPROTO_UDP = 17, IPPROTO_IPV6 = 41, IPV6_V6ONLY = 26 };
enum { LOCAL = 0x7F000001 };

static struct sockaddr address;

static int tcp(int flags) { return must("socket", (s32)sys(SYS_socket, AF_INET, SOCK_STREAM | flags, 0)); }
static int udp(int flags) { return must("socket", (s32)sys(SYS_socket, AF_INET, SOCK_DGRAM | flags, 0)); }
static s32 bind_to(int fd, u32 ip, u32 port) { u32 size = inet_address(&address, ip, port); return (s32)sys(SYS_bind, fd, &address, size); }
static s32 connect_to(int fd, u32 ip, u32 port) { u32 size = inet_address(&address, ip, port); return (s32)sys(SYS_connect, fd, &address, size); }

static int listener_at(u32 ip, u32 port, int backlog)
{
    int fd = tcp(0);
    set_option(fd, SOL_SOCKET, SO_REUSEADDR, 1);
    must("bind", bind_to(fd, ip, port));
    must("listen", (s32)sys(SYS_listen, fd, backlog));
    return fd;
}

static void show_name(const char *text, int call, int fd)
{
    struct sockaddr name;
    u32 size = sizeof name;
    s32 result = (s32)sys(call, fd, &name, &size);
    if (result < 0) {
        show(text, result);
        return;
    }
    put(text);
    put(": ");
    put_unsigned(size);
    for (int i = 2; i < 6; i++) put(i == 2 ? " " : "."), put_unsigned(name.data[i]);
    put(name.data[0] || name.data[1] ? " port" : " no port");
    end_line();
}

static int client, server;

static void connection(void)
{
    int listener = listener_at(LOCAL, 0, 5);
    client = tcp(0);
    must("connect", connect_to(client, LOCAL, port_of(listener)));
    server = must("accept", (s32)sys(SYS_accept4, listener, 0, 0, 0));
    sys(SYS_close, listener);
}

static void close_both(void)
{
    sys(SYS_close, client);
    sys(SYS_close, server);
}

static void streams(void)
{
    int fd = tcp(SOCK_NONBLOCK);
    say("tcp");
    show_poll("new", fd);
    show("send", send_text(fd, "x", MSG_NOSIGNAL));
    show_receive("receive", fd, 10, 0);
    show("shutdown", (s32)sys(SYS_shutdown, fd, SHUT_RDWR));
    show("accept", (s32)sys(SYS_accept4, fd, 0, 0, 0));
    show_name("getsockname", SYS_getsockname, fd);
    show_name("getpeername", SYS_getpeername, fd);
    show("protocol", get_option(fd, SOL_SOCKET, SO_PROTOCOL));
    sys(SYS_close, fd);

    int listener = listener_at(LOCAL, 0, 5);
    u32 port = port_of(listener);
    show_poll("listening", listener);
    show("connect a listener", connect_to(listener, LOCAL, port));
    show("send", send_text(listener, "x", MSG_NOSIGNAL));
    show_receive("receive", listener, 10, 0);
    s32 unread = 0;
    show("fionread", (s32)sys(SYS_ioctl, listener, 0x541B, &unread));
    fd = tcp(SOCK_NONBLOCK);
    show("connect", connect_to(fd, LOCAL, port));
    show_poll("connecting", fd);
    show("error", get_option(fd, SOL_SOCKET, SO_ERROR));
    show("again", connect_to(fd, LOCAL, port));
    show("again", connect_to(fd, LOCAL, port));
    show_poll("listener", listener);
    show_name("getpeername", SYS_getpeername, fd);
    int other = must("accept", (s32)sys(SYS_accept4, listener, 0, 0, SOCK_NONBLOCK | SOCK_CLOEXEC));
    show("flags", (s32)sys(SYS_fcntl64, other, 3, 0));
    show_name("getsockname", SYS_getsockname, other);
    show("none", (sys(SYS_fcntl64, listener, 4, 04000), (s32)sys(SYS_accept4, listener, 0, 0, 0)));
    sys(SYS_close, fd);
    sys(SYS_close, other);
    sys(SYS_close, listener);

    fd = tcp(0);
    show("refused", connect_to(fd, LOCAL, port));
    show("error", get_option(fd, SOL_SOCKET, SO_ERROR));
    sys(SYS_close, fd);
    fd = tcp(SOCK_NONBLOCK);
    show("refused later", connect_to(fd, LOCAL, port));
    show_poll("refused", fd);
    show("error", get_option(fd, SOL_SOCKET, SO_ERROR));
    show_poll("refused", fd);
    show("again", connect_to(fd, LOCAL, port));
    sys(SYS_close, fd);
    fd = tcp(0);
    show("bad family", (s32)sys(SYS_connect, fd, &(u16[8]){ AF_UNIX }, 16));
    show("short", (s32)sys(SYS_connect, fd, &address, 8));
    show("broadcast", connect_to(fd, 0xFFFFFFFF, 80));
    sys(SYS_close, fd);

    say("data");
    connection();
    show_poll("idle", client);
    show("send", send_text(client, "hello", 0));
    show_poll("data", server);
    show_receive("peek", server, 3, MSG_PEEK);
    show_receive("receive", server, 3, 0);
    sys(SYS_ioctl, server, 0x541B, &unread);
    show("fionread", unread);
    show_receive("rest", server, 10, MSG_DONTWAIT);
    show_receive("none", server, 10, MSG_DONTWAIT);
    show_receive("errqueue", server, 10, MSG_ERRQUEUE);
    struct { void *base; u32 length; } parts[2] = { { "ab", 2 }, { "cde", 3 } };
    show("writev", (s32)sys(SYS_writev, client, parts, 2));
    set_option(server, SOL_SOCKET, SO_RCVLOWAT, 10);
    show_poll("below low water", server);
    set_option(server, SOL_SOCKET, SO_RCVLOWAT, 1);
    show_receive("truncated", server, 2, MSG_TRUNC);
    show_receive("receive", server, 10, 0);
    show("shutdown", (s32)sys(SYS_shutdown, client, SHUT_WR));
    show_poll("half closed", client);
    show_poll("end", server);
    show_receive("end", server, 10, 0);
    show_receive("end", server, 10, 0);
    show("send", send_text(client, "x", MSG_NOSIGNAL));
    show("back", send_text(server, "back", 0));
    show_receive("back", client, 10, 0);
    show("shutdown", (s32)sys(SYS_shutdown, server, SHUT_WR));
    show_poll("closed", client);
    show_poll("closed", server);
    show_receive("end", client, 10, 0);
    show("shutdown again", (s32)sys(SYS_shutdown, client, SHUT_WR));
    show_name("getpeername", SYS_getpeername, client);
    close_both();

    say("close");
    connection();
    send_text(client, "last", 0);
    sys(SYS_close, client);
    show_poll("closed", server);
    show_receive("last", server, 10, 0);
    show_receive("end", server, 10, 0);
    show("send", send_text(server, "x", 0));
    show_poll("reset", server);
    signals = 0;
    show("send", send_text(server, "x", 0));
    show("send", send_text(server, "x", 0));
    show("signals", signals);
    show_receive("end", server, 10, 0);
    sys(SYS_close, server);

    connection();
    send_text(server, "for the reader", 0);
    send_text(client, "unread", 0);
    sys(SYS_close, server);
    show_poll("reset", client);
    show_receive("first", client, 100, 0);
    show_receive("second", client, 100, 0);
    show("send", send_text(client, "x", MSG_NOSIGNAL));
    show_name("getpeername", SYS_getpeername, client);
    sys(SYS_close, client);

    connection();
    s32 linger[2] = { 1, 0 };
    show("linger", (s32)sys(SYS_setsockopt, client, SOL_SOCKET, SO_LINGER, linger, 8));
    sys(SYS_close, client);
    show_poll("reset", server);
    show("error", get_option(server, SOL_SOCKET, SO_ERROR));
    show_receive("receive", server, 10, 0);
    sys(SYS_close, server);

    connection();
    show("shutdown rd", (s32)sys(SYS_shutdown, server, SHUT_RD));
    show_poll("rd", server);
    show("send", send_text(client, "late", 0));
    show_receive("late", server, 10, 0);
    show_receive("end", server, 10, 0);
    close_both();

    connection();
    show("disconnect", (s32)sys(SYS_connect, client, &(u16[8]){ AF_UNSPEC }, 16));
    show_poll("disconnected", client);
    show("error", get_option(server, SOL_SOCKET, SO_ERROR));
    close_both();

    connection();
    sys(SYS_fcntl64, client, 4, 04000);
    static char big[65536];
    s32 sent = 0, result;
    while ((result = (s32)sys(SYS_write, client, big, sizeof big)) > 0) sent += result;
    show("then", result);
    show_poll("full", client);
    s32 got = 0;
    while ((result = (s32)sys(SYS_recvfrom, server, big, sizeof big, MSG_DONTWAIT, 0, 0)) > 0) got += result;
    show("all", got == sent);
    show_poll("drained", client);
    close_both();
}

static void backlog(void)
{
    say("backlog");
    int listener = listener_at(LOCAL, 0, 0), clients[3];
    u32 port = port_of(listener);
    for (int i = 0; i < 3; i++) {
        clients[i] = tcp(SOCK_NONBLOCK);
        show("connect", connect_to(clients[i], LOCAL, port));
    }
    show_poll("first", clients[0]);
    show_poll("second", clients[1]);
    show("again", connect_to(clients[1], LOCAL, port));
    send_text(clients[0], "early", 0);
    sys(SYS_close, listener);
    show_poll("first", clients[0]);
    show_receive("first", clients[0], 10, 0);
}

static void urgent(void)
{
    say("urgent");
    s32 mark = -1;
    connection();
    show_receive("none", server, 10, MSG_OOB);
    show("send", send_text(client, "abcX", MSG_OOB));
    show_poll("urgent", server);
    sys(SYS_ioctl, server, 0x8905, &mark);
    show("mark", mark);
    show_receive("before", server, 10, 0);
    sys(SYS_ioctl, server, 0x8905, &mark);
    show("mark", mark);
    show_poll("at mark", server);
    show_receive("peek urgent", server, 10, MSG_OOB | MSG_PEEK);
    show_receive("urgent", server, 10, MSG_OOB);
    show_receive("again", server, 10, MSG_OOB);
    show_poll("taken", server);
    show("send", send_text(client, "after", 0));
    show_receive("after", server, 10, 0);
    show("send", send_text(client, "12Y", MSG_OOB));
    show("send", send_text(client, "34", 0));
    show_receive("12", server, 10, 0);
    show_receive("34", server, 10, 0);
    show("inline", set_option(server, SOL_SOCKET, SO_OOBINLINE, 1));
    send_text(client, "56Z", MSG_OOB);
    send_text(client, "78", 0);
    show_receive("56", server, 10, 0);
    sys(SYS_ioctl, server, 0x8905, &mark);
    show("mark", mark);
    show_receive("Z78", server, 10, 0);
    show_receive("urgent", server, 10, MSG_OOB);
    close_both();
}

static void binding(void)
{
    say("bind");
    int a = tcp(0), b = tcp(0), c;
    show("not local", bind_to(a, 0x08080808, 0));
    show("any", bind_to(a, 0, 0));
    u32 port = port_of(a);
    show_name("any", SYS_getsockname, a);
    show("twice", bind_to(a, LOCAL, 0));
    show("taken", bind_to(b, LOCAL, port));
    set_option(b, SOL_SOCKET, SO_REUSEADDR, 1);
    show("one reuses", bind_to(b, LOCAL, port));
    set_option(a, SOL_SOCKET, SO_REUSEADDR, 1);
    show("both reuse", bind_to(b, LOCAL, port));
    show("listen", (s32)sys(SYS_listen, a, 1));
    show("second listen", (s32)sys(SYS_listen, b, 1));
    c = tcp(0);
    set_option(c, SOL_SOCKET, SO_REUSEADDR, 1);
    show("listened", bind_to(c, LOCAL, port));
    sys(SYS_close, b);
    sys(SYS_close, c);
    b = tcp(0);
    show("other address", bind_to(b, LOCAL + 1, 0));
    c = tcp(0);
    show("same port", bind_to(c, LOCAL + 2, port_of(b)));
    sys(SYS_close, b);
    sys(SYS_close, c);
    sys(SYS_close, a);
    a = tcp(0), b = tcp(0);
    set_option(a, SOL_SOCKET, SO_REUSEPORT, 1);
    set_option(b, SOL_SOCKET, SO_REUSEPORT, 1);
    show("reuseport", bind_to(a, LOCAL, 0));
    show("reuseport", bind_to(b, LOCAL, port_of(a)));
    show("listen", (s32)sys(SYS_listen, a, 1));
    show("listen", (s32)sys(SYS_listen, b, 1));
    sys(SYS_close, a);
    sys(SYS_close, b);
    show("short", (a = tcp(0), (s32)sys(SYS_bind, a, &address, 15)));
    show("family", (s32)sys(SYS_bind, a, &(u16[8]){ AF_UNIX }, 16));

    say("time wait");
    int listener = listener_at(LOCAL, 0, 5);
    port = port_of(listener);
    client = tcp(0);
    must("connect", connect_to(client, LOCAL, port));
    server = must("accept", (s32)sys(SYS_accept4, listener, 0, 0, 0));
    sys(SYS_close, listener);
    sys(SYS_close, server);
    sys(SYS_close, client);
    a = tcp(0);
    show("bind", bind_to(a, LOCAL, port));
    set_option(a, SOL_SOCKET, SO_REUSEADDR, 1);
    show("reuse", bind_to(a, LOCAL, port));
    sys(SYS_close, a);

    say("self");
    a = tcp(0);
    bind_to(a, LOCAL, 0);
    show("connect", connect_to(a, LOCAL, port_of(a)));
    show("send", send_text(a, "to me", 0));
    show_receive("receive", a, 10, 0);
    sys(SYS_close, a);
}

static void options(void)
{
    say("options");
    int fd = tcp(0);
    static const struct { int level, option, value; } sets[] = {
        { SOL_SOCKET, SO_KEEPALIVE, 5 }, { SOL_SOCKET, SO_SNDBUF, 10000 }, { SOL_SOCKET, SO_RCVBUF, 1 }, { SOL_SOCKET, SO_SNDBUF, 1 }, { SOL_SOCKET, SO_RCVBUF, 100000 },
        { SOL_SOCKET, SO_RCVLOWAT, 0 }, { SOL_SOCKET, SO_BROADCAST, 1 }, { SOL_SOCKET, SO_TYPE, 1 }, { SOL_SOCKET, 9999, 1 }, 
        { IPPROTO_TCP, 1, 1 }, { IPPROTO_TCP, 3, 1 }, { IPPROTO_TCP, 2, 1000 }, { IPPROTO_TCP, 2, 40000 }, { IPPROTO_TCP, 4, 100 }, { IPPROTO_TCP, 4, 0 }, { IPPROTO_TCP, 5, 10 },
        { IPPROTO_TCP, 6, 200 }, { IPPROTO_TCP, 7, 3 }, { IPPROTO_TCP, 18, 5000 }, { IPPROTO_TCP, 18, -1 }, { IPPROTO_TCP, 99, 1 }, { IPPROTO_IP, 1, 0x13 }, { IPPROTO_IP, 2, 10 }, { IPPROTO_IP, 2, 0 },
        { IPPROTO_IP, 2, 256 }, { IPPROTO_IP, 8, 1 }, { IPPROTO_IP, 10, 2 }, { IPPROTO_IP, 10, 9 }, { IPPROTO_IP, 33, 5 }, { IPPROTO_IP, 15, 1 }, { IPPROTO_IPV6, 26, 1 }, { 77, 1, 1 },
    };
    for (u32 i = 0; i < sizeof sets / sizeof *sets; i++) {
        put_signed(sets[i].level);
        put("/");
        put_signed(sets[i].option);
        put(" ");
        show("set", set_option(fd, sets[i].level, sets[i].option, sets[i].value));
        show("get", get_option(fd, sets[i].level, sets[i].option));
    }
    s32 time[2] = { 2, 500000 }, size = 8;
    show("timeout", (s32)sys(SYS_setsockopt, fd, SOL_SOCKET, SO_RCVTIMEO, time, 8));
    time[0] = time[1] = 0;
    show("timeout", (s32)sys(SYS_getsockopt, fd, SOL_SOCKET, SO_RCVTIMEO, time, &size));
    show("seconds", time[0]);
    show("microseconds", time[1]);
    time[1] = 1000000;
    show("bad timeout", (s32)sys(SYS_setsockopt, fd, SOL_SOCKET, SO_RCVTIMEO, time, 8));
    show("short timeout", (s32)sys(SYS_setsockopt, fd, SOL_SOCKET, SO_RCVTIMEO, time, 4));
    show("device", (s32)sys(SYS_setsockopt, fd, SOL_SOCKET, SO_BINDTODEVICE, "lo", 3));
    show("no device", (s32)sys(SYS_setsockopt, fd, SOL_SOCKET, SO_BINDTODEVICE, "nodevice0", 10));
    sys(SYS_close, fd);
    fd = tcp(0);
    time[0] = 0, time[1] = 20000;
    int listener = listener_at(LOCAL, 0, 1);
    sys(SYS_setsockopt, listener, SOL_SOCKET, SO_RCVTIMEO, time, 8);
    show("accept times out", (s32)sys(SYS_accept4, listener, 0, 0, 0));
    char info[256];
    u32 length_ = sizeof info;
    must("tcp_info", (s32)sys(SYS_getsockopt, listener, IPPROTO_TCP, 11, info, &length_));
    show("state", info[0]);
    sys(SYS_close, listener);
    connection();
    length_ = sizeof info;
    must("tcp_info", (s32)sys(SYS_getsockopt, client, IPPROTO_TCP, 11, info, &length_));
    show("state", info[0]);
    sys(SYS_setsockopt, client, SOL_SOCKET, SO_RCVTIMEO, time, 8);
    show_receive("times out", client, 10, 0);
    close_both();
}

static void datagrams(void)
{
    struct sockaddr name;
    u32 size = sizeof name;
    say("udp");
    int a = udp(SOCK_NONBLOCK), b = udp(SOCK_NONBLOCK);
    show_poll("new", a);
    show("send", send_text(a, "x", 0));
    show_receive("receive", a, 10, 0);
    show("shutdown", (s32)sys(SYS_shutdown, udp(0), SHUT_RDWR));
    show("bind", bind_to(a, LOCAL, 0));
    u32 port = port_of(a), length_ = inet_address(&address, LOCAL, port);
    show("sendto", (s32)sys(SYS_sendto, b, "first", 5, 0, &address, length_));
    show("sendto", (s32)sys(SYS_sendto, b, "", 0, 0, &address, length_));
    show("sendto", (s32)sys(SYS_sendto, b, "third", 5, 0, &address, length_));
    show_poll("data", a);
    s32 unread = 0;
    sys(SYS_ioctl, a, 0x541B, &unread);
    show("fionread", unread);
    show_receive("whole length", a, 2, MSG_PEEK | MSG_TRUNC);
    show("recvfrom", (s32)sys(SYS_recvfrom, a, received, 2, 0, &name, &size));
    show("length", (s32)size);
    show("from", name.data[2] == 127 && (name.data[0] || name.data[1]));
    show_receive("empty", a, 10, 0);
    show_receive("third", a, 10, 0);
    show_receive("none", a, 10, 0);
    inet_address(&address, LOCAL, 0);
    show("port 0", (s32)sys(SYS_sendto, b, "x", 1, 0, &address, 16));
    inet_address(&address, 0x7FFFFFFF, port);
    show("broadcast", (s32)sys(SYS_sendto, b, "x", 1, 0, &address, 16));
    static char big[66000];
    inet_address(&address, LOCAL, port);
    show("too long", (s32)sys(SYS_sendto, b, big, 65508, 0, &address, 16));
    show("longest", (s32)sys(SYS_sendto, b, big, 65507, 0, &address, 16));
    static char room[66000];
    show("longest", (s32)sys(SYS_recvfrom, a, room, sizeof room, 0, 0, 0));

    show("connect", connect_to(b, LOCAL, port));
    show_name("getpeername", SYS_getpeername, b);
    show("send", send_text(b, "connected", 0));
    show_receive("connected", a, 20, 0);
    show("sendto connected", (s32)sys(SYS_sendto, b, "there", 5, 0, &address, 16));
    sys(SYS_close, a);
    show("send", send_text(b, "lost", 0));
    show_poll("refused", b);
    show("send", send_text(b, "lost", 0));
    show("send", send_text(b, "lost", 0));
    show_receive("receive", b, 10, 0);
    show_receive("receive", b, 10, 0);
    show("error", get_option(b, SOL_SOCKET, SO_ERROR));
    show("shutdown", (s32)sys(SYS_shutdown, b, SHUT_WR));
    show("send", send_text(b, "x", 0));
    show("shutdown", (s32)sys(SYS_shutdown, b, SHUT_RD));
    show_poll("shut down", b);
    show_receive("end", b, 10, 0);
    show("disconnect", (s32)sys(SYS_connect, b, &(u16[8]){ AF_UNSPEC }, 16));
    show_name("getpeername", SYS_getpeername, b);
    show("oob", send_text(b, "x", MSG_OOB) < 0);
    show("listen", (s32)sys(SYS_listen, b, 1));
    show("accept", (s32)sys(SYS_accept4, b, 0, 0, 0));

    a = udp(0), b = udp(0);
    set_option(a, SOL_SOCKET, SO_REUSEADDR, 1);
    bind_to(a, 0, 0);
    show("taken", bind_to(b, LOCAL, port_of(a)));
    set_option(b, SOL_SOCKET, SO_REUSEADDR, 1);
    show("both reuse", bind_to(b, LOCAL, port_of(a)));
    show("socket", (s32)sys(SYS_socket, AF_INET, SOCK_DGRAM, IPPROTO_TCP));
    show("socket", (s32)sys(SYS_socket, AF_INET, SOCK_STREAM, IPPROTO_UDP));
    show("socket", (s32)sys(SYS_socket, AF_INET, SOCK_SEQPACKET, 0));
    show("socketpair", (s32)sys(SYS_socketpair, AF_INET, SOCK_STREAM, 0, &name));
}

static void version6(void)
{
    struct sockaddr name, other;
    u32 size = inet6_address(&name, 1, 0, 0), length_;
    say("version 6");
    int listener = must("socket", (s32)sys(SYS_socket, AF_INET6, SOCK_STREAM, 0)), fd = must("socket", (s32)sys(SYS_socket, AF_INET6, SOCK_STREAM, 0));
    show("v6only", get_option(fd, IPPROTO_IPV6, IPV6_V6ONLY));
    show("short", (s32)sys(SYS_bind, listener, &name, 20));
    show("bind", (s32)sys(SYS_bind, listener, &name, size));
    show("listen", (s32)sys(SYS_listen, listener, 5));
    inet6_address(&name, 1, 0, port_of(listener));
    show("connect", (s32)sys(SYS_connect, fd, &name, size));
    length_ = sizeof other;
    show("getsockname", (s32)sys(SYS_getsockname, fd, &other, &length_));
    show("length", (s32)length_);
    show("last byte", other.data[21]);
    sys(SYS_close, fd);
    sys(SYS_close, listener);
    listener = must("socket", (s32)sys(SYS_socket, AF_INET6, SOCK_STREAM, 0));
    inet6_address(&name, 0, 0, 0);
    show("any", (s32)sys(SYS_bind, listener, &name, size));
    show("listen", (s32)sys(SYS_listen, listener, 5));
    u32 port = port_of(listener);
    fd = tcp(0);
    show("connect by version 4", connect_to(fd, LOCAL, port));
    length_ = sizeof other;
    int accepted = must("accept", (s32)sys(SYS_accept4, listener, &other, &length_, 0));
    show("length", (s32)length_);
    show("mapped", other.data[16] == 255 && other.data[17] == 255 && other.data[18] == 127);
    show("send", send_text(fd, "across", 0));
    show_receive("across", accepted, 10, 0);
    int four = tcp(0);
    show("taken", bind_to(four, 0, port));
    show("v6only late", set_option(listener, IPPROTO_IPV6, IPV6_V6ONLY, 1));
    sys(SYS_close, fd);
    fd = must("socket", (s32)sys(SYS_socket, AF_INET6, SOCK_STREAM, 0));
    inet6_address(&name, 1, 1, port);
    show("connect mapped", (s32)sys(SYS_connect, fd, &name, size));
    sys(SYS_close, fd);
    fd = must("socket", (s32)sys(SYS_socket, AF_INET6, SOCK_STREAM, 0));
    show("v6only", set_option(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1));
    show("connect mapped", (s32)sys(SYS_connect, fd, &name, size));
    four = tcp(0);
    bind_to(four, 0, 0);
    inet6_address(&name, 0, 0, port_of(four));
    show("beside version 4", (s32)sys(SYS_bind, fd, &name, size));
    inet6_address(&name, 9, 0, 0);
    show("not local", (s32)sys(SYS_bind, must("socket", (s32)sys(SYS_socket, AF_INET6, SOCK_STREAM, 0)), &name, size));
    int a = must("socket", (s32)sys(SYS_socket, AF_INET6, SOCK_DGRAM, 0)), b = udp(0);
    inet6_address(&name, 0, 0, 0);
    show("udp any", (s32)sys(SYS_bind, a, &name, size));
    inet_address(&address, LOCAL, port_of(a));
    show("udp across", (s32)sys(SYS_sendto, b, "across", 6, 0, &address, 16));
    length_ = sizeof other;
    show("udp across", (s32)sys(SYS_recvfrom, a, received, 10, 0, &other, &length_));
    show("mapped", length_ == 28 && other.data[16] == 255 && other.data[18] == 127);
}

static int run(void)
{
    u32 action[4] = { (u32)count_signal, 0, 0, 0 };
    sys(SYS_sigaction, 13, action, 0);
    streams();
    backlog();
    urgent();
    binding();
    options();
    datagrams();
    version6();
    return 0;
}
