/* sockunix: what UNIX sockets do, step by step: pairs of every type, names, backlog, half closes, resets, limits, credentials. */
#include "net.h"

static struct sockaddr address;
static s32 pair[2];
static char big[70000];

static void make_pair(int type)
{
    must("socketpair", (s32)sys(SYS_socketpair, AF_UNIX, type, 0, pair));
}

static void close_pair(void)
{
    sys(SYS_close, pair[0]);
    sys(SYS_close, pair[1]);
}

static void streams(void)
{
    make_pair(SOCK_STREAM);
    show("type", get_option(pair[0], SOL_SOCKET, SO_TYPE));
    show("domain", get_option(pair[0], SOL_SOCKET, SO_DOMAIN));
    show("protocol", get_option(pair[0], SOL_SOCKET, SO_PROTOCOL));
    show("acceptconn", get_option(pair[0], SOL_SOCKET, SO_ACCEPTCONN));
    show("sndbuf", get_option(pair[0], SOL_SOCKET, SO_SNDBUF));
    show("rcvbuf", get_option(pair[0], SOL_SOCKET, SO_RCVBUF));
    show_poll("idle", pair[0]);
    show("send", send_text(pair[0], "hello, ", 0));
    show("send", send_text(pair[0], "world", 0));
    show_poll("data", pair[1]);
    show_receive("peek", pair[1], 100, MSG_PEEK);
    show_receive("short", pair[1], 3, 0);
    show_receive("rest", pair[1], 100, 0);
    show_receive("empty", pair[1], 100, MSG_DONTWAIT);
    show("sendto connected", (s32)sys(SYS_sendto, pair[0], "x", 1, 0, &address, unix_address(&address, "nobody", 1)));
    show("connect connected", (s32)sys(SYS_connect, pair[0], &address, unix_address(&address, "nobody", 1)));
    show("oob", send_text(pair[0], "", MSG_OOB) < 0);
    show("shutdown wr", (s32)sys(SYS_shutdown, pair[0], SHUT_WR));
    show_poll("writer", pair[0]);
    show_poll("reader", pair[1]);
    show_receive("end", pair[1], 10, 0);
    show("send after shutdown", send_text(pair[0], "x", MSG_NOSIGNAL));
    show("other way", send_text(pair[1], "back", 0));
    show_receive("other way", pair[0], 10, 0);
    show("bad how", (s32)sys(SYS_shutdown, pair[0], 3));
    close_pair();

    make_pair(SOCK_STREAM);
    send_text(pair[0], "unread", 0);
    sys(SYS_close, pair[1]);
    show_poll("peer closed with unread", pair[1 - 1]);
    show("send", send_text(pair[0], "x", MSG_NOSIGNAL));
    sys(SYS_close, pair[0]);

    make_pair(SOCK_STREAM);
    send_text(pair[1], "unread", 0);
    send_text(pair[0], "unread", 0);
    sys(SYS_close, pair[1]);
    show_poll("reset", pair[0]);
    show_receive("first", pair[0], 10, 0);
    show_receive("second", pair[0], 10, 0);
    show_receive("third", pair[0], 10, 0);
    show("error", get_option(pair[0], SOL_SOCKET, SO_ERROR));
    signals = 0;
    show("send", send_text(pair[0], "x", 0));
    show("signals", signals);
    sys(SYS_close, pair[0]);

    make_pair(SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC);
    show("flags", (s32)sys(SYS_fcntl64, pair[0], 3, 0));
    show("cloexec", (s32)sys(SYS_fcntl64, pair[0], 1, 0));
    s32 count = 0, total = 0, result;
    while ((result = (s32)sys(SYS_write, pair[0], "x", 1)) > 0) count++;
    show("one byte writes", count);
    show("then", result);
    show_poll("full", pair[0]);
    while ((result = (s32)sys(SYS_read, pair[1], big, 100)) > 0) total += result;
    show("read", total);
    show_poll("drained", pair[0]);
    total = 0;
    while ((result = (s32)sys(SYS_write, pair[0], big, 60000)) > 0) total += result;
    show("large writes", total > 200000);
    s32 unread = 0;
    show("ioctl", (s32)sys(SYS_ioctl, pair[1], 0x541B, &unread));
    show("unread", unread == total);
    close_pair();
}

