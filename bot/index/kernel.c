/* Exact top-k BM25 with block-max pruning.
 *
 * Documents (passages) are searched segment by segment. The threshold is a lower bound of the k-th best score so far.
 * Of a segment's lists, the sparse ones are added up, the one with the greatest bound first, until the bounds of all
 * others together cannot lift a document above the threshold. Those others, and the dense lists (bit sets), are only
 * looked up, for documents that they may still lift above it. All of this computes with upper bounds, one byte a
 * posting. Documents that pass are scored exactly, in doubles and in the order of the definition, so that the rounding of
 * the bounds never affects a score.
 */
#include "export.h"
#include "postings.h"

enum { MAX_LISTS = 1024, MAX_TOP_SUMS = 4096, FEW_POSTINGS = 256, MAX_REQUIRED = 4 };
static const float EVALUATED = -1;

typedef struct {
    double score;
    int64_t document;
} Hit;

/* One per thread; `sums` is all zero between searches. */
typedef struct {
    List lists[MAX_LISTS], *order[MAX_LISTS];
    float sums[SEGMENT];
    uint16_t candidates[SEGMENT + 1]; /* documents with a sum, and one more element that is written but never read */
    float top_sums[MAX_TOP_SUMS];
    float window_bounds[SEGMENT / WINDOW];
} Scratch;

typedef struct {
    int64_t base;
    int32_t documents, list_count;
    const uint8_t *mask; /* by document of the segment, 0 if it is excluded; or NULL */
    Scratch *scratch;
    int32_t sparse, size; /* in `scratch->order`: sparse lists, then dense ones; each by descending bound */
} Segment;

typedef struct {
    Hit *heap; /* the worst at the top */
    int32_t size, limit;
    float threshold; /* a document with a lower score is not among the best */
} Best;

static int is_worse(Hit one, Hit other) {
    return one.score < other.score || (one.score == other.score && one.document > other.document);
}

static void sift_down(Hit *heap, int32_t size, Hit hit) {
    int32_t at = 0;
    for (int32_t child; (child = 2 * at + 1) < size; at = child) {
        child += child + 1 < size && is_worse(heap[child + 1], heap[child]);
        if (!is_worse(heap[child], hit)) break;
        heap[at] = heap[child];
    }
    heap[at] = hit;
}

static void raise_threshold(Best *best, float score) {
    if (score * (1 - SLACK) > best->threshold) best->threshold = score * (1 - SLACK);
}

static void add_hit(Best *best, Hit hit) {
    if (best->size < best->limit) {
        int32_t at = best->size++;
        for (; at > 0 && is_worse(hit, best->heap[(at - 1) / 2]); at = (at - 1) / 2)
            best->heap[at] = best->heap[(at - 1) / 2];
        best->heap[at] = hit;
    } else if (is_worse(best->heap[0], hit)) {
        sift_down(best->heap, best->size, hit);
    }
    if (best->size == best->limit) raise_threshold(best, (float)best->heap[0].score);
}

/* Compute, by window, the bound of what the dense lists add to a document; return the greatest. */
static float bound_windows(const Segment *segment) {
    float *bounds = segment->scratch->window_bounds, top = 0;
    int32_t windows = (segment->documents + WINDOW - 1) / WINDOW;
    for (int32_t window = 0; window < windows; window++) bounds[window] = 0;
    for (int32_t i = segment->sparse; i < segment->size; i++) {
        const uint8_t *impacts = window_impacts(segment->scratch->order[i]);
        const float scale = segment->scratch->order[i]->scale;
        for (int32_t window = 0; window < windows; window++) bounds[window] += scale * (float)impacts[window];
    }
    for (int32_t window = 0; window < windows; window++) top = bounds[window] > top ? bounds[window] : top;
    return top;
}

/* The score by definition: summed in the order in which the lists were given. */
static double score(const Segment *segment, uint16_t doc) {
    double sum = 0;
    for (int32_t i = 0; i < segment->list_count; i++)
        sum += exact_score(segment->scratch->lists + i, doc, segment->base + doc);
    return sum;
}

