/// A message that is being written.
#ifndef SLOTCAST_LOAN_HPP
#define SLOTCAST_LOAN_HPP

#include "schema.hpp"
#include "span.hpp"

namespace slotcast {

template <class M>
class Publisher;

/// Memory for one message, where subscribers will see it if it is large. Without `send`, it is given back.
///
/// What it contains at first is zero, or an earlier message. It must not outlive its publisher.
template <class M>
class [[nodiscard]] Loan {
    using Shape = detail::shape<M>;
    static constexpr bool is_slice = Shape::is_slice;

public:
    using Element = typename Shape::element;
    using Header = typename Shape::header;

    Loan(Loan&& other) noexcept
        : publisher_(other.publisher_), raw_(std::exchange(other.raw_, sc_loan_none())), small_(other.small_) {}
    Loan& operator=(Loan&& other) noexcept {
        std::swap(publisher_, other.publisher_);
        std::swap(raw_, other.raw_);
        std::swap(small_, other.small_);
        return *this;
    }
    ~Loan() { sc_loan_release(&raw_); }

    /// Returns the message, to be written.
    template <class T = Element, class = std::enable_if_t<!is_slice, T>>
    T& operator*() noexcept {
        return *elements();
    }
    template <class T = Element, class = std::enable_if_t<!is_slice, T>>
    T* operator->() noexcept {
        return elements();
    }

    /// Returns the header of a slice, to be written.
    template <class H = Header, class = std::enable_if_t<!std::is_void_v<H>>>
    H& header() noexcept {
        return *static_cast<H*>(raw_.data);
    }
    /// Returns the elements of a slice, to be written.
    Element* data() noexcept { return elements(); }
    std::size_t size() const noexcept { return (raw_.size - detail::elements_at<M>()) / sizeof(Element); }
    Element* begin() noexcept { return elements(); }
    Element* end() noexcept { return elements() + size(); }
    Element& operator[](std::size_t index) noexcept { return elements()[index]; }

    /// Publishes the message, and returns its sequence. If that fails, the loan is as it was.
    std::uint64_t send() && { return std::move(*this).send(std::nothrow).value(); }
    Result<std::uint64_t> send(std::nothrow_t) && {
        std::uint64_t sequence = 0;
        const sc_code code = is_small ? sc_publish(publisher_, &small_, sizeof small_, true, &sequence)
                                      : sc_loan_send(publisher_, &raw_, true, &sequence);
        if (code != SC_OK) {
            return detail::last_failure(code);
        }
        return sequence;
    }

private:
    friend class Publisher<M>;
    static constexpr bool is_small = !is_slice && sizeof(Element) <= detail::largest_inline;
    struct Nothing {};
    using Small = std::conditional_t<is_small, Element, Nothing>;

    Loan(sc_publisher* publisher, sc_loan raw) noexcept : publisher_(publisher), raw_(raw) {}

    Element* elements() noexcept {
        if constexpr (is_small) {
            return &small_;
        } else {
            return reinterpret_cast<Element*>(static_cast<unsigned char*>(raw_.data) + detail::elements_at<M>());
        }
    }

    sc_publisher* publisher_;
    sc_loan raw_;
    Small small_{};
};

} // namespace slotcast

#endif
