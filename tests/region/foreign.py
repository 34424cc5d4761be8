"""Another client of the format, written from its specification alone.

It shares no code with the crate: every offset below is a number of the specification.
"""

import ctypes
import mmap
import os
import struct
import sys
import time

ENTRIES = 64


def align8(n):
    return (n + 7) // 8 * 8


class Region:
    def __init__(self, name, size=None, stored_entries=ENTRIES):
        path = "/dev/shm/" + name
        if size is None:
            fd = os.open(path, os.O_RDWR)
            size = os.fstat(fd).st_size
        else:
            fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
            os.ftruncate(fd, size)
            header = struct.pack("<IIIIQQ", 0x5A49504D, 2, 0, stored_entries, size, 32 + 48 * ENTRIES)
            os.pwrite(fd, header, 0)
        self.memory = mmap.mmap(fd, size)
        os.close(fd)

    def get(self, at, form):
        return struct.unpack_from("<" + form, self.memory, at)

    def put(self, at, form, *values):
        struct.pack_into("<" + form, self.memory, at, *values)

    def add(self, name, size):
        count, = self.get(8, "I")
        start = align8(self.get(24, "Q")[0])
        self.put(24, "Q", start + size)
        self.put(32 + 48 * count, "32sQQ", name.encode(), start, size)
        self.put(8, "I", count + 1)
        return start

    def find(self, name):
        magic, version, count, most, memory, following = self.get(0, "IIIIQQ")
        assert (magic, version, most, memory) == (0x5A49504D, 2, ENTRIES, len(self.memory))
        for index in range(count):
            raw, offset, size = self.get(32 + 48 * index, "32sQQ")
            assert offset % 8 == 0 and 3104 <= offset and offset + size <= following <= memory, raw
            if raw.split(b"\0")[0].decode() == name:
                return offset, size
        raise KeyError(name)

    def word(self, at):
        return ctypes.c_uint32.from_buffer(self.memory, at)


class Queue:
    def __init__(self, region, name, form):
        self.region, self.form = region, form
        self.at, size = region.find(name)
        self.capacity, element = region.get(self.at + 8, "II")
        assert element == struct.calcsize("<" + form)
        self.sequences = self.at + 16 + align8(element * self.capacity)
        assert size == 16 + align8(element * self.capacity) + 4 * self.capacity
        self.head, self.tail = region.word(self.at), region.word(self.at + 4)
        self.words = [region.word(self.sequences + 4 * cell) for cell in range(self.capacity)]

    def cell(self, position):
        cell = position % self.capacity
        return self.at + 16 + cell * struct.calcsize("<" + self.form), self.words[cell]

    def push(self, *value):
        """For the only sender."""
        tail = self.tail.value
        at, word = self.cell(tail)
        if word.value != tail:
            return False
        self.tail.value = tail + 1
        self.region.put(at, self.form, *value)
        word.value = tail + 1
        return True

    def pop(self):
        """For the only receiver."""
        head = self.head.value
        at, word = self.cell(head)
        if word.value != head + 1:
            return None
        self.head.value = head + 1
        value = self.region.get(at, self.form)
        word.value = head + self.capacity
        return value


def new_queue(region, name, capacity, form):
    element = struct.calcsize("<" + form)
    at = region.add(name, 16 + align8(element * capacity) + 4 * capacity)
    region.put(at, "IIII", 0, 0, capacity, element)
    for cell in range(capacity):
        region.put(at + 16 + align8(element * capacity) + 4 * cell, "I", cell)


def new_semaphore(region, name, count, most):
    region.put(region.add(name, 16), "iiii", count, 0, most, 0)


