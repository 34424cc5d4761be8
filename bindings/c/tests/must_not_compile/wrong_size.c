#include <slotcast.h>

typedef struct P { float x; } P;
SC_STRUCT(P, "P", 0, SC_FIELD(P, x, SC_F64));