/* Add a sparse list's bounds to the sums; return the number of candidates. */
static int32_t add_list(const Segment *segment, const List *list, int32_t count) {
    const uint16_t *doc_ids = list->field->doc_ids + list->start;
    const uint8_t *impacts = list->field->impacts + list->start, *mask = segment->mask;
    const float scale = list->scale;
    float *sums = segment->scratch->sums;
    for (int32_t posting = 0; posting < list->size; posting++) {
        uint16_t doc = doc_ids[posting];
        if (mask && !mask[doc]) continue;
        float sum = sums[doc];
        segment->scratch->candidates[count] = doc;
        count += sum == 0;
        sums[doc] = sum + scale * (float)impacts[posting];
    }
    return count;
}

/* The `limit`-th greatest of the candidates' sums: no document below it can be among the best. */
static float limit_th_sum(Scratch *scratch, int32_t count, int32_t limit) {
    float *heap = scratch->top_sums;
    for (int32_t i = 0; i < limit; i++) heap[i] = 0;
    for (int32_t i = 0; i < count; i++) {
        float sum = scratch->sums[scratch->candidates[i]];
        if (sum <= heap[0]) continue;
        int32_t at = 0;
        for (int32_t child; (child = 2 * at + 1) < limit; at = child) {
            child += child + 1 < limit && heap[child + 1] < heap[child];
            if (heap[child] >= sum) break;
            heap[at] = heap[child];
        }
        heap[at] = sum;
    }
    return heap[0];
}

/* The bound of what the dense lists that contain a document add to it; branch-free, since it is computed so often. */
static inline float dense_bound(const Segment *segment, uint16_t doc) {
    float bound = 0;
    List *const *order = segment->scratch->order;
    for (int32_t i = segment->sparse; i < segment->size; i++) bound += order[i]->bound * (float)contains(order[i], doc);
    return bound;
}

/* Score a document, unless the bounds of the lists that are not in its sum (`rest`) cannot lift it to the threshold. */
static void evaluate(const Segment *segment, Best *best, int32_t next, float sum, float rest, uint16_t doc) {
    for (; next < segment->sparse; next++) {
        if (sum + rest < best->threshold) return;
        const List *list = segment->scratch->order[next];
        int32_t posting = find(list, doc);
        rest -= list->bound;
        if (posting != NOT_FOUND) sum += posting_bound(list, posting);
    }
    for (int32_t i = segment->sparse; i < segment->size; i++) {
        const List *list = segment->scratch->order[i];
        rest -= window_bound(list, doc / WINDOW);
        if (contains(list, doc)) sum += posting_bound(list, find(list, doc));
        if (sum + rest < best->threshold) return;
    }
    if (sum < best->threshold) return;
    add_hit(best, (Hit){score(segment, doc), segment->base + doc});
}

/* How many dense lists, at least, must contain a document to lift it to the threshold; at most MAX_REQUIRED. */
static int32_t required_lists(const Segment *segment, float rest, float threshold) {
    int32_t count = 0;
    for (int32_t i = segment->sparse; i < segment->size && count < MAX_REQUIRED && (rest < threshold || !count);
         i++, count++)
        rest += segment->scratch->order[i]->bound;
    return count;
}

/* The documents of a window that at least `count` dense lists contain, as bits. */
static inline uint64_t in_lists(const Segment *segment, int32_t window, int32_t count) {
    uint64_t found[MAX_REQUIRED + 1] = {~(uint64_t)0};
    for (int32_t i = segment->sparse; i < segment->size; i++) {
        uint64_t bits = window_bits(segment->scratch->order[i], window);
        for (int32_t j = count; j > 0; j--) found[j] |= found[j - 1] & bits;
    }
    return found[count];
}

/* Search the documents that are in none of the added lists: only those in enough dense lists can be among the best. */
static void search_windows(const Segment *segment, Best *best, int32_t next, float rest) {
    Scratch *scratch = segment->scratch;
    float threshold = best->threshold;
    int32_t count = required_lists(segment, rest, threshold);
    for (int32_t window = 0; window * WINDOW < segment->documents; window++) {
        if (scratch->window_bounds[window] + rest < threshold) continue;
        for (uint64_t bits = in_lists(segment, window, count); bits; bits &= bits - 1) {
            uint16_t doc = (uint16_t)(window * WINDOW + __builtin_ctzll(bits));
            if (scratch->sums[doc] != 0 || (segment->mask && !segment->mask[doc])) continue;
            if (rest + dense_bound(segment, doc) >= threshold)
                evaluate(segment, best, next, 0, rest + scratch->window_bounds[window], doc);
        }
        if (best->threshold > threshold) count = required_lists(segment, rest, threshold = best->threshold);
    }
}

