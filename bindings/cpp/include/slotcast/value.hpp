/// Latest values: set by one writer, read by anybody.
#ifndef SLOTCAST_VALUE_HPP
#define SLOTCAST_VALUE_HPP

#include "subscriber.hpp"

namespace slotcast {

/// Which writer has set a value, and how often it had set one then. Another value has another version.
struct Version {
    EndpointId writer;
    std::uint64_t number;

    friend constexpr bool operator==(Version a, Version b) noexcept {
        return a.writer == b.writer && a.number == b.number;
    }
    friend constexpr bool operator!=(Version a, Version b) noexcept { return !(a == b); }
};

namespace detail {

inline Version version_of(const sc_version& raw) noexcept { return {{raw.writer[0], raw.writer[1]}, raw.number}; }
inline sc_version raw_of(const Version& version) noexcept {
    return {{version.writer.low, version.writer.high}, version.number};
}

} // namespace detail

/// Sets a value, which any number of readers read. It is the only writer of that name.
///
/// Setting waits for nobody, and readers get the newest value whole.
template <class M>
class ValueWriter {
    static_assert(!detail::shape<M>::is_slice, "slotcast: a value has a fixed size: use an array or slotcast::FixedVec");

public:
    /// Creates the writer in the default domain, or as the settings say.
    explicit ValueWriter(const std::string& name, const ValueSettings& settings = {})
        : ValueWriter(create(std::nothrow, name, settings).value()) {}
    static Result<ValueWriter> create(std::nothrow_t, const std::string& name, const ValueSettings& settings = {}) {
        const Result<const sc_schema*> schema = detail::schema_of<M>();
        if (!schema) {
            return schema.error();
        }
        sc_value_writer* handle = nullptr;
        const char* domain = detail::text_or_null(settings.domain_);
        const sc_code code = sc_value_writer_create(
            name.c_str(), *schema, domain, settings.survives_writer_, settings.standby_ns_, &handle);
        if (code != SC_OK) {
            return detail::last_failure(code);
        }
        return ValueWriter(handle);
    }

    ValueWriter(ValueWriter&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
    ValueWriter& operator=(ValueWriter&& other) noexcept {
        std::swap(handle_, other.handle_);
        return *this;
    }
    /// Readers that have the value keep it.
    ~ValueWriter() { sc_value_writer_free(handle_); }

    /// Sets the value, and returns its version. Never waits.
    Version set(const M& value) { return set(std::nothrow, value).value(); }
    Result<Version> set(std::nothrow_t, const M& value) {
        sc_version version{};
        const sc_code code = sc_value_set(handle_, &value, sizeof value, &version);
        if (code != SC_OK) {
            return detail::last_failure(code);
        }
        return detail::version_of(version);
    }

private:
    explicit ValueWriter(sc_value_writer* handle) noexcept : handle_(handle) {}

    sc_value_writer* handle_;
};

/// A value that was read. It stays what it is, and can be kept as long as wanted.
template <class M>
class Value {
public:
    const M& operator*() const noexcept { return *sample_; }
    const M* operator->() const noexcept { return &*sample_; }

    /// Returns its version.
    slotcast::Version version() const noexcept { return version_; }
    /// Returns how long ago it was set. Returns none if its writer does not say.
    std::optional<std::chrono::nanoseconds> age() const noexcept {
        const auto set = sample_.published();
        if (!set) {
            return std::nullopt;
        }
        return std::chrono::steady_clock::now().time_since_epoch() - *set;
    }
    /// Returns it as a sample.
    const Sample<M>& sample() const noexcept { return sample_; }

private:
    template <class T>
    friend class ValueReader;
    Value(const sc_message& raw, const sc_version& version) noexcept
        : sample_(raw), version_(detail::version_of(version)) {}

