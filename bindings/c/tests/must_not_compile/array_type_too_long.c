#include <slotcast.h>

typedef float Row[4];
SC_ARRAY_TYPE(Row, SC_F32, 3);
