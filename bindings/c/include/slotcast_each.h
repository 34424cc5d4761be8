/* SC_EACH(macro, first, rows...): expands `macro(previous, row)` for each of up to 64 rows, and `macro_LAST(row)` for
 * the last one. Before the first row is `first`. slotcast_schema.h includes this. */
#ifndef SLOTCAST_EACH_H
#define SLOTCAST_EACH_H

#define SC_EACH(m, p, ...) SC_JOIN(SC_EACH_, SC_COUNT(__VA_ARGS__))(m, p, __VA_ARGS__)
#define SC_JOIN(a, b) SC_JOIN_(a, b)
#define SC_JOIN_(a, b) a##b

#define SC_EACH_1(m, p, a) m(p, a) m##_LAST(a)
#define SC_EACH_2(m, p, a, ...) m(p, a) SC_EACH_1(m, a, __VA_ARGS__)
#define SC_EACH_3(m, p, a, ...) m(p, a) SC_EACH_2(m, a, __VA_ARGS__)
#define SC_EACH_4(m, p, a, ...) m(p, a) SC_EACH_3(m, a, __VA_ARGS__)
#define SC_EACH_5(m, p, a, ...) m(p, a) SC_EACH_4(m, a, __VA_ARGS__)
#define SC_EACH_6(m, p, a, ...) m(p, a) SC_EACH_5(m, a, __VA_ARGS__)
#define SC_EACH_7(m, p, a, ...) m(p, a) SC_EACH_6(m, a, __VA_ARGS__)
#define SC_EACH_8(m, p, a, ...) m(p, a) SC_EACH_7(m, a, __VA_ARGS__)
#define SC_EACH_9(m, p, a, ...) m(p, a) SC_EACH_8(m, a, __VA_ARGS__)
#define SC_EACH_10(m, p, a, ...) m(p, a) SC_EACH_9(m, a, __VA_ARGS__)
#define SC_EACH_11(m, p, a, ...) m(p, a) SC_EACH_10(m, a, __VA_ARGS__)
#define SC_EACH_12(m, p, a, ...) m(p, a) SC_EACH_11(m, a, __VA_ARGS__)
#define SC_EACH_13(m, p, a, ...) m(p, a) SC_EACH_12(m, a, __VA_ARGS__)
#define SC_EACH_14(m, p, a, ...) m(p, a) SC_EACH_13(m, a, __VA_ARGS__)
#define SC_EACH_15(m, p, a, ...) m(p, a) SC_EACH_14(m, a, __VA_ARGS__)
#define SC_EACH_16(m, p, a, ...) m(p, a) SC_EACH_15(m, a, __VA_ARGS__)
#define SC_EACH_17(m, p, a, ...) m(p, a) SC_EACH_16(m, a, __VA_ARGS__)
#define SC_EACH_18(m, p, a, ...) m(p, a) SC_EACH_17(m, a, __VA_ARGS__)
#define SC_EACH_19(m, p, a, ...) m(p, a) SC_EACH_18(m, a, __VA_ARGS__)
#define SC_EACH_20(m, p, a, ...) m(p, a) SC_EACH_19(m, a, __VA_ARGS__)
#define SC_EACH_21(m, p, a, ...) m(p, a) SC_EACH_20(m, a, __VA_ARGS__)
#define SC_EACH_22(m, p, a, ...) m(p, a) SC_EACH_21(m, a, __VA_ARGS__)
#define SC_EACH_23(m, p, a, ...) m(p, a) SC_EACH_22(m, a, __VA_ARGS__)
#define SC_EACH_24(m, p, a, ...) m(p, a) SC_EACH_23(m, a, __VA_ARGS__)
#define SC_EACH_25(m, p, a, ...) m(p, a) SC_EACH_24(m, a, __VA_ARGS__)
#define SC_EACH_26(m, p, a, ...) m(p, a) SC_EACH_25(m, a, __VA_ARGS__)
#define SC_EACH_27(m, p, a, ...) m(p, a) SC_EACH_26(m, a, __VA_ARGS__)
#define SC_EACH_28(m, p, a, ...) m(p, a) SC_EACH_27(m, a, __VA_ARGS__)
#define SC_EACH_29(m, p, a, ...) m(p, a) SC_EACH_28(m, a, __VA_ARGS__)
#define SC_EACH_30(m, p, a, ...) m(p, a) SC_EACH_29(m, a, __VA_ARGS__)
#define SC_EACH_31(m, p, a, ...) m(p, a) SC_EACH_30(m, a, __VA_ARGS__)
#define SC_EACH_32(m, p, a, ...) m(p, a) SC_EACH_31(m, a, __VA_ARGS__)
#define SC_EACH_33(m, p, a, ...) m(p, a) SC_EACH_32(m, a, __VA_ARGS__)
#define SC_EACH_34(m, p, a, ...) m(p, a) SC_EACH_33(m, a, __VA_ARGS__)
#define SC_EACH_35(m, p, a, ...) m(p, a) SC_EACH_34(m, a, __VA_ARGS__)
#define SC_EACH_36(m, p, a, ...) m(p, a) SC_EACH_35(m, a, __VA_ARGS__)
#define SC_EACH_37(m, p, a, ...) m(p, a) SC_EACH_36(m, a, __VA_ARGS__)
#define SC_EACH_38(m, p, a, ...) m(p, a) SC_EACH_37(m, a, __VA_ARGS__)
#define SC_EACH_39(m, p, a, ...) m(p, a) SC_EACH_38(m, a, __VA_ARGS__)
#define SC_EACH_40(m, p, a, ...) m(p, a) SC_EACH_39(m, a, __VA_ARGS__)
#define SC_EACH_41(m, p, a, ...) m(p, a) SC_EACH_40(m, a, __VA_ARGS__)
#define SC_EACH_42(m, p, a, ...) m(p, a) SC_EACH_41(m, a, __VA_ARGS__)
#define SC_EACH_43(m, p, a, ...) m(p, a) SC_EACH_42(m, a, __VA_ARGS__)
#define SC_EACH_44(m, p, a, ...) m(p, a) SC_EACH_43(m, a, __VA_ARGS__)
#define SC_EACH_45(m, p, a, ...) m(p, a) SC_EACH_44(m, a, __VA_ARGS__)
#define SC_EACH_46(m, p, a, ...) m(p, a) SC_EACH_45(m, a, __VA_ARGS__)
#define SC_EACH_47(m, p, a, ...) m(p, a) SC_EACH_46(m, a, __VA_ARGS__)
#define SC_EACH_48(m, p, a, ...) m(p, a) SC_EACH_47(m, a, __VA_ARGS__)
#define SC_EACH_49(m, p, a, ...) m(p, a) SC_EACH_48(m, a, __VA_ARGS__)
#define SC_EACH_50(m, p, a, ...) m(p, a) SC_EACH_49(m, a, __VA_ARGS__)
#define SC_EACH_51(m, p, a, ...) m(p, a) SC_EACH_50(m, a, __VA_ARGS__)
#define SC_EACH_52(m, p, a, ...) m(p, a) SC_EACH_51(m, a, __VA_ARGS__)
#define SC_EACH_53(m, p, a, ...) m(p, a) SC_EACH_52(m, a, __VA_ARGS__)
#define SC_EACH_54(m, p, a, ...) m(p, a) SC_EACH_53(m, a, __VA_ARGS__)
#define SC_EACH_55(m, p, a, ...) m(p, a) SC_EACH_54(m, a, __VA_ARGS__)
#define SC_EACH_56(m, p, a, ...) m(p, a) SC_EACH_55(m, a, __VA_ARGS__)
#define SC_EACH_57(m, p, a, ...) m(p, a) SC_EACH_56(m, a, __VA_ARGS__)
#define SC_EACH_58(m, p, a, ...) m(p, a) SC_EACH_57(m, a, __VA_ARGS__)
#define SC_EACH_59(m, p, a, ...) m(p, a) SC_EACH_58(m, a, __VA_ARGS__)
#define SC_EACH_60(m, p, a, ...) m(p, a) SC_EACH_59(m, a, __VA_ARGS__)
#define SC_EACH_61(m, p, a, ...) m(p, a) SC_EACH_60(m, a, __VA_ARGS__)
#define SC_EACH_62(m, p, a, ...) m(p, a) SC_EACH_61(m, a, __VA_ARGS__)
#define SC_EACH_63(m, p, a, ...) m(p, a) SC_EACH_62(m, a, __VA_ARGS__)
#define SC_EACH_64(m, p, a, ...) m(p, a) SC_EACH_63(m, a, __VA_ARGS__)
#define SC_EACH_TOO_MANY(m, p, ...) m##_TOO_MANY

