/* lists [TIMES]: the mix of an embedded program: a linked list found in, reversed and sorted by merging; a small matrix of integers; a state
   machine that reads numbers; a cyclic redundancy check a bit at a time over the results. */
#include "bench.h"

#define NODES 256
#define SIDE 16

struct node { struct node *next; s32 value; u32 serial; };

static struct node nodes[NODES];
static short left[SIDE][SIDE], right[SIDE][SIDE];
static s32 product[SIDE][SIDE];

static NOINLINE u32 crc16(u32 value, u32 crc)
{
    for (u32 i = 0; i < 16; i++, value >>= 1) {
        u32 carry = (value ^ crc) & 1;
        crc >>= 1;
        if (carry) crc ^= 0xa001;
    }
    return crc;
}

static NOINLINE struct node *reverse(struct node *list)
{
    struct node *done = 0;
    while (list) {
        struct node *next = list->next;
        list->next = done;
        done = list;
        list = next;
    }
    return done;
}

static NOINLINE struct node *find(struct node *list, s32 value)
{
    while (list && list->value != value) list = list->next;
    return list;
}

static int by_value(const struct node *a, const struct node *b) { return a->value - b->value; }

static int by_serial(const struct node *a, const struct node *b) { return (s32)a->serial - (s32)b->serial; }

static NOINLINE struct node *sort(struct node *list, int (*compare)(const struct node *, const struct node *))
{
    for (u32 width = 1;; width *= 2) {
        struct node *p = list, *tail = 0;
        u32 merges = 0;
        list = 0;
        while (p) {
            struct node *q = p;
            u32 p_left = 0, q_left = width;
            merges++;
            while (p_left < width && q) p_left++, q = q->next;
            while (p_left || (q_left && q)) {
                struct node *taken;
                if (!p_left || (q_left && q && compare(p, q) > 0)) taken = q, q = q->next, q_left--;
                else taken = p, p = p->next, p_left--;
                if (tail) tail->next = taken;
                else list = taken;
                tail = taken;
            }
            p = q;
        }
        tail->next = 0;
        if (merges <= 1) return list;
    }
}

static NOINLINE s32 matrices(s32 by)
{
    s32 sum = 0;
    for (u32 i = 0; i < SIDE; i++)
        for (u32 j = 0; j < SIDE; j++) left[i][j] = (short)(left[i][j] + by);
    for (u32 i = 0; i < SIDE; i++)
        for (u32 j = 0; j < SIDE; j++) {
            s32 element = 0;
            for (u32 k = 0; k < SIDE; k++) element += (left[i][k] >> 2 & 15) * right[k][j];
            product[i][j] = element;
            sum += element > 1000 ? 10 : element & 7;
        }
    return sum;
}

enum state { START, SIGN, INTEGER, POINT, FRACTION, LETTER_E, EXPONENT, BAD, STATES };

static NOINLINE enum state state_of(const char **text, u32 *counts)
{
    enum state state = START;
    const char *s = *text;
    for (; *s && *s != ','; s++) {
        char c = *s;
        int digit = c >= '0' && c <= '9';
        switch (state) {
        case START: state = digit ? INTEGER : c == '+' || c == '-' ? SIGN : c == '.' ? POINT : BAD; break;
        case SIGN: state = digit ? INTEGER : c == '.' ? POINT : BAD; break;
        case INTEGER: state = digit ? INTEGER : c == '.' ? FRACTION : c == 'e' ? LETTER_E : BAD; break;
        case POINT: state = digit ? FRACTION : BAD; break;
        case FRACTION: state = digit ? FRACTION : c == 'e' ? LETTER_E : BAD; break;
        case LETTER_E: state = digit || c == '-' || c == '+' ? EXPONENT : BAD; break;
        case EXPONENT: state = digit ? EXPONENT : BAD; break;
        default: break;
        }
        counts[state]++;
        if (state == BAD) {
            while (*s && *s != ',') s++;
            break;
        }
    }
    *text = *s ? s + 1 : s;
    return state;
}

static int run(void)
{
    static const char texts[] = "5012,-874,+122,35.54400,.1234500,-110.700,+0.64400,5.500e+3,-.123e-2,-87e+832,+0.6e-12,T0.3e-1F,-T.T++Tq,1T3.4e4z,34.0e-T^";
    u32 times = (u32)argument(1, 36000), crc = 0;
    for (u32 i = 0; i < NODES; i++) nodes[i] = (struct node){ i + 1 < NODES ? nodes + i + 1 : 0, (s32)(random_next() & 1023), i };
    for (u32 i = 0; i < SIDE; i++)
        for (u32 j = 0; j < SIDE; j++) left[i][j] = (short)(random_next() & 255), right[i][j] = (short)(random_next() & 63);
    struct node *list = nodes;
    for (u32 t = 0; t < times; t++) {
        u32 counts[STATES] = { 0 }, found = 0;
        for (u32 i = 0; i < 32; i++) {
            struct node *node = find(list, (s32)((t * 37 + i * 11) & 1023));
            if (node) found++, crc = crc16((u32)node->value, crc);
            if (i & 1) list = reverse(list);
        }
        list = sort(list, by_value);
        crc = crc16((u32)list->value + found, crc);
        list = sort(list, by_serial);
        list->value ^= (s32)(t & 7);
        crc = crc16((u32)matrices((s32)(t & 3)), crc);
        for (const char *text = texts; *text;) crc = crc16((u32)state_of(&text, counts), crc);
        for (u32 i = 0; i < STATES; i++) crc = crc16(counts[i], crc);
    }
    return finish("lists", times, crc);
}
