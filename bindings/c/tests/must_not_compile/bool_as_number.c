#include <slotcast.h>

typedef struct P { bool on; } P;
SC_STRUCT(P, "P", 0, SC_FIELD(P, on, SC_U8));
