/// The hash of a schema: XXH3-128 with seed 0 of its canonical bytes, computed by the compiler.
///
/// XXH3 as its specification describes it (https://github.com/Cyan4973/xxHash/blob/dev/doc/xxhash_spec.md).
#ifndef SLOTCAST_HASH_HPP
#define SLOTCAST_HASH_HPP

#include "canonical.hpp"

namespace slotcast {

/// A schema hash; `text()` is what the tool and all other languages print.
struct SchemaHash {
    std::uint64_t high;
    std::uint64_t low;

    friend constexpr bool operator==(SchemaHash a, SchemaHash b) noexcept { return a.high == b.high && a.low == b.low; }
    friend constexpr bool operator!=(SchemaHash a, SchemaHash b) noexcept { return !(a == b); }

    /// Returns 32 hexadecimal digits, and a NUL.
    constexpr std::array<char, 33> text() const noexcept {
        std::array<char, 33> digits{};
        for (unsigned i = 0; i < 32; ++i) {
            const std::uint64_t half = i < 16 ? high : low;
            digits[i] = "0123456789abcdef"[(half >> (60 - 4 * (i % 16))) & 15U];
        }
        return digits;
    }
};

namespace detail {
namespace xxh3 {

using u64 = std::uint64_t;
using bytes = const unsigned char*;

inline constexpr unsigned char secret[192] = {
    0xb8, 0xfe, 0x6c, 0x39, 0x23, 0xa4, 0x4b, 0xbe, 0x7c, 0x01, 0x81, 0x2c, 0xf7, 0x21, 0xad, 0x1c,
    0xde, 0xd4, 0x6d, 0xe9, 0x83, 0x90, 0x97, 0xdb, 0x72, 0x40, 0xa4, 0xa4, 0xb7, 0xb3, 0x67, 0x1f,
    0xcb, 0x79, 0xe6, 0x4e, 0xcc, 0xc0, 0xe5, 0x78, 0x82, 0x5a, 0xd0, 0x7d, 0xcc, 0xff, 0x72, 0x21,
    0xb8, 0x08, 0x46, 0x74, 0xf7, 0x43, 0x24, 0x8e, 0xe0, 0x35, 0x90, 0xe6, 0x81, 0x3a, 0x26, 0x4c,
    0x3c, 0x28, 0x52, 0xbb, 0x91, 0xc3, 0x00, 0xcb, 0x88, 0xd0, 0x65, 0x8b, 0x1b, 0x53, 0x2e, 0xa3,
    0x71, 0x64, 0x48, 0x97, 0xa2, 0x0d, 0xf9, 0x4e, 0x38, 0x19, 0xef, 0x46, 0xa9, 0xde, 0xac, 0xd8,
    0xa8, 0xfa, 0x76, 0x3f, 0xe3, 0x9c, 0x34, 0x3f, 0xf9, 0xdc, 0xbb, 0xc7, 0xc7, 0x0b, 0x4f, 0x1d,
    0x8a, 0x51, 0xe0, 0x4b, 0xcd, 0xb4, 0x59, 0x31, 0xc8, 0x9f, 0x7e, 0xc9, 0xd9, 0x78, 0x73, 0x64,
    0xea, 0xc5, 0xac, 0x83, 0x34, 0xd3, 0xeb, 0xc3, 0xc5, 0x81, 0xa0, 0xff, 0xfa, 0x13, 0x63, 0xeb,
    0x17, 0x0d, 0xdd, 0x51, 0xb7, 0xf0, 0xda, 0x49, 0xd3, 0x16, 0x55, 0x26, 0x29, 0xd4, 0x68, 0x9e,
    0x2b, 0x16, 0xbe, 0x58, 0x7d, 0x47, 0xa1, 0xfc, 0x8f, 0xf8, 0xb8, 0xd1, 0x7a, 0xd0, 0x31, 0xce,
    0x45, 0xcb, 0x3a, 0x8f, 0x95, 0x16, 0x04, 0x28, 0xaf, 0xd7, 0xfb, 0xca, 0xbb, 0x4b, 0x40, 0x7e,
};
inline constexpr u64 prime32[] = {0, 0x9e3779b1, 0x85ebca77, 0xc2b2ae3d};
inline constexpr u64 prime64[] = {0, 0x9e3779b185ebca87, 0xc2b2ae3d27d4eb4f, 0x165667b19e3779f9, 0x85ebca77c2b2ae63,
                                  0x27d4eb2f165667c5};

constexpr u64 read(bytes at, unsigned count = 8) {
    u64 value = 0;
    for (unsigned i = 0; i < count; ++i) {
        value |= static_cast<u64>(at[i]) << (8 * i);
    }
    return value;
}

constexpr u64 swapped(u64 value, unsigned count = 8) {
    u64 result = 0;
    for (unsigned i = 0; i < count; ++i) {
        result |= ((value >> (8 * i)) & 0xffU) << (8 * (count - 1 - i));
    }
    return result;
}

/// Returns the 128-bit product.
constexpr SchemaHash product(u64 a, u64 b) {
    const u64 mask = 0xffffffff;
    const u64 low = (a & mask) * (b & mask);
    const u64 middle_a = (a >> 32) * (b & mask) + (low >> 32);
    const u64 middle_b = (a & mask) * (b >> 32) + (middle_a & mask);
    return {(a >> 32) * (b >> 32) + (middle_a >> 32) + (middle_b >> 32), (middle_b << 32) | (low & mask)};
}

constexpr u64 folded(u64 a, u64 b) {
    const SchemaHash both = product(a, b);
    return both.low ^ both.high;
}

constexpr u64 avalanche(u64 hash) {
    hash = (hash ^ (hash >> 37)) * 0x165667919e3779f9;
    return hash ^ (hash >> 32);
}

constexpr u64 avalanche_64(u64 hash) {
    hash = (hash ^ (hash >> 33)) * prime64[2];
    hash = (hash ^ (hash >> 29)) * prime64[3];
    return hash ^ (hash >> 32);
}

constexpr SchemaHash up_to_3(bytes in, std::size_t size) {
    const u64 ends = (static_cast<u64>(in[0]) << 16) | in[size - 1];
    const u64 low = ends | (static_cast<u64>(in[size / 2]) << 24) | (size << 8);
    const u64 other = swapped(low, 4);
    const u64 high = ((other << 13) | (other >> 19)) & 0xffffffff;
    return {avalanche_64(high ^ (read(secret + 8, 4) ^ read(secret + 12, 4))),
            avalanche_64(low ^ (read(secret, 4) ^ read(secret + 4, 4)))};
}

constexpr SchemaHash up_to_8(bytes in, std::size_t size) {
    const u64 both = read(in, 4) + (read(in + size - 4, 4) << 32);
    SchemaHash hash = product(both ^ (read(secret + 16) ^ read(secret + 24)), prime64[1] + (size << 2));
    hash.high += hash.low << 1;
    hash.low ^= hash.high >> 3;
    hash.low = (hash.low ^ (hash.low >> 35)) * 0x9fb21c651e98df25;
    hash.low ^= hash.low >> 28;
    return {avalanche(hash.high), hash.low};
}

constexpr SchemaHash up_to_16(bytes in, std::size_t size) {
    const u64 low = read(in);
    u64 high = read(in + size - 8);
    SchemaHash mixed = product(low ^ high ^ (read(secret + 32) ^ read(secret + 40)), prime64[1]);
    mixed.low += static_cast<u64>(size - 1) << 54;
    high ^= read(secret + 48) ^ read(secret + 56);
    mixed.high += high + (high & 0xffffffff) * (prime32[2] - 1);
    mixed.low ^= swapped(mixed.high);
    const SchemaHash hash = product(mixed.low, prime64[2]);
    return {avalanche(hash.high + mixed.high * prime64[2]), avalanche(hash.low)};
}

constexpr u64 mix_16(bytes in, bytes key) { return folded(read(in) ^ read(key), read(in + 8) ^ read(key + 8)); }

constexpr SchemaHash mix_32(SchemaHash sum, bytes a, bytes b, bytes key) {
    sum.low = (sum.low + mix_16(a, key)) ^ (read(b) + read(b + 8));
    sum.high = (sum.high + mix_16(b, key + 16)) ^ (read(a) + read(a + 8));
    return sum;
}

constexpr SchemaHash finish(SchemaHash sum, std::size_t size) {
    const u64 high = sum.low * prime64[1] + sum.high * prime64[4] + size * prime64[2];
    return {0 - avalanche(high), avalanche(sum.low + sum.high)};
}

constexpr SchemaHash up_to_128(bytes in, std::size_t size) {
    SchemaHash sum{0, size * prime64[1]};
    for (std::size_t i = (size - 1) / 32 + 1; i-- > 0;) {
        sum = mix_32(sum, in + 16 * i, in + size - 16 * (i + 1), secret + 32 * i);
    }
    return finish(sum, size);
}

constexpr SchemaHash up_to_240(bytes in, std::size_t size) {
    SchemaHash sum{0, size * prime64[1]};
    for (std::size_t i = 0; i < 4; ++i) {
        sum = mix_32(sum, in + 32 * i, in + 32 * i + 16, secret + 32 * i);
    }
    sum = {avalanche(sum.high), avalanche(sum.low)};
    for (std::size_t i = 4; i < size / 32; ++i) {
        sum = mix_32(sum, in + 32 * i, in + 32 * i + 16, secret + 3 + 32 * (i - 4));
    }
    return finish(mix_32(sum, in + size - 16, in + size - 32, secret + 103), size);
}

/// The eight sums over long inputs.
struct lanes {
    u64 sum[8] = {prime32[3], prime64[1], prime64[2], prime64[3], prime64[4], prime32[2], prime64[5], prime32[1]};

