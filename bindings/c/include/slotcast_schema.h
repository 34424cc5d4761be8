/* Descriptions of structs, from which sc_schema_describe makes schemas.
 *
 *     typedef struct Imu { uint64_t stamp_ns; float accel[3]; float gyro[3]; } Imu;
 *     SC_STRUCT(Imu, "Imu", 0,
 *               SC_FIELD(Imu, stamp_ns, SC_U64),
 *               SC_ARRAY(Imu, accel, SC_F32, 3),
 *               SC_ARRAY(Imu, gyro, SC_F32, 3));
 *
 * The compiler checks each type, size and offset, and that no byte is left out. In C++ it does not check the types: use
 * slotcast.hpp there. Name, version, fields and their order must be those of the other side. */
#ifndef SLOTCAST_SCHEMA_H
#define SLOTCAST_SCHEMA_H

#include <stddef.h>
#include <stdint.h>

#include "slotcast_each.h"

/* Primitive types, with their sizes in the second byte. */
#define SC_U8 0x0101u
#define SC_U16 0x0202u
#define SC_U32 0x0403u
#define SC_U64 0x0804u
#define SC_U128 0x1005u
#define SC_I8 0x0106u
#define SC_I16 0x0207u
#define SC_I32 0x0408u
#define SC_I64 0x0809u
#define SC_I128 0x100au
#define SC_F32 0x040bu
#define SC_F64 0x080cu
#define SC_BOOL 0x010du
#define SC_CHAR 0x040eu /* Rust's char: uint32_t, a Unicode scalar value */

#define SC_KIND_STRUCT 0x20u
#define SC_KIND_ENUM 0x21u
#define SC_KIND_ARRAY 0x22u
#define SC_KIND_TEXT 0x23u
#define SC_KIND_LIST 0x24u
#define SC_KIND_PAD 0x26u
#define SC_KIND_ALIAS 0x7fu /* a name in C alone: the type of its only field */

typedef struct sc_type sc_type;

/* A value of an enum. */
typedef struct sc_variant {
    const char *name;
    int64_t value;
} sc_variant;

/* A field of a struct; made by the macros below. */
typedef struct sc_field {
    const char *name;
    uint64_t offset;
    uint64_t size;
    const sc_type *of; /* of structs and enums */
    uint64_t len;      /* of arrays, lists and texts */
    uint32_t kind;
    uint32_t element;
} sc_field;

/* A struct or an enum; made by SC_STRUCT and SC_ENUM. */
struct sc_type {
    const char *name;
    uint64_t size;
    uint64_t align;
    const sc_field *fields;
    const sc_variant *variants;
    uint64_t count;
    uint32_t version;
    uint32_t kind;
    uint32_t repr;
};

#ifdef __cplusplus
#define SC_ALIGNOF(T) alignof(T)
#define SC_STATIC_ASSERT(condition, text) static_assert(condition, text)
#else
#define SC_ALIGNOF(T) _Alignof(T)
#define SC_STATIC_ASSERT(condition, text) _Static_assert(condition, text)
#endif

/* A table may be unused in a file that includes its header. */
#if defined(__GNUC__)
#define SC_UNUSED __attribute__((unused))
#else
#define SC_UNUSED
#endif

/* A number, a truth value or a character. */
#define SC_FIELD(T, field, primitive)                                                                                  \
    SC_FIELD_(T, field, SC_BYTES(primitive), NULL, 0, SC_KIND_ARRAY, primitive, SC_IS(SC_OF(T, field), primitive))
/* An array of numbers. */
#define SC_ARRAY(T, field, primitive, len)                                                                             \
    SC_FIELD_(T, field, SC_BYTES(primitive) * (size_t)(len), NULL, len, SC_KIND_ARRAY, primitive,                      \
              SC_IS(SC_OF(T, field)[0], primitive))
