/* env: prints what the loader put on the stack: arguments, environment, and those entries of the auxiliary vector that every
   kernel has, in the order of their keys: addresses and the like as "set" or "0", texts and small numbers by value. */
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
    static const struct { u8 key; char form, name[14]; } entries[] = {
        { 3, 'a', "PHDR" }, { 4, 'n', "PHENT" }, { 5, 'a', "PHNUM" }, { 6, 'n', "PAGESZ" }, { 7, 'n', "BASE" }, { 8, 'n', "FLAGS" },
        { 9, 'a', "ENTRY" }, { 11, 'n', "UID" }, { 12, 'n', "EUID" }, { 13, 'n', "GID" }, { 14, 'n', "EGID" }, { 15, 't', "PLATFORM" },
        { 16, 'a', "HWCAP" }, { 17, 'n', "CLKTCK" }, { 23, 'n', "SECURE" }, { 25, 'a', "RANDOM" }, { 31, 't', "EXECFN" },
        { 32, 'a', "SYSINFO" }, { 33, 'a', "SYSINFO_EHDR" },
    };
    for (u32 i = 0; i < sizeof entries / sizeof *entries; i++) {
        u32 *a = auxv;
        while (a[0] && a[0] != entries[i].key) a += 2;
        put(entries[i].name);
        put(" ");
        if (!a[0]) put("absent");
        else if (entries[i].form == 't') put((const char *)a[1]);
        else if (entries[i].form == 'n') put_unsigned(a[1]);
        else put(a[1] ? "set" : "0");
        end_line();
    }
    return ((u32)argv & 3) != 0;
}
