"""Frames of Rust's example in numpy, without a copy and without defining the type."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

import slotcast as sc
from conftest import PATIENCE, rust_example, until

WIDTH, HEIGHT = 64, 48
SIX_LINES = """
import slotcast as sc, numpy as np

with sc.Subscriber("frames/camera") as frames:
    for frame in frames:
        image = np.asarray(frame)
        print(frame.sequence, frame.lost_before, image.mean(), frame.is_in_place, flush=True)
        break
"""


def test_six_lines_read_frames_of_rust() -> None:
    with tempfile.TemporaryDirectory(prefix="slotcast-python-", dir="/dev/shm") as root:
        picture = Path(root) / "gray.ppm"
        picture.write_bytes(b"P6\n%d %d\n255\n" % (WIDTH, HEIGHT) + bytes([100]) * (3 * WIDTH * HEIGHT))
        environment = {**os.environ, "SLOTCAST_ROOT": f"{root}/domains"}
        command = [rust_example("frames"), "--frames", "100000", "--rate", "200", "--work", "1", str(picture)]
        with subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL) as rust:
            try:
                domain = sc.Domain(f"{root}/domains/default")
                until("frames are published", lambda: "frames/camera" in sc.topics(domain) and _has_publisher(domain))
                python = subprocess.run(
                    [sys.executable, "-c", SIX_LINES], env=environment, capture_output=True, text=True, timeout=PATIENCE
                )
                assert python.returncode == 0, python.stderr
                sequence, lost, mean, _ = python.stdout.split()
                assert int(sequence) >= 0 and int(lost) >= 0 and float(mean) == 100.0
                _check_frame(domain)
            finally:
                rust.terminate()
                rust.wait(PATIENCE)


def _has_publisher(domain: sc.Domain) -> bool:
    try:
        return sc.schema("frames/camera", domain).is_variable
    except sc.NoPublisher:
        return False


def _check_frame(domain: sc.Domain) -> None:
    with sc.Subscriber("frames/camera", domain=domain) as frames:
        # The first may be copied: the publisher does not know this subscriber yet.
        frame = next(frame for frame in frames if frame.is_in_place)
        assert (frame.width, frame.height, frame.encoding) == (WIDTH, HEIGHT, "rgb8")
        assert frame.header.to_dict() == {"number": frame.number, "width": WIDTH, "height": HEIGHT, "encoding": "rgb8"}
        image = np.asarray(frame)
        assert image.shape == (3 * WIDTH * HEIGHT,) and image.dtype == np.uint8
        assert not image.flags.writeable and not image.flags.owndata
        assert image.ctypes.data == np.asarray(frame).ctypes.data