def write(name, stored_entries):
    region = Region(name, 1 << 16, stored_entries)
    region.put(region.add("array", 8 + 3 * 8), "Qddd", 3, 1.5, 2.5, -3.0)
    new_queue(region, "queue", 4, "3s")
    queue = Queue(region, "queue", "3s") if stored_entries else None
    if queue:
        for text in (b"one", b"two", b"six"):
            assert queue.push(text)
        assert queue.pop() == (b"one",)
    at = region.add("stack", 16 + align8(3 * 8) + 3 * 4)
    region.put(at, "iIII", 1, 3, 8, 0)
    region.put(at + 16, "qq", -7, 8)
    region.put(at + 16 + 24, "III", 2, 2, 0)
    at = region.add("ring", 24 + 4 * 4)
    region.put(at, "QQII", 20, 12, 16, 4)
    region.put(at + 24, "ffff", 5.0, 0.0, 0.0, 4.0)
    new_semaphore(region, "semaphore", 2, 5)
    new_semaphore(region, "mutex", 1, 1)
    region.put(region.add("barrier", 16), "iiii", 1, 9, 2, 0)
    region.put(region.add("latch", 16), "iiii", 2, 5, 0, 0)
    region.put(region.add("once", 4), "I", 0)
    region.put(region.add("event", 12), "III", 1, 0, 0)
    new_semaphore(region, "event_sem", 1, 0)
    region.put(region.add("manual", 12), "III", 1, 1, 0)
    new_semaphore(region, "manual_sem", 0, 0)
    region.put(region.add("lock_state", 8), "ii", 1, 0)
    new_semaphore(region, "lock_rmtx", 1, 1)
    new_semaphore(region, "lock_wmtx", 1, 1)
    region.add("lock", 1)
    new_semaphore(region, "monitor_mtx", 1, 1)
    new_semaphore(region, "monitor_cond", 0, 0)
    region.put(region.add("monitor_count", 4), "I", 0)
    region.add("monitor", 1)
    region.put(region.add("signal_state", 16), "Qd", 3, 0.25)
    new_semaphore(region, "signal_mtx", 1, 1)
    region.add("signal", 1)
    region.put(region.add("pending", 16 + 8 + 256), "II", 0, 0)
    region.put(region.add("ready", 16 + 8 + 256), "IIQq", 2, 0, 77, -5)
    at = region.add("failed", 16 + 8 + 256)
    region.put(at, "IIQ", 3, 0, 78)
    region.put(at + 24, "256s", b"no such file")


def check_written(region, at, form, *values):
    found = region.get(at, form)
    assert found == values, (at, form, found, values)


def changed(name):
    """What a program of the crate has made of `write`."""
    region = Region(name)
    check_written(region, region.find("array")[0], "Qddd", 3, 1.5, 100.0, -3.0)
    queue = Queue(region, "queue", "3s")
    assert [queue.pop() for _ in range(3)] == [(b"six",), (b"new",), None]
    at = region.find("stack")[0]
    check_written(region, at, "iIII", 1, 3, 8, 0)
    check_written(region, at + 16, "qq", -7, 99)
    check_written(region, at + 40, "III", 2, 2, 0)
    at = region.find("ring")[0]
    check_written(region, at, "QQII", 24, 16, 16, 4)
    check_written(region, at + 24, "ff", 5.0, 6.0)
    check_written(region, region.find("semaphore")[0], "iiii", 1, 0, 5, 0)
    check_written(region, region.find("mutex")[0], "iiii", 1, 0, 1, 0)
    check_written(region, region.find("barrier")[0], "iiii", 0, 10, 2, 0)
    check_written(region, region.find("latch")[0], "iiii", 1, 5, 0, 0)
    check_written(region, region.find("once")[0], "I", 2)
    check_written(region, region.find("event")[0], "III", 0, 0, 0)
    check_written(region, region.find("event_sem")[0], "iiii", 0, 0, 0, 0)
    check_written(region, region.find("manual")[0], "III", 0, 1, 0)
    check_written(region, region.find("lock_state")[0], "ii", 1, 0)
    check_written(region, region.find("lock_rmtx")[0], "iiii", 1, 0, 1, 0)
    check_written(region, region.find("signal_state")[0], "Qd", 4, 0.5)
    check_written(region, region.find("pending")[0], "II", 2, 0)
    check_written(region, region.find("pending")[0] + 16, "q", 42)
    assert region.get(region.find("pending")[0] + 8, "Q")[0] <= time.monotonic_ns()


