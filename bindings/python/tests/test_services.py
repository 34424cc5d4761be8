"""Calls, in Python and between Python and Rust."""

import asyncio
import os
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

import slotcast as sc
from conftest import PATIENCE, Peer, rust_example, rust_tool, until


@contextmanager
def serving(server: sc.Server, serve: Callable[[sc.ServerCall], None]) -> Iterator[None]:
    def loop() -> None:
        for call in server:
            serve(call)

    thread = threading.Thread(target=loop)
    thread.start()
    try:
        yield
    finally:
        server.close()
        thread.join(PATIENCE)
        assert not thread.is_alive()


def clean(domain: sc.Domain) -> None:
    tool = [rust_tool(), "--domain", str(domain.path), "clean"]
    subprocess.run(tool, check=True, timeout=PATIENCE, stdout=subprocess.DEVNULL)


def test_slices_have_headers(domain: sc.Domain) -> None:
    @sc.message
    class Size:
        width: sc.u32
        height: sc.u32

    def serve(call: sc.ServerCall) -> None:
        image = call.request
        size = {"width": image.height, "height": image.width}
        call.respond({"header": size, "elements": bytes(np.asarray(image)[::-1])})

    image = sc.Slice[sc.u8, Size]
    with serving(sc.Server("turn", image, image, domain=domain), serve), sc.Client("turn", domain=domain) as client:
        item = client.call({"header": {"width": 2, "height": 1}, "elements": b"ab"})
        assert item is not None
        assert (item.width, item.height, bytes(np.asarray(item))) == (1, 2, b"ba")


def test_requests_and_items_are_values_structs_and_arrays(domain: sc.Domain) -> None:
    @sc.message
    class Ask:
        count: sc.u32
        start: sc.f32

    def serve(call: sc.ServerCall) -> None:
        assert 0 < call.remaining() <= 5 and not call.is_cancelled()
        try:
            for number in range(call.request.count):
                call.send(np.full(number, call.request.start, np.float32))
            call.finish()
        except sc.Cancelled:
            pass  # of one call the first item alone is wanted

    server = sc.Server("ramp", Ask, sc.Slice[sc.f32], domain=domain)
    with sc.Client("ramp", domain=domain) as found, sc.Client("ramp", Ask, sc.Slice[sc.f32], domain=domain) as typed:
        assert found.servers() == 1
        with serving(server, serve):
            items = list(typed.begin(count=20, start=1.5))
            assert [len(item) for item in items] == list(range(20))
            assert all((np.asarray(item) == 1.5).all() for item in items)
            assert typed.call(Ask(count=0, start=0)) is None
            item = found.call({"count": 2, "start": 3})
            assert len(item) == 0
            with pytest.raises(TypeError, match="did you mean `count`"):
                typed.call(cuont=1)
            with pytest.raises(ValueError, match="start"):
                typed.call({"count": 1})


def test_refusals_and_ends_are_exceptions(domain: sc.Domain) -> None:
    client = sc.Client("roots", sc.f64, sc.f64, domain=domain)
    with pytest.raises(sc.NoServer, match="has no server"):
        client.call(1, timeout=0.01)
    with pytest.raises(sc.NoServer):
        sc.Client("roots", domain=domain)
    with pytest.raises(ValueError, match="a deadline of zero"):
        client.call(1, timeout=0)
    server = sc.Server("roots", sc.f64, sc.f64, domain=domain)
    with pytest.raises(sc.CreateFailed, match="wants to be the only one"):
        sc.Server("roots", sc.f64, sc.f64, domain=domain)
    with pytest.raises(sc.Mismatch):
        sc.Client("roots", sc.f64, sc.u8, domain=domain)
    with pytest.raises(TypeError, match="or neither"):
        sc.Client("roots", sc.f64, domain=domain)
    pending = client.begin(-1)
    with server.recv(PATIENCE) as call:
        call.send(0.5)
        call.refuse(7, "no real root")
        with pytest.raises(sc.Closed, match="it has ended"):
            call.respond(1)
    assert pending.next().to_dict() == 0.5
    with pytest.raises(sc.Refused, match="no real root") as refused:
        pending.next()
    assert (refused.value.code, refused.value.reason) == (7, "no real root")
    pending = client.begin(1)
    server.recv(PATIENCE).close()
    with pytest.raises(sc.Refused, match="dropped the call"):
        pending.next()
    with pytest.raises(sc.Expired, match="expired"):
        client.call(1, timeout=0.05)
    assert server.try_recv() is None, "what has expired is skipped"
    pending = client.begin(1)
    call = server.recv(PATIENCE)
    pending.close()
    until("the server sees that it was cancelled", call.is_cancelled)
    with pytest.raises(sc.Cancelled):
        call.respond(1)
    call.close()
    small = sc.Client("roots", sc.f64, sc.f64, domain=domain, window=1)
    first = small.begin(1)
    with pytest.raises(sc.WindowFull):
        small.begin(1, timeout=0.01)
    pending = client.begin(2)
    server.close()
    with pytest.raises((sc.Refused, sc.ServerDied)):
        pending.next()
    pending.close()
    first.close()
    small.close()
    client.close()
    with pytest.raises(sc.Closed):
        client.call(1)