static void packets(int type, const char *name)
{
    say(name);
    make_pair(type | SOCK_NONBLOCK);
    show("send", send_text(pair[0], "first", 0));
    show("send", send_text(pair[0], "second packet", 0));
    show("empty", (s32)sys(SYS_sendto, pair[0], "", 0, 0, 0, 0));
    show_poll("data", pair[1]);
    s32 unread = 0;
    sys(SYS_ioctl, pair[1], 0x541B, &unread);
    show("unread", unread);
    show_receive("peek", pair[1], 3, MSG_PEEK);
    show_receive("whole length", pair[1], 3, MSG_PEEK | MSG_TRUNC);
    show_receive("cut", pair[1], 3, 0);
    show_receive("next", pair[1], 100, 0);
    show_receive("empty", pair[1], 100, 0);
    show_receive("none", pair[1], 100, 0);
    s32 count = 0, result;
    while ((result = send_text(pair[0], "x", 0)) > 0) count++;
    show("fits", count);
    show("then", result);
    show_poll("full", pair[0]);
    while ((result = (s32)sys(SYS_read, pair[1], big, 100)) > 0) {}
    show("last", result);
    show("too long", (s32)sys(SYS_sendto, pair[0], big, 69000, 0, 0, 0) > 0);
    set_option(pair[0], SOL_SOCKET, SO_SNDBUF, 1000);
    show("sndbuf", get_option(pair[0], SOL_SOCKET, SO_SNDBUF));
    sys(SYS_read, pair[1], big, sizeof big);
    show("too long", (s32)sys(SYS_sendto, pair[0], big, 5000, 0, 0, 0));
    send_text(pair[1], "unread", 0);
    sys(SYS_close, pair[0]);
    show_poll("closed", pair[1]);
    show_receive("after", pair[1], 10, 0);
    show_receive("after", pair[1], 10, 0);
    signals = 0;
    show("send", send_text(pair[1], "x", 0));
    show("send", send_text(pair[1], "x", 0));
    show("signals", signals);
    show_poll("closed", pair[1]);
    sys(SYS_close, pair[1]);
}

