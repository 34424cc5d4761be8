/// Why a type cannot be in a message. SLOTCAST_MESSAGE turns each reason into a sentence.
#ifndef SLOTCAST_REFUSALS_HPP
#define SLOTCAST_REFUSALS_HPP

#include "canonical.hpp"

namespace slotcast {
namespace detail {

enum class reason {
    none,
    reference,
    pointer,
    long_double,
    wide_char,
    plain_char,
    unicode_char,
    machine_long,
    empty_array,
    plain_enum,
    unnamed_enum,
    atomic,
    time,
    optional,
    owner,
    text,
    container,
    union_type,
    unnamed_struct,
    other,
};

// Types of the standard library are recognised by what they have, so that no header of theirs is needed.
template <class T, class = void>
inline constexpr bool has_c_str = false;
template <class T>
inline constexpr bool has_c_str<T, std::void_t<typename T::traits_type, decltype(T::npos)>> = true;

template <class T, class = void>
inline constexpr bool has_elements = false;
template <class T>
inline constexpr bool has_elements<T, std::void_t<typename T::value_type, typename T::iterator>> = true;

template <class T, class = void>
inline constexpr bool has_element_type = false;
template <class T>
inline constexpr bool has_element_type<T, std::void_t<typename T::element_type>> = true;

template <class T, class = void>
inline constexpr bool has_value = false;
template <class T>
inline constexpr bool has_value<T, std::void_t<decltype(std::declval<T&>().has_value())>> = true;

template <class T, class = void>
inline constexpr bool has_alternatives = false;
template <class T>
inline constexpr bool has_alternatives<T, std::void_t<decltype(std::declval<T&>().valueless_by_exception())>> = true;

template <class T, class = void>
inline constexpr bool has_period = false;
template <class T>
inline constexpr bool has_period<T, std::void_t<typename T::period, typename T::rep>> = true;

template <class T, class = void>
inline constexpr bool is_atomic = false;
template <class T>
inline constexpr bool is_atomic<T, std::void_t<decltype(std::declval<T&>().is_lock_free())>> = true;

/// Returns why a field of type `T` is refused, or `reason::none`.
template <class T>
constexpr reason reason_against() {
    using U = std::remove_cv_t<T>;
    if constexpr (std::is_reference_v<U>) {
        return reason::reference;
    } else if constexpr (std::is_pointer_v<U> || std::is_member_pointer_v<U> || std::is_null_pointer_v<U>) {
        return reason::pointer;
    } else if constexpr (primitive_tag<U>() != 0) {
        return reason::none;
    } else if constexpr (std::is_same_v<U, long double>) {
        return reason::long_double;
    } else if constexpr (std::is_same_v<U, wchar_t>) {
        return reason::wide_char;
    } else if constexpr (std::is_same_v<U, char>) {
        return reason::plain_char;
    } else if constexpr (is_unicode_char<U>) {
        return reason::unicode_char;
    } else if constexpr (std::is_integral_v<U>) {
        return reason::machine_long;
    } else if constexpr (array_of<U>::value) {
        if constexpr (array_of<U>::length == 0) {
            return reason::empty_array;
        } else {
            return reason_against<typename array_of<U>::element>();
        }
    } else if constexpr (list_of<U>::value) {
        return reason_against<typename list_of<U>::element>();
    } else if constexpr (is_str<U>::value || is_pad<U>::value || is_described<U>::value) {
        return reason::none;
    } else if constexpr (std::is_enum_v<U>) {
        return std::is_convertible_v<U, std::underlying_type_t<U>> ? reason::plain_enum : reason::unnamed_enum;
    } else if constexpr (std::is_union_v<U>) {
        return reason::union_type;
    } else if constexpr (is_atomic<U>) {
        return reason::atomic;
    } else if constexpr (has_period<U>) {
        return reason::time;
    } else if constexpr (has_value<U> || has_alternatives<U>) {
        return reason::optional;
    } else if constexpr (has_c_str<U>) {
        return reason::text;
    } else if constexpr (has_elements<U>) {
        return reason::container;
    } else if constexpr (has_element_type<U>) {
        return reason::owner;
    } else if constexpr (std::is_class_v<U>) {
        return reason::unnamed_struct;
    } else {
        return reason::other;
    }
}

/// Whether `T` is an array of plain `char`, which is told with a sentence of its own.
template <class T>
inline constexpr bool is_text_array =
    std::is_array_v<T> && std::is_same_v<std::remove_cv_t<std::remove_all_extents_t<T>>, char>;

/// Whether this reason does not speak against a field of type `T`.
template <class T>
constexpr bool accepts(reason against) {
    return is_text_array<T> || reason_against<T>() != against;
}

template <class E>
constexpr bool is_scoped() {
    if constexpr (std::is_enum_v<E>) {
        return !std::is_convertible_v<E, std::underlying_type_t<E>>;
    } else {
        return true;
    }
}

/// Whether the values of the enum are of an integer type that a schema can name.
template <class E>
constexpr bool has_enum_type() {
    if constexpr (std::is_enum_v<E>) {
        using R = std::underlying_type_t<E>;
        return std::is_integral_v<R> && primitive_tag<R>() != 0 && primitive_tag<R>() < 0x0b && sizeof(R) <= 8;
    } else {
        return true;
    }
}

/// Whether the text is the plain name of a type, without namespace or template arguments.
constexpr bool is_plain_name(std::string_view text) {
    for (const char c : text) {
        if (c == ':' || c == '<' || c == ' ') {
            return false;
        }
    }
    return true;
}

/// How the bytes of a struct are covered by the fields that were named.
enum class cover { whole, out_of_order, forgotten, padded };

/// Returns what precedes the field of that name in `T`, or the end of `T` if `name` is empty.
template <class T>
constexpr cover cover_before(std::string_view name) {
    std::size_t end = 0;
    std::size_t start = sizeof(T);
    std::size_t align = alignof(T);
    bool ordered = true;
    bool found = false;
    each_field<T>([&](const auto& field) {
        using F = typename std::decay_t<decltype(field)>::type;
        if (!found && field.name == name) {
            found = true;
            start = field.offset;
            align = alignof(F);
        } else if (!found) {
            ordered = ordered && field.offset >= end;
            end = field.offset + sizeof(F);
        }
    });
    if (!ordered || start < end) {
        return cover::out_of_order;
    }
    if (end == start) {
        return cover::whole;
    }
    return (end + align - 1) / align * align == start ? cover::padded : cover::forgotten;
}

/// Returns whether `text` can be a message's name.
constexpr bool is_message_name(std::string_view text) {
    for (const char c : text) {
        const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (!letter && c != '_' && c != '.' && c != '/' && c != ':' && c != '-') {
            return false;
        }
    }
    return !text.empty() && text.size() <= 200;
}

/// Whether the address of the member can be taken: not of a bit-field.
template <class T, class Take>
constexpr bool addressable(Take) {
    return std::is_invocable_v<Take, tag<T>>;
}

/// Returns the offset of a member, or 0 for one that has none: a bit-field, which is refused elsewhere.
template <class T, class Take>
constexpr std::size_t offset(Take take) {
    if constexpr (std::is_invocable_v<Take, tag<T>>) {
        return take(tag<T>{});
    } else {
        return 0;
    }
}

} // namespace detail
} // namespace slotcast

#endif
