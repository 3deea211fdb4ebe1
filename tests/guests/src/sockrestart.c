/* sockrestart: what a signal does to calls that wait: with a handler, with SA_RESTART, and when the process is only stopped and continued. */
#include "net.h"

enum { SYS_setitimer = 104, SYS_flock = 143, SYS_mq_open = 277, SYS_mq_unlink, SYS_mq_timedsend, SYS_mq_timedreceive, SYS_eventfd2 = 328, SYS_epoll_create1 = 329, SYS_epoll_ctl = 255, SYS_epoll_wait = 256,
    SYS_futex = 240, SYS_semget = 393, SYS_semctl, SYS_shmget, SYS_shmctl, SYS_shmat, SYS_shmdt, SYS_msgget, SYS_msgsnd, SYS_msgrcv, SYS_msgctl, SYS_semtimedop = 420, SYS_inotify_init1 = 332,
    SYS_inotify_add_watch = 292, SYS_timerfd_create = 322, SYS_timerfd_settime = 325, SYS_signalfd4 = 327, SYS_mknod = 14, SYS_splice = 313, SYS_ppoll = 309, SYS_select = 142, SYS_tee = 315, SYS_vmsplice = 316, SYS_sigtimedwait = 177, SYS_getrandom = 355,
    SIGUSR1 = 10, SIGUSR2 = 12, SIGCONT = 18, SIGSTOP = 19, SA_RESTART = 0x10000000, O_NONBLOCK = 04000, F_SETLKW = 7, F_OFD_SETLKW = 38, LOCK_EX = 2, LOCK_UN = 8 };

static s32 me, a[2], mode, helper;
static char big[1 << 16];
static const char *const modes[] = { "handler", "restart", "stop" };

static void nap(s32 milliseconds)
{
    s32 time[2] = { 0, milliseconds * 1000000 };
    sys(SYS_nanosleep, time, 0);
}

/* Interrupts the parent, and a while later lets its call end. */
static void begin(void (*finish)(void))
{
    helper = (s32)sys(SYS_fork);
    if (helper != 0) return;
    nap(8);
    if (mode == 2) {
        sys(SYS_kill, me, SIGSTOP);
        nap(4);
        sys(SYS_kill, me, SIGCONT);
    } else {
        sys(SYS_kill, me, SIGUSR1);
    }
    nap(8);
    finish();
    quit(0);
}

static void end(const char *name, s32 result)
{
    s32 status;
    while ((s32)sys(SYS_waitpid, helper, &status, 0) == -4) {}
    sys(SYS_recvfrom, a[0], big, 10, MSG_DONTWAIT, 0, 0);
    put(modes[mode]);
    put(" ");
    show(name, result);
}

static void write_it(void) { sys(SYS_write, a[1], "x", 1); }
static void drain_it(void) { while ((s32)sys(SYS_recvfrom, a[1], big, sizeof big, MSG_DONTWAIT, 0, 0) > 0) {} }
static void nothing(void) {}

static void pair(int type)
{
    sys(SYS_socketpair, AF_UNIX, type, 0, a);
}

static void timeout(int option, s32 seconds)
{
    s32 time[2] = { seconds, 0 };
    sys(SYS_setsockopt, a[0], SOL_SOCKET, option, time, 8);
}

static void drop(void)
{
    sys(SYS_close, a[0]);
    sys(SYS_close, a[1]);
}

static void fill_it(void)
{
    while ((s32)sys(SYS_sendto, a[0], big, 4096, MSG_DONTWAIT, 0, 0) > 0) {}
}

static struct sockaddr address;
static u32 size;

static void connect_it(void)
{
    s32 client = (s32)sys(SYS_socket, AF_UNIX, SOCK_STREAM, 0);
    sys(SYS_connect, client, &address, size);
}

static void accept_it(void)
{
    s32 accepted = (s32)sys(SYS_accept4, a[0], 0, 0, 0);
    sys(SYS_close, accepted);
}

