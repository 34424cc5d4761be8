"""The examples, beside Rust's on real input."""

import importlib.util
import json
import math
import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from conftest import PATIENCE, rust_example, rust_tool

EXAMPLES = Path(__file__).resolve().parent.parent / "examples"
WIDTH, HEIGHT = 64, 48


@pytest.fixture
def environment() -> Iterator[dict[str, str]]:
    with tempfile.TemporaryDirectory(prefix="slotcast-python-", dir="/dev/shm") as root:
        yield {**os.environ, "SLOTCAST_ROOT": f"{root}/domains", "MPLCONFIGDIR": f"{root}/matplotlib"}


@contextmanager
def running(command: list[str], environment: dict[str, str]) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.terminate()
            process.communicate(timeout=PATIENCE)


def example(name: str, *arguments: str) -> list[str]:
    return [sys.executable, str(EXAMPLES / name), *arguments]


def run(environment: dict[str, str], name: str, *arguments: str) -> str:
    ended = subprocess.run(example(name, *arguments), env=environment, capture_output=True, text=True, timeout=2 * PATIENCE)
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


@contextmanager
def frames(environment: dict[str, str], folder: Path) -> Iterator[None]:
    """Rust publishes a picture that is black at the left and white at the right."""
    row = bytes([0] * 3 * (WIDTH // 2) + [255] * 3 * (WIDTH // 2))
    picture = folder / "edge.ppm"
    picture.write_bytes(b"P6\n%d %d\n255\n" % (WIDTH, HEIGHT) + row * HEIGHT)
    options = ["--frames", "100000", "--rate", "200", "--work", "1", str(picture)]
    with running([rust_example("frames"), *options], environment):
        yield


def test_image_stats(environment: dict[str, str], tmp_path: Path) -> None:
    with frames(environment, tmp_path):
        lines = run(environment, "image_stats.py", "--frames", "3").splitlines()
    assert len(lines) == 3
    assert all(f"{WIDTH}x{HEIGHT}, mean 127.5 127.5 127.5, brightest 255" in line for line in lines)


@pytest.mark.skipif(importlib.util.find_spec("torch") is None, reason="torch is not installed")
def test_torch_frames(environment: dict[str, str], tmp_path: Path) -> None:
    with frames(environment, tmp_path):
        lines = run(environment, "torch_frames.py", "--frames", "2").splitlines()
    assert len(lines) == 2 and all("mean 0.5000, mean edge" in line for line in lines)
    # 4 in two columns beside the edge, and where the white half ends: at the right, top and bottom.
    strength = float(lines[0].rsplit(" ", 1)[1])
    assert strength == pytest.approx(12 / WIDTH + 4 / HEIGHT, rel=0.05)


@pytest.mark.skipif(importlib.util.find_spec("matplotlib") is None, reason="matplotlib is not installed")
def test_imu_plot(environment: dict[str, str], tmp_path: Path) -> None:
    recording, picture = tmp_path / "data.csv", tmp_path / "imu.png"
    with recording.open("w") as file:
        file.write("#timestamp [ns],w_RS_S_x [rad s^-1],w_RS_S_y [rad s^-1],w_RS_S_z [rad s^-1],a_RS_S_x [m s^-2],")
        file.write("a_RS_S_y [m s^-2],a_RS_S_z [m s^-2]\n")
        for number in range(200):  # as the dataset's: 200 a second
            stamp = 1403636579758555392 + number * 5_000_000
            file.write(f"{stamp},0.1,-0.2,{math.sin(number / 20)},8.1,0.3,-3.1\n")
    with running(example("imu_plot.py", "publish", str(recording), "--speed", "10"), environment) as publisher:
        output = run(environment, "imu_plot.py", "plot", str(picture), "--seconds", "2")
        assert publisher.wait(PATIENCE) == 0
    assert output.startswith("200 messages in 0.995 s")
    assert picture.read_bytes().startswith(b"\x89PNG") and picture.stat().st_size > 5000


@pytest.mark.skipif(importlib.util.find_spec("pandas") is None, reason="pandas is not installed")
def test_pandas_tail(environment: dict[str, str]) -> None:
    telemetry = [rust_example("telemetry"), "publish", "--rate", "100"]
    with running(telemetry, environment):
        output = run(environment, "pandas_tail.py", "host/load", "--tables", "3", "--every", "0.3")
    header = [line.split() for line in output.splitlines() if "average[0]" in line]
    assert header and header[-1] == ["average[0]", "average[1]", "average[2]", "runnable", "tasks"]
    counts = [float(line.split()[1]) for line in output.splitlines() if line.startswith("count")]
    assert counts[-1] > 10 and counts == sorted(counts)


def test_asyncio_bridge(environment: dict[str, str]) -> None:
    telemetry = [rust_example("telemetry"), "publish", "--rate", "100"]
    with running(telemetry, environment), running(example("asyncio_bridge.py", "host/processes"), environment) as bridge:
        assert bridge.stdout is not None
        port = int(bridge.stdout.readline().rsplit(":", 1)[1])
        seen = []
        for _ in range(2):  # one client after the other
            with socket.create_connection(("127.0.0.1", port), PATIENCE) as client, client.makefile() as lines:
                for _ in range(5):
                    seen.append(json.loads(lines.readline()))
    sequences = [message["sequence"] for message in seen]
    assert sequences == sorted(set(sequences))
    assert all(message["value"]["count"] > 0 for message in seen)


def test_live_rate(environment: dict[str, str]) -> None:
    def tool(*arguments: str) -> str:
        command = [rust_tool(), *arguments]
        ended = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=PATIENCE, stdin=subprocess.DEVNULL)
        return ended.stdout + ended.stderr

    with running(example("live_rate.py", "--rate", "1"), environment) as program:
        assert program.stdout is not None
        assert program.stdout.readline() == "1.0 Hz\n"
        assert "version 2" in tool("param", "set", "load/rate", "50")
        assert program.stdout.readline() == "50.0 Hz\n"
        assert "a rate from 0.1 to 1000 Hz is needed" in tool("param", "set", "load/rate", "0")
        assert "average" in tool("echo", "load/average", "-n", "1")
        assert "published" in tool("stat", "--once", "load")
