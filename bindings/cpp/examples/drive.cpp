// Sends the robot of Rust's example `goal` somewhere, and tells where it is meanwhile:
//
//     cargo run --example goal -- robot     in another terminal
//     drive 0.5

#include <slotcast.hpp>

#include <cstdio>
#include <cstdlib>

struct Goal {
    double x;
};
SLOTCAST_MESSAGE(Goal, x);

struct Progress {
    double x;
    double left;
};
SLOTCAST_MESSAGE(Progress, x, left);

int main(int argc, char** argv) {
    const double x = argc > 1 ? std::atof(argv[1]) : 0.5;
    try {
        slotcast::Client<Goal, Progress> robot("goal/drive");
        for (const auto& progress : robot.call(Goal{x})) { // it waits for a robot, and for each item
            std::printf("at %.2f m, %.2f m left\n", progress->x, progress->left);
        }
        std::puts("there");
    } catch (const slotcast::Refused& error) { // or Expired, or ServerDied
        std::puts(error.what());
    } catch (const slotcast::Error& error) {
        std::fprintf(stderr, "%s\n", error.what());
        return 1;
    }
}
