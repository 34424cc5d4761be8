// A camera for `cargo run --example frames -- watch`: reads frames of raw RGB from a file or a pipe, such as
//
//     ffmpeg -i video.mp4 -f rawvideo -pix_fmt rgb24 -s 640x480 - | camera 640 480
//
// Each frame is read directly into the memory that the watchers see.

#include "frames.hpp"

#include <cstdio>
#include <cstdlib>
#include <exception>

namespace {

int run(std::uint32_t width, std::uint32_t height) {
    slotcast::Publisher<Frames> publisher(
        "frames/camera", slotcast::PublisherSettings().name("camera").max_memory(512U << 20).exclusive());
    const std::size_t size = std::size_t{width} * height * 3;
    // A watcher that starts now misses no frame.
    publisher.wait_for_subscribers(1, std::chrono::seconds(60));
    std::uint64_t number = 0;
    for (;; ++number) {
        auto frame = publisher.loan(size);
        if (std::fread(frame.data(), 1, size, stdin) != size) {
            break; // The rest is less than a frame. The loan is given back.
        }
        frame.header() = FrameHeader{number, width, height, "rgb8"};
        std::move(frame).send();
    }
    publisher.close(std::chrono::seconds(10)); // waits until all was read
    std::printf("camera: %llu frames of %ux%u\n", static_cast<unsigned long long>(number), width, height);
    return std::ferror(stdin) == 0 ? 0 : 1;
}

} // namespace

int main(int count, char** arguments) {
    if (count != 3) {
        std::fprintf(stderr, "usage: camera WIDTH HEIGHT < frames of raw RGB\n");
        return 2;
    }
    try {
        const auto side = [&](int i) { return static_cast<std::uint32_t>(std::strtoul(arguments[i], nullptr, 10)); };
        return run(side(1), side(2));
    } catch (const std::exception& error) {
        std::fprintf(stderr, "camera: %s\n", error.what());
        return 1;
    }
}
