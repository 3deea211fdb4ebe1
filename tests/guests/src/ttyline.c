/* The line discipline of a pty, as a program sees it from both ends: cases one by one, then random ones, a line each.

   ttyline [FIRST LAST]   only those random cases, in full; else all, the random ones as hashes */
#include "pty.h"

enum { DEFAULT_I = ICRNL | IXON, DEFAULT_O = OPOST | ONLCR, DEFAULT_L = ISIG | ICANON | ECHO | ECHOE | ECHOK | ECHOCTL | ECHOKE | IEXTEN };

static u32 state;
static int quiet;
static u32 hash;
static u8 buffer[16384];

static u32 random(u32 below)
{
    state = state * 1664525 + 1013904223;
    return (state >> 8) % below;
}

static void note(const char *what, const u8 *bytes, s32 count)
{
    if (quiet) {
        hash = (hash ^ (u32)count) * 16777619;
        for (s32 i = 0; i < count; i++) hash = (hash ^ bytes[i]) * 16777619;
        return;
    }
    put(what);
    put_bytes(bytes, count);
}

static void modes(u32 iflag, u32 oflag, u32 lflag)
{
    struct termios t;
    sys(SYS_ioctl, slave, TCGETS, &t);
    t.iflag = iflag;
    t.oflag = oflag;
    t.lflag = lflag;
    sys(SYS_ioctl, slave, TCSETS, &t);
}

static void character(int place, int value)
{
    struct termios t;
    sys(SYS_ioctl, slave, TCGETS, &t);
    t.cc[place] = (u8)value;
    sys(SYS_ioctl, slave, TCSETS, &t);
}

/* What has come out at both ends. */
static void look(u32 most)
{
    s32 waiting = -1;
    settle();
    sys(SYS_ioctl, slave, FIONREAD, &waiting);
    if (quiet) {
        hash = (hash ^ (u32)waiting) * 16777619;
    } else {
        put(" waiting ");
        put_signed(waiting);
    }
    for (int i = 0; i < 40; i++) {
        s32 count = sys(SYS_read, slave, buffer, most);
        note(i ? " " : " in ", buffer, count);
        if (count < 0) break;
        settle();
    }
    for (int i = 0; i < 10; i++) {
        s32 count = sys(SYS_read, master, buffer, sizeof buffer);
        if (count == -11) break;
        note(" out ", buffer, count);
        settle();
    }
}

static void type(const char *bytes, u32 count)
{
    s32 written = sys(SYS_write, master, bytes, count);
    if (written != (s32)count) {
        put(" typed ");
        put_signed(written);
    }
    settle();
}

static void typed(const char *name, const char *text)
{
    put(name);
    put(":");
    type(text, length(text));
    look(4096);
    end_line();
}

static void written(const char *name, const char *text)
{
    put(name);
    put(":");
    sys(SYS_write, slave, text, length(text));
    look(4096);
    end_line();
}

/* Without modes, so that nothing is held back for a line's end. */
static void drain(void)
{
    settle();
    while ((s32)sys(SYS_read, master, buffer, sizeof buffer) > 0) settle();
    while ((s32)sys(SYS_read, slave, buffer, sizeof buffer) > 0) settle();
}

static void start_afresh(void)
{
    struct termios t = { DEFAULT_I, DEFAULT_O, 0xbf, DEFAULT_L, 0, { 3, 28, 127, 21, 4, 0, 1, 0, 17, 19, 26, 0, 18, 15, 23, 22, 0, 0, 0 } };
    sys(SYS_ioctl, slave, TCXONC, 1);
    modes(0, 0, 0);
    drain();
    sys(SYS_ioctl, slave, TCSETSF, &t);
    sys(SYS_write, slave, "\r", 1);
    drain();
}

