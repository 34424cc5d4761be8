#include <slotcast.h>

typedef struct P { struct { uint64_t len; int64_t elements[2]; } list; } P;
SC_STRUCT(P, "P", 0, SC_LIST(P, list, SC_U64, 2));
