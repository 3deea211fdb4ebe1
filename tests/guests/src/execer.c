/* execer [DEPTH]: executes itself DEPTH (3) times, each time with one more argument and another environment, and prints both.
   Descriptors 10 (kept) and 11 (close-on-exec) show what passes through. It must be called by a path that execve finds. */
#include "crt.h"

enum { F_SETFD = 2 };

static int run(void)
{
    s32 depth = argument(1, 3);
    put("depth ");
    put_signed(depth);
    for (int i = 2; i < argc; i++) put(" "), put(argv[i]);
    put(" |");
    for (char **e = envp; *e; e++) if (same("GUEST", (char[6]){ (*e)[0], (*e)[1], (*e)[2], (*e)[3], (*e)[4], 0 })) put(" "), put(*e);
    put(" | 10 ");
    put(sys(SYS_fcntl, 10, 1, 0) < 0 ? "closed" : "open");
    put(" 11 ");
    put(sys(SYS_fcntl, 11, 1, 0) < 0 ? "closed" : "open");
    end_line();
    if (depth <= 0) return 40 + argc;

    sys(SYS_dup2, 1, 10);
    sys(SYS_dup2, 1, 11);
    sys(SYS_fcntl, 11, F_SETFD, 1);
    char number_text[12], *arguments[16], *environment[3] = { "GUEST=execer", (char *[]){ "GUESTZERO=", "GUESTONE=1", "GUESTTWO=2 words" }[depth % 3], 0 };
    int n = 0;
    number_text[n++] = (char)('0' + (depth - 1) % 10);
    number_text[n] = 0;
    arguments[0] = argv[0];
    arguments[1] = number_text;
    n = 2;
    for (int i = 2; i < argc && n < 14; i++) arguments[n++] = argv[i];
    arguments[n++] = "";
    arguments[n - 1] = (char *[]){ "zero", "one", "two words" }[depth % 3];
    arguments[n] = 0;
    must("execve", (s32)sys(SYS_execve, argv[0], arguments, environment));
    return 1;
}
