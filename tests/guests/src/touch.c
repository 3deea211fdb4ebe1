/* touch MIB [SEED]: writes to every page of so much memory, says "ready", then for each byte of its input writes to some pages and says what it wrote:
   '0' to '9' to so many percent of the pages, all over the memory; 'r' reads each page and says a sum of what it found; after 'b' it says "busy" and writes to the first percent
   without end. */
#include "crt.h"

static u32 state;

static u32 next_random(void)
{
    state ^= state << 13;
    state ^= state >> 17;
    return state ^= state << 5;
}

static int run(void)
{
    u32 pages = (u32)argument(1, 16) << 8;
    state = (u32)argument(2, 1);
    u32 *memory = (u32 *)must("mmap2", (s32)sys(SYS_mmap2, 0, pages << 12, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    for (u32 page = 0; page < pages; page++)
        for (u32 word = 0; word < 16; word++) memory[(page << 10) + (word << 6)] = next_random();
    say("ready");
    char order;
    while (must("read", (s32)sys(SYS_read, 0, &order, 1)) == 1) {
        u32 sum = 0, count = pages;
        if (order == 'r') {
            for (u32 page = 0; page < pages; page++)
                for (u32 word = 0; word < 16; word++) sum = sum * 31 + memory[(page << 10) + (word << 6)];
        } else if (order == 'b') {
            say("busy");
            for (u32 i = 0;; i++) memory[i % (pages / 100 + 1) << 10] += i;
        } else {
            count = pages / 100 * (u32)(order - '0');
            for (u32 i = 0; i < count; i++) sum += memory[((next_random() % pages) << 10) + (next_random() & 1023)] += i | 1;
        }
        put_unsigned(count);
        put(" pages, ");
        put_hex(sum);
        end_line();
    }
    return 0;
}