def test_the_death_of_either_side_is_told(domain: sc.Domain, peer: Callable[[str], Peer]) -> None:
    program = """
server = sc.Server("echo", sc.u8, sc.u8, domain=domain, standby=float("inf"))
print("serves", flush=True)
call = server.recv()
call.send(call.request.to_dict())
print("sent", flush=True)
sys.stdin.readline()
"""
    first = peer(program)
    assert first.hear() == "serves"
    client = sc.Client("echo", domain=domain)
    pending = client.begin(5, timeout=PATIENCE)
    assert first.hear() == "sent"
    first.kill()
    assert pending.next().to_dict() == 5
    began = time.monotonic()
    with pytest.raises(sc.ServerDied, match="whether it acted is unknown"):
        pending.next()
    assert time.monotonic() - began < PATIENCE / 2
    second = peer(program)
    assert second.hear() == "serves"
    assert client.call(6, timeout=PATIENCE).to_dict() == 6
    second.kill()
    client.close()
    server = sc.Server("echo", sc.u8, sc.u8, domain=domain)
    caller = peer('call = sc.Client("echo", domain=domain).begin(1)\nprint("called", flush=True)\nsys.stdin.readline()')
    with server.recv(PATIENCE) as call:
        assert not call.is_cancelled()
        caller.kill()
        until("the call of a dead client is cancelled", call.is_cancelled)
    server.close()
    clean(domain)


def test_asyncio_has_many_calls_at_once(domain: sc.Domain) -> None:
    async def serve(server: sc.Server) -> None:
        async for call in server:
            count = call.request.to_dict()
            if count == 13:
                call.refuse(1, "unlucky")
                continue
            try:
                for number in range(count):
                    while not call.try_send(number):
                        await asyncio.sleep(0)
                call.finish()
            except sc.Cancelled:
                pass  # of one call the first item alone is wanted

    async def main() -> None:
        with sc.Server("count", sc.u32, sc.u32, domain=domain) as server, sc.Client("count", domain=domain) as client:
            serving = asyncio.create_task(serve(server))

            async def count(most: int) -> list[int]:
                return [item.to_dict() async for item in client.stream(most, timeout=PATIENCE)]

            counts = await asyncio.gather(*(count(most) for most in range(12)))
            assert counts == [list(range(most)) for most in range(12)]
            assert (await client.call_async(3)).to_dict() == 0
            assert await client.call_async(0) is None
            with pytest.raises(sc.Refused, match="unlucky"):
                await client.call_async(13)
            server.close()
            await asyncio.wait_for(serving, PATIENCE)
            with pytest.raises(sc.NoServer):
                await client.call_async(1, timeout=0.01)

    asyncio.run(asyncio.wait_for(main(), 2 * PATIENCE))


def test_a_wait_set_tells_of_calls_and_responses(domain: sc.Domain) -> None:
    with sc.Server("echo", sc.u8, sc.u8, domain=domain) as server, sc.Client("echo", domain=domain) as client:
        with sc.WaitSet() as waits:
            waits.add(server)
            waits.add(client)
            pending = client.begin(1)
            sources = [ready.source for ready in waits.wait(PATIENCE)]
            assert server in sources
            server.recv(PATIENCE).respond(2)
            until("the response is told", lambda: client in [ready.source for ready in waits.wait(PATIENCE)])
            assert pending.try_next()[1].to_dict() == 2


def example_environment(domain: sc.Domain) -> dict[str, str]:
    path = Path(domain.path)
    return {**os.environ, "SLOTCAST_ROOT": str(path.parent), "SLOTCAST_DOMAIN": path.name}


@sc.message
class Goal:
    x: sc.f64


@sc.message
class Progress:
    x: sc.f64
    left: sc.f64


def test_python_calls_a_server_of_rust(domain: sc.Domain) -> None:
    command = [rust_example("goal"), "robot"]
    with subprocess.Popen(command, env=example_environment(domain), stdout=subprocess.DEVNULL) as robot:
        try:
            with sc.Client("goal/drive", Goal, Progress, domain=domain, timeout=PATIENCE) as client:
                progress = [item.to_dict() for item in client.begin(x=0.2)]
                assert [round(each["x"], 2) for each in progress] == [0.05, 0.1, 0.15, 0.2]
                assert progress[-1]["left"] == 0
                with pytest.raises(sc.Refused, match="the road goes from 0 to 10 m, not to 11 m"):
                    client.call(x=11)
                far = client.begin(x=10)
                assert far.next().x > 0.2
                robot.kill()
                with pytest.raises(sc.ServerDied):
                    list(far)
        finally:
            robot.kill()
            robot.wait(PATIENCE)
    clean(domain)


def test_rust_calls_a_server_of_python(domain: sc.Domain) -> None:
    def serve(call: sc.ServerCall) -> None:
        if call.request.x < 0:
            return call.refuse(2, "backwards is forbidden")
        call.send(x=call.request.x / 2, left=call.request.x / 2)
        return call.respond(x=call.request.x, left=0)

    def drive(x: str) -> "subprocess.CompletedProcess[str]":
        command = [rust_example("goal"), "drive", "--", x]
        return subprocess.run(command, env=example_environment(domain), capture_output=True, text=True, timeout=PATIENCE)

    rust_example("goal")
    with serving(sc.Server("goal/drive", Goal, Progress, domain=domain), serve):
        there = drive("3")
        assert there.returncode == 0, there.stderr
        assert "1.50" in there.stdout and "3.00" in there.stdout, there.stdout
        refused = drive("-1")
        assert "backwards is forbidden" in refused.stdout + refused.stderr
        tool = [rust_tool(), "--domain", str(domain.path), "call", "goal/drive", "{x: 8}", "--format", "json"]
        called = subprocess.run(tool, capture_output=True, text=True, timeout=PATIENCE, stdin=subprocess.DEVNULL)
        assert called.returncode == 0, called.stderr
        assert called.stdout.splitlines() == ['{"x":4.0,"left":4.0}', '{"x":8.0,"left":0.0}']
