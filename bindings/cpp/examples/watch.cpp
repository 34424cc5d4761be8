// Watches the frames of Rust's camera, `cargo run --example frames`, or of camera.cpp. Prints the brightness of each,
// until the camera ends. Nothing is copied: the pixels are where the camera has written them.

#include "frames.hpp"

#include <cstdio>
#include <exception>

namespace {

void run() {
    slotcast::Subscriber<Frames> subscriber("frames/camera", slotcast::SubscriberSettings().name("watch.cpp"));
    std::uint64_t frames = 0;
    std::uint64_t in_place = 0;
    while (auto frame = subscriber.recv_to_end()) {
        std::uint64_t sum = 0;
        for (const std::uint8_t colour : *frame) {
            sum += colour;
        }
        const FrameHeader& header = frame->header();
        const std::uint64_t mean = frame->empty() ? 0 : sum / frame->size();
        std::printf("frame %llu: %ux%u %.*s, %llu of 255 bright\n", static_cast<unsigned long long>(header.number),
                    header.width, header.height, static_cast<int>(header.encoding.view().size()),
                    header.encoding.view().data(), static_cast<unsigned long long>(mean));
        ++frames;
        in_place += frame->is_in_place() ? 1 : 0;
    }
    std::printf("watch: %llu received, %llu in place, %llu lost\n", static_cast<unsigned long long>(frames),
                static_cast<unsigned long long>(in_place), static_cast<unsigned long long>(subscriber.lost()));
}

} // namespace

int main() {
    try {
        run();
    } catch (const std::exception& error) {
        std::fprintf(stderr, "watch: %s\n", error.what());
        return 1;
    }
}
