#include <slotcast.h>

typedef struct P { uint8_t kind; uint32_t value; } P;
SC_STRUCT(P, "P", 0, SC_FIELD(P, kind, SC_U8), SC_FIELD(P, value, SC_U32));
