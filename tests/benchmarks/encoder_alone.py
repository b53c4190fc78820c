"""The bare speed of an installed model: prepared pictures in, vectors out, nothing beside it.

`python -m tests.benchmarks.encoder_alone LIBRARY MODEL COUNT` prints pictures per second.
"""

import subprocess
import sys
import time
from pathlib import Path

import numpy as np
from PIL import Image

_ROOT = Path(__file__).resolve().parents[2]
_SIDE = 224  # pixels of the pictures
_BATCH = 16
_WARM = 2  # batches that do not count


def time_encoder(library: Path, model: str, count: int) -> float:
    """Pictures per second of a process of its own, its start not counted."""
    command = [sys.executable, "-m", "tests.benchmarks.encoder_alone", str(library), model]
    done = subprocess.run(
        [*command, str(count)], cwd=_ROOT, capture_output=True, text=True, check=False
    )
    if done.returncode:
        sys.exit(f"the encoder alone failed: {done.stderr[-2000:]}")
    return float(done.stdout.split()[-1])


def main() -> int:
    from photofind.core.paths import LibraryPaths
    from photofind.encoders.devices import plan_threads
    from photofind.encoders.loading import load_encoder
    from photofind.encoders.registry import ModelRegistry

    library, model, count = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
    installed = ModelRegistry(LibraryPaths(library).models).get(model)
    encoder = load_encoder(
        installed,
        threads=plan_threads(0).compute,
        on_notice=lambda text: print(text, file=sys.stderr),
    )
    noise = np.random.default_rng(0).integers(0, 256, (_BATCH, _SIDE, _SIDE, 3), np.uint8)
    pixels = [encoder.prepare(Image.fromarray(picture)) for picture in noise]
    for _ in range(_WARM):
        encoder.encode_pixels(pixels)
    batches = max(1, round(count / _BATCH))
    start = time.perf_counter()
    for _ in range(batches):
        encoder.encode_pixels(pixels)
    print(batches * _BATCH / (time.perf_counter() - start))
    return 0


if __name__ == "__main__":
    sys.exit(main())
