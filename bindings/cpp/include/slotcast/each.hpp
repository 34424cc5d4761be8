/// SLOTCAST_DETAIL_EACH(macro, type, fields...): expands `macro(type, field)` for each of up to 64 fields.
#ifndef SLOTCAST_EACH_HPP
#define SLOTCAST_EACH_HPP

#define SLOTCAST_DETAIL_EACH_1(m, t, a) m(t, a)
#define SLOTCAST_DETAIL_EACH_2(m, t, a, ...) m(t, a) SLOTCAST_DETAIL_EACH_1(m, t, __VA_ARGS__)
#define SLOTCAST_DETAIL_EACH_3(m, t, a, ...) m(t, a) SLOTCAST_DETAIL_EACH_2(m, t, __VA_ARGS__)
#define SLOTCAST_DETAIL_EACH_4(m, t, a, ...) m(t, a) SLOTCAST_DETAIL_EACH_3(m, t, __VA_ARGS__)
#define SLOTCAST_DETAIL_EACH_5(m, t, a, ...) m(t, a) SLOTCAST_DETAIL_EACH_4(m, t, __VA_ARGS__)
#define SLOTCAST_DETAIL_EACH_6(m, t, a, ...) m(t, a) SLOTCAST_DETAIL_EACH_5(m, t, __VA_ARGS__)
#define SLOTCAST_DETAIL_EACH_7(m, t, a, ...) m(t, a) SLOTCAST_DETAIL_EACH_6(m, t, __VA_ARGS__)
#define SLOTCAST_DETAIL_EACH_8(m, t, a, ...) m(t, a) SLOTCAST_DETAIL_EACH_7(m, t, __VA_ARGS__)
#define SLOTCAST_DETAIL_EACH_9(m, t, a, ...) m(t, a) SLOTCAST_DETAIL_EACH_8(m, t, __VA_ARGS__)
#define SLOTCAST_DETAIL_EACH_10(m, t, a, ...) m(t, a) SLOTCAST_DETAIL_EACH_9(m, t, __VA_ARGS__)
#define SLOTCAST_DETAIL_EACH_11(m, t, a, ...) m(t, a) SLOTCAST_DETAIL_EACH_10(m, t, __VA_ARGS__)
#define SLOTCAST_DETAIL_EACH_12(m, t, a, ...) m(t, a) SLOTCAST_DETAIL_EACH_11(m, t, __VA_ARGS__)
#define SLOTCAST_DETAIL_EACH_13(m, t, a, ...) m(t, a) SLOTCAST_DETAIL_EACH_12(m, t, __VA_ARGS__)
#define SLOTCAST_DETAIL_EACH_14(m, t, a, ...) m(t, a) SLOTCAST_DETAIL_EACH_13(m, t, __VA_ARGS__)
#define SLOTCAST_DETAIL_EACH_15(m, t, a, ...) m(t, a) SLOTCAST_DETAIL_EACH_14(m, t, __VA_ARGS__)
#define SLOTCAST_DETAIL_EACH_16(m, t, a, ...) m(t, a) SLOTCAST_DETAIL_EACH_15(m, t, __VA_ARGS__)
#define SLOTCAST_DETAIL_EACH_17(m, t, a, ...) m(t, a) SLOTCAST_DETAIL_EACH_16(m, t, __VA_ARGS__)
#define SLOTCAST_DETAIL_EACH_18(m, t, a, ...) m(t, a) SLOTCAST_DETAIL_EACH_17(m, t, __VA_ARGS__)
#define SLOTCAST_DETAIL_EACH_19(m, t, a, ...) m(t, a) SLOTCAST_DETAIL_EACH_18(m, t, __VA_ARGS__)
#define SLOTCAST_DETAIL_EACH_20(m, t, a, ...) m(t, a) SLOTCAST_DETAIL_EACH_19(m, t, __VA_ARGS__)
#define SLOTCAST_DETAIL_EACH_21(m, t, a, ...) m(t, a) SLOTCAST_DETAIL_EACH_20(m, t, __VA_ARGS__)
#define SLOTCAST_DETAIL_EACH_22(m, t, a, ...) m(t, a) SLOTCAST_DETAIL_EACH_21(m, t, __VA_ARGS__)
#define SLOTCAST_DETAIL_EACH_23(m, t, a, ...) m(t, a) SLOTCAST_DETAIL_EACH_22(m, t, __VA_ARGS__)
#define SLOTCAST_DETAIL_EACH_24(m, t, a, ...) m(t, a) SLOTCAST_DETAIL_EACH_23(m, t, __VA_ARGS__)
#define SLOTCAST_DETAIL_EACH_25(m, t, a, ...) m(t, a) SLOTCAST_DETAIL_EACH_24(m, t, __VA_ARGS__)
#define SLOTCAST_DETAIL_EACH_26(m, t, a, ...) m(t, a) SLOTCAST_DETAIL_EACH_25(m, t, __VA_ARGS__)
#define SLOTCAST_DETAIL_EACH_27(m, t, a, ...) m(t, a) SLOTCAST_DETAIL_EACH_26(m, t, __VA_ARGS__)
#define SLOTCAST_DETAIL_EACH_28(m, t, a, ...) m(t, a) SLOTCAST_DETAIL_EACH_27(m, t, __VA_ARGS__)
#define SLOTCAST_DETAIL_EACH_29(m, t, a, ...) m(t, a) SLOTCAST_DETAIL_EACH_28(m, t, __VA_ARGS__)
#define SLOTCAST_DETAIL_EACH_30(m, t, a, ...) m(t, a) SLOTCAST_DETAIL_EACH_29(m, t, __VA_ARGS__)
#define SLOTCAST_DETAIL_EACH_31(m, t, a, ...) m(t, a) SLOTCAST_DETAIL_EACH_30(m, t, __VA_ARGS__)
#define SLOTCAST_DETAIL_EACH_32(m, t, a, ...) m(t, a) SLOTCAST_DETAIL_EACH_31(m, t, __VA_ARGS__)
#define SLOTCAST_DETAIL_EACH_33(m, t, a, ...) m(t, a) SLOTCAST_DETAIL_EACH_32(m, t, __VA_ARGS__)
#define SLOTCAST_DETAIL_EACH_34(m, t, a, ...) m(t, a) SLOTCAST_DETAIL_EACH_33(m, t, __VA_ARGS__)
#define SLOTCAST_DETAIL_EACH_35(m, t, a, ...) m(t, a) SLOTCAST_DETAIL_EACH_34(m, t, __VA_ARGS__)
#define SLOTCAST_DETAIL_EACH_36(m, t, a, ...) m(t, a) SLOTCAST_DETAIL_EACH_35(m, t, __VA_ARGS__)
#define SLOTCAST_DETAIL_EACH_37(m, t, a, ...) m(t, a) SLOTCAST_DETAIL_EACH_36(m, t, __VA_ARGS__)
#define SLOTCAST_DETAIL_EACH_38(m, t, a, ...) m(t, a) SLOTCAST_DETAIL_EACH_37(m, t, __VA_ARGS__)
#define SLOTCAST_DETAIL_EACH_39(m, t, a, ...) m(t, a) SLOTCAST_DETAIL_EACH_38(m, t, __VA_ARGS__)
#define SLOTCAST_DETAIL_EACH_40(m, t, a, ...) m(t, a) SLOTCAST_DETAIL_EACH_39(m, t, __VA_ARGS__)
#define SLOTCAST_DETAIL_EACH_41(m, t, a, ...) m(t, a) SLOTCAST_DETAIL_EACH_40(m, t, __VA_ARGS__)
#define SLOTCAST_DETAIL_EACH_42(m, t, a, ...) m(t, a) SLOTCAST_DETAIL_EACH_41(m, t, __VA_ARGS__)
#define SLOTCAST_DETAIL_EACH_43(m, t, a, ...) m(t, a) SLOTCAST_DETAIL_EACH_42(m, t, __VA_ARGS__)
#define SLOTCAST_DETAIL_EACH_44(m, t, a, ...) m(t, a) SLOTCAST_DETAIL_EACH_43(m, t, __VA_ARGS__)
#define SLOTCAST_DETAIL_EACH_45(m, t, a, ...) m(t, a) SLOTCAST_DETAIL_EACH_44(m, t, __VA_ARGS__)
#define SLOTCAST_DETAIL_EACH_46(m, t, a, ...) m(t, a) SLOTCAST_DETAIL_EACH_45(m, t, __VA_ARGS__)
#define SLOTCAST_DETAIL_EACH_47(m, t, a, ...) m(t, a) SLOTCAST_DETAIL_EACH_46(m, t, __VA_ARGS__)
#define SLOTCAST_DETAIL_EACH_48(m, t, a, ...) m(t, a) SLOTCAST_DETAIL_EACH_47(m, t, __VA_ARGS__)
#define SLOTCAST_DETAIL_EACH_49(m, t, a, ...) m(t, a) SLOTCAST_DETAIL_EACH_48(m, t, __VA_ARGS__)
#define SLOTCAST_DETAIL_EACH_50(m, t, a, ...) m(t, a) SLOTCAST_DETAIL_EACH_49(m, t, __VA_ARGS__)
#define SLOTCAST_DETAIL_EACH_51(m, t, a, ...) m(t, a) SLOTCAST_DETAIL_EACH_50(m, t, __VA_ARGS__)
#define SLOTCAST_DETAIL_EACH_52(m, t, a, ...) m(t, a) SLOTCAST_DETAIL_EACH_51(m, t, __VA_ARGS__)
#define SLOTCAST_DETAIL_EACH_53(m, t, a, ...) m(t, a) SLOTCAST_DETAIL_EACH_52(m, t, __VA_ARGS__)
#define SLOTCAST_DETAIL_EACH_54(m, t, a, ...) m(t, a) SLOTCAST_DETAIL_EACH_53(m, t, __VA_ARGS__)
#define SLOTCAST_DETAIL_EACH_55(m, t, a, ...) m(t, a) SLOTCAST_DETAIL_EACH_54(m, t, __VA_ARGS__)
#define SLOTCAST_DETAIL_EACH_56(m, t, a, ...) m(t, a) SLOTCAST_DETAIL_EACH_55(m, t, __VA_ARGS__)
#define SLOTCAST_DETAIL_EACH_57(m, t, a, ...) m(t, a) SLOTCAST_DETAIL_EACH_56(m, t, __VA_ARGS__)
#define SLOTCAST_DETAIL_EACH_58(m, t, a, ...) m(t, a) SLOTCAST_DETAIL_EACH_57(m, t, __VA_ARGS__)
#define SLOTCAST_DETAIL_EACH_59(m, t, a, ...) m(t, a) SLOTCAST_DETAIL_EACH_58(m, t, __VA_ARGS__)
#define SLOTCAST_DETAIL_EACH_60(m, t, a, ...) m(t, a) SLOTCAST_DETAIL_EACH_59(m, t, __VA_ARGS__)
#define SLOTCAST_DETAIL_EACH_61(m, t, a, ...) m(t, a) SLOTCAST_DETAIL_EACH_60(m, t, __VA_ARGS__)
#define SLOTCAST_DETAIL_EACH_62(m, t, a, ...) m(t, a) SLOTCAST_DETAIL_EACH_61(m, t, __VA_ARGS__)
#define SLOTCAST_DETAIL_EACH_63(m, t, a, ...) m(t, a) SLOTCAST_DETAIL_EACH_62(m, t, __VA_ARGS__)
#define SLOTCAST_DETAIL_EACH_64(m, t, a, ...) m(t, a) SLOTCAST_DETAIL_EACH_63(m, t, __VA_ARGS__)

