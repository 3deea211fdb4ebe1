/* env: prints what the loader put on the stack: arguments, environment, and the auxiliary vector by key. Values that depend on
   the machine are left out: addresses print as "set", AT_PAGESZ, AT_CLKTCK, AT_PHENT, AT_UID .. AT_EGID and AT_SECURE by value. */
#include "crt.h"

static int run(void)
{
    put("argc ");
    put_signed(argc);
    end_line();
    for (int i = 0; i < argc; i++) {
        put("argv ");
        put(argv[i]);
        end_line();
    }
    for (char **e = envp; *e; e++) {
        put("env ");
        put(*e);
        end_line();
    }
    for (u32 *a = auxv; a[0]; a += 2) {
        put("aux ");
        put_unsigned(a[0]);
        put(" ");
        if (a[0] == 4 || a[0] == 6 || a[0] == 17 || (a[0] >= 11 && a[0] <= 14) || a[0] == 23) put_unsigned(a[1]);
        else if (a[0] == 31 || a[0] == 15) put((const char *)a[1]); /* AT_EXECFN, AT_PLATFORM */
        else put(a[1] ? "set" : "0");
        end_line();
    }
    return ((u32)argv & 3) != 0;
}
