/* json [TIMES]: makes a document of 200 kilobytes, and parses it again and again into a tree (objects, arrays, strings with escapes, numbers),
   which it walks and writes out. */
#include "bench.h"

#define ROOM (1 << 20)

enum kind { NOTHING, FALSE, TRUE, NUMBER, STRING, ARRAY, OBJECT };

struct value {
    enum kind kind;
    s32 integer, exponent;
    const char *text;       /* of a string: in the pool */
    const char *name;       /* within an object */
    struct value *first, *next;
};

static char document[ROOM], written[ROOM], pool[ROOM];
static struct value nodes[65536];
static u32 node_count, pool_used;
static const char *at;

static NORETURN void wrong(void)
{
    say("json: not well-formed");
    quit(1);
}

static void skip(void)
{
    while (*at == ' ' || *at == '\n' || *at == '\t' || *at == '\r') at++;
}

static u32 hex4(void)
{
    u32 code = 0;
    for (u32 i = 0; i < 4; i++) {
        char c = *at++;
        u32 digit = c >= '0' && c <= '9' ? (u32)(c - '0') : (c | 32) >= 'a' && (c | 32) <= 'f' ? (u32)((c | 32) - 'a' + 10) : 16;
        if (digit > 15) wrong();
        code = code << 4 | digit;
    }
    return code;
}

static const char *parse_string(void)
{
    char *start = pool + pool_used, *to = start;
    if (*at++ != '"') wrong();
    for (;;) {
        char c = *at++;
        if (c == '"') break;
        if ((u8)c < ' ') wrong();
        if (c == '\\') {
            switch (c = *at++) {
            case 'n': c = '\n'; break;
            case 't': c = '\t'; break;
            case 'r': c = '\r'; break;
            case 'b': c = '\b'; break;
            case 'f': c = '\f'; break;
            case '"': case '\\': case '/': break;
            case 'u': {
                u32 code = hex4();
                if (code >= 0x800) *to++ = (char)(0xe0 | code >> 12), *to++ = (char)(0x80 | (code >> 6 & 63)), c = (char)(0x80 | (code & 63));
                else if (code >= 0x80) *to++ = (char)(0xc0 | code >> 6), c = (char)(0x80 | (code & 63));
                else c = (char)code;
                break;
            }
            default: wrong();
            }
        }
        *to++ = c;
    }
    *to++ = 0;
    pool_used += (u32)(to - start);
    return start;
}

static void parse_number(struct value *v)
{
    u32 n = 0, negative = 0;
    s32 exponent = 0;
    if (*at == '-') negative = 1, at++;
    if (*at < '0' || *at > '9') wrong();
    while (*at >= '0' && *at <= '9') n = n * 10 + (u32)(*at++ - '0');
    if (*at == '.') {
        at++;
        while (*at >= '0' && *at <= '9') n = n * 10 + (u32)(*at++ - '0'), exponent--;
    }
    if ((*at | 32) == 'e') {
        s32 e = 0, sign = 1;
        at++;
        if (*at == '-') sign = -1, at++;
        else if (*at == '+') at++;
        while (*at >= '0' && *at <= '9') e = e * 10 + *at++ - '0';
        exponent += sign * e;
    }
    v->kind = NUMBER;
    v->integer = (s32)(negative ? -n : n);
    v->exponent = exponent;
}

static struct value *parse(void)
{
    if (node_count == sizeof nodes / sizeof *nodes) wrong();
    struct value *v = nodes + node_count++, **link = &v->first;
    *v = (struct value){ .kind = NOTHING };
    skip();
    switch (*at) {
    case '{':
        v->kind = OBJECT;
        at++, skip();
        if (*at == '}') { at++; break; }
        for (;;) {
            skip();
            const char *name = parse_string();
            skip();
            if (*at++ != ':') wrong();
            *link = parse();
            (*link)->name = name;
            link = &(*link)->next;
            skip();
            if (*at == ',') { at++; continue; }
            if (*at++ != '}') wrong();
            break;
        }
        break;
    case '[':
        v->kind = ARRAY;
        at++, skip();
        if (*at == ']') { at++; break; }
        for (;;) {
            *link = parse();
            link = &(*link)->next;
            skip();
            if (*at == ',') { at++; continue; }
            if (*at++ != ']') wrong();
            break;
        }
        break;
    case '"': v->kind = STRING, v->text = parse_string(); break;
    case 't': v->kind = TRUE; if (memcmp(at, "true", 4)) wrong(); at += 4; break;
    case 'f': v->kind = FALSE; if (memcmp(at, "false", 5)) wrong(); at += 5; break;
    case 'n': if (memcmp(at, "null", 4)) wrong(); at += 4; break;
    default: parse_number(v);
    }
    return v;
}