static void names(void)
{
    struct sockaddr name;
    u32 size;
    s32 listener = (s32)sys(SYS_socket, AF_UNIX, SOCK_STREAM, 0), other = (s32)sys(SYS_socket, AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
    show_poll("new", other);
    show("listen unbound", (s32)sys(SYS_listen, listener, 1));
    show("accept unbound", (s32)sys(SYS_accept4, listener, 0, 0, 0));
    show("send unconnected", send_text(other, "x", MSG_NOSIGNAL));
    show_receive("receive unconnected", other, 1, 0);
    size = sizeof name;
    show("getpeername", (s32)sys(SYS_getpeername, other, &name, &size));
    show("getsockname", (s32)sys(SYS_getsockname, other, &name, &size));
    show("length", (s32)size);
    size = unix_address(&address, "/tmp/sockunix.socket", 0);
    sys(SYS_unlink, "/tmp/sockunix.socket");
    show("connect nowhere", (s32)sys(SYS_connect, other, &address, size));
    show("bind", (s32)sys(SYS_bind, listener, &address, size));
    show("bind again", (s32)sys(SYS_bind, other, &address, size));
    show("bind twice", (s32)sys(SYS_bind, listener, &address, unix_address(&address, "other", 1)));
    size = unix_address(&address, "/tmp/sockunix.socket", 0);
    show("open", (s32)sys(SYS_open, "/tmp/sockunix.socket", O_RDWR, 0));
    u32 status[24];
    sys(195, "/tmp/sockunix.socket", status);
    show("mode", (s32)(status[4] & 0170000));
    sys(SYS_fstat64, listener, status);
    show("mode", (s32)status[4]);
    show("connect unlistened", (s32)sys(SYS_connect, other, &address, size));
    show("listen", (s32)sys(SYS_listen, listener, 1));
    show("acceptconn", get_option(listener, SOL_SOCKET, SO_ACCEPTCONN));
    show_poll("listening", listener);
    s32 clients[4];
    for (int i = 0; i < 4; i++) {
        clients[i] = (s32)sys(SYS_socket, AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
        show("connect", (s32)sys(SYS_connect, clients[i], &address, size));
    }
    show("wrong type", (s32)sys(SYS_connect, (s32)sys(SYS_socket, AF_UNIX, SOCK_SEQPACKET, 0), &address, size));
    show_poll("waiting", listener);
    send_text(clients[0], "early", 0);
    u32 length_ = sizeof name;
    s32 accepted = (s32)sys(SYS_accept4, listener, &name, &length_, SOCK_NONBLOCK);
    show("accept", accepted > 0);
    show("length", (s32)length_);
    show_receive("early", accepted, 10, 0);
    length_ = sizeof name;
    show("getpeername", (s32)sys(SYS_getpeername, clients[0], &name, &length_));
    show("length", (s32)length_);
    show_bytes("name", (s32)length_ - 3, (char *)name.data);
    length_ = 5;
    show("short getpeername", (s32)sys(SYS_getpeername, clients[0], &name, &length_));
    show("length", (s32)length_);
    show("unlink", (s32)sys(SYS_unlink, "/tmp/sockunix.socket"));
    show("connect unlinked", (s32)sys(SYS_connect, clients[3], &address, size));
    show("still", send_text(accepted, "still", 0));
    show_receive("still", clients[0], 10, 0);
    sys(SYS_close, listener);
    show_poll("left in the queue", clients[1]);
    show_receive("left in the queue", clients[1], 10, 0);
    show_receive("left in the queue", clients[1], 10, 0);

    size = unix_address(&address, "sockunix abstract", 1);
    s32 bound = (s32)sys(SYS_socket, AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0), sender = (s32)sys(SYS_socket, AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);
    show("bind", (s32)sys(SYS_bind, bound, &address, size));
    show("bind taken", (s32)sys(SYS_bind, sender, &address, size));
    show("send nowhere", send_text(sender, "x", 0));
    show("sendto", (s32)sys(SYS_sendto, sender, "dgram", 5, 0, &address, size));
    length_ = sizeof name;
    show("recvfrom", (s32)sys(SYS_recvfrom, bound, received, 100, 0, &name, &length_));
    show("length", (s32)length_);
    show("autobind", (s32)sys(SYS_bind, sender, &(u16){ AF_UNIX }, 2));
    sys(SYS_sendto, sender, "dgram", 5, 0, &address, size);
    length_ = sizeof name;
    sys(SYS_recvfrom, bound, received, 100, 0, &name, &length_);
    show("length", (s32)length_);
    show("connect", (s32)sys(SYS_connect, sender, &address, size));
    s32 count = 0, result;
    while ((result = send_text(sender, "x", 0)) > 0) count++;
    show("queue", count <= 600);
    show("then", result);
    show_poll("queue full", sender);
    show("connect back", (s32)sys(SYS_connect, bound, &name, length_));
    s32 third = (s32)sys(SYS_socket, AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);
    show("sendto another's peer", (s32)sys(SYS_sendto, third, "x", 1, 0, &address, size));
    show("connect another's peer", (s32)sys(SYS_connect, third, &address, size));
    show("disconnect", (s32)sys(SYS_connect, bound, &(u16){ AF_UNSPEC }, 2));
    show("sendto", (s32)sys(SYS_sendto, third, "x", 1, 0, &address, size) > 0 || 1);
    sys(SYS_close, bound);
    show("send closed", send_text(sender, "x", 0));
    show("send closed", send_text(sender, "x", 0));
    show("connect closed", (s32)sys(SYS_connect, third, &address, size));
    show("bad length", (s32)sys(SYS_bind, third, &address, 111));
    show("bad family", (s32)sys(SYS_bind, third, &(u16[8]){ AF_INET }, 16));
    show("listen", (s32)sys(SYS_listen, third, 1));
    show("socket", (s32)sys(SYS_socket, AF_UNIX, SOCK_STREAM, 5));
    show("socket", (s32)sys(SYS_socket, AF_UNIX, 4, 0));
    show("socket", (s32)sys(SYS_socket, 77, SOCK_STREAM, 0));
    show("socket", (s32)sys(SYS_socket, AF_UNIX, 0, 0));
    show("not a socket", send_text(1, "x", 0));
    show("not open", send_text(99, "x", 0));
}

static int run(void)
{
    u32 action[4] = { (u32)count_signal, 0, 0, 0 };
    sys(SYS_sigaction, 13, action, 0);
    streams();
    packets(SOCK_DGRAM, "datagrams");
    packets(SOCK_SEQPACKET, "sequenced packets");
    names();
    return 0;
}
