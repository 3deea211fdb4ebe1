/* copies PART: what sendfile, splice and copy_file_range take, and calls that move much. rules: which files, positions and flags copy_file_range
   takes. kinds: which kinds of files sendfile and splice take. long: a write and a sendfile of 40 MiB, while another process runs. interrupted:
   a sendfile into a pipe that nobody reads, until a signal. */
#include "report.h"

enum { MIB = 1 << 20, SIZE = 40 * MIB, SYS_sendfile = 187, SYS_memfd_create = 356, SYS_copy_file_range = 377, SYS_splice = 313, SYS_setitimer = 104,
    SYS_pread64 = 180, SYS_eventfd2 = 323, SYS_epoll_create1 = 329, SYS_inotify_init1 = 332, SYS_timerfd_create = 322, SYS_socketpair = 360, SIGALRM = 14, SIGKILL = 9,
    NONBLOCK = 04000, LARGEFILE = 0100000, O_PATH = 010000000 };

static volatile u32 alarms;

static void on_alarm(int signal)
{
    (void)signal;
    alarms++;
}

static s32 create(const char *path)
{
    return must(path, sys(SYS_open, path, O_RDWR | O_CREAT | O_TRUNC | LARGEFILE, 0600));
}

static void put_offset(const char *name, const u64 *offset)
{
    put(name);
    if (offset) put_u64(*offset);
    else put("-");
}

static void range(const char *what, s32 in, u64 from, s32 out, u64 to, u32 count, int given)
{
    s32 result = (s32)sys(SYS_copy_file_range, in, given ? &from : 0, out, given ? &to : 0, count, 0);
    put(what);
    put(": ");
    if (result < 0) put_errno(result);
    else put_signed(result);
    put_offset(" from ", given ? &from : 0);
    put_offset(" to ", given ? &to : 0);
    end_line();
}

static void rules(void)
{
    s32 a = create("/tmp/copies-a"), b = create("/tmp/copies-b"), pipe[2];
    s32 append = (s32)sys(SYS_open, "/tmp/copies-b", O_WRONLY | O_APPEND), reader = (s32)sys(SYS_open, "/tmp/copies-a", O_RDONLY), writer = (s32)sys(SYS_open, "/tmp/copies-b", O_WRONLY);
    s32 zero = (s32)sys(SYS_open, "/dev/zero", O_RDWR), null = (s32)sys(SYS_open, "/dev/null", O_RDWR), mem = (s32)sys(SYS_open, "/proc/self/mem", O_RDWR);
    s32 version = (s32)sys(SYS_open, "/proc/version", O_RDONLY), directory = (s32)sys(SYS_open, "/tmp", O_RDONLY), path = (s32)sys(SYS_open, "/tmp/copies-a", O_PATH);
    must("pipe", sys(SYS_pipe, pipe));
    must("write", sys(SYS_write, a, "0123456789abcdef", 16));
    range("plain", a, 0, b, 0, 10, 1);
    range("append", a, 0, append, 0, 10, 1);
    range("to a reader", a, 0, reader, 0, 10, 1);
    range("from a writer", writer, 0, a, 0, 10, 1);
    range("from zero", zero, 0, b, 0, 10, 1);
    range("to null", a, 0, null, 0, 10, 1);
    range("to mem", a, 0, mem, 0, 10, 1);
    range("from version", version, 0, b, 0, 10, 1);
    range("from a directory", directory, 0, b, 0, 10, 1);
    range("to a directory", a, 0, directory, 0, 10, 1);
    range("to a pipe", a, 0, pipe[1], 0, 10, 1);
    range("from a path", path, 0, b, 0, 10, 1);
    range("to a path", a, 0, path, 0, 10, 1);
    range("same, apart", a, 0, a, 8, 8, 1);
    range("same, over", a, 0, a, 7, 8, 1);
    range("same, over backwards", a, 7, a, 0, 8, 1);
    range("same, past the end", a, 20, a, 25, 8, 1);
    range("same, cut by the end", a, 12, a, 16, 8, 1);
    range("from before", a, ~0ull, b, 0, 8, 1);
    range("to before", a, 0, b, ~0ull, 8, 1);
    range("from the highest", a, 0x7ffffffffffffff0ull, b, 0, 100, 1);
    range("to the highest", a, 0, b, 0x7ffffffffffffff0ull, 100, 1);
    range("nothing", a, 0, b, 0, 0, 1);
    range("nothing, append", a, 0, append, 0, 0, 1);
    sys(SYS_lseek, a, 3, 0);
    sys(SYS_lseek, b, 5, 0);
    range("at their positions", a, 0, b, 0, 4, 0);
    report("then from", sys(SYS_lseek, a, 0, 1));
    report("then to", sys(SYS_lseek, b, 0, 1));
    range("from none", 99, 0, b, 0, 4, 0);
    range("to none", a, 0, 99, 0, 4, 0);
    report("bad pointer", sys(SYS_copy_file_range, a, 1, b, 0, 4, 0));
    report("flags", sys(SYS_copy_file_range, a, 0, b, 0, 4, 1));
}

