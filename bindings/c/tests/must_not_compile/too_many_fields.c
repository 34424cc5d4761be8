#include <slotcast.h>

typedef struct P {
    uint8_t a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17, a18, a19, a20, a21, a22,
    a23, a24, a25, a26, a27, a28, a29, a30, a31, a32, a33, a34, a35, a36, a37, a38, a39, a40, a41, a42, a43, a44,
    a45, a46, a47, a48, a49, a50, a51, a52, a53, a54, a55, a56, a57, a58, a59, a60, a61, a62, a63, a64;
} P;
#define F(field) SC_FIELD(P, field, SC_U8)
SC_STRUCT(P, "P", 0, F(a0), F(a1), F(a2), F(a3), F(a4), F(a5), F(a6), F(a7), F(a8), F(a9), F(a10), F(a11), F(a12),
    F(a13), F(a14), F(a15), F(a16), F(a17), F(a18), F(a19), F(a20), F(a21), F(a22), F(a23), F(a24), F(a25), F(a26),
    F(a27), F(a28), F(a29), F(a30), F(a31), F(a32), F(a33), F(a34), F(a35), F(a36), F(a37), F(a38), F(a39), F(a40),
    F(a41), F(a42), F(a43), F(a44), F(a45), F(a46), F(a47), F(a48), F(a49), F(a50), F(a51), F(a52), F(a53), F(a54),
    F(a55), F(a56), F(a57), F(a58), F(a59), F(a60), F(a61), F(a62), F(a63), F(a64));
