/// The canonical bytes of a schema: what two sides compare, in the one encoding that all languages share.
/// The book's page "Schemas" specifies it.
#ifndef SLOTCAST_CANONICAL_HPP
#define SLOTCAST_CANONICAL_HPP

#include "describe.hpp"

namespace slotcast {
namespace detail {

template <class T>
inline constexpr bool is_unicode_char = std::is_same_v<T, char16_t>
#ifdef __cpp_char8_t
                                        || std::is_same_v<T, char8_t>
#endif
    ;

/// Returns the tag of a number, `bool` or `char32_t`; 0 for every other type.
template <class T>
constexpr unsigned char primitive_tag() {
    constexpr auto by_size = [](unsigned char tag_of_one) {
        unsigned char tag = tag_of_one;
        for (std::size_t size = 1; size < sizeof(T); size *= 2) {
            ++tag;
        }
        return tag;
    };
    constexpr bool is_byte = std::is_same_v<T, unsigned char> || std::is_same_v<T, std::byte>;
    if constexpr (std::is_same_v<T, bool>) {
        return 0x0d;
    } else if constexpr (std::is_same_v<T, char32_t>) {
        return 0x0e;
    } else if constexpr (std::is_same_v<T, float>) {
        return 0x0b;
    } else if constexpr (std::is_same_v<T, double>) {
        return 0x0c;
    } else if constexpr (is_byte || std::is_same_v<T, std::uint16_t> || std::is_same_v<T, std::uint32_t> ||
                         std::is_same_v<T, std::uint64_t> || std::is_same_v<T, unsigned long long>) {
        return by_size(0x01);
    } else if constexpr (std::is_same_v<T, signed char> || std::is_same_v<T, std::int16_t> ||
                         std::is_same_v<T, std::int32_t> || std::is_same_v<T, std::int64_t> ||
                         std::is_same_v<T, long long>) {
        return by_size(0x06);
    } else {
#ifdef __SIZEOF_INT128__
        return std::is_same_v<T, uint128> ? 0x05 : std::is_same_v<T, int128> ? 0x0a : 0;
#else
        return 0;
#endif
    }
}

/// Counts bytes, and stores them if there is a place for them.
struct sink {
    unsigned char* out;
    std::size_t size;

    constexpr void byte(unsigned char value) {
        if (out != nullptr) {
            out[size] = value;
        }
        ++size;
    }
    constexpr void number(std::uint64_t value, unsigned bytes) {
        for (unsigned i = 0; i < bytes; ++i) {
            byte(static_cast<unsigned char>((value >> (8 * i)) & 0xffU));
        }
    }
    constexpr void text(std::string_view text) {
        number(text.size(), 4);
        for (const char c : text) {
            byte(static_cast<unsigned char>(c));
        }
    }
};

template <class T>
constexpr void encode(sink& to);

template <class T>
constexpr void encode_struct(sink& to) {
    const auto& described = description<T>;
    to.byte(0x20);
    to.text(described.name);
    to.number(described.version, 4);
    to.number(sizeof(T), 8);
    to.number(alignof(T), 8);
    std::uint64_t count = 0;
    each_field<T>([&](const auto& field) {
        count += is_padding<std::remove_cv_t<typename std::decay_t<decltype(field)>::type>>() ? 0 : 1;
    });
    to.number(count, 4);
    each_field<T>([&](const auto& field) {
        using F = std::remove_cv_t<typename std::decay_t<decltype(field)>::type>;
        if constexpr (!is_padding<F>()) {
            to.text(field.name);
            to.number(field.offset, 8);
            encode<F>(to);
        }
    });
}

template <class T>
constexpr void encode_enum(sink& to) {
    const auto& described = description<T>;
    to.byte(0x21);
    to.text(described.name);
    to.number(described.version, 4);
    to.byte(primitive_tag<std::underlying_type_t<T>>());
    to.number(described.variants.size(), 4);
    for (const auto& variant : described.variants) {
        to.text(variant.name);
        to.number(variant.low, 8);
        to.number(variant.high, 8);
    }
}

template <class T>
constexpr void encode(sink& to) {
    using U = std::remove_cv_t<T>;
    if constexpr (primitive_tag<U>() != 0) {
        to.byte(primitive_tag<U>());
    } else if constexpr (array_of<U>::value) {
        to.byte(0x22);
        to.number(array_of<U>::length, 8);
        encode<typename array_of<U>::element>(to);
    } else if constexpr (is_str<U>::value) {
        to.byte(0x23);
        to.number(sizeof(U), 8);
    } else if constexpr (is_pad<U>::value) {
        to.byte(0x26);
        to.number(sizeof(U), 8);
    } else if constexpr (list_of<U>::value) {
        to.byte(0x24);
        to.number(list_of<U>::capacity, 8);
        encode<typename list_of<U>::element>(to);
    } else if constexpr (std::is_enum_v<U>) {
        encode_enum<U>(to);
    } else {
        encode_struct<U>(to);
    }
}

} // namespace detail

/// Messages of variable size: `T[]` in memory, any number of elements. `Header` is sent before them.
template <class T, class Header = void>
struct Slice {};

namespace detail {

template <class M>
struct shape {
    using element = M;
    using header = void;
    static constexpr bool is_slice = false;
};
template <class T, class H>
struct shape<Slice<T, H>> {
    using element = T;
    using header = H;
    static constexpr bool is_slice = true;
};
template <class T>
struct shape<T[]> : shape<Slice<T>> {};

template <class M>
constexpr void encode_message(sink& to) {
    to.byte(1);
    if constexpr (shape<M>::is_slice) {
        using H = typename shape<M>::header;
        to.byte(0x25);
        to.byte(std::is_void_v<H> ? 0 : 1);
        if constexpr (!std::is_void_v<H>) {
            encode<H>(to);
        }
        encode<typename shape<M>::element>(to);
    } else {
        encode<M>(to);
    }
}

template <class M>
constexpr std::size_t canonical_size() {
    sink to{nullptr, 0};
    encode_message<M>(to);
    return to.size;
}

template <class M>
constexpr auto canonical_of() {
    constexpr std::size_t size = canonical_size<M>();
    static_assert(size <= 64 * 1024, "slotcast: this message is too large to describe: with all nested types spelled "
                                     "out, its schema takes more than 64 KiB; split the message");
    std::array<unsigned char, size> bytes{};
    sink to{bytes.data(), 0};
    encode_message<M>(to);
    return bytes;
}

} // namespace detail

/// The canonical bytes of the message `M`: a struct, a number, `T[]`, or `Slice<T, Header>`.
template <class M>
inline constexpr auto canonical_bytes = detail::canonical_of<M>();

} // namespace slotcast

#endif
