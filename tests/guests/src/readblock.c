/* readblock: reads descriptor 0 and prints "got N: TEXT" for each read that returns, then "end". */
#include "crt.h"

static char text[256];

static int run(void)
{
    s32 n;
    while ((n = must("read", (s32)sys(SYS_read, 0, text, sizeof text - 1))) > 0) {
        text[n] = 0;
        if (text[n - 1] == '\n') text[n - 1] = 0;
        put("got ");
        put_signed(n);
        put(": ");
        put(text);
        end_line();
    }
    say("end");
    return 0;
}
