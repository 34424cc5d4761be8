#include <slotcast.h>

typedef struct P { int32_t x; } P;
SC_STRUCT(P, "P", 0, SC_FIELD(P, x, SC_U32));
