/* Integer term ids in order of first occurrence: a hash table with open addressing (FNV-1a, linear probing). */
#include <stdint.h>

#include "export.h"

static const uint64_t FNV_OFFSET = 0xcbf29ce484222325u, FNV_PRIME = 0x100000001b3u;

/* The terms so far. The caller allocates the arrays and sees to it that they are large enough. */
typedef struct {
    uint64_t *slots; /* upper half: that of the term's hash; lower half: its id + 1; 0 if the slot is free */
    int64_t mask;    /* number of slots, a power of two, minus 1; some slots are always free */
    int64_t *starts; /* by id, where the term begins in `bytes`; and, after the last, where the next one will */
    char *bytes;     /* the terms, each followed by a NUL */
    int64_t count;
} Terms;

static int is_equal(const char *one, const char *other) {
    while (*one && *one == *other) one++, other++;
    return *one == *other;
}

/* Return the id of the term that was written after the last one; if it is new, it is added. */
static int32_t find_or_add(Terms *terms, uint64_t hash, int64_t size) {
    const char *term = terms->bytes + terms->starts[terms->count];
    const uint64_t upper = hash >> 32 << 32;
    uint64_t at = (hash ^ hash >> 32) & (uint64_t)terms->mask, slot;
    for (; (slot = terms->slots[at]); at = (at + 1) & (uint64_t)terms->mask) {
        int32_t id = (int32_t)(uint32_t)slot - 1;
        if ((slot ^ upper) >> 32 == 0 && is_equal(terms->bytes + terms->starts[id], term)) return id;
    }
    terms->starts[terms->count + 1] = terms->starts[terms->count] + size;
    terms->slots[at] = upper | (uint32_t)++terms->count;
    return (int32_t)terms->count - 1;
}

/* Write the ids of the NUL-terminated terms in `text`; return whether there are exactly `count` of them. */
EXPORT int32_t pullquote_term_ids(Terms *terms, const char *text, int64_t size, int32_t *ids, int64_t count) {
    const char *end = text + size;
    for (; text < end && count; count--) {
        char *copy = terms->bytes + terms->starts[terms->count], *to = copy;
        uint64_t hash = FNV_OFFSET;
        do hash = (hash ^ (uint8_t)*text) * FNV_PRIME;
        while ((*to++ = *text++));
        *ids++ = find_or_add(terms, hash, to - copy);
    }
    return text == end && !count;
}