    constexpr void add(bytes in, bytes key) {
        for (unsigned i = 0; i < 8; ++i) {
            const u64 value = read(in + 8 * i);
            const u64 keyed = value ^ read(key + 8 * i);
            sum[i ^ 1U] += value;
            sum[i] += (keyed & 0xffffffff) * (keyed >> 32);
        }
    }
    constexpr void scramble() {
        for (unsigned i = 0; i < 8; ++i) {
            sum[i] = (sum[i] ^ (sum[i] >> 47) ^ read(secret + 128 + 8 * i)) * prime32[1];
        }
    }
    constexpr u64 merged(bytes key, u64 start) const {
        for (unsigned i = 0; i < 4; ++i) {
            start += folded(sum[2 * i] ^ read(key + 16 * i), sum[2 * i + 1] ^ read(key + 16 * i + 8));
        }
        return avalanche(start);
    }
};

constexpr SchemaHash beyond(bytes in, std::size_t size) {
    lanes all;
    for (std::size_t stripe = 0; stripe < (size - 1) / 64; ++stripe) {
        all.add(in + 64 * stripe, secret + 8 * (stripe % 16));
        if (stripe % 16 == 15) {
            all.scramble();
        }
    }
    all.add(in + size - 64, secret + 121);
    return {all.merged(secret + 117, ~(size * prime64[2])), all.merged(secret + 11, size * prime64[1])};
}

/// Returns the hash of at least one byte.
constexpr SchemaHash of(bytes in, std::size_t size) {
    return size <= 3     ? up_to_3(in, size)
           : size <= 8   ? up_to_8(in, size)
           : size <= 16  ? up_to_16(in, size)
           : size <= 128 ? up_to_128(in, size)
           : size <= 240 ? up_to_240(in, size)
                         : beyond(in, size);
}

} // namespace xxh3
} // namespace detail

/// The schema hash of the message `M`, which two sides compare. Pin it with a `static_assert` where a layout must not
/// change by accident.
template <class M>
inline constexpr SchemaHash schema_hash = detail::xxh3::of(canonical_bytes<M>.data(), canonical_bytes<M>.size());

} // namespace slotcast

#endif
