/// Errors: exceptions by default, `Result` where a call is given `std::nothrow`.
#ifndef SLOTCAST_ERROR_HPP
#define SLOTCAST_ERROR_HPP

#include <slotcast.h>

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <new>
#include <string>
#include <utility>
#include <variant>

#if defined(__cpp_exceptions) || defined(__EXCEPTIONS)
#define SLOTCAST_EXCEPTIONS 1
#else
#define SLOTCAST_EXCEPTIONS 0
#endif

namespace slotcast {

/// What went wrong: the code of the C interface (`SC_…`) and the full text, the same as in Rust.
struct Failure {
    sc_code code;
    std::string text;
};

/// The base of all exceptions of this header.
class Error : public std::exception {
public:
    explicit Error(Failure failure) : failure_(std::move(failure)) {}
    /// Returns the full text: both sides' values, the peer's name, what to do.
    const char* what() const noexcept override { return failure_.text.c_str(); }
    /// Returns the code of the C interface.
    sc_code code() const noexcept { return failure_.code; }

private:
    Failure failure_;
};

/// A topic, name or setting that is not possible, or a message that is longer than `max_len`.
class InvalidArgument : public Error {
    using Error::Error;
};
/// The other side has another layout: the text names the field.
class Mismatch : public Error {
    using Error::Error;
};
/// There is no memory for the message.
class OutOfMemory : public Error {
    using Error::Error;
};
/// Bytes that are no value of the type. A received message with such bytes was discarded.
class InvalidMessage : public Error {
    using Error::Error;
};
/// Another publisher is the only one, or is in the way of this one being so.
class NotExclusive : public Error {
    using Error::Error;
};
/// A lossless subscriber did not read in time.
class Timeout : public Error {
    using Error::Error;
};
/// The subscriber was closed while it waited, or before.
class Closed : public Error {
    using Error::Error;
};
/// A call has no response, or its response no further item.
class CallError : public Error {
    using Error::Error;
};
/// The service has no server.
class NoServer : public CallError {
    using CallError::CallError;
};
/// The server refuses: `PendingCall::refusal` is its code, and the text says why.
class Refused : public CallError {
    using CallError::CallError;
};
/// The deadline of the call has passed.
class Expired : public CallError {
    using CallError::CallError;
};
/// The server has ended before the response, or another one has taken its place. Whether it acted is unknown.
class ServerDied : public CallError {
    using CallError::CallError;
};
/// To a server: the client wants nothing more of the call, or has ended.
class Cancelled : public CallError {
    using CallError::CallError;
};

namespace detail {

/// Returns the error of the last call of this thread.
inline Failure last_failure(sc_code code) {
    const char* text = sc_last_error();
    return {code, text != nullptr ? text : ""};
}

/// Throws the error as its class; without exceptions, prints it and aborts.
[[noreturn]] inline void raise(Failure failure) {
#if SLOTCAST_EXCEPTIONS
    switch (failure.code) {
    case SC_ERROR_ARGUMENT: throw InvalidArgument(std::move(failure));
    case SC_ERROR_MISMATCH: throw Mismatch(std::move(failure));
    case SC_ERROR_MEMORY: throw OutOfMemory(std::move(failure));
    case SC_ERROR_INVALID: throw InvalidMessage(std::move(failure));
    case SC_ERROR_EXCLUSIVE: throw NotExclusive(std::move(failure));
    case SC_ERROR_TIMEOUT: throw Timeout(std::move(failure));
    case SC_CLOSED: throw Closed(std::move(failure));
    case SC_ERROR_NO_SERVER: throw NoServer(std::move(failure));
    case SC_ERROR_REFUSED: throw Refused(std::move(failure));
    case SC_ERROR_EXPIRED: throw Expired(std::move(failure));
    case SC_ERROR_SERVER_DIED:
    case SC_ERROR_SERVER_REPLACED: throw ServerDied(std::move(failure));
    case SC_ERROR_CANCELLED: throw Cancelled(std::move(failure));
    default: throw Error(std::move(failure));
    }
#else
    std::fprintf(stderr, "slotcast: %s\n", failure.text.c_str());
    std::abort();
#endif
}

} // namespace detail

/// What a call returns that is given `std::nothrow`: a value, or the error.
template <class T>
class [[nodiscard]] Result {
public:
    Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
    Result(Failure failure) : state_(std::in_place_index<1>, std::move(failure)) {}

    /// Whether there is a value.
    bool has_value() const noexcept { return state_.index() == 0; }
    explicit operator bool() const noexcept { return has_value(); }
    /// Returns the value; there must be one.
    T& operator*() & noexcept { return *std::get_if<0>(&state_); }
    const T& operator*() const& noexcept { return *std::get_if<0>(&state_); }
    T&& operator*() && noexcept { return std::move(*std::get_if<0>(&state_)); }
    T* operator->() noexcept { return std::get_if<0>(&state_); }
    const T* operator->() const noexcept { return std::get_if<0>(&state_); }
    /// Returns the error; there must be no value.
    const Failure& error() const noexcept { return *std::get_if<1>(&state_); }
    /// Returns the value, or throws the error.
    T value() && {
        if (!has_value()) {
            detail::raise(std::move(*std::get_if<1>(&state_)));
        }
        return std::move(*std::get_if<0>(&state_));
    }

private:
    std::variant<T, Failure> state_;
};

/// The same of a call that has no value to return.
template <>
class [[nodiscard]] Result<void> {
public:
    Result() noexcept = default;
    Result(Failure failure) : failure_(std::move(failure)), failed_(true) {}

    bool has_value() const noexcept { return !failed_; }
    explicit operator bool() const noexcept { return !failed_; }
    /// Returns the error; the call must have failed.
    const Failure& error() const noexcept { return failure_; }
    /// Throws the error, if there is one.
    void value() && {
        if (failed_) {
            detail::raise(std::move(failure_));
        }
    }

private:
    Failure failure_{};
    bool failed_ = false;
};

} // namespace slotcast

#endif
