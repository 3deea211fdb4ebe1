/* escape MARKER [SECRET]: tries to read the host's files from inside a root, each trick on /etc/passwd and, if given, on the
   host's absolute path SECRET, which does not exist inside. Inside the root /etc/passwd contains MARKER and outside it does not.
   Prints a line a trick: "inside" (the root's own file came back), the errno, or "ESCAPED". Status 1 after any escape, else 0.
   Host side: a root made by make-root.sh also has the links /escape/absolute, /escape/dots and /escape/up, which lead out. */
#include "crt.h"

static const char up[] = "../../../../../../../../../../../..";
static char path[512], text[8192];
static const char *marker;
static int escaped;

static void join(const char *a, const char *b)
{
    u32 n = 0;
    while (*a && n < sizeof path - 1) path[n++] = *a++;
    while (*b && n < sizeof path - 1) path[n++] = *b++;
    path[n] = 0;
}

static void verdict(const char *trick, const char *target, s32 fd)
{
    put(trick);
    put(" ");
    put(target);
    put(": ");
    if (fd < 0) {
        put_errno(fd);
    } else {
        s32 length_read = (s32)sys(SYS_read, fd, text, sizeof text - 1);
        if (length_read < 0) {
            put("opened, read ");
            put_errno(length_read);
        } else {
            int found = 0;
            text[length_read] = 0;
            for (s32 i = 0; i < length_read && !found; i++) {
                u32 j = 0;
                while (marker[j] && text[i + (s32)j] == marker[j]) j++;
                found = !marker[j];
            }
            put(found ? "inside" : "ESCAPED");
            escaped |= !found;
        }
        sys(SYS_close, fd);
    }
    end_line();
}

static void try(const char *trick, const char *target, const char *name)
{
    verdict(trick, target, (s32)sys(SYS_open, name, O_RDONLY));
}

static void through(const char *trick, const char *target, const char *prefix)
{
    join(prefix, target);
    try(trick, target, path);
}

static void through_link(const char *trick, const char *target, const char *prefix)
{
    join(prefix, target);
    sys(SYS_unlink, "/tmp/link");
    s32 result = (s32)sys(SYS_symlink, path, "/tmp/link");
    if (result < 0) verdict(trick, target, result);
    else try(trick, target, "/tmp/link");
}

static void through_descriptor(const char *trick, const char *target, s32 fd)
{
    char name[32] = "/proc/self/fd/", digits[] = { (char)('0' + fd / 10 % 10), (char)('0' + fd % 10), 0 };
    u32 n = 14;
    for (const char *d = digits[0] == '0' ? digits + 1 : digits; *d; d++) name[n++] = *d;
    for (const char *d = "/../../../.."; *d; d++) name[n++] = *d;
    through(trick, target, name);
}

static int run(void)
{
    if (argc < 2) {
        say("usage: escape MARKER [SECRET]");
        return 2;
    }
    marker = argv[1];
    const char *targets[2] = { "/etc/passwd", argc > 2 ? argv[2] : 0 };
    s32 root = (s32)sys(SYS_open, "/", O_RDONLY | O_DIRECTORY);
    sys(SYS_mkdir, "/tmp", 01777);
    sys(SYS_mkdir, "/tmp/deep", 0755);
    sys(SYS_mkdir, "/tmp/deep/er", 0755);
    s32 deep = (s32)sys(SYS_open, "/tmp/deep/er", O_RDONLY | O_DIRECTORY);

    for (u32 i = 0; i < 2 && targets[i]; i++) {
        const char *target = targets[i];
        through("absolute", target, "");
        through("dots", target, up);
        sys(SYS_chdir, "/tmp/deep/er");
        through("dots from a directory", target, up);
        through("dots after a file", target, "/etc/passwd/../../..");
        through_link("absolute link", target, "");
        through_link("link with dots", target, up);
        through("/proc/self/root", target, "/proc/self/root");
        through("/proc/self/root with dots", target, "/proc/self/root/../..");
        through("/proc/self/cwd with dots", target, "/proc/self/cwd/../../../../..");
        through("/proc/1/root with dots", target, "/proc/1/root/../..");
        through_link("link to /proc/self/root with dots", target, "/proc/self/root/../..");
        through_descriptor("descriptor of the root", target, root);
        through_descriptor("descriptor of a directory", target, deep);
        join(up + 0, target);
        verdict("openat with dots", target, (s32)sys(SYS_openat, root, path, O_RDONLY));
        verdict("openat from a directory", target, (s32)sys(SYS_openat, deep, path, O_RDONLY));
        sys(SYS_unlink, "/tmp/hard");
        s32 result = (s32)sys(SYS_link, path, "/tmp/hard");
        if (result < 0) verdict("hard link", target, result);
        else try("hard link", target, "/tmp/hard");
    }
    try("the root's link", "/escape/absolute", "/escape/absolute");
    try("the root's link", "/escape/dots", "/escape/dots");
    through("the root's link to a directory", "/etc/passwd", "/escape/up");

    /* Last, as it changes the root: a directory descriptor kept from outside a second chroot, and dots from there. */
    s32 result = (s32)sys(SYS_chroot, "/tmp/deep");
    if (result < 0) {
        verdict("chroot and back", "/etc/passwd", result);
    } else {
        sys(SYS_fchdir, root);
        join(up, "/etc/passwd");
        try("chroot and back", "/etc/passwd", path);
    }
    say(escaped ? "escaped" : "contained");
    return escaped;
}
