#include <slotcast.h>

typedef struct P { uint32_t value; uint8_t kind; } P;
SC_STRUCT(P, "P", 0, SC_FIELD(P, value, SC_U32), SC_FIELD(P, kind, SC_U8));
