/* Words as numbers, counted from 0 in the order in which they are met.
 *
 * Keeps secret where a word is looked up: in a table of slots, from the one that its hash (FNV-1a) names onwards.
 */
#include <stdint.h>

#include "export.h"

static const uint64_t OFFSET = 0xcbf29ce484222325u, PRIME = 0x100000001b3u;

/* The words that have been met. Whoever calls sees to the room. */
typedef struct {
    uint64_t *slots; /* above: half of the word's hash; below: its number, and one; 0 where there is no word */
    int64_t mask;    /* slots, a power of two, less one: always some are free */
    int64_t *starts; /* by word, where it begins in `bytes`; and behind the last, where the next will */
    char *bytes;     /* the words, each with a 0 behind it */
    int64_t count;
} Words;

static int is_same(const char *one, const char *other) {
    while (*one && *one == *other) one++, other++;
    return *one == *other;
}

/* The number of the word that stands behind the last one; where it is new, it stays there. */
static int32_t number_of(Words *words, uint64_t hash, int64_t size) {
    const char *word = words->bytes + words->starts[words->count];
    const uint64_t upper = hash >> 32 << 32;
    uint64_t at = (hash ^ hash >> 32) & (uint64_t)words->mask, slot;
    for (; (slot = words->slots[at]); at = (at + 1) & (uint64_t)words->mask) {
        int32_t number = (int32_t)(uint32_t)slot - 1;
        if ((slot ^ upper) >> 32 == 0 && is_same(words->bytes + words->starts[number], word)) return number;
    }
    words->starts[words->count + 1] = words->starts[words->count] + size;
    words->slots[at] = upper | (uint32_t)++words->count;
    return (int32_t)words->count - 1;
}

/* Write the numbers of the words of `text`, in which a 0 stands behind each; returns whether there are `count`. */
EXPORT int32_t pullquote_number(Words *words, const char *text, int64_t size, int32_t *numbers, int64_t count) {
    const char *end = text + size;
    for (; text < end && count; count--) {
        char *to = words->bytes + words->starts[words->count], *behind = to;
        uint64_t hash = OFFSET;
        do hash = (hash ^ (uint8_t)*text) * PRIME;
        while ((*behind++ = *text++));
        *numbers++ = number_of(words, hash, behind - to);
    }
    return text == end && !count;
}
