/* socketholder [exit]: holds a pair of connected UNIX sockets (v5: EBADF), says "ready", stays in user mode. Where there are
   no sockets it says so and ends with 3. */
#include "crt.h"

enum { SOCKETPAIR = 8, AF_UNIX = 1, SOCK_STREAM = 1 };

static int run(void)
{
    s32 ends[2];
    long arguments[4] = { AF_UNIX, SOCK_STREAM, 0, (long)ends };
    s32 result = (s32)sys(SYS_socketcall, SOCKETPAIR, arguments);
    if (result < 0) {
        put("socketpair: ");
        put_errno(result);
        end_line();
        return 3;
    }
    return hold();
}
