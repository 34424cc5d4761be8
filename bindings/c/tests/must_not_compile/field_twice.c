#include <slotcast.h>

typedef struct P { float x, y; } P;
SC_STRUCT(P, "P", 0, SC_FIELD(P, x, SC_F32), SC_FIELD(P, x, SC_F32), SC_FIELD(P, y, SC_F32));
