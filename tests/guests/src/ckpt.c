/* ckpt [PATH] [COUNT] [spin|sleep|exit]: the checkpoint half of the pair that demonstrates the two system calls
   (reference section 5). Use: ckpt > image.
   Closes 0 and 2, opens PATH (/tmp/cr-rest.out) so that it becomes descriptor 0, and dup2(0, 2): two descriptors, one
   open file. Writes a line to 2, checkpoints itself to descriptor 1, writes a second line with the call's result to 0:
   1 in the original (2, 3, ... for the next of COUNT calls, each image following the one before), 0 after a restart.
   Then spins (the default), sleeps, or exits. */
#include "crt.h"

static int run(void)
{
    const char *path = argc > 1 ? argv[1] : "/tmp/cr-rest.out";
    s32 count = argument(2, 1);

    sys(SYS_close, 0);
    sys(SYS_close, 2);
    s32 file = (s32)sys(SYS_open, path, O_RDWR | O_CREAT | O_TRUNC, 0666);
    if (file < 0) return -file;
    if (file != 0 || sys(SYS_dup2, 0, 2) != 2) return 1;

    put("hello, this line was written before the checkpoint\n");
    flush_to(2);
    for (s32 i = 0; i < count; i++) {
        s32 result = (s32)sys(SYS_checkpoint, sys(SYS_getpid), 1, 0);
        put("this one after it (ret = ");
        put_signed(result);
        put(")\n");
        flush_to(0);
    }

    if (argument_is(3, "exit")) return 0;
    s32 second[2] = { 1, 0 };
    for (;;) {
        if (argument_is(3, "sleep")) sys(SYS_nanosleep, second, 0);
        else __asm__ volatile("pause" ::: "memory");
    }
}
