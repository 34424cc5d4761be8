#include <slotcast.h>

typedef struct P { float x, y, z; } P;
SC_STRUCT(P, "P", 0, SC_FIELD(P, x, SC_F32), SC_FIELD(P, z, SC_F32));
