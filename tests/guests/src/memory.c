/* memory map|advice|seals: mmap(2), mremap(2), mprotect(2), madvise(2), mlock(2), seals of memory files, faults; with the regions as /proc/self/maps has them. */
#include "crt.h"

enum {
    SYS_mremap = 163, SYS_msync = 144, SYS_mlock = 150, SYS_munlock, SYS_mlockall, SYS_munlockall, SYS_mincore = 218, SYS_madvise, SYS_remap_file_pages = 257,
    SYS_memfd_create = 356, SYS_mlock2 = 376, SYS_fcntl64 = 221, SYS_ftruncate = 93, SYS_brk = 45, SYS_setrlimit = 75, SYS_setresuid = 164, SYS_readv = 347, SYS_writev = 348,
    SYS_membarrier = 375, SYS_pwrite = 181, SYS_mmap = 90, SYS_prlimit = 340
};
enum { FIXED = 0x10, GROWSDOWN = 0x100, LOCKED = 0x2000, NORESERVE = 0x4000, POPULATE = 0x8000, STACK = 0x20000, NOREPLACE = 0x100000 };
enum { RW = PROT_READ | PROT_WRITE, ANON = MAP_PRIVATE | MAP_ANONYMOUS, BASE = 0x20000000, PAGE = 4096 };

static void show(const char *what, s32 result)
{
    put(what);
    put(": ");
    if (result < 0 && result > -4096) put_errno(result);
    else if (result > PAGE || result < 0) put_hex(result);
    else put_signed(result);
    end_line();
}

static s32 map(u32 at, u32 pages, int protection, int flags)
{
    return sys(SYS_mmap2, at, pages * PAGE, protection, flags, -1, 0);
}

/* The regions between BASE and BASE + 256 MiB: where, rights and offset. */
static void regions(const char *what)
{
    static char text[16384];
    s32 file = sys(SYS_open, "/proc/self/maps", 0, 0), length = 0, got;
    while ((got = sys(SYS_read, file, text + length, sizeof text - length)) > 0) length += got;
    sys(SYS_close, file);
    say(what);
    for (char *p = text; p < text + length;) {
        char *end = p;
        while (*end != '\n') end++;
        if (*p == '2') {
            p[31] = 0;
            put("  "), put(p), end_line();
        }
        p = end + 1;
    }
}

static void clear(void)
{
    sys(SYS_munmap, BASE, 0x10000000);
}

static struct { u32 word[32]; } info;
static volatile u32 resume_at;

static void on_fault(int signal, u32 *details, u32 *context)
{
    info.word[0] = signal, info.word[1] = details[2], info.word[2] = details[3];
    context[5 + 14] = resume_at;
}

/* Writes, or reads, one byte and says what came of it. */
static void touch(const char *what, u32 address, int write)
{
    info.word[0] = 0;
    if (write) __asm__ volatile("movl $1f, %0\n\tmovb $1, (%1)\n1:" : "=m"(resume_at) : "r"(address) : "memory");
    else __asm__ volatile("movl $1f, %0\n\tcmpb $1, (%1)\n1:" : "=m"(resume_at) : "r"(address) : "memory", "cc");
    put(what), put(": ");
    if (info.word[0] == 0) put("fine");
    else put("signal "), put_unsigned(info.word[0]), put(" code "), put_unsigned(info.word[1]), put(" at "), put_hex(info.word[2]);
    end_line();
}

