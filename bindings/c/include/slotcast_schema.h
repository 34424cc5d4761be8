/* Descriptions of structs, from which sc_schema_describe makes schemas.
 *
 *     typedef struct Imu { uint64_t stamp_ns; float accel[3]; float gyro[3]; } Imu;
 *     SC_STRUCT(Imu, "Imu", 0,
 *               SC_FIELD(Imu, stamp_ns, SC_U64),
 *               SC_ARRAY(Imu, accel, SC_F32, 3),
 *               SC_ARRAY(Imu, gyro, SC_F32, 3));
 *
 * The compiler checks each size. An array of negative size in its message means that a field is declared otherwise than
 * it is described. sc_schema_describe refuses gaps between fields. Name, version, fields and their order must be those
 * of the other side. */
#ifndef SLOTCAST_SCHEMA_H
#define SLOTCAST_SCHEMA_H

#include <stddef.h>
#include <stdint.h>

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
#else
#define SC_ALIGNOF(T) _Alignof(T)
#endif

/* A table may be unused in a file that includes its header. */
#if defined(__GNUC__)
#define SC_UNUSED __attribute__((unused))
#else
#define SC_UNUSED
#endif

#define SC_SIZEOF_FIELD(T, field) sizeof(((T *)0)->field)
/* Is `value`, if the condition holds; otherwise the compiler refuses an array of negative size. */
#define SC_CHECKED(condition, value) ((value) + 0 * sizeof(char[(condition) ? 1 : -1]))
#define SC_ENTRY(T, field, bytes, of, len, kind, element)                                                              \
    { #field, offsetof(T, field), SC_CHECKED(SC_SIZEOF_FIELD(T, field) == (bytes), SC_SIZEOF_FIELD(T, field)), of,     \
      len, kind, element }

/* A number, a truth value or a character. */
#define SC_FIELD(T, field, primitive) SC_ENTRY(T, field, (primitive) >> 8, NULL, 0, SC_KIND_ARRAY, primitive)
/* An array of numbers. */
#define SC_ARRAY(T, field, primitive, len)                                                                             \
    SC_ENTRY(T, field, ((primitive) >> 8) * (size_t)(len), NULL, len, SC_KIND_ARRAY, primitive)
/* A struct or enum that SC_STRUCT or SC_ENUM has described, and an array of them. */
#define SC_NESTED(T, field, type) SC_ENTRY(T, field, sizeof(type), &type##_sc_type, 0, SC_KIND_ARRAY, SC_KIND_STRUCT)
#define SC_NESTED_ARRAY(T, field, type, len)                                                                           \
    SC_ENTRY(T, field, sizeof(type) * (size_t)(len), &type##_sc_type, len, SC_KIND_ARRAY, SC_KIND_STRUCT)
/* Rust's Str<capacity>, declared as char field[capacity]: UTF-8, then zeros. */
#define SC_TEXT(T, field, capacity) SC_ENTRY(T, field, capacity, NULL, capacity, SC_KIND_TEXT, 0)
/* Rust's FixedVec, declared as struct { uint64_t len; E elements[capacity]; } field. */
#define SC_LIST(T, field, primitive, capacity)                                                                         \
    SC_ENTRY(T, field, 8 + ((primitive) >> 8) * (size_t)(capacity), NULL, capacity, SC_KIND_LIST, primitive)
#define SC_NESTED_LIST(T, field, type, capacity)                                                                       \
    SC_ENTRY(T, field, 8 + sizeof(type) * (size_t)(capacity), &type##_sc_type, capacity, SC_KIND_LIST, SC_KIND_STRUCT)
/* Bytes without meaning, declared as uint8_t field[bytes]. Set them to zero. */
#define SC_PAD(T, field) SC_ENTRY(T, field, SC_SIZEOF_FIELD(T, field), NULL, 0, SC_KIND_PAD, 0)

/* Describes a struct: its type, its name for the other side, its version, and all its fields. */
#define SC_STRUCT(T, type_name, type_version, ...)                                                                     \
    static const SC_UNUSED sc_field T##_sc_fields[] = {__VA_ARGS__};                                                   \
    static const SC_UNUSED sc_type T##_sc_type = {                                                                     \
        type_name, sizeof(T), SC_ALIGNOF(T), T##_sc_fields, NULL, sizeof T##_sc_fields / sizeof T##_sc_fields[0],      \
        type_version, SC_KIND_STRUCT, 0}

/* Describes an enum, declared as a typedef of an integer: its type, name, version, integer, and values. */
#define SC_ENUM(T, type_name, type_version, primitive, ...)                                                            \
    static const SC_UNUSED sc_variant T##_sc_variants[] = {__VA_ARGS__};                                               \
    static const SC_UNUSED sc_type T##_sc_type = {                                                                     \
        type_name, SC_CHECKED(sizeof(T) == ((primitive) >> 8), sizeof(T)), SC_ALIGNOF(T), NULL, T##_sc_variants,       \
        sizeof T##_sc_variants / sizeof T##_sc_variants[0], type_version, SC_KIND_ENUM, primitive}
#define SC_VARIANT(name, value) {name, value}

/* The description of a type, for the functions. */
#define SC_TYPE(T) (&T##_sc_type)

#endif