/* A struct or enum that SC_STRUCT or SC_ENUM has described, and an array of them. */
#define SC_NESTED(T, field, type)                                                                                      \
    SC_FIELD_(T, field, sizeof(type), &type##_sc_type, 0, SC_KIND_ARRAY, SC_KIND_STRUCT,                               \
              SC_HAS_TYPE(SC_OF(T, field), type))
#define SC_NESTED_ARRAY(T, field, type, len)                                                                           \
    SC_FIELD_(T, field, sizeof(type) * (size_t)(len), &type##_sc_type, len, SC_KIND_ARRAY, SC_KIND_STRUCT,             \
              SC_HAS_TYPE(SC_OF(T, field)[0], type))
/* Rust's Str<capacity>, declared as char field[capacity]: UTF-8, then zeros. */
#define SC_TEXT(T, field, capacity)                                                                                    \
    SC_FIELD_(T, field, capacity, NULL, capacity, SC_KIND_TEXT, 0, SC_HAS_TYPE(SC_OF(T, field)[0], char))
/* Rust's FixedVec, declared as struct { uint64_t len; E elements[capacity]; } field. If E is aligned to less than 8
 * bytes, `len` is declared as uint8_t len[8]: copy it from there by memcpy. */
#define SC_LIST(T, field, primitive, capacity)                                                                         \
    SC_FIELD_(T, field, 8 + SC_BYTES(primitive) * (size_t)(capacity), NULL, capacity, SC_KIND_LIST, primitive,         \
              SC_IS(SC_OF(T, field).elements[0], primitive) && SC_IS_LEN(SC_OF(T, field).len, SC_BYTES(primitive)))
#define SC_NESTED_LIST(T, field, type, capacity)                                                                       \
    SC_FIELD_(T, field, 8 + sizeof(type) * (size_t)(capacity), &type##_sc_type, capacity, SC_KIND_LIST,                \
              SC_KIND_STRUCT,                                                                                          \
              SC_HAS_TYPE(SC_OF(T, field).elements[0], type) && SC_IS_LEN(SC_OF(T, field).len, SC_ALIGNOF(type)))
/* Bytes without meaning, declared as uint8_t field[bytes]. Set them to zero. */
#define SC_PAD(T, field)                                                                                               \
    SC_FIELD_(T, field, SC_SIZEOF_FIELD(T, field), NULL, 0, SC_KIND_PAD, 0, SC_HAS_TYPE(SC_OF(T, field)[0], uint8_t))

/* Describes a struct: its type, its name for the other side, its version, and all its fields: up to 64. */
#define SC_STRUCT(T, type_name, type_version, ...)                                                                     \
    SC_EACH(SC_CHECK, (0, T), __VA_ARGS__)                                                                             \
    SC_STRUCT_BEGIN(T) SC_EACH(SC_ROW, (0, T), __VA_ARGS__) SC_STRUCT_END(T, type_name, type_version)
/* The same without a limit, and without checks of what is between the fields: rows are
 * SC_NAMED("name for the other side", SC_FIELD(T, field, SC_U64)). */
#define SC_STRUCT_BEGIN(T) static const SC_UNUSED sc_field T##_sc_fields[] = {
#define SC_NAMED(name, row) SC_CALL(SC_NAMED_, (name, SC_WITHOUT_PARENTHESES row))
#define SC_STRUCT_END(T, type_name, type_version)                                                                      \
    }                                                                                                                  \
    ;                                                                                                                  \
    static const SC_UNUSED sc_type T##_sc_type = {                                                                     \
        type_name, sizeof(T), SC_ALIGNOF(T), T##_sc_fields, NULL, sizeof T##_sc_fields / sizeof T##_sc_fields[0],      \
        type_version, SC_KIND_STRUCT, 0}

