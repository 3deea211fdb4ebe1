/* sockstate [spins]: brings sockets of every family into every state that they can stay in, and children into every call that waits for one; says "ready",
   turns round for a while, and then shows that all is as it was. */
#include "net.h"

static struct sockaddr address;
static u32 size;
static s32 circle[2], other[2];

static s32 make(int family, int type)
{
    return must("socket", (s32)sys(SYS_socket, family, type, 0));
}

static s32 send_fds(int fd, const char *text, const s32 *fds, u32 count)
{
    u32 control[8] = { 12 + count * 4, SOL_SOCKET, 1 };
    for (u32 i = 0; i < count; i++) control[3 + i] = (u32)fds[i];
    struct iovec part = { text, length(text) };
    struct msghdr message = { 0, 0, &part, 1, control, 12 + count * 4, 0 };
    return (s32)sys(SYS_sendmsg, fd, &message, MSG_NOSIGNAL);
}

static s32 receive_fd(const char *name, int fd)
{
    u32 control[16];
    struct iovec part = { received, sizeof received };
    struct msghdr message = { 0, 0, &part, 1, control, sizeof control, 0 };
    show_bytes(name, (s32)sys(SYS_recvmsg, fd, &message, MSG_DONTWAIT), received);
    for (u32 at = 0; at + 4 <= message.controllen / 4; at += (control[at] + 3) / 4)
        if (control[at + 1] == SOL_SOCKET && control[at + 2] == 1) return (s32)control[at + 3];
    return -1;
}

static void fill(int fd)
{
    static char block[4096];
    while ((s32)sys(SYS_sendto, fd, block, sizeof block, MSG_DONTWAIT | MSG_NOSIGNAL, 0, 0) > 0) {}
}

static u32 drain(int fd)
{
    u32 all = 0;
    s32 got;
    while ((got = (s32)sys(SYS_recvfrom, fd, received, sizeof received, MSG_DONTWAIT, 0, 0)) > 0) all += (u32)got;
    return all;
}

static s32 listen_unix(int type, const char *name, int backlog)
{
    s32 fd = make(AF_UNIX, type);
    size = unix_address(&address, name, 1);
    must("bind", (s32)sys(SYS_bind, fd, &address, size));
    must("listen", (s32)sys(SYS_listen, fd, backlog));
    return fd;
}

static s32 listen_tcp(int backlog)
{
    s32 fd = make(AF_INET, SOCK_STREAM);
    size = inet_address(&address, 0x7F000001, 0);
    must("bind", (s32)sys(SYS_bind, fd, &address, size));
    must("listen", (s32)sys(SYS_listen, fd, backlog));
    return fd;
}

/* A connection to a TCP listener: the client's end, and the other in *end. */
static s32 dial(int listener, s32 *end)
{
    s32 fd = make(AF_INET, SOCK_STREAM);
    size = inet_address(&address, 0x7F000001, port_of(listener));
    must("connect", (s32)sys(SYS_connect, fd, &address, size));
    if (end) *end = must("accept", (s32)sys(SYS_accept4, listener, 0, 0, 0));
    return fd;
}

static s32 children[16];
static u32 child_count;

#define CHILD(call) do { s32 pid = must("fork", (s32)sys(SYS_fork)); if (pid == 0) { s32 got = (s32)(call); quit(got < 0 ? 100 - got : got); } children[child_count++] = pid; } while (0)

static void join(const char *name)
{
    static u32 next;
    s32 status = 0;
    must("wait", (s32)sys(SYS_wait4, children[next++], &status, 0, 0));
    show(name, status >> 8 & 255);
}

static void pause_for(int milliseconds)
{
    s32 time[2] = { 0, milliseconds * 1000000 };
    sys(SYS_nanosleep, time, 0);
}

