/* toucher [PAGES] [ROUNDS] [holes]: maps PAGES (5000) anonymous pages in one region and writes to each (with "holes" only
   to those whose number is not a multiple of seven), then reads ROUNDS (3; 0: for ever) times that each still holds what
   was written and that the holes are zero, printing a checksum a round. 5000 pages are more than one chunk of a v5
   image (4096) takes. Word j of page p, j in 0, 64, 128, ... 960, is p * 0x9e3779b1 + j. */
#include "crt.h"

enum { PAGE_WORDS = 1024, STEP = 64 };

static int run(void)
{
    u32 pages = (u32)argument(1, 5000), rounds = (u32)argument(2, 3);
    int holes = argument_is(3, "holes");
    u32 *memory = (u32 *)must("mmap",
        (s32)sys(SYS_mmap2, 0, pages * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));

    for (u32 p = 0; p < pages; p++) {
        if (holes && p % 7 == 0) continue;
        for (u32 j = 0; j < PAGE_WORDS; j += STEP) memory[p * PAGE_WORDS + j] = p * 0x9e3779b1 + j;
    }
    put("touched ");
    put_unsigned(pages);
    say(" pages");

    for (u32 round = 1;; round++) {
        u32 sum = 0;
        for (u32 p = 0; p < pages; p++) {
            u32 hole = holes && p % 7 == 0;
            for (u32 j = 0; j < PAGE_WORDS; j += STEP) {
                u32 is = memory[p * PAGE_WORDS + j], expected = hole ? 0 : p * 0x9e3779b1 + j;
                if (is != expected) {
                    put("page ");
                    put_unsigned(p);
                    put(" word ");
                    put_unsigned(j);
                    put(" is ");
                    put_hex(is);
                    end_line();
                    return 1;
                }
                sum = (sum << 1 | sum >> 31) ^ is;
            }
        }
        put("round ");
        put_unsigned(round);
        put(" checksum ");
        put_hex(sum);
        end_line();
        if (round == rounds) return 0;
    }
}
