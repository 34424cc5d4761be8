/// Counters and errors of this process, for people and monitoring to see.
#ifndef SLOTCAST_COUNTERS_HPP
#define SLOTCAST_COUNTERS_HPP

#include "error.hpp"
#include "settings.hpp"

namespace slotcast {

/// A number that others see: how often something has happened, or how much of something there is. Threads share it.
class Counter {
public:
    Counter(Counter&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
    Counter& operator=(Counter&& other) noexcept {
        std::swap(handle_, other.handle_);
        return *this;
    }
    /// The counter stays in its set.
    ~Counter() { sc_counter_free(handle_); }

    /// Adds a number, which may be negative. Never waits.
    void add(std::int64_t number = 1) const noexcept { sc_counter_add(handle_, number); }
    /// Sets the number: for what is measured, and not counted.
    void set(std::int64_t number) const noexcept { sc_counter_set(handle_, number); }
    /// Returns the number.
    std::int64_t get() const noexcept { return sc_counter_get(handle_); }

private:
    friend class Counters;
    explicit Counter(sc_counter* handle) noexcept : handle_(handle) {}

    sc_counter* handle_;
};

/// A set of counters, and of errors that have happened. `slotcast stat` shows it, and so does Prometheus.
class Counters {
public:
    /// Creates a set in the default domain, or in that of a directory.
    explicit Counters(const std::string& name, const std::string& domain = {})
        : Counters(create(std::nothrow, name, domain).value()) {}
    static Result<Counters> create(std::nothrow_t, const std::string& name, const std::string& domain = {}) {
        sc_counters* handle = nullptr;
        const sc_code code = sc_counters_create(name.c_str(), detail::text_or_null(domain), &handle);
        if (code != SC_OK) {
            return detail::last_failure(code);
        }
        return Counters(handle);
    }

    Counters(Counters&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
    Counters& operator=(Counters&& other) noexcept {
        std::swap(handle_, other.handle_);
        return *this;
    }
    /// Nobody finds the set any more.
    ~Counters() { sc_counters_free(handle_); }

    /// Returns the counter of a label, which is created if it does not exist. The unit is for people.
    Counter counter(const std::string& label, const std::string& unit = {}) {
        return counter(std::nothrow, label, unit).value();
    }
    Result<Counter> counter(std::nothrow_t, const std::string& label, const std::string& unit = {}) {
        sc_counter* counter = nullptr;
        const sc_code code = sc_counters_counter(handle_, label.c_str(), unit.c_str(), &counter);
        if (code != SC_OK) {
            return detail::last_failure(code);
        }
        return Counter(counter);
    }
    /// Reports an error: others see its text, how often it has happened, and when first and last.
    void report(const std::string& error) const noexcept { sc_counters_report(handle_, error.c_str()); }

private:
    explicit Counters(sc_counters* handle) noexcept : handle_(handle) {}

    sc_counters* handle_;
};

} // namespace slotcast

#endif
