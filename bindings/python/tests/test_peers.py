"""Which endpoints there are, what they do, and when they come and go."""

import signal
from collections.abc import Callable

import numpy as np
import pytest

import slotcast as sc
from conftest import PATIENCE, Peer, until


def test_each_side_sees_the_other(domain: sc.Domain) -> None:
    with sc.Publisher("counter", sc.u64, domain=domain, name="clock", lossless=1) as pub:
        with sc.Subscriber("counter", domain=domain, name="display", lossless=True) as sub:
            for number in range(3):
                pub.publish(number)
            assert [peer.name for peer in sub.publishers()] == ["clock"]
            assert [peer.name for peer in pub.subscribers()] == ["display"]
            (source,) = sub.sources()
            assert source.publisher.id == pub.id and source.publisher.role == "publisher"
            assert (source.delivery, source.unread, source.lost, source.is_gone) == ("lossless", 3, 0, False)
            (reader,) = pub.readers()
            assert reader.subscriber == pub.subscribers()[0]
            assert (reader.delivery, reader.unread, reader.held) == ("lossless", 3, 0)
            assert "display" in str(reader.subscriber) and "display" in repr(reader)


def test_members_join_leave_and_die(domain: sc.Domain, peer: Callable[[str], Peer]) -> None:
    program = 'pub = sc.Publisher("counter", sc.u64, domain=domain, name="other")\nsys.stdin.read()\npub.close()'
    with sc.Subscriber("counter", sc.u64, domain=domain) as sub, sub.membership() as members:
        assert members.try_next() is None and members.next(timeout=0.01) is None
        for end in ("died", "left"):
            other = peer(program)
            joined = next(members)
            assert (joined.kind, joined.peer.name, joined.peer.pid) == ("joined", "other", other.process.pid)
            if end == "died":
                other.kill()
            else:
                other.finish()
            gone = members.next(timeout=PATIENCE)
            assert (gone.kind, gone.peer) == (end, joined.peer) and f"has {end}" in str(gone)
    with pytest.raises(sc.Closed, match="membership of \"counter\""):
        members.try_next()


def test_a_publisher_that_is_silent(domain: sc.Domain, peer: Callable[[str], Peer]) -> None:
    program = """
pub = sc.Publisher("counter", sc.u64, domain=domain, alive_every=0.05)
while True:
    pub.assert_alive()
    time.sleep(0.005)
"""
    with sc.watch("counter", domain) as members:
        other = peer(program)
        assert next(members).kind == "joined"
        other.process.send_signal(signal.SIGSTOP)
        assert members.next(timeout=PATIENCE).kind == "quiet"
        other.process.send_signal(signal.SIGCONT)
        assert members.next(timeout=PATIENCE).kind == "active"
        other.kill()


def test_observers_are_not_noticed(domain: sc.Domain) -> None:
    assert sc.endpoints("images", domain) == []
    with pytest.raises(sc.NoPublisher, match="images"):
        sc.Reader("images", domain=domain)
    with sc.Publisher("images", sc.tensor(), domain=domain, name="camera", depth=8) as pub:
        with sc.Subscriber("images", domain=domain, name="screen") as sub:
            with sc.Reader("images", domain=domain, history=8) as reader:
                for number in range(3):
                    pub.publish(np.full(4096, number, "u1"))
                held = sub.recv(timeout=10)
                camera, screen = sorted(sc.endpoints("images", domain), key=lambda endpoint: endpoint.peer.role)
                assert (camera.peer.name, camera.alive, camera.published, camera.depth) == ("camera", True, 3, 8)
                assert camera.memory > 4096 and camera.error is None and camera.received is None
                assert (screen.peer.name, screen.received, screen.lost, screen.published) == ("screen", 1, 0, None)
                assert [reader.recv(timeout=10).array[0] for _ in range(3)] == [0, 1, 2]
                assert reader.try_recv() is None and reader.recv(timeout=0.01) is None and reader.lost == 0
                assert [source.publisher.name for source in reader.sources()] == ["camera"]
                assert len(pub.subscribers()) == 1 and reader.schema == pub.schema
                assert held.array[0] == 0


def test_html_of_schemas_and_samples(domain: sc.Domain) -> None:
    @sc.message
    class Imu:
        stamp_ns: sc.u64
        frame: sc.Str[8]

    html = Imu.schema._repr_html_()
    assert "<td>frame</td><td>8</td>" in html and Imu.schema.hash in html and "_pad" not in html
    assert "<td>elements</td><td>192</td><td>[u8]</td>" in sc.tensor()._repr_html_()
    with sc.Publisher("imu", Imu, domain=domain) as pub, sc.Subscriber("imu", domain=domain) as sub:
        pub.publish(stamp_ns=7, frame="<b>&")
        html = sub.recv(timeout=10)._repr_html_()
        assert "<th>stamp_ns</th><td>7</td>" in html and "&lt;b&gt;&amp;" in html


def test_unknown_settings_are_named(domain: sc.Domain) -> None:
    with pytest.raises(TypeError, match="no setting `histroy`: did you mean `history`"):
        sc.Subscriber("counter", sc.u64, domain=domain, histroy=3)
    with pytest.raises(TypeError, match="no setting `dept`: did you mean `depth`"):
        sc.Publisher("counter", sc.u64, domain=domain, dept=3)
    with pytest.raises(TypeError, match="no setting `xyz`: there are .*lossless"):
        sc.Publisher("counter", sc.u64, domain=domain, xyz=3)
    with pytest.raises(TypeError, match="depth"):
        sc.Publisher("counter", sc.u64, domain=domain, depth="many")
    until("nothing is left of them", lambda: sc.topics(domain) == [])