static int run(void)
{
    /* UNIX streams: half closed, an urgent byte, one that was taken, credentials, descriptors, a peer that is gone. */
    s32 half[2], urgent[2], mark[2], rights[2], gone[2], packets[2];
    must("pair", (s32)sys(SYS_socketpair, AF_UNIX, SOCK_STREAM, 0, half));
    must("send", send_text(half[0], "half", 0));
    must("shutdown", (s32)sys(SYS_shutdown, half[0], SHUT_WR));
    must("pair", (s32)sys(SYS_socketpair, AF_UNIX, SOCK_STREAM, 0, urgent));
    must("send", send_text(urgent[0], "urgenT", MSG_OOB));
    must("send", send_text(urgent[0], "behind", 0));
    must("pair", (s32)sys(SYS_socketpair, AF_UNIX, SOCK_STREAM, 0, mark));
    must("send", send_text(mark[0], "marK", MSG_OOB));
    must("send", send_text(mark[0], "after", 0));
    must("urgent", (s32)sys(SYS_recvfrom, mark[1], received, 1, MSG_OOB, 0, 0));
    must("pair", (s32)sys(SYS_socketpair, AF_UNIX, SOCK_STREAM, 0, gone));
    must("send", send_text(gone[0], "left", 0));
    must("close", (s32)sys(SYS_close, gone[0]));
    must("pair", (s32)sys(SYS_socketpair, AF_UNIX, SOCK_SEQPACKET, 0, packets));
    must("passcred", set_option(packets[1], SOL_SOCKET, SO_PASSCRED, 1));
    must("send", send_text(packets[0], "first", 0));
    must("send", send_text(packets[0], "", 0));
    must("send", send_text(packets[0], "third one", 0));
    must("pair", (s32)sys(SYS_socketpair, AF_UNIX, SOCK_STREAM, 0, rights));
    must("rights", send_fds(rights[0], "rights", half, 2));
    must("more", send_text(rights[0], "more", 0));

    /* Sockets that are in flight in each other, one of them still open. */
    must("pair", (s32)sys(SYS_socketpair, AF_UNIX, SOCK_STREAM, 0, circle));
    must("pair", (s32)sys(SYS_socketpair, AF_UNIX, SOCK_STREAM, 0, other));
    s32 ends[2];
    must("pipe", (s32)sys(SYS_pipe, ends));
    s32 set[2] = { circle[1], ends[1] };
    must("circle", send_fds(other[0], "one", set, 2));
    must("circle", send_fds(circle[0], "two", other + 1, 1));
    sys(SYS_close, circle[1]);
    sys(SYS_close, other[0]);
    sys(SYS_close, ends[1]);

    /* Listeners: by a path that was unlinked, abstract with who waits and who was turned away. */
    s32 named = make(AF_UNIX, SOCK_STREAM);
    size = unix_address(&address, "/tmp/sockstate", 0);
    must("bind", (s32)sys(SYS_bind, named, &address, size));
    must("listen", (s32)sys(SYS_listen, named, 5));
    s32 early = make(AF_UNIX, SOCK_STREAM);
    must("connect", (s32)sys(SYS_connect, early, &address, size));
    must("send", send_text(early, "early", 0));
    must("rights", send_fds(early, "!", &named, 1));
    s32 idle = listen_unix(SOCK_SEQPACKET, "sockstate idle", 5);
    s32 full = listen_unix(SOCK_STREAM, "sockstate full", 0);
    s32 first = make(AF_UNIX, SOCK_STREAM);
    must("connect", (s32)sys(SYS_connect, first, &address, size));
    CHILD(sys(SYS_connect, make(AF_UNIX, SOCK_STREAM), &address, size));
    CHILD(sys(SYS_accept4, idle, 0, 0, 0) < 0);

    /* Datagrams: a full queue that somebody waits for, one of a socket that is gone, a name of its own. */
    s32 inbox = make(AF_UNIX, SOCK_DGRAM), outbox = make(AF_UNIX, SOCK_DGRAM), lost = make(AF_UNIX, SOCK_DGRAM);
    size = unix_address(&address, "sockstate inbox", 1);
    must("bind", (s32)sys(SYS_bind, inbox, &address, size));
    must("send", (s32)sys(SYS_sendto, lost, "lost", 4, 0, &address, size));
    sys(SYS_close, lost);
    must("autobind", (s32)sys(SYS_bind, outbox, &address, 2));
    must("connect", (s32)sys(SYS_connect, outbox, &address, size));
    while (send_text(outbox, "letter", MSG_DONTWAIT) > 0) {}
    CHILD(sys(SYS_sendto, outbox, "last", 4, 0, 0, 0));

    /* Streams: somebody sends into a full one, somebody reads an empty one, somebody polls. */
    s32 stuffed[2], empty[2], watched[2];
    must("pair", (s32)sys(SYS_socketpair, AF_UNIX, SOCK_STREAM, 0, stuffed));
    must("pair", (s32)sys(SYS_socketpair, AF_UNIX, SOCK_STREAM, 0, empty));
    must("pair", (s32)sys(SYS_socketpair, AF_UNIX, SOCK_STREAM, 0, watched));
    fill(stuffed[0]);
    CHILD(sys(SYS_sendto, stuffed[0], "stuffed", 7, MSG_NOSIGNAL, 0, 0));
    CHILD(sys(SYS_recvfrom, empty[1], received, 100, MSG_WAITALL, 0, 0));
    struct pollfd both[2] = { { watched[1], POLLIN, 0 }, { empty[0], POLLIN, 0 } };
    CHILD(sys(SYS_poll, both, 2, -1));
    must("send", send_text(empty[0], "be", 0));

    /* TCP: half closed both ways, closed first, reset, urgent, not yet accepted, turned away, filled; and who waits for each. */
    s32 listener = listen_tcp(5), halves[2], urge[2], firsts[2], resets[2], filled[2], reads[2];
    halves[0] = dial(listener, halves + 1);
    must("send", send_text(halves[0], "half", 0));
    must("shutdown", (s32)sys(SYS_shutdown, halves[0], SHUT_WR));
    must("send", send_text(halves[1], "other half", 0));
    urge[0] = dial(listener, urge + 1);
    must("nodelay", set_option(urge[0], 6, 1, 1));
    must("send", send_text(urge[0], "urgenT", MSG_OOB));
    must("send", send_text(urge[0], "behind", 0));
    firsts[0] = dial(listener, firsts + 1);
    sys(SYS_shutdown, firsts[0], SHUT_RDWR);
    sys(SYS_close, firsts[0]);
    sys(SYS_close, firsts[1]);
    firsts[0] = dial(listener, firsts + 1);
    sys(SYS_close, firsts[0]);
    resets[0] = dial(listener, resets + 1);
    must("send", send_text(resets[0], "unread", 0));
    sys(SYS_close, resets[1]);
    filled[0] = dial(listener, filled + 1);
    must("small", set_option(filled[0], SOL_SOCKET, SO_SNDBUF, 8192));
    reads[0] = dial(listener, reads + 1);
    s32 waits = dial(listener, 0);
    must("send", send_text(waits, "not yet accepted", 0));
    s32 lonely = listen_tcp(5);
    CHILD(sys(SYS_accept4, lonely, 0, 0, 0) < 0);
    CHILD(sys(SYS_recvfrom, reads[1], received, 100, 0, 0, 0));
    s32 narrow = listen_tcp(0);
    dial(narrow, 0);
    size = inet_address(&address, 0x7F000001, port_of(narrow));
    CHILD(sys(SYS_connect, make(AF_INET, SOCK_STREAM), &address, size));
    fill(filled[0]);
    CHILD(sys(SYS_sendto, filled[0], "filled", 6, 0, 0, 0));
    s32 refused = make(AF_INET, SOCK_STREAM);
    size = inet_address(&address, 0x7F000001, 1);
    s32 refusal = (s32)sys(SYS_connect, refused, &address, size);

    /* UDP: queues with and without a connection, an error that nobody has been told, two parts of a datagram, UDP-Lite. */
    s32 udp = make(AF_INET, SOCK_DGRAM), to = make(AF_INET, SOCK_DGRAM), cork = make(AF_INET, SOCK_DGRAM), error = make(AF_INET, SOCK_DGRAM), six = make(AF_INET6, SOCK_DGRAM);
    size = inet_address(&address, 0x7F000001, 0);
    must("bind", (s32)sys(SYS_bind, udp, &address, size));
    must("tos", set_option(udp, 0, 13, 1));
    size = inet_address(&address, 0x7F000001, port_of(udp));
    must("connect", (s32)sys(SYS_connect, to, &address, size));
    must("send", send_text(to, "datagram", 0));
    must("send", send_text(to, "", 0));
    must("connect", (s32)sys(SYS_connect, cork, &address, size));
    must("part", send_text(cork, "in two ", 0x8000));
    size = inet_address(&address, 0x7F000001, 9);
    must("connect", (s32)sys(SYS_connect, error, &address, size));
    must("send", send_text(error, "nobody", 0));
    size = inet6_address(&address, 1, 0, 0);
    must("bind", (s32)sys(SYS_bind, six, &address, size));
    CHILD(sys(SYS_recvfrom, six, received, 100, 0, 0, 0));

    /* Netlink: a dump of which a part is read. */
    struct { u32 length; u16 type, flags; u32 sequence, pid; u8 family, pad[3]; } request = { 20, 22, 0x301, 77, 0, AF_UNSPEC, { 0 } };
    s32 route = make(AF_NETLINK, SOCK_RAW);
    must("request", (s32)sys(SYS_sendto, route, &request, 20, 0, 0, 0));
    must("part", (s32)sys(SYS_recvfrom, route, received, sizeof received, 0, 0, 0));

    pause_for(100);
    put("ready");
    end_line();
    for (volatile s32 i = argument(1, 20000); i > 0; i--) {}

    show_poll("half", half[1]);
    show_receive("half", half[1], 100, MSG_DONTWAIT);
    show_receive("end", half[1], 100, MSG_DONTWAIT);
    show("other way", send_text(half[1], "back", MSG_NOSIGNAL));
    show_receive("other way", half[0], 100, MSG_DONTWAIT);
    show_poll("urgent", urgent[1]);
    show_receive("before", urgent[1], 100, MSG_DONTWAIT);
    show_receive("urgent", urgent[1], 1, MSG_OOB);
    show_receive("behind", urgent[1], 100, MSG_DONTWAIT);
    show_receive("before the mark", mark[1], 100, MSG_DONTWAIT);
    show_receive("behind the mark", mark[1], 100, MSG_DONTWAIT);
    show_poll("gone", gone[1]);
    show_receive("gone", gone[1], 100, MSG_DONTWAIT);
    show("gone", send_text(gone[1], "x", MSG_NOSIGNAL));
    show_receive("packet", packets[1], 100, MSG_DONTWAIT);
    show_receive("packet", packets[1], 100, MSG_DONTWAIT);
    show_receive("packet", packets[1], 4, MSG_DONTWAIT);
    s32 got = receive_fd("rights", rights[1]);
    show("through the same", send_text(half[1], "again", MSG_NOSIGNAL));
    show_receive("through the same", got, 100, MSG_DONTWAIT);
    show_receive("more", rights[1], 100, MSG_DONTWAIT);
    size = unix_address(&address, "/tmp/sockstate", 0);
    show("connect by name", (s32)sys(SYS_connect, make(AF_UNIX, SOCK_STREAM), &address, size));
    got = must("accept", (s32)sys(SYS_accept4, named, 0, 0, 0));
    show_receive("early", got, 5, MSG_DONTWAIT);
    got = receive_fd("the listener itself", got);
    show("listens", get_option(got, SOL_SOCKET, SO_ACCEPTCONN));
    show("unlink", (s32)sys(SYS_unlink, "/tmp/sockstate"));
    show("accept", (s32)sys(SYS_accept4, full, 0, 0, 0) > 0);
    join("connect to a full listener");
    s32 caller = make(AF_UNIX, SOCK_SEQPACKET);
    size = unix_address(&address, "sockstate idle", 1);
    show("connect", (s32)sys(SYS_connect, caller, &address, size));
    join("accept");
    show_receive("of one that is gone", inbox, 100, MSG_DONTWAIT);
    show_receive("letter", inbox, 100, MSG_DONTWAIT);
    join("send to a full inbox");
    show("letters", (s32)drain(inbox) > 10);
    show("stuffed", drain(stuffed[1]) > 10000);
    join("send into a full stream");
    show("rest", (s32)(drain(stuffed[1]) <= 7));
    char block[98];
    show("the rest", (s32)sys(SYS_sendto, empty[0], block, sizeof block, 0, 0, 0));
    join("wait for all");
    show("news", send_text(watched[0], "news", 0));
    join("poll");

    show_poll("half", halves[1]);
    show_receive("half", halves[1], 100, MSG_DONTWAIT);
    show_receive("end", halves[1], 100, MSG_DONTWAIT);
    show_receive("other half", halves[0], 100, MSG_DONTWAIT);
    show("other half", send_text(halves[1], "goes on", 0));
    show_receive("other half", halves[0], 100, MSG_DONTWAIT);
    show("nodelay", get_option(urge[0], 6, 1));
    show_poll("urgent", urge[1]);
    show_receive("before", urge[1], 100, MSG_DONTWAIT);
    show_receive("urgent", urge[1], 1, MSG_OOB);
    show_receive("behind", urge[1], 100, MSG_DONTWAIT);
    show_receive("closed first", firsts[1], 100, MSG_DONTWAIT);
    show_poll("reset", resets[0]);
    show_receive("reset", resets[0], 100, MSG_DONTWAIT);
    show("small", get_option(filled[0], SOL_SOCKET, SO_SNDBUF));
    got = must("accept", (s32)sys(SYS_accept4, listener, 0, 0, 0));
    show_receive("waiting", got, 100, MSG_DONTWAIT);
    dial(lonely, 0);
    join("accept");
    show("send", send_text(reads[0], "read", 0));
    join("receive");
    show("accept", (s32)sys(SYS_accept4, narrow, 0, 0, 0) > 0);
    join("connect to a listener that is full");
    show("filled", drain(filled[1]) > 8192);
    join("send into a full connection");
    show("refused", refusal);
    show_receive("datagram", udp, 100, MSG_DONTWAIT);
    show_receive("empty", udp, 100, MSG_DONTWAIT);
    show("second part", send_text(cork, "parts", 0));
    show_receive("both", udp, 100, MSG_DONTWAIT);
    static char large[60000];
    show("large part", (s32)sys(SYS_sendto, cork, large, sizeof large, 0x8000, 0, 0));
    show("two large parts", (s32)sys(SYS_sendto, cork, large, sizeof large, 0x8000, 0, 0));
    show("after that", send_text(cork, "x", 0));
    show_receive("after that", udp, 100, MSG_DONTWAIT);
    show_receive("after that", udp, 100, MSG_DONTWAIT);
    show("error", get_option(error, SOL_SOCKET, SO_ERROR));
    size = inet6_address(&address, 1, 0, port_of(six));
    show("send", (s32)sys(SYS_sendto, make(AF_INET6, SOCK_DGRAM), "v6", 2, 0, &address, size));
    join("receive");
    s32 part = (s32)sys(SYS_recvfrom, route, received, sizeof received, MSG_DONTWAIT, 0, 0);
    show("done", part >= 16 && received[4] == 3);
    show_receive("no more", route, 100, MSG_DONTWAIT);
    /* circle[1] is in the queue of other[1], which is in the queue of circle[1]: only the descriptor leads there. */
    show_poll("pipe", ends[0]);
    sys(SYS_close, other[1]);
    /* Linux looks for such circles when some socket is closed, and not always at the close that made one. */
    sys(SYS_close, make(AF_UNIX, SOCK_STREAM));
    pause_for(50);
    show_poll("pipe of a circle that nobody reaches", ends[0]);
    return 0;
}