static void search_segment(const Segment *segment, Best *best) {
    Scratch *scratch = segment->scratch;
    float rest = 0, error = 0, top = bound_windows(segment); /* error: by how much a sum may exceed the score */
    for (int32_t i = 0; i < segment->sparse; i++) rest += segment->scratch->order[i]->bound;
    int32_t next = 0, count = 0, can_raise = best->limit <= MAX_TOP_SUMS;
    for (; next < segment->sparse && rest + top >= best->threshold; next++) {
        const List *list = segment->scratch->order[next];
        if (can_raise && count >= best->limit && list->size > count && list->size > FEW_POSTINGS) {
            raise_threshold(best, limit_th_sum(scratch, count, best->limit) - error);
            if (rest + top < best->threshold) break;
        }
        count = add_list(segment, list, count);
        error += list->scale;
        rest -= list->bound;
    }
    if (next == segment->sparse) rest = 0;
    if (can_raise && count > 8 * best->limit) { /* the best candidates first: they raise the threshold for the others */
        float promising = limit_th_sum(scratch, count, best->limit);
        for (int32_t i = 0; i < count; i++) {
            uint16_t doc = scratch->candidates[i];
            if (scratch->sums[doc] < promising) continue;
            evaluate(segment, best, next, scratch->sums[doc], rest + scratch->window_bounds[doc / WINDOW], doc);
            scratch->sums[doc] = EVALUATED;
        }
    }
    if (segment->sparse < segment->size && rest + top >= best->threshold) search_windows(segment, best, next, rest);
    for (int32_t i = 0; i < count; i++) {
        uint16_t doc = scratch->candidates[i];
        float sum = scratch->sums[doc], others = rest + scratch->window_bounds[doc / WINDOW];
        scratch->sums[doc] = 0;
        if (sum + rest + dense_bound(segment, doc) >= best->threshold && sum != EVALUATED)
            evaluate(segment, best, next, sum, others, doc);
    }
}

/* Put the lists that have a block in the segment in order. */
static void sort_lists(Segment *segment) {
    Scratch *scratch = segment->scratch;
    List **order = scratch->order;
    for (int32_t is_dense = 0; is_dense < 2; is_dense++) {
        for (List *list = scratch->lists; list < scratch->lists + segment->list_count; list++) {
            if (!is_dense) enter_segment(list, segment->base, segment->documents);
            if (!list->size || (list->bit_set_size > 0) != is_dense) continue;
            int32_t at = segment->size++;
            for (; at > segment->sparse && order[at - 1]->bound < list->bound; at--) order[at] = order[at - 1];
            order[at] = list;
        }
        if (!is_dense) segment->sparse = segment->size;
    }
}

static void sort_hits(Hit *heap, int32_t size) {
    while (size > 1) {
        Hit worst = heap[0], last = heap[--size];
        sift_down(heap, size, last);
        heap[size] = worst;
    }
}

EXPORT int64_t pullquote_scratch_size(void) { return sizeof(Scratch); }

/* The digest of the sources that this was compiled from. */
EXPORT uint64_t pullquote_sources(void) { return SOURCES; }

/* Write the best `limit` hits, best first, equal scores by document number; return how many there are.
 *
 * `field_numbers`, `terms` and `factors` are by list, `count` (at most MAX_LISTS) of each, in the order in which a score
 * is summed. A document whose `mask` is 0 is no hit; the mask may be NULL. `hits` has space for `limit` hits.
 */
EXPORT int32_t pullquote_search(const Field *fields, const int32_t *field_numbers, const int32_t *terms,
                                const double *factors, int32_t count, int64_t documents, const uint8_t *mask,
                                int32_t limit, Scratch *scratch, Hit *hits) {
    Best best = {hits, 0, limit, 0};
    for (int32_t i = 0; i < count; i++) {
        const Field *field = fields + field_numbers[i];
        const int64_t *blocks = field->first_blocks + terms[i];
        scratch->lists[i] = (List){.field = field, .block = blocks[0], .blocks_end = blocks[1], .factor = factors[i]};
    }
    for (int64_t base = 0; base < documents; base += SEGMENT) {
        int32_t size = (int32_t)(documents - base < SEGMENT ? documents - base : SEGMENT);
        Segment segment = {base, size, count, mask ? mask + base : 0, scratch, 0, 0};
        sort_lists(&segment);
        if (segment.size) search_segment(&segment, &best);
    }
    sort_hits(hits, best.size);
    return best.size;
}
