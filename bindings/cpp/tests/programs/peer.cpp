// One side of a test: what it does is its first argument, the topic its second.

#include "messages.hpp"

#include <cstdlib>
#include <iostream>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

using std::chrono::seconds;

namespace {

constexpr seconds patience{60};

// The domain of the test.
const char* domain() { return std::getenv("SLOTCAST_TEST_DOMAIN"); }
slotcast::PublisherSettings publishing() { return slotcast::PublisherSettings().domain(domain()); }
slotcast::SubscriberSettings subscribing() { return slotcast::SubscriberSettings().domain(domain()); }

void say(const std::string& line) { std::cout << line << std::endl; }

void hear(const std::string& wanted) {
    std::string line;
    if (!std::getline(std::cin, line) || line != wanted) {
        throw std::runtime_error("heard \"" + line + "\" in place of \"" + wanted + "\"");
    }
}

void check(bool is_true, const std::string& what) {
    if (!is_true) {
        throw std::runtime_error("wrong: " + what);
    }
}

void publish(const std::string& topic, std::uint64_t count) {
    slotcast::Publisher<Imu> publisher(topic, publishing().name("c++").depth(4096).timestamps(true));
    check(publisher.wait_for_subscribers(1, patience), "no subscriber");
    for (std::uint64_t i = 0; i < count; ++i) {
        if (i % 2 == 0) {
            check(publisher.publish(imu(i)) == i, "sequence");
        } else {
            auto loan = publisher.loan();
            *loan = imu(i);
            check(std::move(loan).send() == i, "sequence of a loan");
        }
    }
    say("published");
    hear("end");
}

void receive(const std::string& topic, std::uint64_t count) {
    slotcast::Subscriber<Imu> subscriber(topic, subscribing().name("c++"));
    say("ready");
    std::uint64_t next = 0;
    for (auto& sample : subscriber) {
        check(is_imu(*sample, next) && sample.sequence() == next, "message " + std::to_string(next));
        check(sample->stamp_ns == next && sample.lost_before() == 0, "metadata");
        if (++next == count) {
            break;
        }
    }
    check(!subscriber.try_recv().has_value() && subscriber.lost() == 0, "more than was published");
    say("received");
    hear("end");
}

void publish_samples(const std::string& topic, std::uint64_t count) {
    slotcast::Publisher<Samples> publisher(topic, publishing().depth(16));
    check(publisher.wait_for_subscribers(1, patience), "no subscriber");
    for (std::uint64_t i = 0; i < count; ++i) {
        const auto size = static_cast<std::size_t>(i * 100'000);
        if (i % 2 == 0) {
            std::vector<std::uint32_t> values(size, static_cast<std::uint32_t>(i));
            publisher.publish(FrameInfo{i}, values);
        } else {
            auto loan = publisher.loan(size);
            for (auto& value : loan) {
                value = static_cast<std::uint32_t>(i);
            }
            loan.header() = {i};
            std::move(loan).send();
        }
    }
    say("published");
    hear("end");
}

void receive_samples(const std::string& topic, std::uint64_t count) {
    slotcast::Subscriber<Samples> subscriber(topic, subscribing());
    say("ready");
    std::uint64_t in_place = 0;
    for (std::uint64_t i = 0; i < count; ++i) {
        const auto sample = subscriber.recv_for(patience);
        check(sample.has_value() && sample->header().number == i && sample->size() == i * 100'000, "slice");
        for (const std::uint32_t value : *sample) {
            check(value == i, "element");
        }
        in_place += sample->is_in_place() ? 1 : 0;
    }
    check(in_place >= count - 1, "only " + std::to_string(in_place) + " in place");
    say("received");
    hear("end");
}

void publish_forever(const std::string& topic) {
    slotcast::Publisher<Imu> publisher(topic, publishing());
    for (std::uint64_t i = 0;; ++i) {
        publisher.publish(imu(i));
        if (i == 100) {
            say("publishes");
        }
    }
}

void receive_forever(const std::string& topic) {
    slotcast::Subscriber<Imu> subscriber(topic, subscribing());
    say("ready");
    std::uint64_t received = 0;
    for (const auto& sample : subscriber) {
        check(sample->frame == "base", "contents");
        if (++received == 100) {
            say("receives");
        }
    }
}

// The same name, and another type of one field.
namespace other {
struct Imu {
    std::uint64_t stamp_ns;
    float accel[3];
    float gyro[3];
    bool valid;
    std::uint8_t mode;
    slotcast::Str<14> frame;
};
SLOTCAST_MESSAGE(Imu, stamp_ns, accel, gyro, valid, mode, frame);
} // namespace other

/// Prints the text of an error in one line.
void say_error(const slotcast::Error& error) {
    std::string text = error.what();
    for (char& c : text) {
        c = c == '\n' ? ' ' : c;
    }
    say(text);
}

void mismatch(const std::string& topic) {
    try {
        slotcast::Subscriber<other::Imu> subscriber(topic, subscribing());
        say("no error");
    } catch (const slotcast::Mismatch& error) {
        say_error(error);
    }
}

/// Publishes a message whose bytes are no value of its type, and receives such: each is an error, and what comes
/// afterwards is received.
void invalid(const std::string& topic) {
    slotcast::Publisher<Imu> publisher(topic + "/own", publishing());
    Imu message = imu(0);
    std::memset(&message.mode, 9, 1);
    try {
        publisher.publish(message);
        say("no error");
    } catch (const slotcast::InvalidMessage& error) {
        say_error(error);
    }
    slotcast::Subscriber<Imu> subscriber(topic, subscribing());
    say("ready");
    for (std::uint64_t wanted = 0; wanted < 2;) {
        try {
            const auto sample = subscriber.recv();
            check(is_imu(*sample, wanted), "another message");
            say("received " + std::to_string(wanted++));
        } catch (const slotcast::InvalidMessage& error) {
            say_error(error);
        }
    }
}

/// An exception in the loop: sample, subscriber and loan are given back while it passes.
void throwing(const std::string& topic) {
    for (int round = 0; round < 50; ++round) {
        try {
            slotcast::Publisher<Samples> publisher(topic, publishing().max_memory(64U << 20));
            slotcast::Subscriber<Samples> subscriber(topic, subscribing().max_samples(1));
            const std::vector<std::uint32_t> values(1'000'000, 7);
            publisher.publish(FrameInfo{1}, values);
            auto lost = publisher.loan(1'000'000);
            for (const auto& sample : subscriber) {
                throw std::runtime_error(std::to_string(sample.size()));
            }
        } catch (const std::runtime_error& error) {
            check(std::string(error.what()) == "1000000", error.what());
        }
    }
    say("thrown");
}

/// A loop over messages ends when another thread closes the subscriber.
void closing(const std::string& topic) {
    slotcast::Subscriber<Imu> subscriber(topic, subscribing());
    std::thread closer([closer = subscriber.closer()]() mutable { closer.close(); });
    std::uint64_t received = 0;
    for (const auto& sample : subscriber) {
        received += sample->valid ? 1 : 0;
    }
    closer.join();
    check(received == 0, "a message that was not published");
    say("closed");
}

} // namespace

int main(int count, char** arguments) {
    try {
        check(count >= 3, "usage: peer WHAT TOPIC [COUNT]");
        const std::string what = arguments[1];
        const std::string topic = arguments[2];
        const std::uint64_t n = count > 3 ? std::stoull(arguments[3]) : 0;
        if (what == "publish") {
            publish(topic, n);
        } else if (what == "receive") {
            receive(topic, n);
        } else if (what == "publish-samples") {
            publish_samples(topic, n);
        } else if (what == "receive-samples") {
            receive_samples(topic, n);
        } else if (what == "publish-forever") {
            publish_forever(topic);
        } else if (what == "receive-forever") {
            receive_forever(topic);
        } else if (what == "mismatch") {
            mismatch(topic);
        } else if (what == "invalid") {
            invalid(topic);
        } else if (what == "throwing") {
            throwing(topic);
        } else if (what == "closing") {
            closing(topic);
        } else {
            throw std::runtime_error("unknown: " + what);
        }
    } catch (const std::exception& error) {
        std::cerr << arguments[0] << ": " << error.what() << std::endl;
        return 1;
    }
}
