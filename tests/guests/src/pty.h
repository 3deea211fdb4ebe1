/* For guests with terminals: a pty pair, its modes, and what comes out of it. */
#ifndef PTY_H
#define PTY_H

#include "report.h"

enum {
    SYS_ioctl = 54, SYS_setpgid = 57, SYS_getpgrp = 65, SYS_setsid = 66, SYS_getpgid = 132, SYS_getsid = 147, SYS_poll = 168,
    O_NOCTTY = 0400, O_NONBLOCK = 04000,
    TCGETS = 0x5401, TCSETS = 0x5402, TCSETSW = 0x5403, TCSETSF = 0x5404, TCGETA = 0x5405, TCSETA = 0x5406, TCSBRK = 0x5409, TCXONC = 0x540a,
    TCFLSH = 0x540b, TIOCEXCL = 0x540c, TIOCNXCL = 0x540d, TIOCSCTTY = 0x540e, TIOCGPGRP = 0x540f, TIOCSPGRP = 0x5410, TIOCOUTQ = 0x5411,
    TIOCSTI = 0x5412, TIOCGWINSZ = 0x5413, TIOCSWINSZ = 0x5414, FIONREAD = 0x541b, TIOCPKT = 0x5420, TIOCNOTTY = 0x5422, TIOCSETD = 0x5423,
    TIOCGETD = 0x5424, TIOCGSID = 0x5429, TCGETS2 = 0x802c542a, TCSETS2 = 0x402c542b, TIOCGPTN = 0x80045430, TIOCSPTLCK = 0x40045431,
    TIOCGPTLCK = 0x80045439, TIOCGPKT = 0x80045438, TIOCGEXCL = 0x80045440, TIOCGPTPEER = 0x5441, TIOCVHANGUP = 0x5437, TIOCSIG = 0x40045436,
    TIOCGDEV = 0x80045432
};

enum { IGNBRK = 1, BRKINT = 2, PARMRK = 8, ISTRIP = 0x20, INLCR = 0x40, IGNCR = 0x80, ICRNL = 0x100, IUCLC = 0x200, IXON = 0x400, IXANY = 0x800,
       IMAXBEL = 0x2000, IUTF8 = 0x4000 };
enum { OPOST = 1, OLCUC = 2, ONLCR = 4, OCRNL = 8, ONOCR = 0x10, ONLRET = 0x20, XTABS = 0x1800 };
enum { ISIG = 1, ICANON = 2, ECHO = 8, ECHOE = 0x10, ECHOK = 0x20, ECHONL = 0x40, NOFLSH = 0x80, TOSTOP = 0x100, ECHOCTL = 0x200, ECHOPRT = 0x400,
       ECHOKE = 0x800, IEXTEN = 0x8000, EXTPROC = 0x10000 };
enum { VINTR, VQUIT, VERASE, VKILL, VEOF, VTIME, VMIN, VSWTC, VSTART, VSTOP, VSUSP, VEOL, VREPRINT, VDISCARD, VWERASE, VLNEXT, VEOL2 };

struct termios {
    u32 iflag, oflag, cflag, lflag;
    u8 discipline, cc[19];
};

static int master, slave;

static UNUSED void open_slave(int flags)
{
    char name[16] = "/dev/pts/";
    u32 n = 0, at = 9;
    int unlock = 0;
    must("unlock", sys(SYS_ioctl, master, TIOCSPTLCK, &unlock));
    must("number", sys(SYS_ioctl, master, TIOCGPTN, &n));
    if (n >= 10) name[at++] = (char)('0' + n / 10 % 10);
    name[at++] = (char)('0' + n % 10);
    name[at] = 0;
    slave = must("slave", sys(SYS_open, name, O_RDWR | flags, 0));
}

static UNUSED void open_pty(void)
{
    master = must("master", sys(SYS_open, "/dev/ptmx", O_RDWR | O_NOCTTY, 0));
    open_slave(O_NOCTTY);
}

/* The kernel moves bytes from one side to the other in its own time: asking an empty side makes it do so now, one with input has to wait. */
static UNUSED void settle(void)
{
    nap(1);
    for (int i = 0; i < 2; i++) {
        struct { int fd; u16 events, revents; } both[2] = { { slave, 1, 0 }, { master, 1, 0 } };
        sys(SYS_poll, both, 2, 1);
    }
}

static UNUSED void blocking(int fd, int yes)
{
    sys(SYS_fcntl, fd, 4, yes ? 0 : O_NONBLOCK);
}

static UNUSED void put_bytes(const u8 *bytes, s32 count)
{
    if (count < 0) {
        put_errno(count);
        return;
    }
    put("\"");
    for (s32 i = 0; i < count; i++) {
        u8 c = bytes[i];
        char text[5] = { '\\', "0123456789abcdef"[c >> 4], "0123456789abcdef"[c & 15], 0, 0 };
        if (line_length > sizeof line - 16) {
            flush_to(1);
        }
        if (c >= ' ' && c < 127 && c != '\\' && c != '"') text[0] = (char)c, text[1] = 0;
        put(text);
    }
    put("\"");
}

#endif
