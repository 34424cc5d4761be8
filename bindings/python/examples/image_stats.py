"""Prints statistics of the frames of Rust's example `frames`, which are read where Rust wrote them.

    cargo run --release --example frames -- FILM.rgb     in another terminal
    python image_stats.py --frames 100

It needs no definition of the frames' type: header and elements are what the topic says.
"""

import argparse

import numpy as np

import slotcast as sc
from _waiting import subscribe


def main() -> None:
    arguments = argparse.ArgumentParser(description="Print statistics of video frames.")
    arguments.add_argument("--topic", default="frames/camera")
    arguments.add_argument("--frames", type=int, default=0, help="end after this many [default: Ctrl-C]")
    options = arguments.parse_args()

    with subscribe(options.topic) as frames:
        for count, frame in enumerate(frames, 1):
            image = pixels(frame)
            means = " ".join(f"{mean:.1f}" for mean in image.mean(axis=(0, 1)))
            place = "in place" if frame.is_in_place else "copied"
            print(f"frame {frame.number}: {frame.width}x{frame.height}, mean {means}, brightest {image.max()}, "
                  f"{frame.lost_before} lost before, {place}", flush=True)  # fmt: skip
            if count == options.frames:
                break


def pixels(frame: sc.Sample) -> "np.ndarray":
    """Return the frame as height x width x 3 bytes, in place."""
    return np.asarray(frame).reshape(frame.height, frame.width, 3)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        pass
