/// A header for arrays of numbers whose shape is known only at run time: Rust's `slotcast::Tensor`.
#ifndef SLOTCAST_TENSOR_HPP
#define SLOTCAST_TENSOR_HPP

#include <initializer_list>
#include <optional>

#include "message.hpp"
#include "span.hpp"

namespace slotcast {

/// The type of a tensor's elements. `F16` and `Bf16` are viewed as `std::uint16_t`.
enum class DType : std::uint8_t { U8 = 1, U16, U32, U64, I8, I16, I32, I64, F32, F64, F16, Bf16 };

/// Element type, shape and strides of the payload that is published with it: `Slice<std::uint8_t, Tensor>`.
/// A received header may have any contents; the functions check it.
struct Tensor {
    static constexpr std::size_t max_dimensions = 8;

    /// The element type: a `DType`.
    std::uint8_t dtype = 0;
    /// The number of dimensions, 0 to 8.
    std::uint8_t ndim = 0;
    /// 0: the last dimension is dense (C). 1: the first is dense (Fortran). 2: strides decide.
    std::uint8_t order = 0;
    Pad<5> pad;
    /// Elements in each dimension; 0 for unused dimensions.
    std::uint64_t shape[max_dimensions] = {};
    /// Bytes from one element to the next in each dimension; 0 for unused dimensions.
    std::uint64_t strides[max_dimensions] = {};

    /// Returns a tensor whose last dimension is dense; none if it has more than 8 dimensions, or 2^64 bytes.
    static std::optional<Tensor> row_major(DType type, std::initializer_list<std::uint64_t> shape) {
        Tensor tensor;
        tensor.dtype = static_cast<std::uint8_t>(type);
        std::uint64_t stride = element_size(tensor.dtype);
        if (shape.size() > max_dimensions || stride == 0) {
            return std::nullopt;
        }
        tensor.ndim = static_cast<std::uint8_t>(shape.size());
        for (std::size_t i = shape.size(); i-- > 0;) {
            tensor.shape[i] = shape.begin()[i];
            tensor.strides[i] = stride;
            if (__builtin_mul_overflow(stride, tensor.shape[i] == 0 ? 1 : tensor.shape[i], &stride)) {
                return std::nullopt;
            }
        }
        return tensor;
    }

    /// Returns how many bytes of payload hold all elements; none if the header is not valid.
    std::optional<std::uint64_t> byte_len() const noexcept {
        const std::uint64_t size = element_size(dtype);
        if (size == 0 || ndim > max_dimensions) {
            return std::nullopt;
        }
        std::uint64_t end = size;
        bool empty = false;
        for (std::size_t i = 0; i < ndim; ++i) {
            empty = empty || shape[i] == 0;
        }
        for (std::size_t i = 0; i < ndim && !empty; ++i) {
            std::uint64_t reach = 0;
            if (strides[i] % size != 0 || __builtin_mul_overflow(shape[i] - 1, strides[i], &reach) ||
                __builtin_add_overflow(end, reach, &end)) {
                return std::nullopt;
            }
        }
        return empty ? 0 : end;
    }

    /// Returns the payload as elements in the order of memory, as many as `byte_len()` covers. Returns none if the
    /// header is not valid, has another element type, or claims more than there is.
    template <class T>
    std::optional<span<const T>> elements(span<const std::uint8_t> payload) const noexcept {
        const auto bytes = byte_len();
        if (!holds<T>() || !bytes || *bytes > payload.size() ||
            reinterpret_cast<std::uintptr_t>(payload.data()) % alignof(T) != 0) {
            return std::nullopt;
        }
        const auto count = static_cast<std::size_t>(*bytes) / sizeof(T);
        return span<const T>(reinterpret_cast<const T*>(payload.data()), count);
    }

    /// Whether its elements can be viewed as `T`.
    template <class T>
    bool holds() const noexcept {
        const auto type = static_cast<DType>(dtype);
        switch (detail::primitive_tag<T>()) {
        case 0x01: return type == DType::U8;
        case 0x02: return type == DType::U16 || type == DType::F16 || type == DType::Bf16;
        case 0x03: return type == DType::U32;
        case 0x04: return type == DType::U64;
        case 0x06: return type == DType::I8;
        case 0x07: return type == DType::I16;
        case 0x08: return type == DType::I32;
        case 0x09: return type == DType::I64;
        case 0x0b: return type == DType::F32;
        case 0x0c: return type == DType::F64;
        default: return false;
        }
    }

private:
    static std::uint64_t element_size(std::uint8_t type) noexcept {
        constexpr unsigned char sizes[] = {0, 1, 2, 4, 8, 1, 2, 4, 8, 4, 8, 2, 2};
        return type < sizeof sizes ? sizes[type] : 0;
    }
};
SLOTCAST_MESSAGE_AS(Tensor, "slotcast.Tensor", 1, dtype, ndim, order, pad, shape, strides);

} // namespace slotcast

#endif
