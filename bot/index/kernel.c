/* The first of all passages by score, exactly, with most of the work left out.
 *
 * Keeps secret which. Passages are met segment by segment. The bar is the least score that the first of all can have,
 * by what has been seen so far. Of the lists of a segment those that are numbers are added up, the greatest first, until
 * what the others can add to a passage lifts none over the bar; those others, and the bit sets, are only looked up, for
 * passages that they may still lift over it. All that is done by bounds, a byte a posting. What passes is scored
 * again, in doubles and in the order of the definition: how the bounds are rounded never shows in a score.
 */
#include "export.h"
#include "postings.h"

enum { MOST_LISTS = 1024, MOST_BARS = 4096, FEW = 256, MOST_NEEDED = 4 };
static const float SETTLED = -1;

typedef struct {
    double score;
    int64_t number;
} Hit;

/* A thread's own room: `sums` is all zero between searches. */
typedef struct {
    List lists[MOST_LISTS], *order[MOST_LISTS];
    float sums[SEGMENT];
    uint16_t met[SEGMENT + 1]; /* the passages with a sum, and a place to write to that is not read */
    float bars[MOST_BARS];
    float block_bounds[SEGMENT / BLOCK];
} Room;

typedef struct {
    int64_t base;
    int32_t passages, all;
    const uint8_t *marks; /* by passage of the segment: 0 where it is no hit; or none */
    Room *room;
    int32_t sparse, size; /* in `room->order`: lists of numbers, then the bit sets; of each kind the greatest first */
} Segment;

typedef struct {
    Hit *heap; /* the worst on top */
    int32_t size, limit;
    float bar; /* what scores less is none of the first */
} Best;

static int is_worse(Hit one, Hit other) {
    return one.score < other.score || (one.score == other.score && one.number > other.number);
}

static void sink(Hit *heap, int32_t size, Hit hit) {
    int32_t at = 0;
    for (int32_t child; (child = 2 * at + 1) < size; at = child) {
        child += child + 1 < size && is_worse(heap[child + 1], heap[child]);
        if (!is_worse(heap[child], hit)) break;
        heap[at] = heap[child];
    }
    heap[at] = hit;
}

static void raise(Best *best, float score) {
    if (score * (1 - SLACK) > best->bar) best->bar = score * (1 - SLACK);
}

static void offer(Best *best, Hit hit) {
    if (best->size < best->limit) {
        int32_t at = best->size++;
        for (; at > 0 && is_worse(hit, best->heap[(at - 1) / 2]); at = (at - 1) / 2)
            best->heap[at] = best->heap[(at - 1) / 2];
        best->heap[at] = hit;
    } else if (is_worse(best->heap[0], hit)) {
        sink(best->heap, best->size, hit);
    }
    if (best->size == best->limit) raise(best, (float)best->heap[0].score);
}

/* What the bit sets can add to a passage at most, by block; returns the greatest. */
static float bound_blocks(const Segment *here) {
    float *bounds = here->room->block_bounds, top = 0;
    int32_t blocks = (here->passages + BLOCK - 1) / BLOCK;
    for (int32_t block = 0; block < blocks; block++) bounds[block] = 0;
    for (int32_t i = here->sparse; i < here->size; i++) {
        const uint8_t *own = bounds_of(here->room->order[i]);
        const float scale = here->room->order[i]->scale;
        for (int32_t block = 0; block < blocks; block++) bounds[block] += scale * (float)own[block];
    }
    for (int32_t block = 0; block < blocks; block++) top = bounds[block] > top ? bounds[block] : top;
    return top;
}

/* The score as it is defined, by list in the order in which they were given. */
static double score(const Segment *here, uint16_t at) {
    double sum = 0;
    for (int32_t i = 0; i < here->all; i++) sum += exactly(here->room->lists + i, at, here->base + at);
    return sum;
}

