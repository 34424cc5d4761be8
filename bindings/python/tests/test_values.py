"""Latest values, in Python and between Python and Rust."""

import asyncio
import os
import subprocess
import threading
from collections.abc import Callable

import numpy as np
import pytest

import slotcast as sc
from conftest import PATIENCE, Peer, rust_example, rust_tool, until


@sc.message
class Limits:
    speed: sc.f64
    force: sc.f64


def test_the_newest_value_is_read_whole(domain: sc.Domain) -> None:
    reader = sc.ValueReader("limits", Limits, domain=domain)
    assert reader.get() is None and reader.writer() is None
    with sc.ValueWriter("limits", Limits, domain=domain, name="planner") as writer, reader:
        assert writer.version is None
        versions = [writer.set(speed=number, force=-number) for number in range(1, 11)]
        value = reader.get()
        assert value is not None and value.version == versions[-1] == writer.version
        assert (value.speed, value["force"], value.to_dict()) == (10.0, -10.0, {"speed": 10.0, "force": -10.0})
        assert value.version.number == 10 and value.version.writer == writer.id and value.age >= 0
        assert not reader.changed_since(value.version) and reader.changed_since(versions[0])
        assert len({*versions, value.version}) == 10
        assert writer.set(Limits(speed=3, force=4)).number == 11
        assert (value.speed, reader.get().speed) == (10.0, 3.0), "what was read stays what it is"
        assert reader.writer().name == "planner" and [peer.pid for peer in writer.readers()] == [os.getpid()]
        assert not value.is_orphaned()
        writer.close()
        assert value.is_orphaned() and reader.get().speed == 3.0


def test_arrays_are_values(domain: sc.Domain) -> None:
    with sc.ValueWriter("map", sc.f32[200][100], domain=domain) as writer, sc.ValueReader("map", domain=domain) as reader:
        array = np.arange(20_000, dtype=np.float32).reshape(100, 200)
        for _ in range(20):
            writer.set(array)
            value = reader.get()
            assert np.array_equal(np.asarray(value), array)
        assert value.sample.is_in_place and not np.asarray(value).flags.owndata


def test_what_is_no_value_is_refused(domain: sc.Domain) -> None:
    with pytest.raises(sc.NoPublisher):
        sc.ValueReader("limits", domain=domain)
    with sc.ValueWriter("limits", Limits, domain=domain) as writer:
        with pytest.raises(sc.CreateFailed, match="wants to be the only one"):
            sc.ValueWriter("limits", Limits, domain=domain)
        with pytest.raises(TypeError, match="did you mean `speed`"):
            writer.set(sped=1)
        with pytest.raises(ValueError, match="force"):
            writer.set({"speed": 1})
        with pytest.raises(ValueError, match="a value has a fixed size"):
            sc.ValueWriter("bytes", sc.Slice[sc.u8], domain=domain)
        with pytest.raises(sc.Mismatch):
            sc.ValueReader("limits", sc.u64, domain=domain)
        with pytest.raises(TypeError, match="did you mean `survives_writer`"):
            sc.ValueWriter("other", Limits, domain=domain, survive_writer=True)
        assert writer.version is None
    with pytest.raises(sc.Closed):
        writer.set(speed=1, force=1)


def test_waits_end_by_changes_timeouts_and_closing(domain: sc.Domain) -> None:
    with sc.ValueWriter("gear", sc.u8, domain=domain) as writer, sc.ValueReader("gear", domain=domain) as reader:
        assert reader.wait_for_change(timeout=0.01) is None
        first = writer.set(1)
        assert reader.wait_for_change(timeout=PATIENCE).version == first
        seen: list[int] = []
        thread = threading.Thread(target=lambda: seen.extend(value.to_dict() for value in reader))
        thread.start()
        until("the first is seen", lambda: seen == [1])
        writer.set(2)
        until("the second is seen", lambda: seen == [1, 2])

        def is_busy() -> bool:
            try:
                reader.get()
            except sc.Busy:
                return True
            return False

        until("the other thread waits", is_busy)
        reader.close()
        thread.join(PATIENCE)
        assert not thread.is_alive() and reader.closed


