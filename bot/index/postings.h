/* Read postings in the layout that postings.py describes. */
#include <stdint.h>

enum { SEGMENT = 1 << 16, WINDOW = 64, RANK_STEP = 256, NOT_FOUND = -1 };
/* Bounds and sums are floats, of up to a thousand lists: this margin is more than their rounding errors add up to. */
static const float SLACK = 1e-4f;

/* One field's postings. */
typedef struct {
    const int64_t *first_blocks; /* by term; and, after the last, the number of blocks */
    const uint16_t *segments;    /* by block */
    const int64_t *starts;       /* by block, its first position; and, after the last, the number of positions */
    const uint8_t *bounds;       /* by block, its greatest impact */
    const uint16_t *doc_ids;
    const uint8_t *impacts;    /* count / (count + norm), in 255ths, rounded up */
    const int64_t *exceptions; /* positions whose impact does not give the count, ascending, and their counts */
    const int64_t *exception_counts;
    const int32_t *lengths; /* by document, in terms */
    int64_t exception_count;
    double gain, k1, b, average;
} Field;

/* One term in one field, and its block in the current segment. */
typedef struct {
    const Field *field;
    int64_t block, blocks_end, start;
    double factor;
    int32_t size, bit_set_size, rank_count; /* in units of two bytes; bit_set_size is 0 in a sparse block */
    float bound, scale; /* the greatest score in the block; the score per 255th of an impact */
} List;

/* Go to the list's block in the segment that begins at `base`; its size is 0 if there is none. */
static void enter_segment(List *list, int64_t base, int32_t documents) {
    const Field *field = list->field;
    list->size = 0;
    if (list->block == list->blocks_end || field->segments[list->block] != base / SEGMENT) return;
    int64_t block = list->block++;
    int32_t bit_set_size = (documents + 63) / 64 * 4;
    list->rank_count = (documents + RANK_STEP - 1) / RANK_STEP;
    list->start = field->starts[block];
    list->size = (int32_t)(field->starts[block + 1] - list->start);
    list->bit_set_size = list->size >= bit_set_size + list->rank_count + (bit_set_size + 7) / 8 ? bit_set_size : 0;
    list->scale = (float)(list->factor * field->gain / 255) * (1 + SLACK);
    list->bound = list->scale * field->bounds[block];
}

/* Whether the bit set contains a document. */
static inline int contains(const List *list, uint16_t doc) {
    return list->field->doc_ids[list->start + (doc >> 4)] >> (doc & 15) & 1;
}

/* The bits of one window of documents. */
static inline uint64_t window_bits(const List *list, int32_t window) {
    uint64_t bits;
    __builtin_memcpy(&bits, list->field->doc_ids + list->start + window * 4, sizeof bits);
    return bits;
}

/* The number, within the block, of the posting of a document; NOT_FOUND if there is none. */
static inline int32_t find(const List *list, uint16_t doc) {
    const uint16_t *doc_ids = list->field->doc_ids + list->start;
    if (list->bit_set_size) {
        if (!contains(list, doc)) return NOT_FOUND;
        int32_t rank = doc_ids[list->bit_set_size + doc / RANK_STEP];
        for (int32_t window = doc / RANK_STEP * (RANK_STEP / WINDOW); window < doc / WINDOW; window++)
            rank += __builtin_popcountll(window_bits(list, window));
        return rank + __builtin_popcountll(window_bits(list, doc / WINDOW) & (((uint64_t)1 << doc % WINDOW) - 1));
    }
    const uint16_t *from = doc_ids;
    for (int32_t left = list->size, half; left > 1; left -= half) {
        half = left / 2;
        from = from[half - 1] < doc ? from + half : from;
    }
    return *from == doc ? (int32_t)(from - doc_ids) : NOT_FOUND;
}

/* The greatest impacts of a dense block, by window. */
static inline const uint8_t *window_impacts(const List *list) {
    return (const uint8_t *)(list->field->doc_ids + list->start + list->bit_set_size + list->rank_count);
}

/* Upper bound of the score that the list adds to a document of a window. */
static inline float window_bound(const List *list, int32_t window) {
    return list->scale * (float)window_impacts(list)[window];
}

/* Upper bound of the score of one posting. */
static inline float posting_bound(const List *list, int32_t posting) {
    return list->scale * (float)list->field->impacts[list->start + posting];
}

/* What rank-bm25 adds to a term's count in the denominator. */
static double norm_of(const Field *field, int64_t document) {
    return field->k1 * ((1 - field->b) + field->b * (double)field->lengths[document] / field->average);
}

static int32_t impact_of(double count, double norm) {
    double impact = count / (count + norm) * 255;
    return (int32_t)impact + ((int32_t)impact < impact);
}

/* The count of a posting: the least one with its impact, unless the posting is an exception. */
static double count_at(const Field *field, int64_t position, double norm) {
    const int32_t impact = field->impacts[position];
    double count = (double)(int64_t)(norm * (impact - 1) / (256 - impact)) - 1;
    if (count < 1) count = 1;
    while (impact_of(count, norm) < impact) count++;
    if (impact_of(count + 1, norm) != impact) return count;
    int64_t low = 0, high = field->exception_count;
    while (low < high) {
        int64_t middle = (low + high) / 2;
        if (field->exceptions[middle] < position) low = middle + 1;
        else high = middle;
    }
    int is_exception = low < field->exception_count && field->exceptions[low] == position;
    return is_exception ? (double)field->exception_counts[low] : count;
}

/* The exact score that a list adds to document `doc` of the segment, which is `document` of all; 0 if not in the list. */
static double exact_score(const List *list, uint16_t doc, int64_t document) {
    const Field *field = list->field;
    int32_t posting = list->size ? find(list, doc) : NOT_FOUND;
    if (posting == NOT_FOUND) return 0;
    double norm = norm_of(field, document), count = count_at(field, list->start + posting, norm);
    return list->factor * (count * field->gain / (count + norm));
}