static void kinds(void)
{
    static const char *const names[] = { "file", "append", "pipe", "stream", "null", "full", "eventfd", "timerfd", "inotify", "epoll", "memfd", "mem", "version", "status", "comm", "directory", "path" };
    s32 fds[17], pipe[2], pair[2], between[2], sink = (s32)sys(SYS_open, "/dev/null", O_WRONLY), source = create("/tmp/copies-s");
    must("write", sys(SYS_write, source, "abcdefghijklmnop", 16));
    must("pipe", sys(SYS_pipe, pipe));
    must("socketpair", sys(SYS_socketpair, 1, 1 | NONBLOCK, 0, pair));
    fds[0] = create("/tmp/copies-k");
    must("write", sys(SYS_write, fds[0], "0123456789", 10));
    fds[1] = (s32)sys(SYS_open, "/tmp/copies-p", O_RDWR | O_CREAT | O_APPEND, 0600);
    fds[2] = pipe[1];
    fds[3] = pair[0];
    fds[4] = (s32)sys(SYS_open, "/dev/null", O_RDWR);
    fds[5] = (s32)sys(SYS_open, "/dev/full", O_RDWR);
    fds[6] = (s32)sys(SYS_eventfd2, 0, NONBLOCK);
    fds[7] = (s32)sys(SYS_timerfd_create, 1, NONBLOCK);
    fds[8] = (s32)sys(SYS_inotify_init1, NONBLOCK);
    fds[9] = (s32)sys(SYS_epoll_create1, 0);
    fds[10] = (s32)sys(SYS_memfd_create, "x", 0);
    must("write", sys(SYS_write, fds[10], "memfdbytes", 10));
    fds[11] = (s32)sys(SYS_open, "/proc/self/mem", O_RDWR);
    fds[12] = (s32)sys(SYS_open, "/proc/version", O_RDONLY);
    fds[13] = (s32)sys(SYS_open, "/proc/self/status", O_RDONLY);
    fds[14] = (s32)sys(SYS_open, "/proc/self/comm", O_RDWR);
    fds[15] = (s32)sys(SYS_open, "/tmp", O_RDONLY);
    fds[16] = (s32)sys(SYS_open, "/tmp/copies-k", O_PATH);
    for (u32 i = 0; i < 17; i++) {
        u32 offset = 0;
        put(names[i]);
        end_line();
        if (i != 14) report(" sendfile to it", sys(SYS_sendfile, fds[i], source, &offset, 8));
        report(" then at", (s32)offset);
        offset = 0;
        if (i != 5) report(" sendfile from it", sys(SYS_sendfile, sink, fds[i], &offset, 8));
        report(" sendfile from its position", sys(SYS_sendfile, sink, fds[i], 0, 8));
        must("pipe", sys(SYS_pipe, between));
        must("write", sys(SYS_write, between[1], "spliced", 7));
        if (i != 14) report(" splice to it", sys(SYS_splice, between[0], 0, fds[i], 0, 7, 2));
        sys(SYS_lseek, fds[i], 0, 0);
        if (i != 2) report(" splice from it", sys(SYS_splice, fds[i], 0, between[1], 0, 8, 2));
        sys(SYS_close, between[0]);
        sys(SYS_close, between[1]);
    }
}

static u32 is_whole(s32 fd)
{
    static u8 block[65536];
    for (u32 at = 0; at < SIZE; at += sizeof block) {
        if (sys(SYS_pread64, fd, block, sizeof block, at, 0) != sizeof block) return 0;
        for (u32 i = 0; i < sizeof block; i += 4096)
            if (*(u32 *)(block + i) != at + i) return 0;
    }
    return 1;
}

static void long_ones(void)
{
    s32 from = must("memfd_create", sys(SYS_memfd_create, "from", 0)), to = must("memfd_create", sys(SYS_memfd_create, "to", 0)), other;
    u8 *memory = (u8 *)must("mmap", sys(SYS_mmap2, 0, SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    volatile u32 *counter = (volatile u32 *)must("mmap", sys(SYS_mmap2, 0, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
    u32 offset = 0, before;
    for (u32 i = 0; i < SIZE; i += 4096) *(u32 *)(memory + i) = i;
    if (is_child(&other))
        for (;;) counter[0]++;
    while (!counter[0]) nap(1);
    before = counter[0];
    report("write", sys(SYS_write, from, memory, SIZE));
    report("others ran", counter[0] != before);
    report("whole", (s32)is_whole(from));
    before = counter[0];
    report("sendfile", sys(SYS_sendfile, to, from, &offset, SIZE));
    report("others ran", counter[0] != before);
    report("offset", (s32)offset);
    report("whole", (s32)is_whole(to));
    sys(SYS_kill, other, SIGKILL);
    reap(other);
}

static void interrupted(void)
{
    static u32 action[4], timer[4] = { 0, 20000, 0, 20000 };
    s32 from = must("memfd_create", sys(SYS_memfd_create, "from", 0)), pipe[2];
    u8 *memory = (u8 *)must("mmap", sys(SYS_mmap2, 0, MIB, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    u32 offset = 1000;
    must("pipe", sys(SYS_pipe, pipe));
    must("write", sys(SYS_write, from, memory, MIB));
    action[0] = (u32)on_alarm;
    must("sigaction", sys(SYS_sigaction, SIGALRM, action, 0));
    must("setitimer", sys(SYS_setitimer, 0, timer, 0));
    report("sendfile", sys(SYS_sendfile, pipe[1], from, &offset, MIB));
    report("alarms", alarms > 0);
    report("offset", (s32)offset);
}

static int run(void)
{
    if (argument_is(1, "rules")) rules();
    if (argument_is(1, "kinds")) kinds();
    if (argument_is(1, "long")) long_ones();
    if (argument_is(1, "interrupted")) interrupted();
    return 0;
}