static void maps(void)
{
    show("length 0", sys(SYS_mmap2, 0, 0, RW, ANON, -1, 0));
    show("no type", sys(SYS_mmap2, 0, PAGE, RW, MAP_ANONYMOUS, -1, 0));
    show("validated anonymous", sys(SYS_mmap2, 0, PAGE, RW, 3 | MAP_ANONYMOUS, -1, 0));
    show("bad descriptor", sys(SYS_mmap2, 0, PAGE, RW, MAP_PRIVATE, 99, 0));
    show("misaligned", sys(SYS_mmap2, BASE + 1, PAGE, RW, ANON | FIXED, -1, 0));
    show("shared stack", sys(SYS_mmap2, 0, PAGE, RW, MAP_SHARED | MAP_ANONYMOUS | GROWSDOWN, -1, 0));
    show("fixed", map(BASE, 8, RW, ANON | FIXED));
    show("no replace", map(BASE + 7 * PAGE, 2, RW, ANON | NOREPLACE));
    show("no replace, free", map(BASE + 8 * PAGE, 2, RW, ANON | NOREPLACE));
    regions("merged");
    show("protect", sys(SYS_mprotect, BASE + 2 * PAGE, 2 * PAGE, PROT_READ));
    show("without reserve", map(BASE + 10 * PAGE, 2, RW, ANON | FIXED | NORESERVE));
    regions("split");
    show("protect back", sys(SYS_mprotect, BASE + 2 * PAGE, 2 * PAGE, RW));
    show("hole", sys(SYS_munmap, BASE + 5 * PAGE, PAGE));
    show("protect over a hole", sys(SYS_mprotect, BASE, 8 * PAGE, PROT_READ));
    regions("changed up to the hole");
    show("protect nothing", sys(SYS_mprotect, BASE, 0, PROT_READ));
    show("protect misaligned", sys(SYS_mprotect, BASE + 1, PAGE, PROT_READ));
    show("protect unknown", sys(SYS_mprotect, BASE, PAGE, 0x10));
    show("grows both ways", sys(SYS_mprotect, BASE, PAGE, 0x03000001));
    show("no stack", sys(SYS_mprotect, BASE, PAGE, 0x01000001));
    show("protect wraps", sys(SYS_mprotect, 0xfffff000, 0x2000, PROT_READ));
    show("unmap nothing", sys(SYS_munmap, BASE, 0));
    show("unmap misaligned", sys(SYS_munmap, BASE + 1, PAGE));
    clear();

    /* mremap */
    map(BASE, 4, RW, ANON | FIXED);
    *(u32 *)BASE = 11, *(u32 *)(BASE + 3 * PAGE) = 14;
    map(BASE + 6 * PAGE, 1, RW, ANON | FIXED);
    show("grow in place", sys(SYS_mremap, BASE, 4 * PAGE, 6 * PAGE, 0));
    show("no room", sys(SYS_mremap, BASE, 7 * PAGE, 9000 * PAGE, 4));
    map(BASE + 7 * PAGE, 1, PROT_READ, ANON | FIXED);
    show("no room", sys(SYS_mremap, BASE, 7 * PAGE, 8 * PAGE, 0));
    show("two regions", sys(SYS_mremap, BASE, 8 * PAGE, 9 * PAGE, 1));
    show("shrink over two", sys(SYS_mremap, BASE, 8 * PAGE, 4 * PAGE, 0));
    show("to a place", sys(SYS_mremap, BASE, 4 * PAGE, 4 * PAGE, 3, BASE + 0x100000));
    regions("moved");
    show("contents", *(u32 *)(BASE + 0x103000));
    show("keep the old", sys(SYS_mremap, BASE + 0x100000, 4 * PAGE, 4 * PAGE, 7, BASE));
    show("contents", *(u32 *)(BASE + 0x3000));
    show("old contents", *(u32 *)(BASE + 0x103000));
    show("keep, other size", sys(SYS_mremap, BASE, 4 * PAGE, 5 * PAGE, 5, 0));
    show("overlap", sys(SYS_mremap, BASE, 4 * PAGE, 4 * PAGE, 3, BASE + PAGE));
    show("flags", sys(SYS_mremap, BASE, 4 * PAGE, 4 * PAGE, 8));
    show("fixed alone", sys(SYS_mremap, BASE, 4 * PAGE, 4 * PAGE, 2, BASE + 0x200000));
    show("misaligned", sys(SYS_mremap, BASE + 1, 4 * PAGE, 4 * PAGE, 1));
    show("to nothing", sys(SYS_mremap, BASE, 4 * PAGE, 0, 1));
    show("nothing there", sys(SYS_mremap, BASE + 0x800000, 4 * PAGE, 8 * PAGE, 1));
    show("private copy", sys(SYS_mremap, BASE, 0, 4 * PAGE, 1));
    clear();
    map(BASE, 4, RW, MAP_SHARED | MAP_ANONYMOUS | FIXED);
    *(u32 *)BASE = 5;
    u32 second = sys(SYS_mremap, BASE, 0, 4 * PAGE, 3, BASE + 0x100000);
    *(u32 *)second = 6;
    show("shared copy", *(u32 *)BASE);
    show("grow shared", sys(SYS_mremap, BASE, 4 * PAGE, 5 * PAGE, 0));
    touch("behind its end", BASE + 4 * PAGE, 0);
    show("rearrange", sys(SYS_remap_file_pages, BASE, PAGE, 0, 2, 0));
    *(u32 *)BASE = 77;
    show("page 2", *(u32 *)(BASE + 2 * PAGE));
    regions("rearranged");
    show("rearrange private", (clear(), map(BASE, 2, RW, ANON | FIXED), sys(SYS_remap_file_pages, BASE, PAGE, 0, 1, 0)));

    /* Faults. */
    touch("read nothing", BASE + 0x500000, 0);
    touch("write nothing", BASE + 0x500000, 1);
    sys(SYS_mprotect, BASE, PAGE, PROT_READ);
    touch("write read-only", BASE + 5, 1);
    sys(SYS_mprotect, BASE, PAGE, 0);
    touch("read without rights", BASE + 6, 0);
    /* A stack grows, up to its limit, and keeps away from what is below. */
    clear();
    map(BASE + 0x400000, 2, RW, ANON | FIXED | GROWSDOWN);
    touch("grow", BASE + 0x3f0000, 1);
    regions("grown");
    map(BASE + 0x200000, 1, RW, ANON | FIXED);
    touch("in the gap", BASE + 0x280000, 1);
    touch("above the gap", BASE + 0x301000, 1);
    sys(SYS_mprotect, BASE + 0x200000, PAGE, 0);
    touch("a gap of no rights", BASE + 0x280000, 1);
    regions("stacks");
    u32 old[6] = { BASE, 2 * PAGE, RW, ANON | FIXED, -1, 0 };
    clear();
    show("old mmap", sys(SYS_mmap, old));
    old[5] = 1;
    show("old mmap misaligned", sys(SYS_mmap, old));
    show("msync", sys(SYS_msync, BASE, 2 * PAGE, 4));
    show("msync hole", sys(SYS_msync, BASE, 3 * PAGE, 4));
    show("msync flags", sys(SYS_msync, BASE, PAGE, 5));
    u32 brk = sys(SYS_brk, 0);
    show("brk", sys(SYS_brk, brk + 3 * PAGE) - brk);
    show("brk down", sys(SYS_brk, brk + PAGE) - brk);
    show("brk too low", sys(SYS_brk, 1) - brk);
    u32 data[2] = { 8 * PAGE, 8 * PAGE };
    sys(SYS_setrlimit, 2, data);
    show("data limit", map(0, 64, RW, ANON));
    show("data limit, read-only", map(BASE, 64, PROT_READ, ANON | FIXED));
    show("data limit of brk", sys(SYS_brk, brk + 64 * PAGE) - brk);
}