/* Add one list to the sums; returns how many passages have been met. */
static int32_t add(const Segment *here, const List *list, int32_t met) {
    const uint16_t *slots = list->field->slots + list->start;
    const uint8_t *shares = list->field->shares + list->start, *marks = here->marks;
    const float scale = list->scale;
    float *sums = here->room->sums;
    for (int32_t place = 0; place < list->size; place++) {
        uint16_t at = slots[place];
        if (marks && !marks[at]) continue;
        float sum = sums[at];
        here->room->met[met] = at;
        met += sum == 0;
        sums[at] = sum + scale * (float)shares[place];
    }
    return met;
}

/* The `limit`-th greatest of the sums of what has been met: no passage below it can be one of the first. */
static float raised(Room *room, int32_t met, int32_t limit) {
    float *bars = room->bars;
    for (int32_t i = 0; i < limit; i++) bars[i] = 0;
    for (int32_t i = 0; i < met; i++) {
        float sum = room->sums[room->met[i]];
        if (sum <= bars[0]) continue;
        int32_t at = 0;
        for (int32_t child; (child = 2 * at + 1) < limit; at = child) {
            child += child + 1 < limit && bars[child + 1] < bars[child];
            if (bars[child] >= sum) break;
            bars[at] = bars[child];
        }
        bars[at] = sum;
    }
    return bars[0];
}

/* What the bit sets that hold the passage can add at most: without a branch, since it is asked of every passage met. */
static inline float held_bound(const Segment *here, uint16_t at) {
    float bound = 0;
    List *const *order = here->room->order;
    for (int32_t i = here->sparse; i < here->size; i++) bound += order[i]->bound * (float)holds(order[i], at);
    return bound;
}

/* Score one passage, unless what the lists that are not in its sum hold of it cannot lift it over the bar. */
static void settle(const Segment *here, Best *best, int32_t next, float sum, float rest, uint16_t at) {
    for (; next < here->sparse; next++) {
        if (sum + rest < best->bar) return;
        const List *list = here->room->order[next];
        int32_t place = find(list, at);
        rest -= list->bound;
        if (place != NOWHERE) sum += share(list, place);
    }
    for (int32_t i = here->sparse; i < here->size; i++) {
        const List *list = here->room->order[i];
        rest -= block_bound(list, at / BLOCK);
        if (holds(list, at)) sum += share(list, find(list, at));
        if (sum + rest < best->bar) return;
    }
    if (sum < best->bar) return;
    offer(best, (Hit){score(here, at), here->base + at});
}

/* How many bit sets must hold a passage so that they can lift it over the bar: at least so many, up to MOST_NEEDED. */
static int32_t needed(const Segment *here, float rest, float bar) {
    int32_t count = 0;
    for (int32_t i = here->sparse; i < here->size && count < MOST_NEEDED && (rest < bar || !count); i++, count++)
        rest += here->room->order[i]->bound;
    return count;
}

/* The passages of a block that so many bit sets hold, or more. */
static inline uint64_t held_by(const Segment *here, int32_t block, int32_t count) {
    uint64_t held[MOST_NEEDED + 1] = {~(uint64_t)0};
    for (int32_t i = here->sparse; i < here->size; i++) {
        uint64_t own = word(here->room->order[i], block);
        for (int32_t j = count; j > 0; j--) held[j] |= held[j - 1] & own;
    }
    return held[count];
}

/* The passages that none of the added lists hold: they can only be among the first where the bit sets hold much. */
static void search_blocks(const Segment *here, Best *best, int32_t next, float rest) {
    Room *room = here->room;
    float bar = best->bar;
    int32_t count = needed(here, rest, bar);
    for (int32_t block = 0; block * BLOCK < here->passages; block++) {
        if (room->block_bounds[block] + rest < bar) continue;
        for (uint64_t held = held_by(here, block, count); held; held &= held - 1) {
            uint16_t at = (uint16_t)(block * BLOCK + __builtin_ctzll(held));
            if (room->sums[at] != 0 || (here->marks && !here->marks[at])) continue;
            if (rest + held_bound(here, at) >= bar) settle(here, best, next, 0, rest + room->block_bounds[block], at);
        }
        if (best->bar > bar) count = needed(here, rest, bar = best->bar);
    }
}