    Sample<M> sample_;
    slotcast::Version version_;
};

/// Reads a value that a writer sets: always the newest one, whole.
///
/// It is used by one thread at a time.
template <class M>
class ValueReader {
    static_assert(!detail::shape<M>::is_slice, "slotcast: a value has a fixed size: use an array or slotcast::FixedVec");

public:
    /// Creates a reader in the default domain, or in that of a directory. It needs no writer.
    explicit ValueReader(const std::string& name, const std::string& domain = {})
        : ValueReader(create(std::nothrow, name, domain).value()) {}
    static Result<ValueReader> create(std::nothrow_t, const std::string& name, const std::string& domain = {}) {
        const Result<const sc_schema*> schema = detail::schema_of<M>();
        if (!schema) {
            return schema.error();
        }
        sc_value_reader* handle = nullptr;
        const sc_code code = sc_value_reader_create(name.c_str(), *schema, detail::text_or_null(domain), &handle);
        if (code != SC_OK) {
            return detail::last_failure(code);
        }
        return ValueReader(handle);
    }

    ValueReader(ValueReader&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
    ValueReader& operator=(ValueReader&& other) noexcept {
        std::swap(handle_, other.handle_);
        return *this;
    }
    /// Values that are held stay valid.
    ~ValueReader() { sc_value_reader_free(handle_); }

    /// Returns the newest value, or none if none was found yet. Never waits.
    std::optional<Value<M>> get() { return get(std::nothrow).value(); }
    Result<std::optional<Value<M>>> get(std::nothrow_t) {
        sc_message raw = sc_message_none();
        sc_version version{};
        return judged(sc_value_get(handle_, &raw, &version), raw, version);
    }
    /// Returns whether the value is another one than that of `version`. Never waits.
    bool changed_since(Version version) {
        const std::optional<Value<M>> value = get();
        return value && value->version() != version;
    }
    /// Returns the newest value as soon as it is another one than that of `since`: none is not to have seen any. Returns
    /// none if it has not changed within this time.
    template <class Rep, class Period>
    std::optional<Value<M>> wait_for_change(std::optional<Version> since, std::chrono::duration<Rep, Period> time) {
        return wait_for_change(std::nothrow, since, time).value();
    }
    template <class Rep, class Period>
    Result<std::optional<Value<M>>> wait_for_change(
        std::nothrow_t, std::optional<Version> since, std::chrono::duration<Rep, Period> time) {
        sc_message raw = sc_message_none();
        sc_version version{};
        const sc_version seen = since ? detail::raw_of(*since) : sc_version{};
        return judged(sc_value_wait(handle_, &seen, detail::nanoseconds(time), &raw, &version), raw, version);
    }
    /// Returns whether the writer that has set a value has ended.
    bool writer_has_ended(Version version) {
        bool has_ended = false;
        const sc_version raw = detail::raw_of(version);
        const sc_code code = sc_value_writer_has_ended(handle_, &raw, &has_ended);
        if (code != SC_OK) {
            detail::raise(detail::last_failure(code));
        }
        return has_ended;
    }

    /// Returns what ends the waits of this reader, for another thread.
    Closer closer() const { return Closer(sc_value_reader_closer(handle_)); }
    /// Returns a descriptor for `poll` and `epoll`, readable when the value may have changed, until `get` has found nothing
    /// new. The reader owns it.
    int event_fd() {
        int fd = -1;
        const sc_code code = sc_value_reader_event_fd(handle_, &fd);
        if (code != SC_OK) {
            detail::raise(detail::last_failure(code));
        }
        return fd;
    }

private:
    explicit ValueReader(sc_value_reader* handle) noexcept : handle_(handle) {}

    Result<std::optional<Value<M>>> judged(sc_code code, const sc_message& raw, const sc_version& version) {
        if (code == SC_EMPTY) {
            return std::optional<Value<M>>();
        }
        if (code != SC_OK) {
            return detail::last_failure(code);
        }
        return std::optional<Value<M>>(Value<M>(raw, version));
    }

    sc_value_reader* handle_;
};

} // namespace slotcast

#endif
