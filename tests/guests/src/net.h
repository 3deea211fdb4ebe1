/* What the guests that use sockets share: numbers, structures, and printing of results, events and control messages. */
#ifndef NET_H
#define NET_H
#include "crt.h"

enum {
    SYS_fcntl64 = 221, SYS_poll = 168, SYS_readv = 145, SYS_writev = 146, SYS_ioctl = 54, SYS_setresuid = 208, SYS_setrlimit = 75, SYS_fstat64 = 197, SYS_unlink_ = 10,
    SYS_socket = 359, SYS_socketpair, SYS_bind, SYS_connect, SYS_listen, SYS_accept4, SYS_getsockopt, SYS_setsockopt, SYS_getsockname, SYS_getpeername, SYS_sendto, SYS_sendmsg,
    SYS_recvfrom, SYS_recvmsg, SYS_shutdown, SYS_sendmmsg = 345, SYS_recvmmsg = 337
};

enum { AF_UNSPEC = 0, AF_UNIX = 1, AF_INET = 2, AF_INET6 = 10, AF_NETLINK = 16, AF_PACKET = 17 };
enum { SOCK_STREAM = 1, SOCK_DGRAM, SOCK_RAW, SOCK_SEQPACKET = 5, SOCK_NONBLOCK = 04000, SOCK_CLOEXEC = 02000000 };
enum { SOL_SOCKET = 1, SO_REUSEADDR = 2, SO_TYPE, SO_ERROR, SO_BROADCAST = 6, SO_SNDBUF, SO_RCVBUF, SO_KEEPALIVE, SO_OOBINLINE, SO_LINGER = 13, SO_REUSEPORT = 15, SO_PASSCRED, SO_PEERCRED,
    SO_RCVLOWAT, SO_SNDLOWAT, SO_RCVTIMEO, SO_SNDTIMEO, SO_BINDTODEVICE = 25, SO_TIMESTAMP = 29, SO_ACCEPTCONN, SO_PROTOCOL = 38, SO_DOMAIN, SO_PEEK_OFF = 42, SO_RCVTIMEO_NEW = 66 };
enum { MSG_OOB = 1, MSG_PEEK = 2, MSG_CTRUNC = 8, MSG_TRUNC = 0x20, MSG_DONTWAIT = 0x40, MSG_EOR = 0x80, MSG_WAITALL = 0x100, MSG_ERRQUEUE = 0x2000, MSG_NOSIGNAL = 0x4000, MSG_CMSG_CLOEXEC = 0x40000000 };
enum { SHUT_RD, SHUT_WR, SHUT_RDWR };
enum { POLLIN = 1, POLLPRI = 2, POLLOUT = 4, POLLERR = 8, POLLHUP = 16, POLLNVAL = 32, POLLRDHUP = 0x2000 };

struct sockaddr { u16 family; u8 data[126]; };
struct iovec { const void *base; u32 length; };
struct msghdr { void *name; u32 namelen; struct iovec *iov; u32 iovlen; void *control; u32 controllen; u32 flags; };
struct cmsg { u32 length; s32 level, type; u8 data[]; };
struct pollfd { s32 fd; u16 events, revents; };

/* name: result or errno */
static UNUSED s32 show(const char *name, s32 result)
{
    static const struct { u8 number; const char *name; } more[] = {
        { 6, "ENXIO" }, { 25, "ENOTTY" }, { 71, "EPROTO" }, { 88, "ENOTSOCK" }, { 89, "EDESTADDRREQ" }, { 90, "EMSGSIZE" }, { 91, "EPROTOTYPE" }, { 92, "ENOPROTOOPT" }, { 93, "EPROTONOSUPPORT" },
        { 94, "ESOCKTNOSUPPORT" }, { 95, "EOPNOTSUPP" }, { 98, "EADDRINUSE" }, { 99, "EADDRNOTAVAIL" }, { 101, "ENETUNREACH" }, { 103, "ECONNABORTED" }, { 104, "ECONNRESET" },
        { 105, "ENOBUFS" }, { 106, "EISCONN" }, { 107, "ENOTCONN" }, { 109, "ETOOMANYREFS" }, { 110, "ETIMEDOUT" }, { 111, "ECONNREFUSED" }, { 114, "EALREADY" }, { 115, "EINPROGRESS" },
        { 33, "EDOM" }, { 36, "ENAMETOOLONG" }, { 19, "ENODEV" },
    };
    put(name);
    put(": ");
    if (result >= 0 || result < -4095) {
        put_signed(result);
    } else {
        u32 i;
        for (i = 0; i < sizeof more / sizeof *more && more[i].number != -result; i++) {}
        if (i < sizeof more / sizeof *more) put(more[i].name);
        else put_errno(result);
    }
    end_line();
    return result;
}