static void advice(void)
{
    static u8 core[8];
    map(BASE, 8, RW, ANON | FIXED);
    for (u32 i = 0; i < 8; i++) *(u32 *)(BASE + i * PAGE) = i + 1;
    static const s32 all[] = { 0, 1, 2, 3, 5, 7, 10, 11, 12, 13, 16, 17, 18, 19, 20, 21, 22, 23, 24, 26, 99, -1 };
    for (u32 i = 0; i < sizeof all / sizeof *all; i++) put("advice "), put_signed(all[i]), show("", sys(SYS_madvise, BASE, 2 * PAGE, all[i]));
    show("misaligned", sys(SYS_madvise, BASE + 1, PAGE, 0));
    show("empty", sys(SYS_madvise, BASE, 0, 0));
    show("empty, unknown", sys(SYS_madvise, BASE, 0, 77));
    show("hole", sys(SYS_madvise, BASE, 10 * PAGE, 3));
    show("drop", sys(SYS_madvise, BASE + 2 * PAGE, PAGE, 4));
    put_unsigned(*(u32 *)(BASE + PAGE)), put(" "), put_unsigned(*(u32 *)(BASE + 2 * PAGE)), put(" "), put_unsigned(*(u32 *)(BASE + 3 * PAGE)), end_line();
    show("remove of private", sys(SYS_madvise, BASE, PAGE, 9));
    show("no fork", sys(SYS_madvise, BASE + 3 * PAGE, PAGE, 10));
    show("wipe", sys(SYS_madvise, BASE + 4 * PAGE, PAGE, 18));
    regions("advised");
    s32 child = sys(SYS_fork);
    if (child == 0) {
        touch("child: not forked", BASE + 3 * PAGE, 0);
        put("child: "), put_unsigned(*(u32 *)(BASE + 4 * PAGE)), put(" "), put_unsigned(*(u32 *)(BASE + 5 * PAGE)), end_line();
        quit(0);
    }
    sys(SYS_waitpid, child, 0, 0);
    map(BASE + 0x100000, 4, RW, MAP_SHARED | MAP_ANONYMOUS | FIXED);
    *(u32 *)(BASE + 0x100000) = 9, *(u32 *)(BASE + 0x101000) = 10;
    show("wipe shared", sys(SYS_madvise, BASE + 0x100000, PAGE, 18));
    show("free shared", sys(SYS_madvise, BASE + 0x100000, PAGE, 8));
    show("drop shared", sys(SYS_madvise, BASE + 0x100000, 2 * PAGE, 4));
    show("kept", *(u32 *)(BASE + 0x100000));
    show("remove", sys(SYS_madvise, BASE + 0x100000, PAGE, 9));
    put_unsigned(*(u32 *)(BASE + 0x100000)), put(" "), put_unsigned(*(u32 *)(BASE + 0x101000)), end_line();
    show("populate read-only for writing", (sys(SYS_mprotect, BASE, PAGE, PROT_READ), sys(SYS_madvise, BASE, PAGE, 23)));
    show("populate a hole", sys(SYS_madvise, BASE + 7 * PAGE, 2 * PAGE, 22));
    map(BASE + 0x200000, 4, RW, ANON | FIXED);
    show("in core", sys(SYS_mincore, BASE + 0x200000, 4 * PAGE, core));
    put_unsigned(core[0] & 1), put_unsigned(core[1] & 1), end_line();
    show("populate", sys(SYS_madvise, BASE + 0x200000, 2 * PAGE, 23));
    sys(SYS_mincore, BASE + 0x200000, 4 * PAGE, core);
    put_unsigned(core[0] & 1), put_unsigned(core[1] & 1), put_unsigned(core[2] & 1), end_line();
    show("in core, hole", sys(SYS_mincore, BASE + 0x300000, PAGE, core));
    show("in core, misaligned", sys(SYS_mincore, BASE + 1, PAGE, core));
    show("in core, nowhere to", sys(SYS_mincore, BASE + 0x200000, PAGE, 16));

    show("lock", sys(SYS_mlock, BASE + 0x200000 + 5, 3 * PAGE));
    sys(SYS_mincore, BASE + 0x200000, 4 * PAGE, core);
    put_unsigned(core[0] & 1), put_unsigned(core[3] & 1), end_line();
    show("drop locked", sys(SYS_madvise, BASE + 0x200000, PAGE, 4));
    show("drop locked all the same", sys(SYS_madvise, BASE + 0x200000, PAGE, 24));
    show("invalidate locked", sys(SYS_msync, BASE + 0x200000, PAGE, 2));
    show("lock a hole", sys(SYS_mlock, BASE + 0x200000, 6 * PAGE));
    show("unlock", sys(SYS_munlock, BASE + 0x200000, 4 * PAGE));
    show("lock flags", sys(SYS_mlock2, BASE, PAGE, 2));
    show("lock on fault", sys(SYS_mlock2, BASE, PAGE, 1));
    show("lock all, no flags", sys(SYS_mlockall, 0));
    show("lock all, only on fault", sys(SYS_mlockall, 4));
    show("lock all, unknown", sys(SYS_mlockall, 8));
    show("unlock all", sys(SYS_munlockall));
    u32 limit[2] = { 4 * PAGE, 4 * PAGE };
    sys(SYS_setrlimit, 8, limit);
    sys(SYS_setresuid, 1000, 1000, 1000);
    show("lock within the limit", sys(SYS_mlock, BASE + 0x200000, 4 * PAGE));
    show("again", sys(SYS_mlock, BASE + 0x200000, 4 * PAGE));
    show("lock beyond the limit", sys(SYS_mlock, BASE + 4 * PAGE, PAGE));
    show("map locked", map(BASE + 0x300000, 1, RW, ANON | FIXED | LOCKED));
    show("lock all", sys(SYS_mlockall, 1));
    limit[0] = 0;
    sys(SYS_munlockall);
    sys(SYS_setrlimit, 8, limit);
    show("lock without right", sys(SYS_mlock, BASE + 0x200000, PAGE));
    show("map locked", map(BASE + 0x300000, 1, RW, ANON | FIXED | LOCKED));

    u32 local[2] = { (u32)core, 8 }, remote[4] = { BASE + 4 * PAGE, 4, BASE + 5 * PAGE, 4 };
    s32 me = sys(SYS_getpid);
    show("read a task", sys(SYS_readv, me, local, 1, remote, 2, 0));
    put_unsigned(core[0]), put(" "), put_unsigned(core[4]), end_line();
    remote[2] = 16;
    show("as far as it goes", sys(SYS_readv, me, local, 1, remote, 2, 0));
    remote[0] = 16;
    show("nothing", sys(SYS_readv, me, local, 1, remote, 2, 0));
    show("flags", sys(SYS_readv, me, local, 1, remote, 2, 1));
    show("no task", sys(SYS_readv, 0x7fffffff, local, 1, remote, 2, 0));
    show("init", sys(SYS_readv, 1, local, 1, remote, 2, 0));
    core[0] = 200, remote[0] = BASE + 5 * PAGE;
    show("write a task", sys(SYS_writev, me, local, 1, remote, 1, 0));
    show("written", *(u8 *)(BASE + 5 * PAGE));
    show("barrier not registered", sys(SYS_membarrier, 8, 0));
    show("register", sys(SYS_membarrier, 16, 0));
    show("barrier", sys(SYS_membarrier, 8, 0));
    show("barrier flags", sys(SYS_membarrier, 1, 1));
}

