"""Reads what is in the rings of a topic: reader.py <topic directory>

Written from the book's pages "The registry" and "The ring, exactly". It stands outside: it makes no entry, takes no
lock, and nobody notices it. Python loads an aligned word of a memoryview at once; on x86-64 loads stay in order.
"""

import fcntl
import itertools
import mmap
import os
import struct
import sys

SHRINK_GROW_SEAL_FUTURE_WRITE = 0x02 | 0x04 | 0x01 | 0x10
ENTRY = struct.Struct("<8s2I16s16sIiQQQQIIQ")
SEGMENT = struct.Struct("<8sQQ16s16sQQQQ")


def check(condition, what):
    if not condition:
        raise ValueError(what)


def is_alive(file):
    """Whether somebody holds a lock against a read lock on the first byte."""
    flock = struct.Struct("@hhqqi4x")
    probe = flock.pack(fcntl.F_RDLCK, os.SEEK_SET, 0, 1, 0)
    return flock.unpack(fcntl.fcntl(file, fcntl.F_OFD_GETLK, probe))[0] != fcntl.F_UNLCK


def open_memory(directory, entry):
    """The publisher's memory, mapped for reading."""
    identity, pid, descriptor, device, inode, size, place = entry
    if place == 1:
        handle = os.open(f"/proc/{pid}/fd/{descriptor}", os.O_PATH | os.O_CLOEXEC)
        path = f"/proc/self/fd/{handle}"
    else:
        check(place == 2, "a place that is known")
        handle = os.open(f"{directory}/m-{identity}", os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC)
        path = f"/proc/self/fd/{handle}"
    status = os.fstat(handle)
    check((status.st_dev, status.st_ino) == (device, inode), "the file of the entry")
    memory = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    os.close(handle)
    if place == 1:
        seals = fcntl.fcntl(memory, fcntl.F_GET_SEALS)
        check(seals & SHRINK_GROW_SEAL_FUTURE_WRITE == SHRINK_GROW_SEAL_FUTURE_WRITE, "sealed memory")
    check(os.fstat(memory).st_size == size >= 4096, "the entry's size")
    mapped = mmap.mmap(memory, size, mmap.MAP_SHARED, mmap.PROT_READ)
    os.close(memory)
    return mapped


class Ring:
    def __init__(self, directory, name):
        self.entry = open(f"{directory}/{name}", "rb")  # kept, to see whether the publisher lives
        entry = self.entry.read()
        (magic, version, role, identity, schema, pid, descriptor, device, inode, size, nonce, tail, place, _) = (
            ENTRY.unpack_from(entry)
        )
        check(magic == b"slotent\n" and version == 2 and role == 1, "a publisher's entry, version 2")
        check(len(entry) == ENTRY.size + tail, "a whole entry")
        text = f"{int.from_bytes(identity, 'little'):032x}"
        memory = open_memory(directory, (text, pid, descriptor, device, inode, size, place))
        header = SEGMENT.unpack_from(memory)
        check(header[:5] == (b"slotrng\x02", size, nonce, identity, schema), "the header of the entry's memory")
        self.payload, self.cells, self.depth, self.flags = header[5:]
        self.stride = (16 + (self.payload + 7) // 8 * 8 + 63) // 64 * 64
        check(self.cells & (self.cells - 1) == 0 and self.depth < self.cells, "a ring that can be")
        check(size == 4096 + self.cells * self.stride, "a ring of the right size")
        self.memory = memory
        self.words = memoryview(memory).cast("Q")

    def head(self):
        return self.words[128 // 8]

    def read(self, s):
        """The message and None, or None and the sequence that overwrote it, or None twice: not yet."""
        start = 4096 + s % self.cells * self.stride
        before = self.words[start // 8]
        if before == 2 * s + 2:
            message = self.memory[start + 16 : start + 16 + self.payload]
            before = self.words[start // 8]
            if before == 2 * s + 2:
                return message, None
            check(before > 2 * s + 2, "a stamp that does not go back")
        lap_ago = 2 * (s - self.cells)
        if before in ((2 * s + 1, lap_ago + 2, lap_ago + 3) if s >= self.cells else (2 * s + 1, 0)):
            return None, None
        newest = s if before == 2 * s + 3 else (before - 1) // 2
        if before % 2 == 1 and newest % self.cells != s % self.cells:
            newest -= 1  # it was withdrawn
        check(before > 2 * s + 2 and newest <= 1 << 62 and newest % self.cells == s % self.cells, "a stamp of this cell")
        return None, newest

    def messages(self, start):
        """What is there from a sequence on: pairs of sequence and message."""
        s = start
        tries = 0
        while tries < 4:
            message, newest = self.read(s)
            if message is not None:
                yield s, message
                s, tries = s + 1, 0
            elif newest is None:
                return
            elif newest == s:
                s += 1  # it was withdrawn
            else:
                keep = self.depth if tries == 0 else max(self.depth // 2, 1)
                head = min(max(self.head(), newest), newest + self.cells)
                s, tries = max(head - keep, s + 1), tries + 1


def main(directory):
    for name in sorted(os.listdir(directory)):
        if name.startswith("p-"):
            ring = Ring(directory, name)
            alive = is_alive(ring.entry)  # looked at first: whatever a dead one has published is there
            # No more than fit at once: a fast publisher would keep this loop busy forever.
            for sequence, message in itertools.islice(ring.messages(0), ring.cells):
                print(name, sequence, message.hex())
            print(name, "alive" if alive else "gone")


if __name__ == "__main__":
    main(sys.argv[1])
