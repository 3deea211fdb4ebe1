/* build: -msse4.2 */
/* crc [BLOCKS]: CRC-32 (IEEE 802.3) bit by bit and by table, and CRC-32C bit by bit and by the CRC32 instruction
   on 1, 2 and 4 bytes, from aligned and odd addresses. Prints known answers, and the check values of streams. */
#include "hash.h"

static u32 table[256];

static u32 by_bits(u32 crc, const u8 *p, u32 count, u32 polynomial)
{
    crc = ~crc;
    while (count--) {
        crc ^= *p++;
        for (u32 i = 0; i < 8; i++) crc = crc >> 1 ^ (polynomial & (0 - (crc & 1)));
    }
    return ~crc;
}

static u32 by_table(u32 crc, const u8 *p, u32 count)
{
    crc = ~crc;
    while (count--) crc = table[(u8)(crc ^ *p++)] ^ crc >> 8;
    return ~crc;
}

static u32 by_instruction(u32 crc, const u8 *p, u32 count, u32 width)
{
    crc = ~crc;
    for (; width == 4 && count >= 4; p += 4, count -= 4) __asm__("crc32l %1, %0" : "+r"(crc) : "m"(*(const u32(*)[1])p));
    for (; width == 2 && count >= 2; p += 2, count -= 2) __asm__("crc32w %1, %0" : "+r"(crc) : "m"(*(const u16(*)[1])p));
    for (; count; p++, count--) __asm__("crc32b %1, %0" : "+r"(crc) : "m"(*p));
    return ~crc;
}

static void put_check(const char *what, u32 crc, u32 expected)
{
    put(what);
    put(" ");
    put_hex(crc);
    if (crc != expected) put(" WRONG"), failed = 1;
    end_line();
}

static int run(void)
{
    static u8 bytes[4104];
    for (u32 i = 0; i < 256; i++) {
        table[i] = i;
        for (u32 j = 0; j < 8; j++) table[i] = table[i] >> 1 ^ (0xedb88320 & (0 - (table[i] & 1)));
    }
    const u8 *digits = (const u8 *)"123456789";
    put_check("crc32 bits", by_bits(0, digits, 9, 0xedb88320), 0xcbf43926);
    put_check("crc32 table", by_table(0, digits, 9), 0xcbf43926);
    put_check("crc32c bits", by_bits(0, digits, 9, 0x82f63b78), 0xe3069283);
    for (u32 width = 1; width <= 4; width *= 2) put_check("crc32c instruction", by_instruction(0, digits, 9, width), 0xe3069283);
    u32 a = 0, c = 0;
    for (u32 i = 0; i < (u32)argument(1, 8); i++) {
        stream(bytes, sizeof bytes);
        u32 at = i % 5, count = sizeof bytes - 8 - i * 17 % 100, ieee = by_bits(a, bytes + at, count, 0xedb88320), castagnoli = by_bits(c, bytes + at, count, 0x82f63b78);
        put_check("stream", by_table(a, bytes + at, count), ieee);
        for (u32 width = 1; width <= 4; width *= 2) put_check("stream", by_instruction(c, bytes + at, count, width), castagnoli);
        a = ieee, c = castagnoli;
    }
    return failed;
}
