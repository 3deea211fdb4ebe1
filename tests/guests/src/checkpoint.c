/* checkpoint [-a | -p PID [-s]] FILE, or [-a | -p PID [-s]] -m: asks the kernel for a checkpoint.
     -a      of the whole machine, this program included
     -p PID  of a process (default: of the parent); with -s of its descendants too
     -m      kept in the machine's memory; its number is printed, for restart -c
   Else the image goes to FILE, or to descriptor 1 when that is "-". Whoever goes on from an image of the machine gets 0 from the call,
   and says so. The status is 0, or the errno; 64 for wrong usage. */
#include "crt.h"

enum { SUBTREE = 1, EXTENDED = 0x100, MEMORY = 0x200 };

static int usage(void)
{
    put("usage: checkpoint [-a | -p PID [-s]] FILE\n       checkpoint [-a | -p PID [-s]] -m\n");
    flush_to(2);
    return 64;
}

static int failed(const char *what, s32 result)
{
    put("checkpoint: ");
    put(what);
    put(": ");
    put_errno(result);
    put("\n");
    flush_to(2);
    return -result;
}

static int run(void)
{
    s32 pid = (s32)sys(SYS_getppid), flags = EXTENDED, fd = -1;
    const char *file = 0;
    int all = 0, named = 0;

    for (int i = 1; i < argc; i++) {
        if (same(argv[i], "-a")) all = 1;
        else if (same(argv[i], "-s")) flags |= SUBTREE;
        else if (same(argv[i], "-m")) flags |= MEMORY;
        else if (same(argv[i], "-p") && i + 1 < argc) pid = number(argv[++i]), named = 1;
        else if ((argv[i][0] == '-' && argv[i][1]) || file) return usage();
        else file = argv[i];
    }
    if ((all && (named || (flags & SUBTREE))) || !file == !(flags & MEMORY)) return usage();
    if (file) {
        fd = same(file, "-") ? 1 : (s32)sys(SYS_open, file, O_WRONLY | O_CREAT | O_TRUNC, 0600);
        if (fd < 0) return failed(file, fd);
    }

    s32 result = (s32)sys(SYS_checkpoint, all ? 0 : pid, fd, flags);
    if (result < 0) return failed(file ? file : "memory", result);
    if (result == 0) put("restored");
    else put("checkpoint "), put_signed(result);
    put("\n");
    flush_to(fd == 1 ? 2 : 1);
    return 0;
}
