/// The schema of a message, as the C interface knows it.
#ifndef SLOTCAST_SCHEMA_HPP
#define SLOTCAST_SCHEMA_HPP

#include "error.hpp"
#include "message.hpp"
#include "validate.hpp"

namespace slotcast {
namespace detail {

/// Whether `T` can be a message, or the header or element of one.
template <class T>
constexpr bool is_message() {
    if constexpr (std::is_void_v<T>) {
        return true;
    } else {
        return reason_against<T>() == reason::none;
    }
}

template <class M>
constexpr void check_message() {
    using S = shape<M>;
    static_assert(is_message<typename S::element>(),
                  "slotcast: this type is not a message: add SLOTCAST_MESSAGE(Name, fields...) after the struct, in "
                  "its namespace; numbers, arrays, slotcast::Str and slotcast::FixedVec of these are messages as they are");
    static_assert(is_message<typename S::header>(),
                  "slotcast: the header of this slice is not a message: add SLOTCAST_MESSAGE(Name, fields...) "
                  "after it");
}

/// Returns the schema of `M`, which is created once and lives as long as the process.
template <class M>
Result<const sc_schema*> schema_of() {
    check_message<M>();
    static const std::pair<sc_code, sc_schema*> created = [] {
        sc_schema* schema = nullptr;
        const sc_code code = sc_schema_create(canonical_bytes<M>.data(), canonical_bytes<M>.size(), &schema);
        return std::make_pair(code, schema);
    }();
    if (created.first != SC_OK) {
        const char* text = "this library does not know the layout of the message: is it of an older version?";
        return Failure{created.first, text};
    }
    return static_cast<const sc_schema*>(created.second);
}

/// The largest message that is copied when it is published; larger ones are written in place.
inline constexpr std::size_t largest_inline = 1024;

/// The byte at which the elements of a slice begin.
template <class M>
constexpr std::size_t elements_at() {
    using H = typename shape<M>::header;
    if constexpr (std::is_void_v<H>) {
        return 0;
    } else {
        return (sizeof(H) + 63) / 64 * 64;
    }
}

} // namespace detail
} // namespace slotcast

#endif
