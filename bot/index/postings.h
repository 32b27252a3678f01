/* Postings as bot/retrieval/runs.py lays them out, which says what each word means; and one posting found in them.
 *
 * Keeps secret whether a list's slots are numbers or a bit set.
 */
#include <stdint.h>

enum { SEGMENT = 1 << 16, BLOCK = 64, RANKED = 256, NOWHERE = -1 };
/* Bounds and sums are floats, of up to a thousand lists: they are given more than they can be wrong by. */
static const float SLACK = 1e-4f;

/* One field's postings. */
typedef struct {
    const int64_t *runs_of;   /* a term's first run, and behind the last term the number of runs */
    const uint16_t *segments; /* of a run */
    const int64_t *starts;    /* a run's first slot, and behind the last run the number of slots */
    const uint8_t *bounds;    /* the greatest share in a run */
    const uint16_t *slots;
    const uint8_t *shares; /* count / (count + norm), in 255ths, rounded up */
    const int64_t *aside;  /* the slots of which the share does not tell the count, ascending, and their counts */
    const int64_t *aside_counts;
    const int32_t *lengths; /* of a passage, in terms */
    int64_t asides;
    double gain, k1, b, average;
} Field;

/* One term in one field, and where it stands in the segment at hand. */
typedef struct {
    const Field *field;
    int64_t run, runs_end, start;
    double factor;
    int32_t size, words, ranks; /* slots: all; of a bit set, 0 where they are numbers; of its ranks */
    float bound, scale;         /* what it adds to a sum: at most; and for each 255th of a share */
} List;

/* Where the list stands in the segment that begins at `base`: a list without slots occurs nowhere in it. */
static void enter(List *list, int64_t base, int32_t passages) {
    const Field *field = list->field;
    list->size = 0;
    if (list->run == list->runs_end || field->segments[list->run] != base / SEGMENT) return;
    int64_t run = list->run++;
    int32_t words = (passages + 63) / 64 * 4;
    list->ranks = (passages + RANKED - 1) / RANKED;
    list->start = field->starts[run];
    list->size = (int32_t)(field->starts[run + 1] - list->start);
    list->words = list->size >= words + list->ranks + (words + 7) / 8 ? words : 0;
    list->scale = (float)(list->factor * field->gain / 255) * (1 + SLACK);
    list->bound = list->scale * field->bounds[run];
}

static inline int holds(const List *list, uint16_t at) {
    return list->field->slots[list->start + (at >> 4)] >> (at & 15) & 1;
}

static inline uint64_t word(const List *list, int32_t block) {
    uint64_t bits;
    __builtin_memcpy(&bits, list->field->slots + list->start + block * 4, sizeof bits);
    return bits;
}

/* The place, among the postings of the run, of the one of passage `at` of the segment; NOWHERE without one. */
static inline int32_t find(const List *list, uint16_t at) {
    const uint16_t *slots = list->field->slots + list->start;
    if (list->words) {
        if (!holds(list, at)) return NOWHERE;
        int32_t before = slots[list->words + at / RANKED];
        for (int32_t block = at / RANKED * (RANKED / BLOCK); block < at / BLOCK; block++)
            before += __builtin_popcountll(word(list, block));
        return before + __builtin_popcountll(word(list, at / BLOCK) & (((uint64_t)1 << at % BLOCK) - 1));
    }
    const uint16_t *from = slots;
    for (int32_t left = list->size, half; left > 1; left -= half) {
        half = left / 2;
        from = from[half - 1] < at ? from + half : from;
    }
    return *from == at ? (int32_t)(from - slots) : NOWHERE;
}

static inline const uint8_t *bounds_of(const List *list) {
    return (const uint8_t *)(list->field->slots + list->start + list->words + list->ranks);
}

static inline float block_bound(const List *list, int32_t block) {
    return list->scale * (float)bounds_of(list)[block];
}

/* What a list adds at most for one of its postings. */
static inline float share(const List *list, int32_t place) {
    return list->scale * (float)list->field->shares[list->start + place];
}

/* What the library adds to the count of a term in this passage. */
static double norm_of(const Field *field, int64_t passage) {
    return field->k1 * ((1 - field->b) + field->b * (double)field->lengths[passage] / field->average);
}

static int32_t share_of(double count, double norm) {
    double share = count / (count + norm) * 255;
    return (int32_t)share + ((int32_t)share < share);
}

/* How often a passage holds a term: the least count with the share that stands there, unless another is kept aside. */
static double count_at(const Field *field, int64_t slot, double norm) {
    const int32_t own = field->shares[slot];
    double count = (double)(int64_t)(norm * (own - 1) / (256 - own)) - 1;
    if (count < 1) count = 1;
    while (share_of(count, norm) < own) count++;
    if (share_of(count + 1, norm) != own) return count;
    int64_t low = 0, high = field->asides;
    while (low < high) {
        int64_t middle = (low + high) / 2;
        if (field->aside[middle] < slot) low = middle + 1;
        else high = middle;
    }
    return low < field->asides && field->aside[low] == slot ? (double)field->aside_counts[low] : count;
}

/* What a list adds to the score of a passage, as it is defined; 0 where the passage does not hold the term. */
static double exactly(const List *list, uint16_t at, int64_t passage) {
    const Field *field = list->field;
    int32_t place = list->size ? find(list, at) : NOWHERE;
    if (place == NOWHERE) return 0;
    double norm = norm_of(field, passage), count = count_at(field, list->start + place, norm);
    return list->factor * (count * field->gain / (count + norm));
}
