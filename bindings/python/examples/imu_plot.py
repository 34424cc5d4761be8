"""Publishes the recording of an IMU, and plots what is received to a PNG.

    python imu_plot.py plot imu.png --seconds 10         in one terminal
    python imu_plot.py publish data.csv                  in another

The recording is a CSV file with the columns of the EuRoC MAV dataset (`mav0/imu0/data.csv`): the
time in ns, three angular velocities in rad/s, and three accelerations in m/s². Lines are published
at the times that they were recorded at, or `--speed` times as fast.
"""

import argparse
import csv
import time

import slotcast as sc

TOPIC = "imu/euroc"


@sc.message
class Imu:
    stamp_ns: sc.u64
    gyro: sc.f64[3]
    accel: sc.f64[3]


def main() -> None:
    arguments = argparse.ArgumentParser(description="Publish an IMU's recording, or plot it.")
    parts = arguments.add_subparsers(required=True, dest="part")
    part = parts.add_parser("publish")
    part.add_argument("file")
    part.add_argument("--speed", type=float, default=1.0)
    part = parts.add_parser("plot")
    part.add_argument("file")
    part.add_argument("--seconds", type=float, default=10.0, help="how long without a message is the end")
    options = arguments.parse_args()
    if options.part == "publish":
        publish(options.file, options.speed)
    else:
        plot(options.file, options.seconds)


def publish(path: str, speed: float) -> None:
    with sc.Publisher(TOPIC, Imu, depth=4096, lossless=10) as imu, open(path, newline="") as file:
        if not imu.wait_for_subscribers(1, timeout=30):
            raise SystemExit("nobody plots: start `imu_plot.py plot FILE.png` first")
        first, began = None, time.monotonic()
        for line in csv.reader(file):
            if line[0].startswith("#"):
                continue
            stamp = int(line[0])
            first = stamp if first is None else first
            time.sleep(max(0.0, began + (stamp - first) / 1e9 / speed - time.monotonic()))
            numbers = [float(number) for number in line[1:7]]
            imu.publish(stamp_ns=stamp, gyro=numbers[:3], accel=numbers[3:])


def plot(path: str, seconds: float) -> None:
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    times, gyro, accel = [], [], []
    with sc.Subscriber(TOPIC, Imu, lossless=True) as imus:
        while (imu := imus.recv(timeout=seconds)) is not None:
            times.append(imu.stamp_ns)
            gyro.append(imu.gyro.copy())
            accel.append(imu.accel.copy())
    if not times:
        raise SystemExit(f"no message came in {seconds} s: is a publisher of {TOPIC} running?")
    moments = [(stamp - times[0]) / 1e9 for stamp in times]
    figure, axes = pyplot.subplots(2, sharex=True)
    for axis, lines, label in ((axes[0], gyro, "rad/s"), (axes[1], accel, "m/s²")):
        axis.plot(moments, lines, label=["x", "y", "z"])
        axis.set_ylabel(label)
        axis.legend()
    axes[1].set_xlabel("s")
    figure.savefig(path)
    print(f"{len(times)} messages in {moments[-1]:.3f} s: {path}")


if __name__ == "__main__":
    main()
