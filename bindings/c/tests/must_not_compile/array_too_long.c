#include <slotcast.h>

typedef struct P { float x[4]; } P;
SC_STRUCT(P, "P", 0, SC_ARRAY(P, x, SC_F32, 3));
