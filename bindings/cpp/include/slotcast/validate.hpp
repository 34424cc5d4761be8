/// Whether all bytes are values of a type: `bool`, characters and enums have bytes that are none.
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

} // namespace detail
} // namespace slotcast

#endif
