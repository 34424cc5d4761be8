#include <slotcast.h>

typedef struct P { const char *name; } P;
SC_STRUCT(P, "P", 0, SC_FIELD(P, name, SC_U64));
