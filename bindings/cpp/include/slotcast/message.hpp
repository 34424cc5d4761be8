/// SLOTCAST_MESSAGE and SLOTCAST_ENUM: they describe a type to other processes, and refuse what cannot be shared.
///
/// Each refusal is a `static_assert` whose sentence says what to do.
#ifndef SLOTCAST_MESSAGE_HPP
#define SLOTCAST_MESSAGE_HPP

#include "each.hpp"
#include "refusals.hpp"

/// Makes the struct `T` a message. Stands in the namespace of `T`, after it, and names all fields in their order:
///
///     struct Imu { std::uint64_t stamp_ns; float accel[3]; float gyro[3]; };
///     SLOTCAST_MESSAGE(Imu, stamp_ns, accel, gyro);
#define SLOTCAST_MESSAGE(T, ...)                                                                                       \
    static_assert(::slotcast::detail::is_plain_name(#T),                                                               \
                  "slotcast: give `" #T "` without its namespace, by a SLOTCAST_MESSAGE inside that namespace; or "    \
                  "give "                                                                                              \
                  "its name in the schema with SLOTCAST_MESSAGE_AS(" #T ", its_name, 0, fields...)");                  \
    SLOTCAST_MESSAGE_AS(T, #T, 0, __VA_ARGS__)

/// Makes the struct `T` a message with this name and version in its schema: those of Rust's
/// `#[shm(name = "…", version = N)]`.
#define SLOTCAST_MESSAGE_AS(T, schema_name, schema_version, ...)                                                       \
    SLOTCAST_DETAIL_CHECK_STRUCT(T, schema_name)                                                                       \
    SLOTCAST_DETAIL_EACH(SLOTCAST_DETAIL_CHECK_FIELD, T, __VA_ARGS__)                                                  \
    [[maybe_unused]] constexpr auto slotcast_describe(::slotcast::detail::tag<T>) {                                    \
        return ::slotcast::detail::start<T>(schema_name, schema_version)                                               \
            SLOTCAST_DETAIL_EACH(SLOTCAST_DETAIL_FIELD, T, __VA_ARGS__);                                               \
    }                                                                                                                  \
    SLOTCAST_DETAIL_EACH(SLOTCAST_DETAIL_CHECK_COVER, T, __VA_ARGS__)                                                  \
    SLOTCAST_DETAIL_CHECK_END(T)

/// Makes the scoped enum `E` a type that messages can have. Names all its values, which are checked in each message.
///
///     enum class Mode : std::uint8_t { Idle, Running };
///     SLOTCAST_ENUM(Mode, Idle, Running);
#define SLOTCAST_ENUM(E, ...)                                                                                          \
    static_assert(::slotcast::detail::is_plain_name(#E),                                                               \
                  "slotcast: give `" #E "` without its namespace, by a SLOTCAST_ENUM inside that namespace; or give "  \
                  "its name in the schema with SLOTCAST_ENUM_AS(" #E ", its_name, 0, values...)");                     \
    SLOTCAST_ENUM_AS(E, #E, 0, __VA_ARGS__)

/// The same with a name and version in the schema.
#define SLOTCAST_ENUM_AS(E, schema_name, schema_version, ...)                                                          \
    SLOTCAST_DETAIL_CHECK_ENUM(E, schema_name)                                                                         \
    SLOTCAST_DETAIL_EVERY_VALUE_BEGIN                                                                                  \
    [[maybe_unused]] constexpr bool slotcast_names_all_values(E slotcast_value) {                                      \
        switch (slotcast_value) {                                                                                      \
            SLOTCAST_DETAIL_EACH(SLOTCAST_DETAIL_CASE, E, __VA_ARGS__)                                                 \
            return true;                                                                                               \
        }                                                                                                              \
        return false;                                                                                                  \
    }                                                                                                                  \
    SLOTCAST_DETAIL_EVERY_VALUE_END                                                                                    \
    [[maybe_unused]] constexpr auto slotcast_describe(::slotcast::detail::tag<E>) {                                    \
        return ::slotcast::detail::start_enum<E>(schema_name, schema_version)                                          \
            SLOTCAST_DETAIL_EACH(SLOTCAST_DETAIL_VARIANT, E, __VA_ARGS__);                                             \
    }                                                                                                                  \
    static_assert(::slotcast::detail::is_described<E>::value)

// The same step by step, for names in the schema that C++ does not allow: `slotcast schema --format cpp` prints it.
#define SLOTCAST_STRUCT_BEGIN(T, schema_name, schema_version)                                                          \
    [[maybe_unused]] constexpr auto slotcast_describe(::slotcast::detail::tag<T>) {                                    \
        return ::slotcast::detail::start<T>(schema_name, schema_version)
#define SLOTCAST_STRUCT_FIELD(T, f, schema_name) .field<decltype(T::f)>(schema_name, offsetof(T, f))
#define SLOTCAST_STRUCT_END(T)                                                                                         \
        ;                                                                                                              \
    }                                                                                                                  \
    static_assert(::slotcast::detail::is_described<T>::value)
#define SLOTCAST_ENUM_BEGIN(E, schema_name, schema_version)                                                            \
    [[maybe_unused]] constexpr auto slotcast_describe(::slotcast::detail::tag<E>) {                                    \
        return ::slotcast::detail::start_enum<E>(schema_name, schema_version)
#define SLOTCAST_ENUM_VALUE(E, value, schema_name) .variant(schema_name, E::value)
#define SLOTCAST_ENUM_END(E) SLOTCAST_STRUCT_END(E)

// The compiler says which value is missing from a SLOTCAST_ENUM.
#define SLOTCAST_DETAIL_EVERY_VALUE_BEGIN                                                                              \
    _Pragma("GCC diagnostic push") _Pragma("GCC diagnostic error \"-Wswitch\"")
#define SLOTCAST_DETAIL_EVERY_VALUE_END _Pragma("GCC diagnostic pop")
#define SLOTCAST_DETAIL_CASE(E, value) case E::value:
#define SLOTCAST_DETAIL_VARIANT(E, value) .variant(#value, E::value)
#define SLOTCAST_DETAIL_FIELD(T, f)                                                                                    \
    .template field<decltype(T::f)>(                                                                                   \
        #f, ::slotcast::detail::offset<T>([](auto t) -> std::enable_if_t<(sizeof(&decltype(t)::type::f) > 0), std::size_t> { \
            return offsetof(typename decltype(t)::type, f);                                                            \
        }))

#define SLOTCAST_DETAIL_CHECK_STRUCT(T, schema_name)                                                                   \
    static_assert(std::is_class_v<T>,                                                                                  \
                  "slotcast: `" #T "` is no struct: SLOTCAST_MESSAGE describes structs, SLOTCAST_ENUM scoped enums; "  \
                  "numbers and arrays are messages as they are");                                                      \
    static_assert(::slotcast::detail::is_message_name(schema_name),                                                    \
                  "slotcast: the name of a message has 1 to 200 letters, digits, `_`, `.`, `/`, `:` or `-`");          \
    static_assert(!std::is_polymorphic_v<T>,                                                                           \
                  "slotcast: `" #T "` has virtual functions, so its bytes contain a pointer: make a message a struct " \
                  "of data alone");                                                                                    \
    static_assert(std::is_trivially_copyable_v<T>,                                                                     \
                  "slotcast: `" #T "` cannot be copied as bytes: remove its destructor, copy and move operations, "    \
                  "and fields that have such (std::string, std::vector: use slotcast::Str<N>, slotcast::FixedVec<T, "  \
                  "N>)");                                                                                              \
    static_assert(std::is_standard_layout_v<T>,                                                                        \
                  "slotcast: `" #T "` has no standard layout: give all fields the same access, in one struct without " \
                  "virtual functions or bases that have fields");

#define SLOTCAST_DETAIL_CHECK_FIELD(T, f)                                                                              \
    static_assert(!::slotcast::detail::is_text_array<decltype(T::f)>,                                                  \
                  "slotcast: field `" #f "` of `" #T "` is an array of `char`: use slotcast::Str<N> for text, "        \
                  "`std::uint8_t` for bytes");                                                                         \
    static_assert(::slotcast::detail::accepts<decltype(T::f)>(::slotcast::detail::reason::reference),                  \
                  "slotcast: field `" #f "` of `" #T "` is a reference, which means nothing to another process: use "  \
                  "the type that it refers to");                                                                       \
    static_assert(::slotcast::detail::accepts<decltype(T::f)>(::slotcast::detail::reason::pointer),                    \
                  "slotcast: field `" #f "` of `" #T "` is a pointer, which means nothing to another process: use "    \
                  "the value itself, slotcast::FixedVec<T, N> for a list, slotcast::Str<N> for text");                 \
    static_assert(::slotcast::detail::accepts<decltype(T::f)>(::slotcast::detail::reason::long_double),                \
                  "slotcast: field `" #f "` of `" #T "` is a `long double`, whose layout depends on the machine: use " \
                  "`double`");                                                                                         \
    static_assert(::slotcast::detail::accepts<decltype(T::f)>(::slotcast::detail::reason::wide_char),                  \
                  "slotcast: field `" #f "` of `" #T "` is a `wchar_t`, whose size depends on the platform: use "      \
                  "`char32_t` for a character, slotcast::Str<N> for text");                                            \
    static_assert(::slotcast::detail::accepts<decltype(T::f)>(::slotcast::detail::reason::plain_char),                 \
                  "slotcast: field `" #f "` of `" #T "` is a plain `char`, whose sign depends on the machine: use "    \
                  "`std::uint8_t` or `std::int8_t` for a number, slotcast::Str<N> for text");                          \
    static_assert(::slotcast::detail::accepts<decltype(T::f)>(::slotcast::detail::reason::unicode_char),               \
                  "slotcast: field `" #f "` of `" #T "` is a part of a character: use `std::uint16_t` or "             \
                  "`std::uint8_t` for a number, `char32_t` for a character, slotcast::Str<N> for text");               \
    static_assert(::slotcast::detail::accepts<decltype(T::f)>(::slotcast::detail::reason::machine_long),               \
                  "slotcast: field `" #f "` of `" #T "` has a type whose size depends on the machine: use a type of "  \
                  "<cstdint>, such as `std::uint64_t` or `std::int32_t`");                                             \
    static_assert(::slotcast::detail::accepts<decltype(T::f)>(::slotcast::detail::reason::empty_array),                \
                  "slotcast: field `" #f "` of `" #T "` is an array without elements: remove it, or publish data of "  \
                  "any length as `Publisher<T[]>`");                                                                   \
    static_assert(::slotcast::detail::accepts<decltype(T::f)>(::slotcast::detail::reason::plain_enum),                 \
                  "slotcast: field `" #f "` of `" #T "` is a plain `enum`, whose values would not be checked: "        \
                  "declare it as `enum class Name : std::uint8_t` and add SLOTCAST_ENUM(Name, values...) after it");   \
    static_assert(::slotcast::detail::accepts<decltype(T::f)>(::slotcast::detail::reason::unnamed_enum),               \
                  "slotcast: field `" #f "` of `" #T "` is an enum whose values would not be checked: add "            \
                  "SLOTCAST_ENUM(Name, values...) after the enum, in its namespace");                                  \
    static_assert(::slotcast::detail::accepts<decltype(T::f)>(::slotcast::detail::reason::atomic),                     \
                  "slotcast: field `" #f "` of `" #T "` is atomic, but a message never changes once it is published: " \
                  "use the plain type inside");                                                                        \
    static_assert(::slotcast::detail::accepts<decltype(T::f)>(::slotcast::detail::reason::time),                       \
                  "slotcast: field `" #f "` of `" #T "` is a time of <chrono>, whose layout is not defined: use "      \
                  "`std::uint64_t` in nanoseconds, and say so in its name: `stamp_ns`");                               \
    static_assert(::slotcast::detail::accepts<decltype(T::f)>(::slotcast::detail::reason::optional),                   \
                  "slotcast: field `" #f "` of `" #T "` may be without a value, and has bytes that may be undefined: " \
                  "use the value, and a second field that says whether it is present");                                \
    static_assert(::slotcast::detail::accepts<decltype(T::f)>(::slotcast::detail::reason::owner),                      \
                  "slotcast: field `" #f "` of `" #T "` points to memory that only this process has: use the type "    \
                  "inside, or slotcast::FixedVec<T, N>");                                                              \
    static_assert(::slotcast::detail::accepts<decltype(T::f)>(::slotcast::detail::reason::text),                       \
                  "slotcast: field `" #f "` of `" #T "` is a text on the heap of this process: use slotcast::Str<N>, " \
                  "or publish text of any length as `Publisher<std::uint8_t[]>`");                                     \
    static_assert(::slotcast::detail::accepts<decltype(T::f)>(::slotcast::detail::reason::container),                  \
                  "slotcast: field `" #f "` of `" #T "` is a container on the heap of this process: use "              \
                  "slotcast::FixedVec<T, N> for up to N elements, `std::array<T, N>` for exactly N, or publish data "  \
                  "of any length as `Publisher<T[]>`");                                                                \
    static_assert(::slotcast::detail::accepts<decltype(T::f)>(::slotcast::detail::reason::union_type),                 \
                  "slotcast: field `" #f "` of `" #T "` is a union, and nothing says which of its values is valid: "   \
                  "use a struct with a field that says so, or bytes");                                                 \
    static_assert(::slotcast::detail::accepts<decltype(T::f)>(::slotcast::detail::reason::unnamed_struct),             \
                  "slotcast: field `" #f "` of `" #T "` is a struct without a description: add "                       \
                  "SLOTCAST_MESSAGE(Name, fields...) after it, in its namespace and before this line");                \
    static_assert(::slotcast::detail::accepts<decltype(T::f)>(::slotcast::detail::reason::other),                      \
                  "slotcast: field `" #f "` of `" #T "` has a type that cannot be in a message: use numbers, arrays, " \
                  "slotcast::Str, slotcast::FixedVec, and structs of these");                                          \
    static_assert(std::is_reference_v<decltype(T::f)> ||                                                               \
                      ::slotcast::detail::addressable<T>([](auto t) -> decltype(&decltype(t)::type::f) { return {}; }), \
                  "slotcast: field `" #f "` of `" #T "` is a bit-field, whose place in memory is not defined: use a "  \
                  "whole "                                                                                             \
                  "integer, and masks");

#define SLOTCAST_DETAIL_CHECK_COVER(T, f)                                                                              \
    static_assert(::slotcast::detail::cover_before<T>(#f) != ::slotcast::detail::cover::out_of_order,                  \
                  "slotcast: field `" #f "` of `" #T "` is named twice, or not in the order in which the fields are "  \
                  "declared: name each once, in its order");                                                           \
    static_assert(::slotcast::detail::cover_before<T>(#f) != ::slotcast::detail::cover::forgotten,                     \
                  "slotcast: the bytes before field `" #f "` of `" #T "` belong to no field that was named: name "     \
                  "every field, in order");                                                                            \
    static_assert(::slotcast::detail::cover_before<T>(#f) != ::slotcast::detail::cover::padded,                        \
                  "slotcast: `" #T "` has padding before field `" #f "`, which has no defined contents: add a field "  \
                  "`slotcast::Pad<N> pad;` there and name it, or order fields by alignment, largest first (if a "      \
                  "field was forgotten there, name it)");

#define SLOTCAST_DETAIL_CHECK_END(T)                                                                                   \
    static_assert(::slotcast::detail::cover_before<T>("") != ::slotcast::detail::cover::out_of_order,                  \
                  "slotcast: the fields of `" #T "` are not named in the order in which they are declared, or twice: " \
                  "name each once, in its order");                                                                     \
    static_assert(::slotcast::detail::cover_before<T>("") != ::slotcast::detail::cover::forgotten,                     \
                  "slotcast: the last bytes of `" #T "` belong to no field that was named: name every field, in "      \
                  "order");                                                                                            \
    static_assert(::slotcast::detail::cover_before<T>("") != ::slotcast::detail::cover::padded,                        \
                  "slotcast: `" #T "` has padding at its end, which has no defined contents: add a field "             \
                  "`slotcast::Pad<N> pad;` there and name it (if a field was forgotten there, name it)")

#define SLOTCAST_DETAIL_CHECK_ENUM(E, schema_name)                                                                     \
    static_assert(std::is_enum_v<E>,                                                                                   \
                  "slotcast: `" #E "` is no enum: SLOTCAST_ENUM describes scoped enums, SLOTCAST_MESSAGE structs");    \
    static_assert(::slotcast::detail::is_scoped<E>(),                                                                  \
                  "slotcast: `" #E "` is a plain `enum`, which may have any integer type: declare it as `enum class "  \
                  "" #E " : std::uint8_t`");                                                                           \
    static_assert(::slotcast::detail::has_enum_type<E>(),                                                              \
                  "slotcast: the integer type of `" #E "` must be one of <cstdint>, with 8 to 64 bits: `enum class "   \
                  "" #E " : std::uint8_t`");                                                                           \
    static_assert(::slotcast::detail::is_message_name(schema_name),                                                    \
                  "slotcast: the name of an enum has 1 to 200 letters, digits, `_`, `.`, `/`, `:` or `-`");

#endif
