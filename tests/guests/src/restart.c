/* restart [-f] FILE, restart [-f] -c NUMBER, restart -d NUMBER: makes this machine that of a checkpoint.
     FILE       an image of a machine or of a part of its processes; "-" is descriptor 0
     -c NUMBER  a checkpoint that is kept in the machine's memory; one in v5's format makes this process the one that it has
     -f         takes files of the root that have changed since as they are
     -d NUMBER  forgets a checkpoint that is kept in memory
   After success nobody is left to say so, but for -d. The status is 0, or the errno; 64 for wrong usage. */
#include "crt.h"

enum { EXTENDED = 0x100, FORGET = 0x200, CHANGED_FILES = 0x400 };

static int usage(void)
{
    put("usage: restart [-f] FILE\n       restart [-f] -c NUMBER\n       restart -d NUMBER\n");
    flush_to(2);
    return 64;
}

static int failed(const char *what, s32 result)
{
    put("restart: ");
    put(what);
    put(": ");
    put_errno(result);
    put("\n");
    flush_to(2);
    return -result;
}

static int run(void)
{
    s32 flags = 0, crid = 0, fd = -1;
    const char *what = 0;

    for (int i = 1; i < argc; i++) {
        if (same(argv[i], "-f")) flags |= CHANGED_FILES;
        else if ((same(argv[i], "-c") || same(argv[i], "-d")) && i + 1 < argc && !what) {
            if (argv[i][1] == 'd') flags |= FORGET;
            crid = number(what = argv[++i]);
        }
        else if ((argv[i][0] == '-' && argv[i][1]) || what) return usage();
        else {
            what = argv[i];
            flags |= EXTENDED;
        }
    }
    if (!what || ((flags & FORGET) && (flags & CHANGED_FILES))) return usage();
    if (flags & EXTENDED) {
        fd = same(what, "-") ? 0 : (s32)sys(SYS_open, what, O_RDONLY, 0);
        if (fd < 0) return failed(what, fd);
    }
    s32 result = (s32)sys(SYS_restart, crid, fd, flags);
    return result < 0 ? failed(what, result) : 0;
}
