/* callcost KIND COUNT: makes one kind of system call again and again, for measuring what one costs, then says how often.
   getpid; pipe: a byte written to a pipe and read again; open: /dev/null opened and closed; fork: a child that ends, and its
   wait; switch: a byte to another process through one pipe and back through a second, two context switches. */
#include "crt.h"

static s32 fds[2], back[2];

static int fail(const char *what)
{
    put("callcost: ");
    say(what);
    return 1;
}

static int echo(u32 count)
{
    u8 byte;
    while (count--)
        if (sys(SYS_read, fds[0], &byte, 1) != 1 || sys(SYS_write, back[1], &byte, 1) != 1) quit(1);
    quit(0);
}

static int run(void)
{
    u32 count = (u32)argument(2, 10);
    u8 byte = 1;
    s32 status = 0;
    if (sys(SYS_pipe, fds) || sys(SYS_pipe, back)) return fail("pipe");
    if (argument_is(1, "getpid")) {
        for (u32 i = 0; i < count; i++)
            if (sys(SYS_getpid) <= 0) return fail("getpid");
    } else if (argument_is(1, "pipe")) {
        for (u32 i = 0; i < count; i++)
            if (sys(SYS_write, fds[1], &byte, 1) != 1 || sys(SYS_read, fds[0], &byte, 1) != 1) return fail("read");
    } else if (argument_is(1, "open")) {
        for (u32 i = 0; i < count; i++) {
            s32 fd = (s32)sys(SYS_open, "/dev/null", O_RDONLY);
            if (fd < 0 || sys(SYS_close, fd)) return fail("open");
        }
    } else if (argument_is(1, "fork")) {
        for (u32 i = 0; i < count; i++) {
            s32 pid = (s32)sys(SYS_fork);
            if (!pid) quit(7);
            if (pid < 0 || sys(SYS_waitpid, pid, &status, 0) != pid || status != 7 << 8) return fail("fork");
        }
    } else if (argument_is(1, "switch")) {
        s32 pid = (s32)sys(SYS_fork);
        if (!pid) echo(count);
        for (u32 i = 0; i < count; i++)
            if (sys(SYS_write, fds[1], &byte, 1) != 1 || sys(SYS_read, back[0], &byte, 1) != 1) return fail("read");
        if (sys(SYS_waitpid, pid, &status, 0) != pid || status) return fail("wait");
    } else {
        return fail("unknown kind");
    }
    put(argv[1]);
    put(" ");
    put_unsigned(count);
    end_line();
    return 0;
}
