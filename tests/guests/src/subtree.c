/* subtree WHAT: a parent, and a child that shares WHAT with it. The child says "ready", reads, and says what it got, sending "<what it got>" back where there is a
   way back; at the end of what it reads it says so and exits with 3. The parent waits for the child.
     pipe      reads a pipe that the parent writes
     pipes     the same, with a pipe back
     write     the other way round: writes "tick 1", "tick 2", ... into a pipe that the parent reads
     socket    one of a pair of UNIX sockets
     tcp       a TCP connection
     terminal  the slave of a pseudo-terminal, whose master the parent has
     offset    an open file
     own       nothing, but each has an eventfd, a UNIX and a UDP socket of its own
     event     an eventfd
     memory    a shared mapping
     vm, files the address space; the descriptors
     death     a signal when the parent ends
     traced    the parent traces it
   With "first" behind it, "abc" is on its way to the child before it says "ready". */
#include "net.h"

enum { SYS_ptrace = 26, SYS_prctl = 172, SYS_eventfd2 = 328, CLONE_VM = 0x100, CLONE_FILES = 0x400 };

static void got(s32 n, const char *bytes)
{
    put("got ");
    for (s32 i = 0; i < n; i++) {
        char one[2] = { bytes[i], 0 };
        put(bytes[i] >= 32 ? one : ".");
    }
    end_line();
}

static int serve(s32 in, s32 out)
{
    char bytes[64];
    s32 n;
    say("ready");
    while ((n = (s32)sys(SYS_read, in, bytes + 1, 62)) > 0) {
        got(n, bytes + 1);
        bytes[0] = '<';
        bytes[n + 1] = '>';
        if (out >= 0) sys(SYS_write, out, bytes, n + 2);
    }
    if (n < 0) show("read", n);
    say("the end");
    return 3;
}

static int tick(s32 out)
{
    s32 second[2] = { 0, 1000000 };
    say("ready");
    for (u32 i = 1;; i++) {
        put("tick ");
        put_unsigned(i);
        put("\n");
        s32 result = flush_to(out);
        if (result < 0) {
            show("write", result);
            return 3;
        }
        sys(SYS_nanosleep, second, 0);
    }
}

static void idle(void)
{
    say("ready");
    for (;;) sys(SYS_pause);
}

static s32 parent_side = -1, child_side = -1, back[2] = { -1, -1 };

static void connect_tcp(void)
{
    struct sockaddr at;
    u32 size = inet_address(&at, 0x7F000001, 5000);
    s32 listener = must("socket", (s32)sys(SYS_socket, AF_INET, SOCK_STREAM, 0));
    must("bind", (s32)sys(SYS_bind, listener, &at, size));
    must("listen", (s32)sys(SYS_listen, listener, 1));
    parent_side = must("socket", (s32)sys(SYS_socket, AF_INET, SOCK_STREAM, 0));
    must("connect", (s32)sys(SYS_connect, parent_side, &at, size));
    child_side = must("accept", (s32)sys(SYS_accept4, listener, 0, 0, 0));
    sys(SYS_close, listener);
}

static void make(void)
{
    s32 ends[2];
    if (argument_is(1, "pipe") || argument_is(1, "pipes") || argument_is(1, "write")) {
        must("pipe", (s32)sys(SYS_pipe, ends));
        int writes = argument_is(1, "write");
        child_side = ends[writes];
        parent_side = ends[!writes];
        if (argument_is(1, "pipes")) must("pipe", (s32)sys(SYS_pipe, back));
    } else if (argument_is(1, "socket")) {
        must("socketpair", (s32)sys(SYS_socketpair, AF_UNIX, SOCK_STREAM, 0, ends));
        parent_side = ends[0];
        child_side = ends[1];
    } else if (argument_is(1, "tcp")) {
        connect_tcp();
    } else if (argument_is(1, "terminal")) {
        s32 unlocked = 0;
        parent_side = must("ptmx", (s32)sys(SYS_open, "/dev/ptmx", O_RDWR | 0400 /* O_NOCTTY */, 0));
        sys(SYS_ioctl, parent_side, 0x40045431 /* TIOCSPTLCK */, &unlocked);
        child_side = must("slave", (s32)sys(SYS_ioctl, parent_side, 0x5441 /* TIOCGPTPEER */, O_RDWR | 0400));
    } else if (argument_is(1, "offset")) {
        child_side = must("open", (s32)sys(SYS_open, "/etc/passwd", O_RDONLY, 0));
    } else if (argument_is(1, "event")) {
        child_side = must("eventfd2", (s32)sys(SYS_eventfd2, 0, 0));
    } else if (argument_is(1, "memory")) {
        must("mmap", (s32)sys(SYS_mmap2, 0, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
    }
    if (argument_is(2, "first")) sys(SYS_write, parent_side, "abc", 3);
}

static void own(void)
{
    s32 pair[2];
    must("eventfd2", (s32)sys(SYS_eventfd2, 0, 0));
    must("socketpair", (s32)sys(SYS_socketpair, AF_UNIX, SOCK_STREAM, 0, pair));
    must("socket", (s32)sys(SYS_socket, AF_INET, SOCK_DGRAM, 0));
}

static int child(void)
{
    if (parent_side >= 0) sys(SYS_close, parent_side);
    if (back[0] >= 0) sys(SYS_close, back[0]);
    if (argument_is(1, "write")) return tick(child_side);
    if (argument_is(1, "own")) own();
    if (argument_is(1, "death")) sys(SYS_prctl, 1, 15, 0, 0, 0);
    if (argument_is(1, "traced")) sys(SYS_ptrace, 0, 0, 0, 0);
    if (argument_is(1, "socket") || argument_is(1, "tcp") || argument_is(1, "terminal")) return serve(child_side, child_side);
    if (argument_is(1, "pipe") || argument_is(1, "pipes")) return serve(child_side, back[1]);
    idle();
    return 0;
}

static u8 stack[65536] __attribute__((aligned(16)));

static int run(void)
{
    s32 status, id, flags = argument_is(1, "vm") ? CLONE_VM : argument_is(1, "files") ? CLONE_FILES : 0;
    make();
    /* With its own stack the child returns from the call through a copy of this frame, so it must not return from here. */
    if (flags & CLONE_VM) {
        u32 *top = (u32 *)(stack + sizeof stack) - 1;
        *top = (u32)idle;
        id = 0;
        __asm__ volatile("pushl %%ebx\n\tmovl %2, %%ebx\n\tint $0x80\n\ttestl %%eax, %%eax\n\tjnz 1f\n\tpopl %%eax\n\tjmp *%%eax\n1:\tpopl %%ebx"
            : "=a"(id) : "a"(SYS_clone), "r"(flags | 17), "c"(top), "d"(0) : "memory");
    } else {
        id = (s32)sys(SYS_clone, flags | 17, 0, 0, 0, 0);
    }
    must("clone", id);
    if (id == 0) return child();
    if (!flags && child_side >= 0 && !argument_is(1, "offset") && !argument_is(1, "event")) sys(SYS_close, child_side);
    if (back[1] >= 0) sys(SYS_close, back[1]);
    if (argument_is(1, "own")) own();
    if (argument_is(1, "write")) {
        char bytes[64];
        while (sys(SYS_read, parent_side, bytes, 64) > 0) {}
    }
    while ((s32)sys(SYS_wait4, id, &status, 0, 0) == -4) {}
    return status >> 8 & 255;
}
