"""Prints the messages of an MCAP file, as other programs decode them.

For each message a line: topic, time, and every number in the message, in the order of its bytes.
Numbers with a fraction are printed as the bits of a double, long sequences as their checksum.

    python decode.py rosbags|mcap|ros FILE

`ros` decodes messages of ROS's own packages only, by ROS's definitions and not by those of the file,
and checks that these are the same.

    python decode.py definitions TEXT

checks that each definition of a text (a name, its lines, an empty line) is ROS's own, and prints how many.
"""

import dataclasses
import json
import pathlib
import struct
import sys
import zlib


def leaves(value, out):
    """Appends all numbers of a message that a library has decoded."""
    if isinstance(value, bool):
        out.append(int(value))
    elif isinstance(value, (int, str)):
        out.append(value)
    elif isinstance(value, float):
        out.append(struct.pack("<d", value).hex())
    elif isinstance(value, (bytes, bytearray)):
        leaves(list(value), out)
    elif hasattr(value, "tolist"):  # an array of NumPy
        leaves(value.tolist(), out)
    elif isinstance(value, (list, tuple)):
        if len(value) > 1000:
            out.append(["crc32", len(value), zlib.crc32(bytes(value))])
        else:
            for element in value:
                leaves(element, out)
    elif dataclasses.is_dataclass(value):
        for field in dataclasses.fields(value):
            # The others are the name of the type and its constants.
            if field.name.islower() and not field.name.startswith("__"):
                leaves(getattr(value, field.name), out)
    else:
        for name in value.__slots__:
            leaves(getattr(value, name), out)


def with_rosbags(path):
    from rosbags.rosbag2 import Reader
    from rosbags.typesys import Stores, get_types_from_msg, get_typestore

    types = get_typestore(Stores.EMPTY)
    with Reader(path) as reader:
        known = [c for c in reader.connections if c.ext.serialization_format == "cdr"]
        for connection in known:
            types.register(get_types_from_msg(connection.msgdef.data, connection.msgtype))
        for connection, time, data in reader.messages(known):
            yield connection.topic, time, types.deserialize_cdr(data, connection.msgtype)


def with_ros(path):
    from rosbags.rosbag2 import Reader
    from rosbags.typesys import Stores, get_types_from_msg, get_typestore

    ros, types = get_typestore(Stores.ROS2_JAZZY), get_typestore(Stores.EMPTY)
    with Reader(path) as reader:
        known = [c for c in reader.connections if c.msgtype in ros.fielddefs]
        for connection in known:
            types.register(get_types_from_msg(connection.msgdef.data, connection.msgtype))
            assert types.hash_rihs01(connection.msgtype) == ros.hash_rihs01(connection.msgtype), connection.msgtype
        for connection, time, data in reader.messages(known):
            yield connection.topic, time, ros.deserialize_cdr(data, connection.msgtype)


def check_definitions(path):
    from rosbags.typesys import Stores, get_types_from_msg, get_typestore

    ros, types = get_typestore(Stores.ROS2_JAZZY), get_typestore(Stores.EMPTY)
    names = []
    for definition in path.read_text().strip().split("\n\n"):
        name, lines = definition.split("\n", 1)
        names.append(name.replace("/", "/msg/"))
        types.register(get_types_from_msg(lines, names[-1]))
    for name in names:
        assert types.hash_rihs01(name) == ros.hash_rihs01(name), name
    print(len(names))


def with_mcap(path):
    from mcap.reader import make_reader
    from mcap_ros2.decoder import DecoderFactory

    with open(path, "rb") as file:
        reader = make_reader(file, decoder_factories=[DecoderFactory()])
        channels = reader.get_summary().channels.values()
        topics = [channel.topic for channel in channels if channel.message_encoding == "cdr"]
        for _, channel, message, decoded in reader.iter_decoded_messages(topics=topics):
            yield channel.topic, message.log_time, decoded


def main():
    if sys.argv[1] == "definitions":
        return check_definitions(pathlib.Path(sys.argv[2]))
    reader = {"rosbags": with_rosbags, "mcap": with_mcap, "ros": with_ros}[sys.argv[1]]
    for topic, time, message in reader(pathlib.Path(sys.argv[2])):
        numbers = []
        leaves(message, numbers)
        print(json.dumps([topic, time, numbers]))


main()