static char *out;

static void write_text(const char *s) { while (*s) *out++ = *s++; }

static void write_number(s32 n)
{
    char digits[12], *p = digits + 11;
    u32 rest = n < 0 ? -(u32)n : (u32)n;
    *p = 0;
    do *--p = (char)('0' + rest % 10); while (rest /= 10);
    if (n < 0) *out++ = '-';
    write_text(p);
}

static void write_string(const char *s)
{
    *out++ = '"';
    for (; *s; s++) {
        if (*s == '"' || *s == '\\') *out++ = '\\', *out++ = *s;
        else if (*s == '\n') write_text("\\n");
        else if ((u8)*s < ' ') write_text("\\u00"), *out++ = "01"[*s >> 4 & 1], *out++ = "0123456789abcdef"[*s & 15];
        else *out++ = *s;
    }
    *out++ = '"';
}

static void write_value(const struct value *v)
{
    switch (v->kind) {
    case NOTHING: write_text("null"); break;
    case FALSE: write_text("false"); break;
    case TRUE: write_text("true"); break;
    case NUMBER:
        write_number(v->integer);
        if (v->exponent) *out++ = 'e', write_number(v->exponent);
        break;
    case STRING: write_string(v->text); break;
    default:
        *out++ = v->kind == ARRAY ? '[' : '{';
        for (const struct value *m = v->first; m; m = m->next) {
            if (v->kind == OBJECT) write_string(m->name), *out++ = ':';
            write_value(m);
            if (m->next) *out++ = ',';
        }
        *out++ = v->kind == ARRAY ? ']' : '}';
    }
}

static void make_document(void)
{
    static const char *const words[] = { "alpha", "beta \\\"quoted\\\"", "gamma\\n", "delta \\u00e9\\u20ac", "epsilon/zeta", "eta", "theta and a longer one", "" };
    out = document;
    write_text("{ \"items\": [\n");
    for (u32 i = 0; i < 1500; i++) {
        if (i) write_text(",\n");
        write_text("  { \"id\": "), write_number((s32)i);
        write_text(", \"name\": \""), write_text(words[random_next() % 8]), write_text(words[random_next() % 8]);
        write_text("\", \"price\": "), write_number((s32)(random_next() % 10000)), write_text("."), write_number((s32)(random_next() % 90 + 10));
        write_text(i % 3 ? ", \"active\": true" : ", \"active\": false, \"parent\": null");
        write_text(", \"tags\": [");
        for (u32 j = 0, count = random_next() % 5; j < count; j++) {
            if (j) write_text(", ");
            write_text("\""), write_text(words[random_next() % 8]), write_text("\"");
        }
        write_text("], \"at\": { \"x\": -"), write_number((s32)(random_next() % 1000)), write_text("e-3, \"y\": "), write_number((s32)random_next());
        write_text(" } }");
    }
    write_text("\n] }\n");
    *out = 0;
}

static int run(void)
{
    u32 times = (u32)argument(1, 1500), sum = 0;
    make_document();
    for (u32 t = 0; t < times; t++) {
        node_count = pool_used = 0;
        at = document;
        const struct value *root = parse();
        skip();
        if (*at) wrong();
        out = written;
        write_value(root);
        u32 length = (u32)(out - written);
        sum = mix(mix(sum, node_count), length);
        for (u32 i = t % 61; i < length; i += 61) sum = mix(sum, (u8)written[i]);
    }
    return finish("json", times, sum);
}
