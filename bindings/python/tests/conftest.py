"""What tests share: a domain of their own, other processes, and Rust's programs."""

import functools
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import slotcast as sc

WORKSPACE = Path(__file__).resolve().parents[3]
PATIENCE = 30.0


@pytest.fixture
def domain() -> Iterator[sc.Domain]:
    with sc.testing.temporary_domain() as domain:
        yield domain
        left = [str(path) for path in Path(domain.path).rglob("*")]
        assert not left or not Path(domain.path).exists(), f"left behind: {left}"


@functools.cache
def rust_example(name: str) -> str:
    """Return the path of an example of Rust's, built."""
    build = ["cargo", "build", "--quiet", "-p", "slotcast-examples", "--example", name]
    subprocess.run(build, cwd=WORKSPACE, check=True, stdin=subprocess.DEVNULL)
    target = os.environ.get("CARGO_TARGET_DIR", WORKSPACE / "target")
    return str(Path(target) / "debug/examples" / name)


@functools.cache
def rust_tool() -> str:
    """Return the path of the command-line tool, built."""
    subprocess.run(["cargo", "build", "--quiet", "-p", "slotcast-cli"], cwd=WORKSPACE, check=True, stdin=subprocess.DEVNULL)
    target = os.environ.get("CARGO_TARGET_DIR", WORKSPACE / "target")
    return str(Path(target) / "debug/slotcast")


class Peer:
    """A Python program in another process, which talks by its standard input and output."""

    def __init__(self, program: str, *arguments: str) -> None:
        text = f"import sys, os, time\nimport numpy as np\nimport slotcast as sc\ndomain = sc.Domain(sys.argv[1])\n{program}"
        self.process = subprocess.Popen(
            [sys.executable, "-c", text, *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def hear(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()

    def tell(self, line: str = "") -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def kill(self) -> None:
        self.process.kill()
        self.process.wait(PATIENCE)

    def finish(self) -> int:
        assert self.process.stdin is not None
        self.process.stdin.close()
        return self.process.wait(PATIENCE)


@pytest.fixture
def peer(domain: sc.Domain) -> Iterator[Callable[[str], Peer]]:
    peers: list[Peer] = []

    def start(program: str) -> Peer:
        peers.append(Peer(program, str(domain.path)))
        return peers[-1]

    yield start
    for each in peers:
        try:
            each.finish()
        finally:
            each.kill()
            if each.process.stdout is not None:
                each.process.stdout.close()


def until(what: str, is_so: Callable[[], bool]) -> None:
    """Wait until something is so."""
    deadline = time.monotonic() + PATIENCE
    while not is_so():
        assert time.monotonic() < deadline, f"waited {PATIENCE} s until {what}"
        time.sleep(0.001)