static void seals(void)
{
    enum { ADD = 1033, GET = 1034, S_SEAL = 1, S_SHRINK = 2, S_GROW = 4, S_WRITE = 8, S_FUTURE = 16 };
    s32 plain = sys(SYS_memfd_create, "plain", 0), file = sys(SYS_memfd_create, "sealed", 2);
    show("unknown flags", sys(SYS_memfd_create, "x", 0x4000));
    show("seals of plain", sys(SYS_fcntl64, plain, GET, 0));
    show("seal plain", sys(SYS_fcntl64, plain, ADD, S_WRITE));
    show("seals", sys(SYS_fcntl64, file, GET, 0));
    show("seals of a pipe", sys(SYS_fcntl64, 0, GET, 0));
    show("size", sys(SYS_ftruncate, file, 2 * PAGE));
    s32 shared = sys(SYS_mmap2, BASE, 2 * PAGE, RW, MAP_SHARED | FIXED, file, 0);
    show("map", shared);
    show("write", sys(SYS_pwrite, file, "abc", 3, 0, 0));
    show("seen", *(u8 *)BASE);
    *(u8 *)(BASE + 1) = 'B';
    show("seal writes while mapped", sys(SYS_fcntl64, file, ADD, S_WRITE));
    show("seal unknown", sys(SYS_fcntl64, file, ADD, 0x100));
    show("seal shrinking", sys(SYS_fcntl64, file, ADD, S_SHRINK));
    show("shrink", sys(SYS_ftruncate, file, PAGE));
    show("grow", sys(SYS_ftruncate, file, 3 * PAGE));
    show("seal growing", sys(SYS_fcntl64, file, ADD, S_GROW));
    show("grow", sys(SYS_ftruncate, file, 4 * PAGE));
    show("write behind the end", sys(SYS_pwrite, file, "abc", 3, 3 * PAGE, 0));
    show("write", sys(SYS_pwrite, file, "xyz", 3, PAGE, 0));
    show("seal later writes", sys(SYS_fcntl64, file, ADD, S_FUTURE));
    show("write", sys(SYS_pwrite, file, "xyz", 3, PAGE, 0));
    *(u8 *)BASE = 'q';
    show("by the old mapping", *(u8 *)BASE);
    show("map anew", sys(SYS_mmap2, 0, PAGE, RW, MAP_SHARED, file, 0));
    show("map to read", sys(SYS_mmap2, BASE + 0x100000, PAGE, PROT_READ, MAP_SHARED | FIXED, file, 0));
    show("protect", sys(SYS_mprotect, BASE + 0x100000, PAGE, RW));
    show("map privately", sys(SYS_mmap2, BASE + 0x200000, PAGE, RW, MAP_PRIVATE | FIXED, file, 0));
    clear();
    show("seal writes", sys(SYS_fcntl64, file, ADD, S_WRITE | S_SEAL));
    show("seals", sys(SYS_fcntl64, file, GET, 0));
    show("seal more", sys(SYS_fcntl64, file, ADD, S_SHRINK));
    /* The end of a file, and truncation under a mapping. */
    sys(SYS_ftruncate, plain, PAGE + 10);
    sys(SYS_mmap2, BASE, 4 * PAGE, RW, MAP_SHARED | FIXED, plain, 0);
    sys(SYS_mmap2, BASE + 0x100000, 4 * PAGE, RW, MAP_PRIVATE | FIXED, plain, 0);
    touch("in the last page", BASE + PAGE + 100, 1);
    touch("behind it", BASE + 2 * PAGE, 0);
    *(u8 *)(BASE + 0x101000) = 3;
    *(u8 *)(BASE + 5) = 7;
    show("private sees", *(u8 *)(BASE + 0x100005));
    sys(SYS_ftruncate, plain, 10);
    touch("cut off", BASE + PAGE, 0);
    touch("cut off, private copy", BASE + 0x101000, 0);
    sys(SYS_ftruncate, plain, 2 * PAGE);
    show("zeros again", *(u8 *)(BASE + PAGE + 100));
    show("behind the old end", *(u8 *)(BASE + 11));
    regions("file maps");
}

static int run(void)
{
    u32 action[5] = { (u32)on_fault, 0x40000004, 0, 0, 0 };
    sys(SYS_rt_sigaction, 11, action, 0, 8);
    sys(SYS_rt_sigaction, 7, action, 0, 8);
    clear();
    if (argument_is(1, "advice")) advice();
    else if (argument_is(1, "seals")) seals();
    else maps();
    return 0;
}
