/* machinecall WHAT: what a program sees of the calls 333 and 334 with flags.
     back        counts to 2 by means of a child, keeps a checkpoint of the machine in memory, counts to 4, waits for the child's end,
                 and goes back for each byte of its input: what it has read of that stays read
     self        as v5, kept in memory: goes back to it once
     errors      each errno that arguments alone give
     full        keeps checkpoints of itself until there is no room, forgets one, keeps another
     rights      what a user without rights may not */
#include "crt.h"

enum { SUBTREE = 1, EXTENDED = 0x100, MEMORY = 0x200, FORGET = 0x200, SYS_setuid32 = 213 };

static void tell(const char *what, s32 result)
{
    put(what);
    put(": ");
    if (result < 0) put_errno(result);
    else put_signed(result);
    end_line();
}

static void count(const char *who, u32 n)
{
    put(who);
    put(" ");
    put_unsigned(n);
    end_line();
}

/* The child answers each number that it gets by how many it has got so far. */
static int answer(int in, int out)
{
    u32 asked, told = 0;
    while (sys(SYS_read, in, &asked, 4) == 4) {
        told++;
        sys(SYS_write, out, &told, 4);
    }
    return (int)told;
}

static u32 ask(int out, int in)
{
    u32 word = 1;
    sys(SYS_write, out, &word, 4);
    sys(SYS_read, in, &word, 4);
    return word;
}

static int back(void)
{
    s32 to[2], from[2], status = 0;
    sys(SYS_pipe, to);
    sys(SYS_pipe, from);
    s32 child = (s32)sys(SYS_fork);
    if (child == 0) {
        sys(SYS_close, to[1]);
        sys(SYS_close, from[0]);
        return answer(to[0], from[1]);
    }
    sys(SYS_close, to[0]);
    sys(SYS_close, from[1]);
    volatile u32 n = 0;
    for (; n < 2; n++) count("before", ask(to[1], from[0]));
    s32 crid = (s32)sys(SYS_checkpoint, 0, -1, EXTENDED | MEMORY);
    if (crid < 0) {
        tell("checkpoint", crid);
        return 1;
    }
    if (crid == 0) say("back again");
    for (; n < 4; n++) count("after", ask(to[1], from[0]));
    sys(SYS_close, to[1]);
    sys(SYS_wait4, child, &status, 0, 0);
    count("child told", (u32)status >> 8);
    u8 more;
    if (sys(SYS_read, 0, &more, 1) != 1) return 0;
    tell("restart", (s32)sys(SYS_restart, 1, -1, 0));
    return 1;
}

static int self(void)
{
    volatile u32 tries = 0;
    s32 crid = (s32)sys(SYS_checkpoint, 0, -1, MEMORY);
    tell("checkpoint", crid);
    if (crid < 0) return 1;
    tries++;
    count("tries", tries);
    if (crid == 0) {
        tell("forget", (s32)sys(SYS_restart, 1, -1, FORGET));
        tell("again", (s32)sys(SYS_restart, 1, -1, 0));
        return 0;
    }
    tell("restart", (s32)sys(SYS_restart, crid, -1, 0));
    return 1;
}

