/* records [TIMES]: the mix of a system program: records assigned and linked, strings of a fixed length copied and compared, enumerations in
   switches, small arrays of one and two dimensions, calls with values and with addresses. */
#include "bench.h"

enum colour { RED, GREEN, BLUE, WHITE, BLACK };

struct record {
    struct record *next;
    enum colour colour;
    s32 count;
    union {
        struct { enum colour other; s32 value; char text[32]; } first;
        struct { u8 low, high; } second;
    } variant;
};

static struct record pair[2];
static s32 global_count, one[64], two[64][64];
static char letter_one, letter_two;
static char text_one[32] = "A FIXED TEXT OF THE RECORD, 1ST", text_two[32];

static NOINLINE enum colour next_colour(enum colour c)
{
    switch (c) {
    case RED: return GREEN;
    case GREEN: return global_count > 100 ? RED : BLACK;
    case BLUE: return WHITE;
    case WHITE: return BLUE;
    default: return RED;
    }
}

static NOINLINE int is_white(enum colour c)
{
    enum colour copy = c;
    return copy == WHITE;
}

static NOINLINE void add_seven(s32 a, s32 b, s32 *result)
{
    s32 sum = a + 2;
    *result = b + sum + 5;
}

static NOINLINE void arrays(s32 *x, s32 y[64][64], s32 index, s32 value)
{
    s32 at = (index + 5) & 63;
    x[at] = value;
    x[(at + 1) & 63] = x[at];
    x[(at + 30) & 63] = at;
    for (s32 i = at; i <= at + 1; i++) y[at][i & 63] = at;
    y[at][(at - 1) & 63]++;
    y[(at + 20) & 63][at] = x[at];
    global_count = 5;
}

static NOINLINE enum colour compare_letters(char a, char b)
{
    char x = a, y = x;
    if (y != b) return RED;
    letter_one = x;
    return GREEN;
}

static NOINLINE int compare_texts(const char *a, const char *b)
{
    s32 i = 2;
    char letter = 0;
    while (i <= 2)
        if (compare_letters(a[i], b[i + 1]) == RED) letter = 'A', i++;
        else i += 2;
    if (letter >= 'W' && letter < 'Z') i = 7;
    if (letter == 'R') return 1;
    for (u32 at = 0; at < 32; at++)
        if (a[at] != b[at]) return (u8)a[at] > (u8)b[at];
    return 0;
}

static NOINLINE void through(struct record *r)
{
    struct record *next = r->next;
    *next = *r;
    r->variant.first.value = 5;
    next->variant.first.value = r->variant.first.value;
    next->next = r->next;
    if (next->colour == RED) {
        next->variant.first.value = 6;
        next->variant.first.other = next_colour(r->variant.first.other);
        add_seven(next->variant.first.value, 10, &next->variant.first.value);
    } else {
        *r = *next;
    }
}

static NOINLINE void texts(char *to, const char *from, u32 i)
{
    for (u32 at = 0; at < 31; at++) to[at] = from[at];
    to[31] = 0;
    to[29] = (char)('0' + i % 10);
}

static int run(void)
{
    u32 times = (u32)argument(1, 20000000), sum = 0;
    s32 x = 0, y = 0, z = 0;
    enum colour colour = RED;
    pair[0].next = pair + 1;
    pair[0].variant.first.other = BLUE;
    memcpy(pair[0].variant.first.text, text_one, 32);
    for (u32 i = 1; i <= times; i++) {
        letter_one = 'A';
        letter_two = 'B';
        x = 2, y = 3;
        texts(text_two, text_one, i);
        if (!compare_texts(text_one, text_two)) colour = next_colour(colour);
        while (x < y) {
            z = 5 * x - y;
            add_seven(x, y, &z);
            x++;
        }
        arrays(one, two, x + (s32)(i & 31), z);
        pair[0].colour = i & 3 ? RED : GREEN;
        pair[0].next = pair + 1;
        through(pair);
        for (char letter = 'A'; letter <= letter_two; letter++)
            if (compare_letters(letter, 'C') == colour) colour = next_colour(colour), texts(text_two, text_one, i);
        y = y * x;
        x = y / (z + 1);
        y = 7 * (y - z) - x;
        global_count += is_white(colour) + (s32)(i & 127);
        sum += (u32)(x + y + z) + (u8)text_two[29] + (u32)pair[1].variant.first.value;
    }
    for (u32 i = 0; i < 64; i++) sum = mix(sum, (u32)(one[i] + two[i][i]));
    return finish("records", times, mix(sum, (u32)colour));
}
