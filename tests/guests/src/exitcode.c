/* exitcode [STATUS] [call]: ends at once with STATUS (0), by exit_group, or by exit when "call" says "exit". */
#include "crt.h"

static int run(void)
{
    if (argument_is(2, "exit")) sys(SYS_exit, argument(1, 0));
    return argument(1, 0);
}
