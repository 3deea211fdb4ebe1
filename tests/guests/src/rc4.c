/* rc4: RC4 (RFC 6229). Prints known answers and, for keys of 1 to 16 bytes, what it gives after 4,000 bytes. */
#include "hash.h"

static u8 s[256], i, j;

static void key(const u8 *bytes, u32 count)
{
    for (u32 n = 0; n < 256; n++) s[n] = (u8)n;
    j = 0;
    for (u32 n = 0; n < 256; n++) {
        u8 t = s[n];
        j = (u8)(j + t + bytes[n % count]);
        s[n] = s[j], s[j] = t;
    }
    i = j = 0;
}

static u8 next(void)
{
    u8 t = s[++i];
    j = (u8)(j + t);
    s[i] = s[j], s[j] = t;
    return s[(u8)(s[i] + t)];
}

static int run(void)
{
    u8 bytes[16], out[16];
    for (u32 n = 0; n < 16; n++) bytes[n] = (u8)(n + 1);
    key(bytes, 5);
    for (u32 n = 0; n < 16; n++) out[n] = next();
    check("40 bits", out, "b2396305f03dc027ccc3524a0a1118a8");
    key(bytes, 16);
    for (u32 n = 0; n < 16; n++) out[n] = next();
    check("128 bits", out, "9ac7cc9a609d1ef7b2932899cde41b97");
    for (u32 size = 1; size <= 16; size++) {
        key(bytes, size);
        for (u32 n = 0; n < 4000; n++) next();
        for (u32 n = 0; n < 16; n++) out[n] = next();
        put_unsigned(size);
        put(" ");
        put_bytes(out, 16);
        end_line();
    }
    return failed;
}
