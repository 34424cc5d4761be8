/// What SLOTCAST_MESSAGE and SLOTCAST_ENUM record about a type: names, offsets, values.
#ifndef SLOTCAST_DESCRIBE_HPP
#define SLOTCAST_DESCRIBE_HPP

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <tuple>
#include <type_traits>

#include "containers.hpp"

namespace slotcast {
#ifdef __SIZEOF_INT128__
/// 128-bit integers, which are no standard types.
__extension__ typedef unsigned __int128 uint128;
__extension__ typedef __int128 int128;
#endif

namespace detail {

template <class... T>
inline constexpr bool never = false;

/// Names a type as a function argument: argument-dependent lookup then finds what was declared beside the type.
template <class T>
struct tag {
    using type = T;
};

/// One field of a struct.
template <class T>
struct field_of {
    using type = T;
    std::string_view name;
    std::size_t offset;
};

/// A struct: its name, version and fields in the order in which they were named.
template <class T, class... F>
struct struct_of {
    std::string_view name;
    std::uint32_t version;
    std::tuple<field_of<F>...> fields;

    /// Returns this with one more field.
    template <class Next>
    constexpr struct_of<T, F..., Next> field(std::string_view field_name, std::size_t offset) const {
        return {name, version, std::tuple_cat(fields, std::tuple<field_of<Next>>({field_name, offset}))};
    }
};

template <class T>
constexpr struct_of<T> start(std::string_view name, std::uint32_t version) {
    return {name, version, {}};
}

/// One value of an enum, as the two halves of a 128-bit integer.
struct variant_of {
    std::string_view name;
    std::uint64_t low;
    std::uint64_t high;
};

/// An enum: its name, version and values.
template <class E, std::size_t N>
struct enum_of {
    std::string_view name;
    std::uint32_t version;
    std::array<variant_of, N> variants;

    /// Returns this with one more value.
    constexpr enum_of<E, N + 1> variant(std::string_view variant_name, E value) const {
        enum_of<E, N + 1> more{name, version, {}};
        for (std::size_t i = 0; i < N; ++i) {
            more.variants[i] = variants[i];
        }
        const auto number = static_cast<std::underlying_type_t<E>>(value);
        const std::uint64_t high = number < 0 ? ~std::uint64_t{0} : std::uint64_t{0};
        more.variants[N] = variant_of{variant_name, static_cast<std::uint64_t>(number), high};
        return more;
    }
};

template <class E>
constexpr enum_of<E, 0> start_enum(std::string_view name, std::uint32_t version) {
    return {name, version, {}};
}

/// Whether SLOTCAST_MESSAGE or SLOTCAST_ENUM was given for `T`.
template <class T, class = void>
struct is_described : std::false_type {};
template <class T>
struct is_described<T, std::void_t<decltype(slotcast_describe(tag<T>{}))>> : std::true_type {};

template <class T>
inline constexpr auto description = slotcast_describe(tag<T>{});

/// Calls `visit` with each field of the described struct `T`.
template <class T, class Visit>
constexpr void each_field(Visit&& visit) {
    std::apply([&](const auto&... fields) { (visit(fields), ...); }, description<T>.fields);
}

template <class T>
struct is_str : std::false_type {};
template <std::size_t N>
struct is_str<Str<N>> : std::true_type {};

template <class T>
struct is_pad : std::false_type {};
template <std::size_t N>
struct is_pad<Pad<N>> : std::true_type {};

/// The element and capacity of a `FixedVec`.
template <class T>
struct list_of : std::false_type {};
template <class T, std::size_t N>
struct list_of<FixedVec<T, N>> : std::true_type {
    using element = T;
    static constexpr std::size_t capacity = N;
};

/// The element and length of an array, built in or `std::array`.
template <class T>
struct array_of : std::false_type {};
template <class T, std::size_t N>
struct array_of<T[N]> : std::true_type {
    using element = T;
    static constexpr std::size_t length = N;
};
template <class T, std::size_t N>
struct array_of<std::array<T, N>> : std::true_type {
    using element = T;
    static constexpr std::size_t length = N;
};

/// Whether this is nothing but bytes without meaning.
template <class T>
constexpr bool is_padding() {
    if constexpr (array_of<T>::value) {
        return is_padding<std::remove_cv_t<typename array_of<T>::element>>();
    } else {
        return is_pad<T>::value;
    }
}

} // namespace detail
} // namespace slotcast

#endif
