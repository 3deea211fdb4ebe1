/* rstr [DESCRIPTOR] [FLAGS] [CRID]: the restart half. Use: rstr < image.
   Asks the kernel to make this process the one in the image. On success the program is gone, so the line after the
   call can only tell of a failure: it names the errno, shows that the caller lives on, and ends with the errno as status. */
#include "crt.h"

static int run(void)
{
    s32 fd = argument(1, 0), flags = argument(2, 0), crid = argument(3, (s32)sys(SYS_getpid));
    volatile u32 memory = 0x600dd00d;

    s32 result = (s32)sys(SYS_restart, crid, fd, flags);
    if (result >= 0) {
        put("restart returned ");
        put_signed(result);
        say(": this line must never be seen");
        return 255;
    }
    put("restart failed: ");
    put_errno(result);
    end_line();
    say(memory == 0x600dd00d && sys(SYS_getpid) > 0 ? "the caller lives on" : "the caller is damaged");
    return -result;
}
