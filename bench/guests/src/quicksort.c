/* quicksort [TIMES]: sorts half a million numbers by a recursive quicksort with the median of three, the smallest parts by insertion; then an
   array of records by a comparison that is called through a pointer, as qsort(3) does. */
#include "bench.h"

#define COUNT 500000
#define RECORDS 100000

struct record { u32 key, serial; };

static s32 numbers[COUNT];
static struct record records[RECORDS];

static void sort(s32 *a, s32 low, s32 high)
{
    while (high - low > 12) {
        s32 middle = low + (high - low) / 2, t;
        if (a[middle] < a[low]) t = a[middle], a[middle] = a[low], a[low] = t;
        if (a[high] < a[low]) t = a[high], a[high] = a[low], a[low] = t;
        if (a[high] < a[middle]) t = a[high], a[high] = a[middle], a[middle] = t;
        s32 pivot = a[middle], i = low, j = high;
        while (i <= j) {
            while (a[i] < pivot) i++;
            while (a[j] > pivot) j--;
            if (i <= j) t = a[i], a[i] = a[j], a[j] = t, i++, j--;
        }
        if (j - low < high - i) {
            sort(a, low, j);
            low = i;
        } else {
            sort(a, i, high);
            high = j;
        }
    }
    for (s32 i = low + 1; i <= high; i++) {
        s32 value = a[i], j = i - 1;
        for (; j >= low && a[j] > value; j--) a[j + 1] = a[j];
        a[j + 1] = value;
    }
}

static NOINLINE int by_key(const void *a, const void *b)
{
    const struct record *x = a, *y = b;
    if (x->key != y->key) return x->key < y->key ? -1 : 1;
    return x->serial < y->serial ? -1 : x->serial > y->serial;
}

static NOINLINE void sort_records(struct record *a, s32 count, int (*compare)(const void *, const void *))
{
    while (count > 1) {
        struct record pivot = a[count / 2], t;
        s32 i = 0, j = count - 1;
        while (i <= j) {
            while (compare(a + i, &pivot) < 0) i++;
            while (compare(a + j, &pivot) > 0) j--;
            if (i <= j) t = a[i], a[i] = a[j], a[j] = t, i++, j--;
        }
        sort_records(a, j + 1, compare);
        a += i;
        count -= i;
    }
}

static int run(void)
{
    u32 times = (u32)argument(1, 30), sum = 0;
    for (u32 t = 0; t < times; t++) {
        for (u32 i = 0; i < COUNT; i++) numbers[i] = (s32)random_next();
        sort(numbers, 0, COUNT - 1);
        for (u32 i = 1; i < COUNT; i++)
            if (numbers[i - 1] > numbers[i]) quit(1);
        for (u32 i = 0; i < COUNT; i += 1000) sum = mix(sum, (u32)numbers[i]);
        for (u32 i = 0; i < RECORDS; i++) records[i].key = random_next() & 0xffff, records[i].serial = i;
        sort_records(records, RECORDS, by_key);
        for (u32 i = 0; i < RECORDS; i += 1000) sum = mix(sum, records[i].serial);
    }
    return finish("quicksort", times, sum);
}
