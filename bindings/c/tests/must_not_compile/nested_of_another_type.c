#include <slotcast.h>

typedef struct A { float x; } A;
SC_STRUCT(A, "A", 0, SC_FIELD(A, x, SC_F32));
typedef struct B { float x; } B;
typedef struct P { B b; } P;
SC_STRUCT(P, "P", 0, SC_NESTED(P, b, A));
