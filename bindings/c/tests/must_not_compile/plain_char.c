#include <slotcast.h>

typedef struct P { char bytes[8]; } P;
SC_STRUCT(P, "P", 0, SC_ARRAY(P, bytes, SC_U8, 8));
