/* hello: one line, status 0. */
#include "crt.h"

static int run(void)
{
    say("Hello from i386");
    return 0;
}