#define SLOTCAST_DETAIL_EACH_TOO_MANY(m, t, ...)                                                                       \
    static_assert(::slotcast::detail::never<t>,                                                                        \
                  "slotcast: `" #t "` has more than 64 fields or values, the most that can be named: group fields "    \
                  "into "                                                                                              \
                  "nested structs, each with a SLOTCAST_MESSAGE of its own");

#define SLOTCAST_DETAIL_PICK(                                                                                          \
    a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16,                                             \
    a17, a18, a19, a20, a21, a22, a23, a24, a25, a26, a27, a28, a29, a30, a31, a32,                                    \
    a33, a34, a35, a36, a37, a38, a39, a40, a41, a42, a43, a44, a45, a46, a47, a48,                                    \
    a49, a50, a51, a52, a53, a54, a55, a56, a57, a58, a59, a60, a61, a62, a63, a64,                                    \
    a65, a66, a67, a68, a69, a70, a71, a72, a73, a74, a75, a76, a77, a78, a79, a80,                                    \
    a81, a82, a83, a84, a85, a86, a87, a88, a89, a90, a91, a92, a93, a94, a95, a96,                                    \
    a97, a98, a99, a100, a101, a102, a103, a104, a105, a106, a107, a108, a109, a110, a111, a112,                       \
    a113, a114, a115, a116, a117, a118, a119, a120, a121, a122, a123, a124, a125, a126, a127, a128,                    \
    n, ...) n
