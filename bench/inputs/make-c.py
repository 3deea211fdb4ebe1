"""Writes a C program of 5,000 lines: functions with loops, switches, structures and arithmetic that an optimiser has something to do with."""
import random

random.seed(4)
lines = ["struct point { int x, y; double weight; struct point *next; };", "static int table[256];", "extern int printf(const char *, ...);", ""]
number = 0
while len(lines) < 4900:
    # As in most sources, much is declarations and tables.
    lines += [f"static const struct {{ int key; const char *name; }} names{number}[] = {{"]
    lines += [f'    {{ {random.randrange(10**6)}, "name{random.randrange(10**6)}" }},' for _ in range(70)]
    lines += ["};", "", f"const char *find{number}(int key)", "{", f"    for (unsigned i = 0; i < sizeof names{number} / sizeof *names{number}; i++)",
              f"        if (names{number}[i].key == key) return names{number}[i].name;", "    return 0;", "}", ""]
    f = f"work{number}"
    kind = number % 5
    constant = random.randrange(1, 10000)
    if kind == 0:
        body = ["    int sum = n;", "    for (int i = 0; i < n; i++) {", f"        sum += table[(i * {constant}) & 255] ^ i;", f"        if (sum % {constant % 17 + 2} == 0) sum -= i << 1;",
                "        else table[i & 255] = sum;", "    }", "    return sum;"]
        head = f"int {f}(int n)"
    elif kind == 1:
        body = ["    switch (n % 9) {"]
        for case in range(9):
            body += [f"    case {case}: return {('table[n & 255]', 'n * ' + str(constant), 'n + ' + str(case), 'n ^ 0x55')[case % 4]};"]
        body += ["    default: return -n;", "    }"]
        head = f"int {f}(int n)"
    elif kind == 2:
        body = ["    struct point *p = 0, points[16];", "    for (int i = 0; i < 16; i++) {", f"        points[i].x = n + i * {constant};", "        points[i].y = n - i;",
                "        points[i].weight = n * 0.5 + i;", "        points[i].next = p;", "        p = &points[i];", "    }", "    double total = 0;",
                "    for (; p; p = p->next) total += p->weight * p->x - p->y;", "    return (int)total;"]
        head = f"int {f}(int n)"
    elif kind == 3:
        body = [f"    unsigned h = {constant}u;", "    const char *s = (const char *)table;", "    while (n-- > 0) {", "        h = h * 33 + (unsigned char)*s++;",
                "        h ^= h >> 7;", "    }", f"    return (int)(h / {constant}u);"]
        head = f"int {f}(int n)"
    else:
        calls = [f"work{random.randrange(number)}(n - {i})" for i in range(4)]
        body = ["    int a = " + calls[0] + ";", "    int b = a > 0 ? " + calls[1] + " : " + calls[2] + ";", f"    long long c = (long long)a * b + {constant};",
                f"    return (int)(c >> 3) + {calls[3]};"]
        head = f"int {f}(int n)"
    lines += [head, "{"] + body + ["}", ""]
    number += 1
lines += ["int main(void)", "{", "    int sum = 0;"] + [f"    sum += work{i}(sum & 15);" for i in range(number - 1, -1, -5)][: 5000 - len(lines) - 7]
lines += ['    printf("%d\\n", sum);', "    return 0;", "}"]
print("\n".join(lines))