static int errors(void)
{
    s32 pid = (s32)sys(SYS_getpid);
    tell("unknown flag", (s32)sys(SYS_checkpoint, pid, 1, 0x4000));
    tell("a subtree in v5", (s32)sys(SYS_checkpoint, pid, 1, SUBTREE));
    tell("memory and a descriptor", (s32)sys(SYS_checkpoint, pid, 1, EXTENDED | MEMORY));
    tell("no descriptor", (s32)sys(SYS_checkpoint, pid, -1, EXTENDED));
    tell("a closed descriptor", (s32)sys(SYS_checkpoint, pid, 99, EXTENDED));
    tell("nobody", (s32)sys(SYS_checkpoint, 4242, -1, EXTENDED | MEMORY));
    tell("init", (s32)sys(SYS_checkpoint, 1, -1, EXTENDED | MEMORY));
    tell("a negative pid", (s32)sys(SYS_checkpoint, -5, -1, EXTENDED | MEMORY));
    tell("the subtree of no pid", (s32)sys(SYS_checkpoint, 0, -1, EXTENDED | SUBTREE | MEMORY));
    s32 child = (s32)sys(SYS_fork);
    if (child == 0) quit(0);
    tell("a process with a child", (s32)sys(SYS_checkpoint, pid, -1, EXTENDED | MEMORY));
    tell("v5 with a child", (s32)sys(SYS_checkpoint, pid, -1, MEMORY));
    s32 information[32];
    sys(284 /* waitid */, 1, child, information, 4 | 0x1000000, 0);
    tell("a zombie", (s32)sys(SYS_checkpoint, child, -1, EXTENDED | MEMORY));
    tell("unknown restart flag", (s32)sys(SYS_restart, 1, 0, 0x4000));
    tell("restart of no number", (s32)sys(SYS_restart, 77, -1, 0));
    tell("forget no number", (s32)sys(SYS_restart, 77, -1, FORGET));
    tell("forget a descriptor", (s32)sys(SYS_restart, 77, 0, FORGET));
    tell("a format for a number", (s32)sys(SYS_restart, 77, -1, EXTENDED));
    tell("restart from nothing", (s32)sys(SYS_restart, 0, 99, EXTENDED));
    s32 ends[2];
    sys(SYS_pipe, ends);
    sys(SYS_close, ends[1]);
    tell("restart from an empty pipe", (s32)sys(SYS_restart, 0, ends[0], EXTENDED));
    s32 file = (s32)sys(SYS_open, argv[0], O_RDONLY, 0);
    tell("restart from a program", (s32)sys(SYS_restart, 0, file, EXTENDED));
    return 0;
}

static u8 ballast[40 * 4096];

static int full(void)
{
    for (u32 at = 0; at < sizeof ballast; at += 4096) ballast[at] = 1;
    s32 first = 0, result;
    u32 kept = 0;
    while ((result = (s32)sys(SYS_checkpoint, 0, -1, MEMORY)) > 0) {
        if (!first) first = result;
        if (++kept > 100) return 1;
    }
    count("kept", kept);
    tell("one more", result);
    tell("forget", (s32)sys(SYS_restart, first, -1, FORGET));
    tell("forget again", (s32)sys(SYS_restart, first, -1, FORGET));
    result = (s32)sys(SYS_checkpoint, 0, -1, MEMORY);
    say(result > 0 ? "room again" : "no room");
    return 0;
}

static int rights(void)
{
    s32 crid = (s32)sys(SYS_checkpoint, 0, -1, MEMORY);
    s32 child = (s32)sys(SYS_fork), status;
    if (child == 0) {
        s32 other = (s32)sys(SYS_getppid);
        sys(SYS_setuid32, 1000);
        tell("another user's number", (s32)sys(SYS_restart, crid, -1, 0));
        tell("forget another user's", (s32)sys(SYS_restart, crid, -1, FORGET));
        tell("another user's process", (s32)sys(SYS_checkpoint, other, -1, EXTENDED | SUBTREE | MEMORY));
        tell("the machine", (s32)sys(SYS_checkpoint, 0, -1, EXTENDED | MEMORY));
        s32 own = (s32)sys(SYS_checkpoint, sys(SYS_getpid), -1, EXTENDED | MEMORY);
        say(own > 0 ? "itself: kept" : "itself: not kept");
        tell("the machine of itself", (s32)sys(SYS_restart, own, -1, 0));
        tell("a machine from a file", (s32)sys(SYS_restart, 0, 0, EXTENDED));
        quit(0);
    }
    sys(SYS_wait4, child, &status, 0, 0);
    return 0;
}

static int run(void)
{
    if (argument_is(1, "back")) return back();
    if (argument_is(1, "self")) return self();
    if (argument_is(1, "errors")) return errors();
    if (argument_is(1, "full")) return full();
    if (argument_is(1, "rights")) return rights();
    return 64;
}