static void one_by_one(void)
{
    typed("line", "hello\n");
    typed("return", "hello\r");
    typed("erase", "helo\177lo\n");
    typed("erase nothing", "\177\177x\n");
    typed("erase control", "a\001\002\177b\n");
    typed("erase tab", "a\tb\t\177\177\177c\n");
    typed("erase tab at start", "\t\177x\n");
    typed("kill", "abc\tdef\025x\n");
    typed("word", "one two_3 +\027\027x\n");
    typed("literal", "a\026\003b\026\177\026\026\026\n\n");
    typed("reprint", "abc\022d\n");
    typed("end", "abc\004");
    typed("end alone", "\004");
    typed("ends", "ab\004\004cd\n\004");
    typed("interrupt", "abc\003d\n");
    typed("quit", "abc\034d\n");
    typed("suspend", "abc\032d\n");
    typed("stop", "ab\023cd\n");
    typed("start", "\021");
    typed("high", "\351\377\200\n");
    typed("nothing", "");
    typed("nul", "a\026\200b\n");

    put("pieces:");
    type("abcdefgh\nij\n", 12);
    look(3);
    end_line();
    put("exact:");
    type("abc\004def\004", 8);
    look(3);
    end_line();
    put("exact newline:");
    type("abc\nd\n", 6);
    look(3);
    end_line();

    modes(DEFAULT_I, DEFAULT_O, DEFAULT_L & ~(u32)ECHOE);
    typed("no ECHOE", "abc\177d\n");
    modes(DEFAULT_I, DEFAULT_O, DEFAULT_L & ~(u32)ECHOK);
    typed("no ECHOK", "abc\025d\n");
    modes(DEFAULT_I, DEFAULT_O, DEFAULT_L & ~(u32)ECHOKE);
    typed("no ECHOKE", "abc\025d\n");
    modes(DEFAULT_I, DEFAULT_O, DEFAULT_L & ~(u32)ECHOCTL);
    typed("no ECHOCTL", "a\001b\177\177\177c\026\003\025d\n");
    modes(DEFAULT_I, DEFAULT_O, DEFAULT_L & ~(u32)ECHO);
    typed("no ECHO", "abc\177\025d\026\003\n");
    modes(DEFAULT_I, DEFAULT_O, (DEFAULT_L & ~(u32)ECHO) | ECHONL);
    typed("ECHONL", "abc\nd\n");
    modes(DEFAULT_I, DEFAULT_O, DEFAULT_L | ECHOPRT);
    typed("ECHOPRT", "abc\177\177de\027f\n");
    modes(DEFAULT_I | IUTF8, DEFAULT_O, DEFAULT_L | ECHOPRT);
    typed("ECHOPRT IUTF8", "a\303\251\342\202\254\177\177de\n");
    modes(DEFAULT_I | IUTF8, DEFAULT_O, DEFAULT_L);
    typed("IUTF8", "a\303\251\342\202\254\177\177de\t\303\251\t\177\177\177\n");
    modes(DEFAULT_I, DEFAULT_O, DEFAULT_L | NOFLSH);
    typed("NOFLSH", "abc\003d\n");
    modes(DEFAULT_I, DEFAULT_O, DEFAULT_L & ~(u32)ISIG);
    typed("no ISIG", "abc\003\034\032d\n");
    modes(DEFAULT_I, DEFAULT_O, DEFAULT_L & ~(u32)IEXTEN);
    typed("no IEXTEN", "abc\026\027\022d\n");
    modes(DEFAULT_I & ~(u32)IXON, DEFAULT_O, DEFAULT_L);
    typed("no IXON", "abc\023\021d\n");
    modes(DEFAULT_I | IXANY, DEFAULT_O, DEFAULT_L);
    typed("IXANY", "ab\023cd\n");
    modes(DEFAULT_I & ~(u32)ICRNL, DEFAULT_O, DEFAULT_L);
    typed("no ICRNL", "ab\rcd\n");
    modes(IXON | INLCR, DEFAULT_O, DEFAULT_L);
    typed("INLCR", "ab\ncd\rx\004");
    modes(IXON | IGNCR, DEFAULT_O, DEFAULT_L);
    typed("IGNCR", "ab\rcd\n");
    modes(DEFAULT_I | ISTRIP, DEFAULT_O, DEFAULT_L);
    typed("ISTRIP", "\341b\212");
    modes(DEFAULT_I | IUCLC, DEFAULT_O, DEFAULT_L);
    typed("IUCLC", "AbC\311\327Z\n");
    modes(DEFAULT_I | PARMRK, DEFAULT_O, DEFAULT_L);
    typed("PARMRK", "a\377b\n");
    modes(DEFAULT_I, DEFAULT_O, DEFAULT_L | EXTPROC);
    typed("EXTPROC", "abc\177\003d\n");
    typed("EXTPROC end", "\004");
    start_afresh();
    character(VEOL, ';');
    character(VEOL2, '.');
    typed("VEOL", "ab;cd.ef\n");
    character(VERASE, '#');
    character(VKILL, '@');
    typed("own erase", "abc#d@ef#\n");
    character(VINTR, 0);
    typed("VINTR off", "a\003b\n");
    start_afresh();

    modes(DEFAULT_I, 0, DEFAULT_L);
    written("raw out", "a\tb\nc\rd");
    modes(DEFAULT_I, OPOST | OCRNL, DEFAULT_L);
    written("OCRNL", "ab\rcd\n");
    modes(DEFAULT_I, OPOST | ONOCR | ONLCR, DEFAULT_L);
    written("ONOCR", "\rab\rcd\n\r");
    modes(DEFAULT_I, OPOST | ONLRET, DEFAULT_L);
    written("ONLRET", "ab\n\tx");
    modes(DEFAULT_I, OPOST | OLCUC, DEFAULT_L);
    written("OLCUC", "abc\351\377\n");
    modes(DEFAULT_I, OPOST | XTABS | ONLCR, DEFAULT_L);
    written("XTABS", "a\tbc\t\b\t\n\t");
    typed("XTABS echo", "ab\tc\177\177d\n");
    modes(DEFAULT_I | IUTF8, OPOST | XTABS, DEFAULT_L);
    written("XTABS IUTF8", "\303\251\t\342\202\254\t");
    start_afresh();
    written("columns", "prompt> ");
    typed("tab after prompt", "a\t\177\177b\n");
}