static void sockets(void)
{
    struct iovec parts = { big, 100 };
    struct msghdr header = { 0, 0, &parts, 1, 0, 0, 0 };
    struct { struct msghdr header; u32 length; } many[2] = { { header, 0 }, { header, 0 } };
    s32 result;
    pair(SOCK_STREAM);
    begin(write_it);
    end("recv", (s32)sys(SYS_recvfrom, a[0], big, 10, 0, 0, 0));
    begin(write_it);
    end("recvmsg", (s32)sys(SYS_recvmsg, a[0], &header, 0));
    begin(write_it);
    end("recvmmsg", (s32)sys(SYS_recvmmsg, a[0], many, 1, 0, 0));
    begin(write_it);
    end("read", (s32)sys(SYS_read, a[0], big, 10));
    sys(SYS_write, a[1], "abc", 3);
    begin(write_it);
    end("recv waitall", (s32)sys(SYS_recvfrom, a[0], big, 4, MSG_WAITALL, 0, 0));
    timeout(SO_RCVTIMEO, 1);
    begin(write_it);
    end("recv with a timeout", (s32)sys(SYS_recvfrom, a[0], big, 10, 0, 0, 0));
    drop();
    pair(SOCK_STREAM);
    fill_it();
    begin(drain_it);
    end("send", (s32)sys(SYS_sendto, a[0], big, 10, 0, 0, 0));
    fill_it();
    begin(drain_it);
    end("write", (s32)sys(SYS_write, a[0], big, 10));
    timeout(SO_SNDTIMEO, 1);
    fill_it();
    begin(drain_it);
    end("send with a timeout", (s32)sys(SYS_sendto, a[0], big, 10, 0, 0, 0));
    drop();
    pair(SOCK_DGRAM);
    begin(write_it);
    end("datagram recv", (s32)sys(SYS_recvfrom, a[0], big, 10, 0, 0, 0));
    fill_it();
    begin(drain_it);
    end("datagram send", (s32)sys(SYS_sendto, a[0], big, 10, 0, 0, 0));
    drop();
    size = unix_address(&address, "sockrestart", 1);
    a[0] = (s32)sys(SYS_socket, AF_UNIX, SOCK_STREAM, 0);
    sys(SYS_bind, a[0], &address, size);
    sys(SYS_listen, a[0], 0);
    begin(connect_it);
    result = (s32)sys(SYS_accept4, a[0], 0, 0, 0);
    end("accept", result < 0 ? result : 0);
    if (result < 0) result = (s32)sys(SYS_accept4, a[0], 0, 0, 0);
    sys(SYS_close, result);
    s32 one = (s32)sys(SYS_socket, AF_UNIX, SOCK_STREAM, 0), two = (s32)sys(SYS_socket, AF_UNIX, SOCK_STREAM, 0);
    sys(SYS_connect, one, &address, size);
    begin(accept_it);
    end("connect", (s32)sys(SYS_connect, two, &address, size));
    sys(SYS_close, one);
    sys(SYS_close, two);
    sys(SYS_close, a[0]);
    a[0] = (s32)sys(SYS_socket, AF_INET, SOCK_DGRAM, 0);
    size = inet_address(&address, 0x7F000001, 0);
    sys(SYS_bind, a[0], &address, size);
    inet_address(&address, 0x7F000001, port_of(a[0]));
    a[1] = (s32)sys(SYS_socket, AF_INET, SOCK_DGRAM, 0);
    sys(SYS_connect, a[1], &address, size);
    begin(write_it);
    end("udp recv", (s32)sys(SYS_recvfrom, a[0], big, 10, 0, 0, 0));
    drop();
    a[0] = (s32)sys(SYS_socket, AF_INET, SOCK_STREAM, 0);
    sys(SYS_listen, a[0], 1);
    inet_address(&address, 0x7F000001, port_of(a[0]));
    a[1] = (s32)sys(SYS_socket, AF_INET, SOCK_STREAM, 0);
    sys(SYS_connect, a[1], &address, size);
    one = (s32)sys(SYS_accept4, a[0], 0, 0, 0);
    sys(SYS_close, a[0]);
    a[0] = one;
    begin(write_it);
    end("tcp recv", (s32)sys(SYS_recvfrom, a[0], big, 10, 0, 0, 0));
    drop();
}

