// One side of a test of values, calls and counters: what it does is its first argument.

#include <slotcast.hpp>

#include <cstdlib>
#include <iostream>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

#include <poll.h>

using std::chrono::milliseconds;
using std::chrono::seconds;

struct Limits {
    double speed;
    double force;
};
SLOTCAST_MESSAGE(Limits, speed, force);

struct Number {
    std::uint64_t number;
};
SLOTCAST_MESSAGE(Number, number);

namespace {

constexpr seconds patience{60};

// The domain of the test.
const char* domain() { return std::getenv("SLOTCAST_TEST_DOMAIN"); }

void say(const std::string& line) { std::cout << line << std::endl; }

void check(bool is_true, const std::string& what) {
    if (!is_true) {
        throw std::runtime_error("wrong: " + what);
    }
}

// Waits to be killed, or for the end of the input.
void stay() {
    for (std::string line; std::getline(std::cin, line);) {
    }
}

slotcast::ServerSettings serving() { return slotcast::ServerSettings().domain(domain()); }
slotcast::ClientSettings calling() { return slotcast::ClientSettings().domain(domain()).timeout(patience); }

template <class E, class F>
std::string text_of(F act) {
    try {
        act();
    } catch (const E& error) {
        return error.what();
    }
    throw std::runtime_error("no such exception");
}

void set() {
    slotcast::ValueWriter<Limits> writer("limits", slotcast::ValueSettings().domain(domain()));
    for (std::uint64_t i = 1; i <= 1000; ++i) {
        const auto x = static_cast<double>(i);
        check(writer.set({x, -x}).number == i, "version");
    }
    say("set");
    stay();
}

void get() {
    slotcast::ValueReader<Limits> reader("limits", domain());
    check(!reader.get(), "there is none yet");
    say("ready");
    pollfd polled{reader.event_fd(), POLLIN, 0};
    check(::poll(&polled, 1, 60'000) == 1, "the descriptor is readable");
    std::optional<slotcast::Version> seen;
    std::optional<slotcast::Value<Limits>> value;
    do {
        value = reader.wait_for_change(seen, patience);
        check(value && value->version() != seen.value_or(slotcast::Version{}), "a change");
        check((*value)->speed == static_cast<double>(value->version().number) && (**value).force == -(*value)->speed,
              "whole");
        check(value->age() && value->age()->count() >= 0, "age");
        seen = value->version();
    } while ((*value)->speed < 1000);
    check(!reader.changed_since(*seen) && !reader.wait_for_change(seen, milliseconds(1)), "it does not change");
    say("newest");
    while (!reader.writer_has_ended(*seen)) {
    }
    say("orphaned");
}

void serve() {
    slotcast::Server<Number, Number> server("count", serving().standby(patience));
    say("serves");
    for (bool goes_on = true; goes_on;) {
        auto call = server.next();
        const std::uint64_t most = call.request()->number;
        check(call.remaining() > seconds(0) && call.remaining() <= patience, "the deadline");
        if (most == 13) {
            call.refuse(4, "13 is not counted");
            continue;
        }
        if (most == 14) {
            call.respond(Number{196});
            continue;
        }
        try {
            for (std::uint64_t i = 0; i < most; ++i) {
                call.send(Number{i});
            }
            call.finish();
            goes_on = most != 0;
        } catch (const slotcast::Cancelled&) {
            check(call.is_cancelled(), "it is cancelled");
            say("cancelled");
        }
    }
}

void call() {
    slotcast::Client<Number, Number> client("count", calling());
    std::uint64_t next = 0;
    for (const auto& item : client.call(Number{1000})) {
        check(item->number == next++, "item");
    }
    check(next == 1000, "all items");
    auto refused = client.call(Number{13});
    check(text_of<slotcast::Refused>([&] { refused.next(); }) == "the server refuses: 13 is not counted (code 4)", "why");
    check(refused.refusal() == 4, "the code");
    {
        auto endless = client.call(Number{1'000'000'000});
        check(endless.next()->operator*().number == 0, "its first item");
    }
    say("cancelled");
    auto endless = client.call(Number{1'000'000'000});
    endless.next();
    say("kill");
    const auto text = text_of<slotcast::ServerDied>([&] {
        while (endless.next()) {
        }
    });
    check(text.find("whether it acted is unknown") != std::string::npos, text);
    text_of<slotcast::NoServer>([&] { client.try_call(Number{1}); });
    say("told");
}

void counters() {
    slotcast::Counters set("camera", domain());
    const slotcast::Counter frames = set.counter("frames"), buffered = set.counter("buffered", "byte");
    frames.add();
    frames.add(2);
    buffered.set(4096);
    buffered.add(-96);
    check(frames.get() == 3 && buffered.get() == 4000, "the numbers");
    set.report("the lens is dirty");
    text_of<slotcast::InvalidArgument>([&] { set.counter("frames", "byte"); });
    say("counted");
    stay();
}

// Slices, windows and deadlines, within one process.
void within() {
    slotcast::Server<std::uint32_t[], float[]> server("slices", serving());
    slotcast::Client<std::uint32_t[], float[]> client("slices", calling().window(1));
    const std::vector<std::uint32_t> request{1, 2, 3};
    auto pending = client.call(request);
    check(!client.try_call(request) && client.servers() == 1, "the window is full");
    check(!pending.next_for(milliseconds(1)).has_ended && !pending.next_for(seconds(0)).item, "nothing yet");
    auto call = server.next_for(patience);
    check(call && call->request().size() == 3 && call->request()[2] == 3, "the request");
    const std::vector<float> item(1000, 1.5F);
    check(call->try_send(item) && !call->try_send(item), "the window is 1");
    check(pending.next()->size() == 1000, "the item");
    call->respond(item);
    check(pending.next()->operator[](999) == 1.5F && pending.next_for(patience).has_ended, "the last");
    { auto freed = std::move(pending); }
    auto expired = client.call_within(request, milliseconds(1));
    text_of<slotcast::Expired>([&] { expired.next(); });
    check(!server.try_next(), "what has expired is skipped");
    text_of<slotcast::NotExclusive>([&] { slotcast::Server<std::uint32_t[], float[]>("slices", serving()); });
    text_of<slotcast::Mismatch>([&] { slotcast::Client<std::uint32_t[], double[]>("slices", calling()); });
    const auto none = slotcast::Client<Number, Number>::create(std::nothrow, "bad name", calling());
    check(!none && none.error().code == SC_ERROR_ARGUMENT, "a name that is not valid");

    slotcast::ValueWriter<Limits> writer("limits", slotcast::ValueSettings().domain(domain()).survives_writer(true));
    writer.set({1, 2});
    text_of<slotcast::NotExclusive>([&] { slotcast::ValueWriter<Limits>("limits", slotcast::ValueSettings().domain(domain())); });
    { auto ended = std::move(writer); }
    slotcast::ValueReader<Limits> reader("limits", domain());
    auto value = reader.get();
    check(value && (*value)->force == 2 && reader.writer_has_ended(value->version()), "it has survived");
    reader.closer().close();
    text_of<slotcast::Closed>([&] { reader.wait_for_change(value->version(), patience); });
    slotcast::ValueWriter<Limits>("limits", slotcast::ValueSettings().domain(domain())).set({3, 4}); // it does not survive
    say("done");
}

} // namespace

int main(int argc, char** argv) {
    const std::map<std::string, void (*)()> sides{{"set", set},   {"get", get},           {"serve", serve},
                                                  {"call", call}, {"counters", counters}, {"within", within}};
    try {
        sides.at(argc > 1 ? argv[1] : "")();
    } catch (const std::exception& error) {
        std::cerr << error.what() << std::endl;
        return 1;
    }
    return 0;
}
