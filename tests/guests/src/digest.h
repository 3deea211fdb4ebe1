/* A digest of blocks: the includer defines BLOCK (bytes), LENGTH_BYTES (of the bit count at the end), BIG_ENDIAN_LENGTH (0 or 1) and
   static void compress(const u8 *block, int show). */
#include "hash.h"

static u8 pending[BLOCK];
static u64 total;

static void update(const u8 *bytes, u32 count)
{
    while (count) {
        u32 at = (u32)(total % BLOCK), part = BLOCK - at < count ? BLOCK - at : count;
        copy(pending + at, bytes, part);
        total += part, bytes += part, count -= part;
        if (total % BLOCK == 0) compress(pending, 0);
    }
}

static void finish(int show)
{
    u32 at = (u32)(total % BLOCK);
    u64 bits = total * 8;
    pending[at++] = 0x80;
    if (at > BLOCK - LENGTH_BYTES) {
        fill(pending + at, 0, BLOCK - at);
        compress(pending, 0);
        at = 0;
    }
    fill(pending + at, 0, BLOCK - at);
    for (u32 i = 0; i < 8; i++) pending[BIG_ENDIAN_LENGTH ? BLOCK - 1 - i : BLOCK - 8 + i] = (u8)(bits >> 8 * i);
    compress(pending, show);
    total = 0;
}