/* Describes an enum, declared as a typedef of an integer: its type, name, version, integer, and values. */
#define SC_ENUM(T, type_name, type_version, primitive, ...)                                                            \
    SC_STATIC_ASSERT(sizeof(T) == SC_BYTES(primitive) && SC_IS((T)0, primitive), SC_DIFFERS(T, ""));                   \
    static const SC_UNUSED sc_variant T##_sc_variants[] = {__VA_ARGS__};                                               \
    static const SC_UNUSED sc_type T##_sc_type = {                                                                     \
        type_name, sizeof(T), SC_ALIGNOF(T), NULL, T##_sc_variants,                                                    \
        sizeof T##_sc_variants / sizeof T##_sc_variants[0], type_version, SC_KIND_ENUM, primitive}
#define SC_VARIANT(name, value) {name, value}

/* Describe types that have no name on the other side, so that SC_NESTED and the like can name them: for arrays of
 * arrays, arrays of texts, and messages that are no structs. Such as, after typedef float Row[4],
 *
 *     SC_ARRAY_TYPE(Row, SC_F32, 4); */
#define SC_PRIMITIVE_TYPE(T, primitive) SC_ALIAS(T, SC_BYTES(primitive), NULL, 0, SC_KIND_ARRAY, primitive)
#define SC_ARRAY_TYPE(T, primitive, len)                                                                               \
    SC_ALIAS(T, SC_BYTES(primitive) * (size_t)(len), NULL, len, SC_KIND_ARRAY, primitive)
