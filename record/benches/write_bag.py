"""Writes 500 images of 1 MiB with `rosbags`, and prints GB/s."""

import pathlib
import sys
import time

from rosbags.rosbag2 import StoragePlugin, Writer
from rosbags.typesys import Stores, get_typestore

types = get_typestore(Stores.ROS2_HUMBLE)
image = bytes([0, 1, 0, 0]) + (1 << 20).to_bytes(4, "little") + bytes([7]) * (1 << 20)
begun = time.perf_counter()
with Writer(pathlib.Path(sys.argv[1]), version=9, storage_plugin=StoragePlugin.MCAP) as writer:
    connection = writer.add_connection("camera", "std_msgs/msg/UInt8MultiArray", typestore=types)
    for number in range(500):
        writer.write(connection, number, image)
print(500 * len(image) / 1e9 / (time.perf_counter() - begun))
