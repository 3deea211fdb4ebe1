/* mq: message queues of POSIX: names, limits, priorities, full and empty queues, time, signals for news. */
#include "crt.h"

enum { SYS_mq_open = 277, SYS_mq_unlink, SYS_mq_timedsend, SYS_mq_timedreceive, SYS_mq_notify, SYS_mq_getsetattr, SYS_poll = 168 };
enum { NONBLOCK = 04000, EXCL = 0200 };

static char text[16384];
static u32 attributes[8];

static void show(const char *what, s32 result)
{
    put(what);
    put(": ");
    if (result < 0 && result > -4096) put_errno(result);
    else put_signed(result);
    end_line();
}

static s32 open_queue(const char *name, u32 flags, s32 most, s32 size)
{
    u32 wanted[8] = { 0, most, size };
    return sys(SYS_mq_open, name, flags, 0600, most ? wanted : 0);
}

static void look(s32 queue)
{
    sys(SYS_mq_getsetattr, queue, 0, attributes);
    put("flags "), put_hex(attributes[0]), put(" most "), put_unsigned(attributes[1]), put(" size "), put_unsigned(attributes[2]), put(" there "), put_unsigned(attributes[3]), end_line();
}

static void receive(s32 queue, u32 *time)
{
    u32 priority = 0;
    s32 got = sys(SYS_mq_timedreceive, queue, text, sizeof text, &priority, time);
    put("receive: ");
    if (got < 0) put_errno(got);
    else text[got] = 0, put(text), put(" priority "), put_unsigned(priority);
    end_line();
}

static u32 events(s32 queue)
{
    struct { s32 file; u16 wanted, got; } ask = { queue, 5, 0 };
    sys(SYS_poll, &ask, 1, 0);
    return ask.got;
}

static volatile u32 news[4];

static void on_news(int signal, u32 *details)
{
    news[0] = signal, news[1] = details[2], news[2] = details[3], news[3] = details[5];
}

static int run(void)
{
    static char longest[300];
    for (int i = 0; i < 299; i++) longest[i] = 'x';
    sys(SYS_mq_unlink, "cr-test");
    show("not there", open_queue("cr-test", O_RDWR, 0, 0));
    show("empty name", open_queue("", O_RDWR | O_CREAT, 0, 0));
    show("slash", open_queue("a/b", O_RDWR | O_CREAT, 0, 0));
    show("long name", open_queue(longest, O_RDWR | O_CREAT, 0, 0));
    show("no messages", open_queue("cr-test", O_RDWR | O_CREAT, -1, 10));
    show("no bytes", open_queue("cr-test", O_RDWR | O_CREAT, 3, 0));
    show("too many", open_queue("cr-test", O_RDWR | O_CREAT, 70000, 10));
    show("too large", open_queue("cr-test", O_RDWR | O_CREAT, 3, 20 << 20));
    s32 queue = open_queue("cr-test", O_RDWR | O_CREAT | EXCL, 3, 20);
    show("open", queue >= 0);
    show("again", open_queue("cr-test", O_RDWR | O_CREAT | EXCL, 3, 20));
    s32 reader = open_queue("cr-test", O_RDONLY | NONBLOCK, 0, 0);
    look(queue), look(reader);
    show("close on exec", sys(SYS_fcntl, queue, 1, 0));
    show("events", events(queue));
    show("receive too small", sys(SYS_mq_timedreceive, reader, text, 19, 0, 0));
    receive(reader, 0);
    show("send by a reader", sys(SYS_mq_timedsend, reader, "x", 1, 0, 0));
    show("send too much", sys(SYS_mq_timedsend, queue, longest, 21, 0, 0));
    show("send priority", sys(SYS_mq_timedsend, queue, "x", 1, 32768, 0));
    show("send nothing mapped", sys(SYS_mq_timedsend, queue, 16, 1, 0, 0));
    show("send to a file", sys(SYS_mq_timedsend, 1, "x", 1, 0, 0));
    show("send", sys(SYS_mq_timedsend, queue, "low", 3, 1, 0));
    show("send", sys(SYS_mq_timedsend, queue, "high", 4, 9, 0));
    show("events", events(queue));
    show("send", sys(SYS_mq_timedsend, queue, "low too", 7, 1, 0));
    show("events", events(queue));
    look(queue);
    u32 past[2] = { 1, 0 }, bad[2] = { 1, 1000000000 };
    show("full", sys(SYS_mq_timedsend, queue, "x", 1, 0, past));
    show("bad time", sys(SYS_mq_timedsend, queue, "x", 1, 0, bad));
    receive(queue, 0), receive(queue, 0), receive(reader, 0);
    receive(queue, past), receive(reader, 0);
    attributes[0] = NONBLOCK;
    show("set", sys(SYS_mq_getsetattr, queue, attributes, 0));
    receive(queue, 0);
    attributes[0] = 1;
    show("set wrong", sys(SYS_mq_getsetattr, queue, attributes, 0));
    attributes[0] = 0;
    sys(SYS_mq_getsetattr, queue, attributes, 0);

    u32 action[5] = { (u32)on_news, 4, 0, 0, 0 };
    sys(SYS_rt_sigaction, 10, action, 0, 8);
    u32 how[16] = { 77, 10, 0 };
    show("notify", sys(SYS_mq_notify, queue, how));
    show("notify again", sys(SYS_mq_notify, reader, how));
    sys(SYS_mq_timedsend, queue, "news", 4, 0, 0);
    put("signal "), put_signed(news[0]), put(" code "), put_signed(news[1]), put(" mine "), put_unsigned((s32)news[2] == sys(SYS_getpid)), put(" value "), put_unsigned(news[3]), end_line();
    news[0] = 0;
    show("notify while full of news", sys(SYS_mq_notify, queue, how));
    sys(SYS_mq_timedsend, queue, "more", 4, 0, 0);
    show("told", news[0]);
    show("no notify", sys(SYS_mq_notify, queue, 0));
    how[1] = 99;
    show("notify by no signal", sys(SYS_mq_notify, queue, how));
    receive(queue, 0), receive(queue, 0);
    s32 child = sys(SYS_fork);
    if (child == 0) {
        u32 time[2] = { 0, 20000000 };
        sys(SYS_nanosleep, time, 0);
        sys(SYS_mq_timedsend, queue, "from the child", 14, 5, 0);
        quit(0);
    }
    receive(queue, 0);
    sys(SYS_waitpid, child, 0, 0);
    s32 got = sys(SYS_read, reader, text, 200);
    text[got] = 0, put(text), flush_to(1);
    show("unlink", sys(SYS_mq_unlink, "cr-test"));
    show("unlink again", sys(SYS_mq_unlink, "cr-test"));
    show("still usable", sys(SYS_mq_timedsend, queue, "x", 1, 0, 0));
    receive(reader, 0);
    return 0;
}