def test_a_wait_set_and_asyncio_tell_of_changes(domain: sc.Domain) -> None:
    with sc.ValueWriter("gear", sc.u8, domain=domain) as writer, sc.ValueReader("gear", domain=domain) as reader:
        with sc.WaitSet() as waits:
            waits.add(reader)
            writer.set(1)
            assert [ready.source for ready in waits.wait(PATIENCE)] == [reader]
            assert reader.get().to_dict() == 1 and reader.get().to_dict() == 1

        async def gears() -> list[int]:
            seen = []
            async for gear in reader:
                seen.append(gear.to_dict())
                if len(seen) == 3:
                    return seen
                writer.set(len(seen) + 1)
            return seen

        assert asyncio.run(asyncio.wait_for(gears(), PATIENCE)) == [1, 2, 3]


def test_a_value_survives_a_killed_writer_and_a_standby_takes_over(domain: sc.Domain, peer: Callable[[str], Peer]) -> None:
    program = """
writer = sc.ValueWriter("gear", sc.u8, domain=domain, survives_writer=True, standby=float(sys.stdin.readline()))
writer.set(int(sys.stdin.readline()))
print("set", flush=True)
sys.stdin.readline()
"""
    first = peer(program)
    first.tell("0")
    first.tell("3")
    assert first.hear() == "set"
    standby = peer(program)
    standby.tell("inf")
    standby.tell("4")
    with sc.ValueReader("gear", domain=domain) as reader:
        value = reader.get()
        assert value.to_dict() == 3 and not value.is_orphaned()
        first.kill()
        assert reader.wait_for_change(value.version, PATIENCE).to_dict() == 4
        assert value.is_orphaned()
        assert standby.hear() == "set", "from then on it survives"
        standby.kill()
    with sc.ValueReader("gear", domain=domain) as late:
        assert late.get().to_dict() == 4 and late.get().is_orphaned()
    with sc.ValueWriter("gear", sc.u8, domain=domain) as last:
        last.set(5)  # it does not survive, so nothing is left behind


def test_rust_reads_what_python_sets(domain: sc.Domain) -> None:
    with sc.ValueWriter("robot/limits", Limits, domain=domain) as writer:
        writer.set(speed=1.5, force=-2)
        read = [rust_tool(), "--domain", str(domain.path), "param", "get", "robot/limits"]
        output = subprocess.run(read, capture_output=True, text=True, timeout=PATIENCE, stdin=subprocess.DEVNULL)
        assert output.returncode == 0, output.stderr
        assert "1.5" in output.stdout and "-2.0" in output.stdout


def test_python_reads_what_rust_sets(domain: sc.Domain) -> None:
    root = domain.path.parent
    environment = {**os.environ, "SLOTCAST_ROOT": str(root), "SLOTCAST_DOMAIN": domain.path.name}
    command = [rust_example("telemetry"), "publish", "--rate", "100"]
    with sc.ValueReader("host/rate", sc.f64, domain=domain) as rate:
        with subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL) as rust:
            try:
                value = rate.wait_for_change(timeout=PATIENCE)
                assert value.to_dict() == 100.0 and not value.is_orphaned()
                assert rate.writer().pid == rust.pid
            finally:
                rust.kill()
                rust.wait(PATIENCE)
        assert value.is_orphaned()
    subprocess.run([rust_tool(), "--domain", str(domain.path), "clean"], check=True, timeout=PATIENCE, stdout=subprocess.DEVNULL)


def test_rust_sees_counters(domain: sc.Domain) -> None:
    with sc.Counters("camera", domain=domain, name="left") as counters:
        frames = counters.counter("frames")
        buffered = counters.counter("buffered", "byte")
        threads = [threading.Thread(target=lambda: [frames.add() for _ in range(1000)]) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        buffered.set(4096)
        buffered.add(-96)
        assert (frames.value, buffered.value, buffered.label, buffered.unit) == (3000, 4000, "buffered", "byte")
        assert counters.counter("frames").value == 3000, "it is the same one"
        counters.report("the lens is dirty")
        counters.report("the lens is dirty")
        with pytest.raises(ValueError, match="counted in"):
            counters.counter("frames", "byte")
        stat = [rust_tool(), "--domain", str(domain.path), "stat", "--once", "camera"]
        output = subprocess.run(stat, capture_output=True, text=True, timeout=PATIENCE, stdin=subprocess.DEVNULL)
        assert output.returncode == 0, output.stderr
        for text in ("frames", "3000", "buffered", "4000", "the lens is dirty"):
            assert text in output.stdout, output.stdout
    with pytest.raises(sc.Closed):
        counters.counter("more")
