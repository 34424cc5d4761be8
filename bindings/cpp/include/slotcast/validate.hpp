/// Whether received bytes are values: `bool`, characters and enums have bytes that are none.
#ifndef SLOTCAST_VALIDATE_HPP
#define SLOTCAST_VALIDATE_HPP

#include "canonical.hpp"

namespace slotcast {
namespace detail {

/// Whether all bytes are values of `T`.
template <class T>
constexpr bool any_bytes_valid() {
    using U = std::remove_cv_t<T>;
    if constexpr (std::is_same_v<U, bool> || std::is_same_v<U, char32_t>) {
        return false;
    } else if constexpr (primitive_tag<U>() != 0 || is_str<U>::value || is_pad<U>::value) {
        return true;
    } else if constexpr (array_of<U>::value) {
        return any_bytes_valid<typename array_of<U>::element>();
    } else if constexpr (list_of<U>::value) {
        return any_bytes_valid<typename list_of<U>::element>();
    } else if constexpr (std::is_enum_v<U>) {
        return false;
    } else {
        bool all = true;
        each_field<U>([&](const auto& field) {
            all = all && any_bytes_valid<typename std::decay_t<decltype(field)>::type>();
        });
        return all;
    }
}

/// Whether all bytes are values of the message `M`: then it can be read in place.
template <class M>
constexpr bool is_any_bytes_valid() {
    using S = shape<M>;
    if constexpr (std::is_void_v<typename S::header>) {
        return any_bytes_valid<typename S::element>();
    } else {
        return any_bytes_valid<typename S::header>() && any_bytes_valid<typename S::element>();
    }
}

/// Whether zero bytes are a value of `T`: not of an enum without a value of 0.
template <class T>
constexpr bool zero_valid() {
    using U = std::remove_cv_t<T>;
    if constexpr (primitive_tag<U>() != 0 || is_str<U>::value || is_pad<U>::value || list_of<U>::value) {
        return true;
    } else if constexpr (array_of<U>::value) {
        return zero_valid<typename array_of<U>::element>();
    } else if constexpr (std::is_enum_v<U>) {
        return slotcast_is_value(static_cast<U>(0));
    } else {
        bool all = true;
        each_field<U>(
            [&](const auto& field) { all = all && zero_valid<typename std::decay_t<decltype(field)>::type>(); });
        return all;
    }
}

template <class N>
N number_at(const unsigned char* bytes) {
    N number;
    std::memcpy(&number, bytes, sizeof number);
    return number;
}

/// Whether the `sizeof(T)` bytes are a value of `T`. They are read as integers: no object of a wrong value exists.
template <class T>
bool valid_at(const unsigned char* bytes) {
    using U = std::remove_cv_t<T>;
    if constexpr (any_bytes_valid<U>()) {
        return true;
    } else if constexpr (std::is_same_v<U, bool>) {
        return *bytes <= 1;
    } else if constexpr (std::is_same_v<U, char32_t>) {
        const auto code = number_at<std::uint32_t>(bytes);
        return code < 0xd800 || (code > 0xdfff && code < 0x110000);
    } else if constexpr (std::is_enum_v<U>) {
        return slotcast_is_value(static_cast<U>(number_at<std::underlying_type_t<U>>(bytes)));
    } else if constexpr (array_of<U>::value || list_of<U>::value) {
        std::size_t count = 0;
        if constexpr (list_of<U>::value) {
            const auto length = number_at<std::uint64_t>(bytes);
            count = length < list_of<U>::capacity ? static_cast<std::size_t>(length) : list_of<U>::capacity;
            bytes += sizeof length;
        } else {
            count = array_of<U>::length;
        }
        using E = typename std::conditional_t<list_of<U>::value, list_of<U>, array_of<U>>::element;
        for (std::size_t i = 0; i < count; ++i) {
            if (!valid_at<E>(bytes + i * sizeof(E))) {
                return false;
            }
        }
        return true;
    } else {
        bool all = true;
        each_field<U>([&](const auto& field) {
            all = all && valid_at<typename std::decay_t<decltype(field)>::type>(bytes + field.offset);
        });
        return all;
    }
}

} // namespace detail
} // namespace slotcast

#endif