static void search_segment(const Segment *here, Best *best) {
    Room *room = here->room;
    float rest = 0, over = 0, top = bound_blocks(here); /* over: by how much a sum may be too great */
    for (int32_t i = 0; i < here->sparse; i++) rest += here->room->order[i]->bound;
    int32_t next = 0, met = 0, can_raise = best->limit <= MOST_BARS;
    for (; next < here->sparse && rest + top >= best->bar; next++) {
        const List *list = here->room->order[next];
        if (can_raise && met >= best->limit && list->size > met && list->size > FEW) {
            raise(best, raised(room, met, best->limit) - over);
            if (rest + top < best->bar) break;
        }
        met = add(here, list, met);
        over += list->scale;
        rest -= list->bound;
    }
    if (next == here->sparse) rest = 0;
    if (can_raise && met > 8 * best->limit) { /* the most promising first: they raise the bar for the others */
        float promising = raised(room, met, best->limit);
        for (int32_t i = 0; i < met; i++) {
            uint16_t at = room->met[i];
            if (room->sums[at] < promising) continue;
            settle(here, best, next, room->sums[at], rest + room->block_bounds[at / BLOCK], at);
            room->sums[at] = SETTLED;
        }
    }
    if (here->sparse < here->size && rest + top >= best->bar) search_blocks(here, best, next, rest);
    for (int32_t i = 0; i < met; i++) {
        uint16_t at = room->met[i];
        float sum = room->sums[at], others = rest + room->block_bounds[at / BLOCK];
        room->sums[at] = 0;
        if (sum + rest + held_bound(here, at) >= best->bar && sum != SETTLED)
            settle(here, best, next, sum, others, at);
    }
}

/* The lists that occur in the segment, in order. */
static void sort_lists(Segment *here) {
    List **order = here->room->order;
    for (int32_t is_set = 0; is_set < 2; is_set++) {
        for (List *list = here->room->lists; list < here->room->lists + here->all; list++) {
            if (!is_set) enter(list, here->base, here->passages);
            if (!list->size || (list->words > 0) != is_set) continue;
            int32_t at = here->size++;
            for (; at > here->sparse && order[at - 1]->bound < list->bound; at--) order[at] = order[at - 1];
            order[at] = list;
        }
        if (!is_set) here->sparse = here->size;
    }
}

static void sort_hits(Hit *heap, int32_t size) {
    while (size > 1) {
        Hit worst = heap[0], last = heap[--size];
        sink(heap, size, last);
        heap[size] = worst;
    }
}

EXPORT int64_t pullquote_room(void) { return sizeof(Room); }

/* Which sources this was compiled from. */
EXPORT uint64_t pullquote_sources(void) { return SOURCES; }

/* Writes the best `limit` hits, best first, equal scores by number; returns how many there are.
 *
 * `of` (the number of its field), `terms` and `factors` are by list, in the order in which a score is summed, MOST_LISTS
 * at most. Where `marks` is given, a passage marked 0 is no hit. `found` has room for `limit` hits.
 */
EXPORT int32_t pullquote_search(const Field *fields, const int32_t *of, const int32_t *terms, const double *factors,
                                int32_t size, int64_t passages, const uint8_t *marks, int32_t limit, Room *room,
                                Hit *found) {
    Best best = {found, 0, limit, 0};
    for (int32_t i = 0; i < size; i++) {
        const int64_t *runs = fields[of[i]].runs_of + terms[i];
        room->lists[i] = (List){.field = fields + of[i], .run = runs[0], .runs_end = runs[1], .factor = factors[i]};
    }
    for (int64_t base = 0; base < passages; base += SEGMENT) {
        int32_t count = (int32_t)(passages - base < SEGMENT ? passages - base : SEGMENT);
        Segment here = {base, count, size, marks ? marks + base : 0, room, 0, 0};
        sort_lists(&here);
        if (here.size) search_segment(&here, &best);
    }
    sort_hits(found, best.size);
    return best.size;
}