static UNUSED void show_bytes(const char *name, s32 result, const char *bytes)
{
    if (result < 0) {
        show(name, result);
        return;
    }
    put(name);
    put(": ");
    put_signed(result);
    put(" \"");
    for (s32 i = 0; i < result && i < 80; i++) {
        char one[2] = { bytes[i], 0 };
        put(bytes[i] >= 32 && bytes[i] < 127 ? one : ".");
    }
    put("\"");
    end_line();
}

static UNUSED void show_poll(const char *name, int fd)
{
    static const struct { u16 bit; const char *name; } bits[] = {
        { 1, " IN" }, { 2, " PRI" }, { 4, " OUT" }, { 8, " ERR" }, { 16, " HUP" }, { 32, " NVAL" }, { 64, " RDNORM" }, { 128, " RDBAND" }, { 256, " WRNORM" }, { 512, " WRBAND" }, { 0x2000, " RDHUP" },
    };
    struct pollfd one = { fd, 0x23FF, 0 };
    s32 result = (s32)sys(SYS_poll, &one, 1, 0);
    put(name);
    put(" poll ");
    put_signed(result);
    for (u32 i = 0; i < sizeof bits / sizeof *bits; i++)
        if (one.revents & bits[i].bit) put(bits[i].name);
    end_line();
}

static UNUSED s32 get_option(int fd, int level, int option)
{
    s32 value = -1, length = 4;
    s32 result = (s32)sys(SYS_getsockopt, fd, level, option, &value, &length);
    return result < 0 ? result : value;
}

static UNUSED s32 set_option(int fd, int level, int option, s32 value)
{
    return (s32)sys(SYS_setsockopt, fd, level, option, &value, 4);
}

static UNUSED u32 unix_address(struct sockaddr *to, const char *path, int is_abstract)
{
    u32 n = length(path);
    to->family = AF_UNIX;
    to->data[0] = 0;
    for (u32 i = 0; i < n; i++) to->data[i + (u32)(is_abstract != 0)] = (u8)path[i];
    if (is_abstract) return 2 + 1 + n;
    to->data[n] = 0;
    return 2 + n + 1;
}

static UNUSED u32 inet_address(struct sockaddr *to, u32 address, u32 port)
{
    for (int i = 0; i < 14; i++) to->data[i] = 0;
    to->family = AF_INET;
    to->data[0] = (u8)(port >> 8);
    to->data[1] = (u8)port;
    for (int i = 0; i < 4; i++) to->data[2 + i] = (u8)(address >> (24 - 8 * i));
    return 16;
}

/* :: plus a last byte; with mapped, ::ffff:127.0.0.last */
static UNUSED u32 inet6_address(struct sockaddr *to, int last, int mapped, u32 port)
{
    for (int i = 0; i < 26; i++) to->data[i] = 0;
    to->family = AF_INET6;
    to->data[0] = (u8)(port >> 8);
    to->data[1] = (u8)port;
    to->data[6 + 15] = (u8)last;
    if (mapped) to->data[6 + 10] = to->data[6 + 11] = 255, to->data[6 + 12] = 127;
    return 28;
}

static UNUSED u32 port_of(int fd)
{
    struct sockaddr name;
    u32 size = sizeof name;
    if ((s32)sys(SYS_getsockname, fd, &name, &size) < 0) return 0;
    return (u32)name.data[0] << 8 | name.data[1];
}

static UNUSED s32 send_text(int fd, const char *text, int flags)
{
    return (s32)sys(SYS_sendto, fd, text, length(text), flags, 0, 0);
}

static char received[4096];

static UNUSED void show_receive(const char *name, int fd, u32 size, int flags)
{
    s32 result = (s32)sys(SYS_recvfrom, fd, received, size, flags, 0, 0);
    show_bytes(name, result < (s32)size ? result : result, received);
}

static volatile int signals;

static UNUSED void count_signal(int number)
{
    (void)number;
    signals++;
}

#endif
