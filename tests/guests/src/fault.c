/* fault [ADDRESS]: says "about to write", then writes to ADDRESS (0); ends by SIGSEGV. */
#include "crt.h"

static int run(void)
{
    say("about to write");
    *(volatile u32 *)argument(1, 0) = 1;
    say("it was let");
    return 1;
}
