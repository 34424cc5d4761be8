/* What both programs must agree on: nothing else. Rust's examples/hello has the same message. */
#include <slotcast.h>

typedef struct Tick {
    uint64_t count;
} Tick;
SC_STRUCT(Tick, "Tick", 0, SC_FIELD(Tick, count, SC_U64));
