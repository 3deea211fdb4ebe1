# Makes what the programs work on, inside a machine, from nothing but these files: the same bytes everywhere.
set -e
cd /bench
# Text: 40,000 lines of words, common ones more often than rare ones; and records in no order.
gawk 'BEGIN {
    srand(1)
    for (i = 0; i < 4000; i++) {
        word = ""
        for (j = 2 + int(rand() * 8); j > 0; j--) word = word substr("etaoinshrdlucmfwypvbgkqjxz", 1 + int(26 * rand() * rand()), 1)
        words[i] = word
    }
    for (i = 0; i < 40000; i++) {
        line = words[int(4000 * rand() * rand() * rand())]
        for (j = 4 + int(rand() * 16); j > 0; j--) line = line " " words[int(4000 * rand() * rand() * rand())]
        print line (i % 7 ? "." : ", " i)
    }
}' > text
cat text text text text text text text text > long-text
head -n 14000 text > short-text
gawk 'BEGIN { srand(2); for (i = 0; i < 400000; i++) printf "%08x key%d line %d\n", int(rand() * 4294967296), int(rand() * 1000), i }' > records
gawk 'BEGIN {
    srand(3)
    print "create table item(id integer primary key, kind integer, name text, price real); create index by_kind on item(kind); begin;"
    for (i = 1; i <= 100000; i++) printf "insert into item values(%d, %d, '\''name %d'\'', %.2f);\n", i, int(rand() * 500), int(rand() * 1000000), rand() * 1000
    print "commit; select count(*), sum(kind), round(sum(price), 2) from item;"
}' > inserts.sql
python3 make-c.py > large.c
printf '#include <stdio.h>\nint main(void)\n{\n    puts("hello");\n    return 0;\n}\n' > hello.c
# A repository of 2,000 files in 40 directories.
mkdir repository
cd repository
gawk 'BEGIN { for (d = 0; d < 40; d++) { system("mkdir dir" d); for (f = 0; f < 50; f++) { name = "dir" d "/file" f ".txt"; print "file", f, "of", d > name; close(name) } } }'
git init -q .
git config user.name bench
git config user.email bench@example.org
git config gc.auto 0
git add .
git commit -q -m all
cd ..
chown -R 0:0 /bench
