"""Parameters, in Python and between Python and Rust."""

import asyncio
import os
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

import slotcast as sc
from conftest import PATIENCE, Peer, rust_example, rust_tool


@sc.message
class Limits:
    speed: sc.f64
    force: sc.f64


def at_most_two(limits: Limits) -> None:
    if limits.speed > 2:
        raise ValueError("at most 2 m/s")


@contextmanager
def answering(parameter: sc.Parameter) -> Iterator[None]:
    """Answer in another thread."""
    ends = threading.Event()

    def answer() -> None:
        while not ends.is_set():
            parameter.wait(0.01)

    thread = threading.Thread(target=answer)
    thread.start()
    try:
        yield
    finally:
        ends.set()
        thread.join(PATIENCE)
        assert not thread.is_alive()


def test_the_owner_takes_or_refuses_what_others_want(domain: sc.Domain) -> None:
    applied: list[Any] = []
    with (
        sc.Parameter(
            "limits", Limits, Limits(speed=1, force=20), validate=at_most_two, apply=applied.append, domain=domain
        ) as owner,
        sc.ParameterClient("limits", Limits, domain=domain) as client,
    ):
        assert client.get().speed == 1 and owner.value == Limits(speed=1.0, force=20.0)
        assert not owner.poll() and not owner.wait(0.01)
        with answering(owner):
            assert client.set(speed=2, force=5) == 2
            with pytest.raises(sc.Refused, match="at most 2 m/s") as refused:
                client.set(Limits(speed=3, force=5))
            assert (refused.value.code, refused.value.reason) == (1, "at most 2 m/s")
            assert asyncio.run(client.set_async(speed=0, force=0)) == 3
        assert (client.get().version, client.get().speed) == (owner.version, 0)
        with pytest.raises(ValueError, match="at most 2 m/s"):
            owner.set(speed=9, force=0)
        assert owner.set(speed=0.5, force=1).number == 4 and client.get().speed == 0.5
        assert [limits.speed for limits in applied] == [1, 2, 0, 0.5] and owner.value.force == 1
        with pytest.raises(sc.Expired):
            client.set(speed=1, force=1, timeout=0.05)  # nobody answers
        with pytest.raises(sc.CreateFailed):
            sc.Parameter("limits", Limits, Limits(speed=1, force=20), domain=domain)
        with pytest.raises(ValueError, match="force"):
            sc.Parameter("others", Limits, {"speed": 1}, domain=domain)
    with pytest.raises(sc.Closed):
        owner.poll()


def test_the_owner_answers_in_asyncio_and_in_wait_sets(domain: sc.Domain) -> None:
    with sc.Parameter("rate", sc.f64, 100, domain=domain) as owner, sc.ParameterClient("rate", sc.f64, domain=domain) as client:

        async def both() -> None:
            asked = asyncio.create_task(client.set_async(50))
            await asyncio.wait_for(owner.wait_async(), PATIENCE)
            assert await asyncio.wait_for(asked, PATIENCE) == 2

        asyncio.run(both())
        with sc.WaitSet() as waits:
            waits.add(owner)
            thread = threading.Thread(target=lambda: client.set(25))
            thread.start()
            while not owner.poll():
                waits.wait(PATIENCE)
            thread.join(PATIENCE)
        assert owner.value == 25.0


def test_a_standby_takes_the_value_over(domain: sc.Domain, peer: Callable[[str], Peer]) -> None:
    first = peer("""
rate = sc.Parameter("rate", sc.f64, 100, domain=domain)
rate.set(60)
print("owns", flush=True)
while len(rate.readers()) < 2:
    time.sleep(0.001)
print("is read by both", flush=True)
sys.stdin.readline()
""")
    assert first.hear() == "owns"
    standby = peer("""
print("stands by", flush=True)
rate = sc.Parameter("rate", sc.f64, 1, domain=domain, standby=float("inf"))
print(rate.value, flush=True)
rate.wait()
print(rate.value, flush=True)
rate.close()
""")
    assert standby.hear() == "stands by"
    with sc.ParameterClient("rate", sc.f64, domain=domain, timeout=PATIENCE) as client:
        assert client.reader.wait_for_change(timeout=PATIENCE).to_dict() == 60
        assert first.hear() == "is read by both"
        first.kill()
        assert standby.hear() == "60.0"
        assert client.set(30) == 2
        assert standby.hear() == "30.0"
        assert standby.finish() == 0
    tool = [rust_tool(), "--domain", str(domain.path), "clean"]
    subprocess.run(tool, check=True, timeout=PATIENCE, stdout=subprocess.DEVNULL)


def test_rust_asks_an_owner_in_python(domain: sc.Domain) -> None:
    def positive(rate: float) -> None:
        if rate <= 0:
            raise ValueError("it stops")

    tool = [rust_tool(), "--domain", str(domain.path), "param"]
    path = Path(domain.path)
    environment = {**os.environ, "SLOTCAST_ROOT": str(path.parent), "SLOTCAST_DOMAIN": path.name}

    def run(command: list[str], text: str = "") -> str:
        ended = subprocess.run(command, env=environment, input=text, capture_output=True, text=True, timeout=PATIENCE)
        return ended.stdout + ended.stderr

    with sc.Parameter("host/rate", sc.f64, 10, validate=positive, domain=domain) as rate, answering(rate):
        assert "version 2" in run([*tool, "set", "host/rate", "50"])
        assert rate.value == 50
        assert "it stops" in run([*tool, "set", "host/rate", "0"])
        output = run([rust_example("params")], "25\n-1\n")
        assert "25 Hz is version 3" in output and "refused: it stops" in output, output
        assert rate.value == 25 and "25" in run([*tool, "get", "host/rate"])


def test_python_asks_an_owner_in_rust(domain: sc.Domain) -> None:
    path = Path(domain.path)
    environment = {**os.environ, "SLOTCAST_ROOT": str(path.parent), "SLOTCAST_DOMAIN": path.name}
    command = [rust_example("telemetry"), "publish", "--rate", "100"]
    with subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL) as rust:
        try:
            with sc.ParameterClient("host/rate", sc.f64, domain=domain, timeout=PATIENCE) as rate:
                assert rate.reader.wait_for_change(timeout=PATIENCE).to_dict() == 100
                number = rate.set(40)
                assert rate.get().to_dict() == 40 and rate.get().version.number == number
                with pytest.raises(sc.Refused):
                    rate.set(-1)
        finally:
            rust.kill()
            rust.wait(PATIENCE)
    tool = [rust_tool(), "--domain", str(domain.path), "clean"]
    subprocess.run(tool, check=True, timeout=PATIENCE, stdout=subprocess.DEVNULL)