#define SC_NESTED_ARRAY_TYPE(T, type, len)                                                                             \
    SC_ALIAS(T, sizeof(type) * (size_t)(len), &type##_sc_type, len, SC_KIND_ARRAY, SC_KIND_STRUCT)
#define SC_TEXT_TYPE(T, capacity) SC_ALIAS(T, capacity, NULL, capacity, SC_KIND_TEXT, 0)
#define SC_LIST_TYPE(T, primitive, capacity)                                                                           \
    SC_ALIAS(T, 8 + SC_BYTES(primitive) * (size_t)(capacity), NULL, capacity, SC_KIND_LIST, primitive)
#define SC_NESTED_LIST_TYPE(T, type, capacity)                                                                         \
    SC_ALIAS(T, 8 + sizeof(type) * (size_t)(capacity), &type##_sc_type, capacity, SC_KIND_LIST, SC_KIND_STRUCT)
#define SC_PAD_TYPE(T) SC_ALIAS(T, sizeof(T), NULL, 0, SC_KIND_PAD, 0)

/* The description of a type, for the functions. */
#define SC_TYPE(T) (&T##_sc_type)

/* The rest is not for use by programs. */

#define SC_BYTES(primitive) ((size_t)((primitive) >> 8))
#define SC_OF(T, field) (((T *)0)->field)
#define SC_SIZEOF_FIELD(T, field) sizeof SC_OF(T, field)
#define SC_CALL(macro, arguments) macro arguments
#define SC_WITHOUT_PARENTHESES(...) __VA_ARGS__

/* A row: where the field ends, and what SC_CHECK and SC_ROW need. */
#define SC_FIELD_(T, field, bytes, of, len, kind, element, is_so)                                                      \
    (offsetof(T, field) + SC_SIZEOF_FIELD(T, field), T, field, #field, bytes, of, len, kind, element, is_so)
#define SC_END(row) SC_END_ row
#define SC_END_(end, ...) (end)

#define SC_ROW(previous, row) SC_ROW_ row,
#define SC_ROW_LAST(row)
#define SC_ROW_TOO_MANY
#define SC_ROW_(end, T, field, name, bytes, of, len, kind, element, is_so)                                             \
    {name, offsetof(T, field), SC_SIZEOF_FIELD(T, field), of, len, kind, element}
#define SC_NAMED_(other_name, end, T, field, name, bytes, of, len, kind, element, is_so)                               \
    SC_ROW_(end, T, field, other_name, bytes, of, len, kind, element, is_so),

#define SC_CHECK(previous, row) SC_CALL(SC_CHECK_, (SC_END(previous), SC_WITHOUT_PARENTHESES row))
#define SC_CHECK_(start, end, T, field, name, bytes, of, len, kind, element, is_so)                                    \
    SC_STATIC_ASSERT(SC_SIZEOF_FIELD(T, field) == (bytes) && (is_so), SC_DIFFERS(T, "." name));                        \
    SC_STATIC_ASSERT(offsetof(T, field) < (start) + 1,                                                                 \
                     "slotcast: the bytes before " #T "." name " are in no field: name every field, or declare "       \
                     "`uint8_t pad[N]` there, and SC_PAD for it");                                                     \
    SC_STATIC_ASSERT(offsetof(T, field) + 1 > (start),                                                                 \
                     "slotcast: " #T "." name " is not in its place: name each field once, in the order of the struct");
#define SC_CHECK_LAST(row) SC_CHECK_LAST_ row
#define SC_CHECK_LAST_(end, T, ...)                                                                                    \
    SC_STATIC_ASSERT((end) == sizeof(T), "slotcast: the last bytes of " #T " are in no field: name every field, or "   \
                                         "declare `uint8_t pad[N]` there, and SC_PAD for it");
#define SC_CHECK_TOO_MANY                                                                                              \
    SC_STATIC_ASSERT(0, "slotcast: a struct has more than 64 fields, the most that SC_STRUCT can name: group fields "  \
                        "into nested structs, each with an SC_STRUCT of its own");
#define SC_DIFFERS(T, field)                                                                                           \
    "slotcast: " #T field " is declared otherwise than it is described: change the one that is wrong"

#define SC_ALIAS(T, bytes, of, len, kind, element)                                                                     \
    SC_STATIC_ASSERT(sizeof(T) == (bytes), SC_DIFFERS(T, ""));                                                         \
    static const SC_UNUSED sc_field T##_sc_fields[] = {{"", 0, sizeof(T), of, len, kind, element}};                    \
    static const SC_UNUSED sc_type T##_sc_type = {"", sizeof(T), SC_ALIGNOF(T), T##_sc_fields, NULL, 1, 0,             \
                                                  SC_KIND_ALIAS, 0}

/* Whether a value is declared as this primitive, apart from its size; and whether it has this type. */
#ifdef __cplusplus
#define SC_IS(value, primitive) true
#define SC_HAS_TYPE(value, type) true
#define SC_IS_LEN(value, align) true
#else
#define SC_IS(value, primitive)                                                                                        \
    _Generic((value),                                                                                                  \
        float: (primitive) == SC_F32,                                                                                  \
        double: (primitive) == SC_F64,                                                                                 \
        _Bool: (primitive) == SC_BOOL,                                                                                 \
        signed char: SC_IS_SIGNED(primitive),                                                                          \
        short: SC_IS_SIGNED(primitive),                                                                                \
        int: SC_IS_SIGNED(primitive),                                                                                  \
        long: SC_IS_SIGNED(primitive),                                                                                 \
        long long: SC_IS_SIGNED(primitive),                                                                            \
        unsigned char: SC_IS_UNSIGNED(primitive),                                                                      \
        unsigned short: SC_IS_UNSIGNED(primitive),                                                                     \
        unsigned int: SC_IS_UNSIGNED(primitive) || (primitive) == SC_CHAR,                                             \
        unsigned long: SC_IS_UNSIGNED(primitive),                                                                      \
        unsigned long long: SC_IS_UNSIGNED(primitive),                                                                 \
        default: SC_BYTES(primitive) == 16)
#define SC_IS_UNSIGNED(primitive) (((primitive) & 0xffu) <= 0x05u)
#define SC_IS_SIGNED(primitive) (((primitive) & 0xffu) >= 0x06u && ((primitive) & 0xffu) <= 0x0au)
#define SC_HAS_TYPE(value, type) _Generic(&(value), type *: 1, default: 0)
#define SC_IS_LEN(value, align) (sizeof(value) == 8 && _Generic(&(value), uint64_t *: (align) >= 8, default: 1))
#endif

#endif
