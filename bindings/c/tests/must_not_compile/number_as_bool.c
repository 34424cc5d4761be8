#include <slotcast.h>

typedef struct P { uint8_t on; } P;
SC_STRUCT(P, "P", 0, SC_FIELD(P, on, SC_BOOL));