static void lock_and_nap(void)
{
    nap(8);
    if (mode == 2) {
        sys(SYS_kill, me, SIGSTOP);
        nap(4);
        sys(SYS_kill, me, SIGCONT);
    } else {
        sys(SYS_kill, me, SIGUSR1);
    }
    nap(8);
    quit(0);
}

static void locks(void)
{
    static const char *const names[] = { "flock", "posix lock", "ofd lock" };
    struct { u16 type, whence; u64 start, length; s32 pid; } lock = { 1, 0, 0, 0, 0 };
    struct { u16 type, whence; s32 start, length, pid; } small = { 1, 0, 0, 0, 0 };
    s32 byte[2];
    for (int kind = 0; kind < 3; kind++) {
        s32 file = (s32)sys(SYS_open, "/tmp/sockrestart.lock", O_CREAT | O_RDWR, 0600);
        sys(SYS_pipe, byte);
        helper = (s32)sys(SYS_fork);
        if (helper == 0) {
            s32 own = (s32)sys(SYS_open, "/tmp/sockrestart.lock", O_RDWR, 0);
            if (kind == 0) sys(SYS_flock, own, LOCK_EX);
            if (kind == 1) sys(SYS_fcntl, own, F_SETLKW, &small);
            if (kind == 2) sys(SYS_fcntl64, own, F_OFD_SETLKW, &lock);
            sys(SYS_write, byte[1], "x", 1);
            lock_and_nap();
        }
        sys(SYS_read, byte[0], big, 1);
        s32 result = kind == 0 ? (s32)sys(SYS_flock, file, LOCK_EX) : kind == 1 ? (s32)sys(SYS_fcntl, file, F_SETLKW, &small) : (s32)sys(SYS_fcntl64, file, F_OFD_SETLKW, &lock);
        end(names[kind], result);
        sys(SYS_close, file);
        sys(SYS_close, byte[0]);
        sys(SYS_close, byte[1]);
    }
    sys(SYS_unlink, "/tmp/sockrestart.lock");
}

static s32 queue;

static void queue_send(void) { sys(SYS_mq_timedsend, queue, "x", 1, 0, 0); }
static void queue_take(void) { sys(SYS_mq_timedreceive, queue, big, 8, 0, 0); }

static void message_queues(void)
{
    s32 attributes[8] = { 0, 1, 8, 0 }, time[2] = { 2000000000, 0 };
    queue = (s32)sys(SYS_mq_open, "sockrestart", O_RDWR | O_CREAT, 0600, attributes);
    sys(SYS_mq_unlink, "sockrestart");
    begin(queue_send);
    s32 result = (s32)sys(SYS_mq_timedreceive, queue, big, 8, 0, 0);
    end("mq_receive", result);
    if (result < 0) sys(SYS_mq_timedreceive, queue, big, 8, 0, 0);
    begin(queue_send);
    result = (s32)sys(SYS_mq_timedreceive, queue, big, 8, 0, time);
    end("mq_timedreceive", result);
    if (result < 0) sys(SYS_mq_timedreceive, queue, big, 8, 0, 0);
    queue_send();
    begin(queue_take);
    end("mq_send", (s32)sys(SYS_mq_timedsend, queue, "y", 1, 0, 0));
    sys(SYS_close, queue);
}

static s32 set, messages;

static void semaphore_up(void)
{
    struct { u16 number; short change, flags; } up = { 0, 1, 0 };
    sys(SYS_semtimedop, set, &up, 1, 0);
}

static struct { s32 type; char text[8]; } letter = { 1, "x" };

static void letter_send(void) { sys(SYS_msgsnd, messages, &letter, 1, 0); }

static void system_v(void)
{
    struct { u16 number; short change, flags; } down = { 0, -1, 0 };
    set = (s32)sys(SYS_semget, 0, 1, 0600);
    messages = (s32)sys(SYS_msgget, 0, 0600);
    begin(semaphore_up);
    end("semop", (s32)sys(SYS_semtimedop, set, &down, 1, 0));
    begin(letter_send);
    end("msgrcv", (s32)sys(SYS_msgrcv, messages, &letter, 8, 0, 0));
    sys(SYS_semctl, set, 0, 0, 0);
    sys(SYS_msgctl, messages, 0, 0);
}

