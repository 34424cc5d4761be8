/// A message that was received.
#ifndef SLOTCAST_SAMPLE_HPP
#define SLOTCAST_SAMPLE_HPP

#include "publisher.hpp"

#include <optional>

namespace slotcast {

template <class M>
class Subscriber;
template <class M>
class Value;
template <class Request, class Response>
class PendingCall;
template <class Request, class Response>
class ServerCall;

/// A message that was received; it can be kept as long as wanted, also beyond its subscriber.
///
/// A large message lies where its publisher has written it. Moving a sample moves no message.
template <class M>
class Sample {
    using Shape = detail::shape<M>;
    static constexpr bool is_slice = Shape::is_slice;

public:
    using Element = typename Shape::element;
    using Header = typename Shape::header;

    Sample(Sample&& other) noexcept : raw_(other.raw_) { other.raw_.data = nullptr; }
    Sample& operator=(Sample&& other) noexcept {
        std::swap(raw_, other.raw_);
        return *this;
    }
    ~Sample() {
        if (raw_.data != nullptr) {
            sc_message_release(&raw_);
        }
    }

    /// Returns the message.
    template <class T = Element, class = std::enable_if_t<!is_slice, T>>
    const T& operator*() const noexcept {
        return *elements();
    }
    template <class T = Element, class = std::enable_if_t<!is_slice, T>>
    const T* operator->() const noexcept {
        return elements();
    }

    /// Returns the header of a slice.
    template <class H = Header, class = std::enable_if_t<!std::is_void_v<H>>>
    const H& header() const noexcept {
        return *static_cast<const H*>(raw_.data);
    }
    /// Returns the elements of a slice; of other messages, the message as the only one.
    const Element* data() const noexcept { return elements(); }
    std::size_t size() const noexcept {
        return static_cast<std::size_t>(raw_.size - detail::elements_at<M>()) / sizeof(Element);
    }
    bool empty() const noexcept { return size() == 0; }
    const Element* begin() const noexcept { return elements(); }
    const Element* end() const noexcept { return elements() + size(); }
    const Element& operator[](std::size_t index) const noexcept { return elements()[index]; }

    /// Returns its number among the messages of its publisher, from 0.
    std::uint64_t sequence() const noexcept { return raw_.sequence; }
    /// Returns the identity of its publisher.
    EndpointId publisher() const noexcept { return {raw_.publisher[0], raw_.publisher[1]}; }
    /// Returns how many messages of this publisher were lost between the last one received and this one.
    std::uint64_t lost_before() const noexcept { return raw_.lost_before; }
    /// Returns when it was published, since the start of `CLOCK_MONOTONIC`, which `std::chrono::steady_clock` reads on
    /// Linux. Returns none if its publisher has no `timestamps`.
    std::optional<std::chrono::nanoseconds> published() const noexcept {
        if (raw_.published_ns == 0) {
            return std::nullopt;
        }
        return std::chrono::nanoseconds(static_cast<std::int64_t>(raw_.published_ns));
    }
    /// Whether it lies where its publisher has written it; otherwise it was copied.
    bool is_in_place() const noexcept { return raw_.in_place; }

private:
    friend class Subscriber<M>;
    friend class Value<M>;
    template <class Request, class Response>
    friend class PendingCall;
    template <class Request, class Response>
    friend class ServerCall;

    explicit Sample(const sc_message& raw) noexcept : raw_(raw) {}

    const Element* elements() const noexcept {
        const auto* bytes = static_cast<const unsigned char*>(raw_.data);
        return reinterpret_cast<const Element*>(bytes + detail::elements_at<M>());
    }

    sc_message raw_;
};

} // namespace slotcast

#endif