#define SC_PICK(\
    a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17, a18, a19, a20, a21, a22, a23, a24, \
    a25, a26, a27, a28, a29, a30, a31, a32, a33, a34, a35, a36, a37, a38, a39, a40, a41, a42, a43, a44, a45, a46, \
    a47, a48, a49, a50, a51, a52, a53, a54, a55, a56, a57, a58, a59, a60, a61, a62, a63, a64, a65, a66, a67, a68, \
    a69, a70, a71, a72, a73, a74, a75, a76, a77, a78, a79, a80, a81, a82, a83, a84, a85, a86, a87, a88, a89, a90, \
    a91, a92, a93, a94, a95, a96, a97, a98, a99, a100, a101, a102, a103, a104, a105, a106, a107, a108, a109, a110, \
    a111, a112, a113, a114, a115, a116, a117, a118, a119, a120, a121, a122, a123, a124, a125, a126, a127, a128, \
    n, ...) n
#define SC_COUNT(...) SC_PICK( \
    __VA_ARGS__, TOO_MANY, TOO_MANY, TOO_MANY, TOO_MANY, TOO_MANY, TOO_MANY, TOO_MANY, TOO_MANY, TOO_MANY, TOO_MANY, \
    TOO_MANY, TOO_MANY, TOO_MANY, TOO_MANY, TOO_MANY, TOO_MANY, TOO_MANY, TOO_MANY, TOO_MANY, TOO_MANY, TOO_MANY, \
    TOO_MANY, TOO_MANY, TOO_MANY, TOO_MANY, TOO_MANY, TOO_MANY, TOO_MANY, TOO_MANY, TOO_MANY, TOO_MANY, TOO_MANY, \
    TOO_MANY, TOO_MANY, TOO_MANY, TOO_MANY, TOO_MANY, TOO_MANY, TOO_MANY, TOO_MANY, TOO_MANY, TOO_MANY, TOO_MANY, \
    TOO_MANY, TOO_MANY, TOO_MANY, TOO_MANY, TOO_MANY, TOO_MANY, TOO_MANY, TOO_MANY, TOO_MANY, TOO_MANY, TOO_MANY, \
    TOO_MANY, TOO_MANY, TOO_MANY, TOO_MANY, TOO_MANY, TOO_MANY, TOO_MANY, TOO_MANY, TOO_MANY, TOO_MANY, 64, 63, 62, \
    61, 60, 59, 58, 57, 56, 55, 54, 53, 52, 51, 50, 49, 48, 47, 46, 45, 44, 43, 42, 41, 40, 39, 38, 37, 36, 35, 34, \
    33, 32, 31, 30, 29, 28, 27, 26, 25, 24, 23, 22, 21, 20, 19, 18, 17, 16, 15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, \
    4, 3, 2, 1, \
    0)

#endif