static void changes(void)
{
    put("to raw:");
    type("abc\ndef", 7);
    modes(DEFAULT_I, DEFAULT_O, DEFAULT_L & ~(u32)ICANON);
    look(4096);
    end_line();
    put("to lines:");
    type("abc\ndef", 7);
    modes(DEFAULT_I, DEFAULT_O, DEFAULT_L);
    type("ghi\n", 4);
    look(4096);
    end_line();
    put("to raw and back:");
    type("ab\004cd", 5);
    modes(DEFAULT_I, DEFAULT_O, DEFAULT_L & ~(u32)ICANON);
    modes(DEFAULT_I, DEFAULT_O, DEFAULT_L);
    look(4096);
    end_line();
    put("flush:");
    type("abc\n", 4);
    report(" TCFLSH", sys(SYS_ioctl, slave, TCFLSH, 0));
    look(4096);
    end_line();
    put("stopped:");
    sys(SYS_ioctl, slave, TCXONC, 0);
    type("abc\n", 4);
    put_signed((s32)sys(SYS_write, slave, "xyz", 3));
    look(4096);
    sys(SYS_ioctl, slave, TCXONC, 1);
    look(4096);
    end_line();
    put("TCIOFF:");
    sys(SYS_ioctl, slave, TCXONC, 2);
    look(16);
    sys(SYS_ioctl, slave, TCXONC, 3);
    look(16);
    end_line();
    put("IXON off:");
    type("a\023bc", 4);
    look(16);
    modes(DEFAULT_I & ~(u32)IXON, DEFAULT_O, DEFAULT_L);
    look(16);
    end_line();
    start_afresh();
    report("TIOCSTI", sys(SYS_ioctl, slave, TIOCSTI, "x"));
    typed("after TIOCSTI", "y\n");
}

static void limits(void)
{
    static char many[5000];
    fill(many, 'x', sizeof many);
    modes(DEFAULT_I, DEFAULT_O, DEFAULT_L & ~(u32)ECHO);
    put("long line:");
    for (int i = 0; i < 5; i++) type(many, 1000);
    type("yz\n", 3);
    settle();
    s32 waiting = 0, count;
    sys(SYS_ioctl, slave, FIONREAD, &waiting);
    put_signed(waiting);
    count = (s32)sys(SYS_read, slave, buffer, sizeof buffer);
    put(" read ");
    put_signed(count);
    put(" ends ");
    put_bytes(buffer + count - 4, 4);
    look(4096);
    end_line();
    put("two lines, one too long:");
    type("ab\n", 3);
    for (int i = 0; i < 5; i++) type(many, 900);
    type("z\n", 2);
    count = (s32)sys(SYS_read, slave, buffer, sizeof buffer);
    put_signed(count);
    settle();
    count = (s32)sys(SYS_read, slave, buffer, sizeof buffer);
    put(" then ");
    put_signed(count);
    end_line();
    start_afresh();
}

static void timed(const char *name, int minimum, int time, const char *first, const char *second, u32 most)
{
    s32 child, before[2], after[2];
    start_afresh();
    modes(0, 0, 0);
    character(VMIN, minimum);
    character(VTIME, time);
    blocking(slave, 1);
    put(name);
    put(": ");
    type(first, length(first));
    if (is_child(&child)) {
        nap(150);
        sys(SYS_write, master, second, length(second));
        quit(0);
    }
    sys(265, 1, before);
    s32 count = (s32)sys(SYS_read, slave, buffer, most);
    sys(265, 1, after);
    put_bytes(buffer, count);
    s32 tenths = ((after[0] - before[0]) * 1000 + (after[1] - before[1]) / 1000000) / 100;
    put(" tenths ");
    put_signed(tenths);
    end_line();
    sys(SYS_waitpid, child, 0, 0);
    blocking(slave, 0);
}