def read(name):
    """What a program of the crate has created."""
    region = Region(name)
    check_written(region, region.find("array")[0], "Qddd", 3, 1.5, 2.5, -3.0)
    queue = Queue(region, "queue", "3s")
    assert queue.capacity == 4
    check_written(region, queue.at, "II", 1, 3)
    check_written(region, queue.sequences, "IIII", 4, 2, 3, 3)
    assert [queue.pop() for _ in range(3)] == [(b"two",), (b"six",), None]
    at, size = region.find("stack")
    assert size == 16 + 24 + 12
    check_written(region, at, "iIII", 1, 3, 8, 0)
    check_written(region, at + 16, "qq", -7, 8)
    check_written(region, at + 40, "III", 2, 2, 0)
    at, size = region.find("ring")
    assert size == 24 + 16
    check_written(region, at, "QQII", 20, 12, 16, 4)
    check_written(region, at + 24, "f", 5.0)
    check_written(region, at + 36, "f", 4.0)
    for part, values in {
        "semaphore": (2, 0, 5, 0),
        "mutex": (0, 0, 1, 0),
        "barrier": (0, 0, 2, 0),
        "latch": (3, 5, 0, 0),
        "event_sem": (1, 0, 0, 0),
        "manual_sem": (0, 0, 0, 0),
        "lock_rmtx": (1, 0, 1, 0),
        "lock_wmtx": (1, 0, 1, 0),
        "monitor_mtx": (1, 0, 1, 0),
        "monitor_cond": (0, 0, 0, 0),
        "signal_mtx": (1, 0, 1, 0),
    }.items():
        at, size = region.find(part)
        assert size == 16, part
        check_written(region, at, "iiii", *values)
    check_written(region, region.find("once")[0], "I", 2)
    check_written(region, region.find("event")[0], "III", 1, 0, 0)
    check_written(region, region.find("manual")[0], "III", 1, 1, 0)
    check_written(region, region.find("lock_state")[0], "ii", 1, 0)
    check_written(region, region.find("monitor_count")[0], "I", 0)
    assert [region.find(marker)[1] for marker in ("lock", "monitor", "signal", "once")] == [1, 1, 1, 4]
    assert [region.find(part)[1] for part in ("event", "lock_state", "monitor_count")] == [12, 8, 4]
    check_written(region, region.find("signal_state")[0], "Qd", 1, 0.25)
    check_written(region, region.find("pending")[0], "IIQ", 0, 0, 0)
    assert region.find("pending")[1] == 16 + 8 + 256
    check_written(region, region.find("ready")[0], "II", 2, 0)
    check_written(region, region.find("ready")[0] + 16, "q", -5)
    check_written(region, region.find("failed")[0], "II", 3, 0)
    check_written(region, region.find("failed")[0] + 24, "256s", b"no such file".ljust(256, b"\0"))


def pump(name, count):
    """Sends numbers, and receives what the other side makes of them, while both run."""
    region = Region(name)
    there, back = Queue(region, "there", "Q"), Queue(region, "back", "Q")
    sent = received = 0
    deadline = time.monotonic() + 60
    while received < count:
        assert time.monotonic() < deadline, (sent, received)
        moved = False
        if sent < count and there.push(sent):
            sent += 1
            moved = True
        value = back.pop()
        if value is not None:
            assert value == (3 * received,), (value, received)
            received += 1
            moved = True
        if not moved:
            time.sleep(0)


def main():
    action, name = sys.argv[1:3]
    if action == "write":
        write(name, int(sys.argv[3]))
    elif action == "changed":
        changed(name)
    elif action == "read":
        read(name)
    elif action == "pump":
        pump(name, int(sys.argv[3]))
    else:
        sys.exit("no such action: " + action)


main()