static void add_event(void) { u64 one = 1; sys(SYS_write, a[0], &one, 8); }
static void make_file(void) { sys(SYS_close, sys(SYS_open, "/tmp/sockrestart.d/x", O_CREAT | O_RDWR, 0600)); }
static void open_fifo(void) { sys(SYS_open, "/tmp/sockrestart.fifo", O_WRONLY, 0); }

static void files(void)
{
    struct pollfd one;
    struct { u32 events, data[2]; } event = { 1, { 0, 0 } };
    s32 time[2] = { 0, 200000000 }, result;
    u32 usr2[2] = { 1u << (SIGUSR2 - 1), 0 };
    a[0] = (s32)sys(SYS_eventfd2, 0, 0);
    begin(add_event);
    result = (s32)sys(SYS_read, a[0], big, 8);
    end("eventfd", result);
    one.fd = (s32)sys(SYS_eventfd2, 0, 0);
    one.events = 1;
    begin(nothing);
    end("poll", (s32)sys(SYS_poll, &one, 1, 60));
    begin(nothing);
    end("ppoll", (s32)sys(SYS_ppoll, &one, 1, time, 0, 8));
    s32 epoll = (s32)sys(SYS_epoll_create1, 0);
    sys(SYS_epoll_ctl, epoll, 1, one.fd, &event);
    begin(nothing);
    end("epoll_wait", (s32)sys(SYS_epoll_wait, epoll, &event, 1, 60));
    sys(SYS_close, epoll);
    sys(SYS_close, one.fd);
    sys(SYS_close, a[0]);
    a[0] = (s32)sys(SYS_timerfd_create, 1, 0);
    s32 spec[4] = { 0, 0, 0, 40000000 };
    sys(SYS_timerfd_settime, a[0], 0, spec, 0);
    begin(nothing);
    end("timerfd", (s32)sys(SYS_read, a[0], big, 8));
    sys(SYS_close, a[0]);
    sys(SYS_mkdir, "/tmp/sockrestart.d", 0700);
    a[0] = (s32)sys(SYS_inotify_init1, 0);
    sys(SYS_inotify_add_watch, a[0], "/tmp/sockrestart.d", 0x100);
    begin(make_file);
    result = (s32)sys(SYS_read, a[0], big, 100);
    end("inotify", result);
    sys(SYS_close, a[0]);
    sys(SYS_unlink, "/tmp/sockrestart.d/x");
    sys(SYS_rmdir, "/tmp/sockrestart.d");
    sys(SYS_mknod, "/tmp/sockrestart.fifo", 0010600, 0);
    helper = 0;
    begin(open_fifo);
    result = (s32)sys(SYS_open, "/tmp/sockrestart.fifo", O_RDONLY, 0);
    if (result < 0) sys(SYS_open, "/tmp/sockrestart.fifo", O_RDONLY | O_NONBLOCK, 0);
    end("open", result < 0 ? result : 0);
    sys(SYS_close, result);
    sys(SYS_unlink, "/tmp/sockrestart.fifo");
    s32 ends[2];
    sys(SYS_pipe, a);
    sys(SYS_pipe, ends);
    begin(write_it);
    end("splice", (s32)sys(SYS_splice, a[0], 0, ends[1], 0, 10, 0));
    drop();
    sys(SYS_close, ends[0]);
    sys(SYS_close, ends[1]);
    begin(nothing);
    end("sigtimedwait", (s32)sys(SYS_sigtimedwait, usr2, 0, time, 8));
}

static int run(void)
{
    me = (s32)sys(SYS_getpid);
    for (mode = 0; mode < 3; mode++) {
        struct { u32 handler, flags, restorer, mask[2]; } action = { (u32)count_signal, mode == 1 ? SA_RESTART : 0, 0, { 0, 0 } };
        sys(SYS_rt_sigaction, SIGUSR1, &action, 0, 8);
        sockets();
        locks();
        message_queues();
        system_v();
        files();
    }
    return 0;
}
