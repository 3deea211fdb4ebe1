/* statx(2): which mount a file is in, and whether it is its root. */
#include "report.h"

enum { SYS_statx = 383, NO_FOLLOW = 0x100, EMPTY_PATH = 0x1000, SYNC_TYPE = 0x6000, BASIC = 0x7FF, MNT_ID = 0x1000, MOUNT_ROOT = 0x2000 };

static u32 buffer[64];

static u32 look(const char *path)
{
    report(path, sys(SYS_statx, -100, path, NO_FOLLOW, BASIC, buffer));
    put(buffer[0] & MNT_ID ? "mount known" : "mount unknown");
    put(buffer[14] & MOUNT_ROOT ? ", root known" : ", root unknown");
    put(buffer[2] & MOUNT_ROOT ? ", root\n" : "\n");
    return buffer[36];
}

static u32 told(s32 fd)
{
    static char path[] = "/proc/self/fdinfo/0", text[512];
    u32 id = 0;
    path[sizeof path - 2] = (char)('0' + fd);
    s32 info = must("open", sys(SYS_open, path, 0)), length = sys(SYS_read, info, text, sizeof text - 1);
    sys(SYS_close, info);
    for (s32 i = 0; i + 8 < length; i++)
        if (text[i] == 'm' && text[i + 1] == 'n' && text[i + 2] == 't')
            for (i += 8; text[i] >= '0' && text[i] <= '9'; i++) id = id * 10 + (u32)(text[i] - '0');
    return id;
}

static int run(void)
{
    u32 proc = look("/proc"), version = look("/proc/version");
    report("/", sys(SYS_statx, -100, "/", 0, BASIC, buffer));
    u32 root = buffer[36];
    report("same mount", proc == version);
    report("other mount", proc == root);
    s32 fd = must("open", sys(SYS_open, "/proc/version", 0));
    report("by descriptor", sys(SYS_statx, fd, "", EMPTY_PATH, BASIC, buffer));
    report("same mount", buffer[36] == proc);
    report("as fdinfo tells", told(fd) == proc);
    report("sync", sys(SYS_statx, -100, "/", 0x2000, BASIC, buffer));
    report("no sync", sys(SYS_statx, -100, "/", 0x4000, BASIC, buffer));
    report("both", sys(SYS_statx, -100, "/", SYNC_TYPE, BASIC, buffer));
    report("reserved", sys(SYS_statx, -100, "/", 0, 0x80000000, buffer));
    return 0;
}