static void times(void)
{
    timed("MIN 0 TIME 0", 0, 0, "", "ab", 10);
    timed("MIN 0 TIME 0 with input", 0, 0, "x", "ab", 10);
    timed("MIN 0 TIME 4", 0, 4, "", "ab", 10);
    timed("MIN 0 TIME 1", 0, 1, "", "", 10);
    timed("MIN 3 TIME 0", 3, 0, "xy", "abc", 10);
    timed("MIN 3 TIME 0 short", 3, 0, "xy", "ab", 3);
    timed("MIN 5 TIME 3", 5, 3, "x", "ab", 10);
    timed("MIN 5 TIME 1", 5, 1, "x", "ab", 10);
    timed("MIN 2 TIME 1", 2, 1, "", "ab", 10);
    char many[101];
    fill(many, 'm', 100);
    many[100] = 0;
    timed("MIN 100", 100, 0, many, "", 200);
    timed("MIN 70", 70, 0, many, "", 200);
    timed("MIN 64", 64, 0, many, "", 200);
    timed("MIN 60", 60, 0, many, "", 200);
    start_afresh();
    modes(0, 0, 0);
    character(VMIN, 3);
    for (int i = 1; i <= 3; i++) {
        struct { int fd; u16 events, revents; } one = { slave, 5, 0 };
        type("x", 1);
        sys(SYS_poll, &one, 1, 0);
        put("poll ");
        put_signed(one.revents);
        character(VTIME, 1);
        sys(SYS_poll, &one, 1, 0);
        put(" with VTIME ");
        put_signed(one.revents);
        character(VTIME, 0);
        end_line();
    }
    start_afresh();
}

static void random_case(int number)
{
    static const u8 likely[] = "ab Z_9\t\t\177\177\177\025\027\026\022\004\004\n\n\n\r\003\023\021\021\001\033\303\251\342\202\254\351\377\311";
    state = (u32)number * 2654435761u + 12345;
    hash = 2166136261u;
    start_afresh();
    if (!quiet) {
        put("case ");
        put_signed(number);
        put(":");
    }
    int steps = 1 + (int)random(6);
    for (int step = 0; step < steps; step++) {
        if (random(4) != 0) {
            static const u32 inputs[] = { ISTRIP, INLCR, IGNCR, ICRNL, IUCLC, IXON, IXANY, IUTF8, PARMRK, IMAXBEL };
            static const u32 outputs[] = { OPOST, OPOST, OLCUC, ONLCR, OCRNL, ONOCR, ONLRET, XTABS };
            static const u32 locals[] = { ISIG, ICANON, ECHO, ECHOE, ECHOK, ECHONL, NOFLSH, ECHOCTL, ECHOPRT, ECHOKE, IEXTEN, EXTPROC };
            u32 iflag = DEFAULT_I, oflag = DEFAULT_O, lflag = DEFAULT_L;
            for (u32 i = random(4); i > 0; i--) iflag ^= inputs[random(sizeof inputs / 4)];
            for (u32 i = random(4); i > 0; i--) oflag ^= outputs[random(sizeof outputs / 4)];
            for (u32 i = random(5); i > 0; i--) lflag ^= locals[random(sizeof locals / 4)];
            modes(iflag, oflag, lflag);
            if (!quiet) {
                put(" [");
                put_hex(iflag);
                put_hex(oflag);
                put_hex(lflag);
                put("]");
            }
        }
        if (random(8) == 0) character((int)random(17), (int)random(2) ? (int)likely[random(sizeof likely - 1)] : 0);
        char text[48];
        u32 count = random(sizeof text);
        for (u32 i = 0; i < count; i++) text[i] = (char)(random(8) ? likely[random(sizeof likely - 1)] : random(256));
        if (random(4) == 0) {
            s32 taken = (s32)sys(SYS_write, slave, text, count);
            note(" wrote ", (u8 *)text, taken < 0 ? taken : 0);
        } else {
            if (!quiet) note(" types ", (u8 *)text, (s32)count);
            sys(SYS_write, master, text, count);
        }
        settle();
        if (random(3) == 0) look(1 + random(20));
    }
    look(1 + random(64));
    if (quiet) put_hex(hash);
    end_line();
}

static int run(void)
{
    open_pty();
    blocking(master, 0);
    blocking(slave, 0);
    if (argc > 2) {
        for (int i = argument(1, 0); i <= argument(2, 0); i++) random_case(i);
        return 0;
    }
    one_by_one();
    changes();
    limits();
    times();
    quiet = 1;
    for (int i = 0; i < 600; i++) {
        /* Whether output before a signal is dropped with it depends, in these, on when the kernel's workers run. */
        if (i != 139 && i != 227 && i != 256) random_case(i);
    }
    return 0;
}
