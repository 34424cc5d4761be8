#include <slotcast.h>

typedef struct P { uint8_t name[16]; } P;
SC_STRUCT(P, "P", 0, SC_TEXT(P, name, 16));
