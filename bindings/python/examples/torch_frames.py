"""Feeds frames to a neural network: torch sees them where Rust wrote them, by DLPack or numpy.

    cargo run --release --example frames -- FILM.rgb     in another terminal
    python torch_frames.py --frames 100

The network finds edges: a convolution with Sobel's kernels. The first copy is the conversion to
floats. Torch has no read-only tensors: it warns, and what it writes into one would be a fault.
"""

import argparse
import warnings

import numpy as np
import torch

import slotcast as sc
from _waiting import subscribe

SOBEL = torch.tensor([[-1.0, 0.0, 1.0], [-2.0, 0.0, 2.0], [-1.0, 0.0, 1.0]])


def main() -> None:
    arguments = argparse.ArgumentParser(description="Find edges in video frames.")
    arguments.add_argument("--topic", default="frames/camera")
    arguments.add_argument("--frames", type=int, default=0, help="end after this many [default: Ctrl-C]")
    options = arguments.parse_args()

    edges = torch.nn.Conv2d(1, 2, 3, padding=1, bias=False)
    edges.weight.data = torch.stack([SOBEL, SOBEL.T]).unsqueeze(1)
    with subscribe(options.topic) as frames, torch.no_grad():
        for count, frame in enumerate(frames, 1):
            image = tensor(frame).reshape(frame.height, frame.width, 3)
            gray = image.to(torch.float32).mean(dim=2) / 255
            strength = edges(gray[None, None]).square().sum(dim=1).sqrt()
            print(f"frame {frame.number}: mean {gray.mean():.4f}, mean edge {strength.mean():.4f}", flush=True)
            if count == options.frames:
                break


def tensor(frame: sc.Sample) -> torch.Tensor:
    """Return the bytes of a frame as a tensor, in place. It must not be written."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "The given NumPy array is not writ")
        return torch.from_numpy(np.asarray(frame))


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        pass