#define SLOTCAST_DETAIL_COUNT(...) SLOTCAST_DETAIL_PICK(                                                               \
    __VA_ARGS__, TOO_MANY, TOO_MANY, TOO_MANY, TOO_MANY, TOO_MANY, TOO_MANY, TOO_MANY, TOO_MANY, TOO_MANY,             \
    TOO_MANY, TOO_MANY, TOO_MANY, TOO_MANY, TOO_MANY, TOO_MANY, TOO_MANY, TOO_MANY, TOO_MANY, TOO_MANY,                \
    TOO_MANY, TOO_MANY, TOO_MANY, TOO_MANY, TOO_MANY, TOO_MANY, TOO_MANY, TOO_MANY, TOO_MANY, TOO_MANY,                \
    TOO_MANY, TOO_MANY, TOO_MANY, TOO_MANY, TOO_MANY, TOO_MANY, TOO_MANY, TOO_MANY, TOO_MANY, TOO_MANY,                \
    TOO_MANY, TOO_MANY, TOO_MANY, TOO_MANY, TOO_MANY, TOO_MANY, TOO_MANY, TOO_MANY, TOO_MANY, TOO_MANY,                \
    TOO_MANY, TOO_MANY, TOO_MANY, TOO_MANY, TOO_MANY, TOO_MANY, TOO_MANY, TOO_MANY, TOO_MANY, TOO_MANY,                \
    TOO_MANY, TOO_MANY, TOO_MANY, TOO_MANY, TOO_MANY, 64, 63, 62, 61, 60,                                              \
    59, 58, 57, 56, 55, 54, 53, 52, 51, 50,                                                                            \
    49, 48, 47, 46, 45, 44, 43, 42, 41, 40,                                                                            \
    39, 38, 37, 36, 35, 34, 33, 32, 31, 30,                                                                            \
    29, 28, 27, 26, 25, 24, 23, 22, 21, 20,                                                                            \
    19, 18, 17, 16, 15, 14, 13, 12, 11, 10,                                                                            \
    9, 8, 7, 6, 5, 4, 3, 2, 1, 0)
#define SLOTCAST_DETAIL_JOIN(a, b) SLOTCAST_DETAIL_JOIN_(a, b)
#define SLOTCAST_DETAIL_JOIN_(a, b) a##b
#define SLOTCAST_DETAIL_EACH(m, t, ...)                                                                                \
    SLOTCAST_DETAIL_JOIN(SLOTCAST_DETAIL_EACH_, SLOTCAST_DETAIL_COUNT(__VA_ARGS__))(m, t, __VA_ARGS__)

#endif
