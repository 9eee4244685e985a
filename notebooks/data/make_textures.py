"""Cuts textures and photographs for the lessons on pictures out of the PyPI package scikit-image:

    pip download --no-deps scikit-image==0.26.0
    pip install pillow
    python make_textures.py scikit_image-0.26.0-*.whl

Each texture is one picture of 512 × 512 pixels. Its left three quarters become the pictures to learn from, the rest those to
test with, so that no pixel is in both. README.md says what the licences are.
"""

import io
import pathlib
import sys
import zipfile

from PIL import Image

FOLDER = pathlib.Path(__file__).parent
SIDE = 64
TEXTURES = ["brick", "grass", "gravel"]
PHOTOGRAPHS = {"cat": "chelsea", "coffee": "coffee"}


def textures(package):
    for name in TEXTURES:
        picture = Image.open(io.BytesIO(package.read(f"skimage/data/{name}.png"))).convert("L")
        columns, rows = picture.width // SIDE, picture.height // SIDE
        for split, part in [("train", range(0, columns * 3 // 4)), ("test", range(columns * 3 // 4, columns))]:
            folder = FOLDER / "textures" / split / name
            folder.mkdir(parents=True, exist_ok=True)
            boxes = [(column * SIDE, row * SIDE) for row in range(rows) for column in part]
            for number, (left, top) in enumerate(boxes, 1):
                tile = picture.crop((left, top, left + SIDE, top + SIDE))
                tile.save(folder / f"{number:02}.png", optimize=True)


def photographs(package):
    folder = FOLDER / "photographs"
    folder.mkdir(exist_ok=True)
    for name, inside in PHOTOGRAPHS.items():
        picture = Image.open(io.BytesIO(package.read(f"skimage/data/{inside}.png"))).convert("RGB")
        picture.save(folder / f"{name}.jpg", quality=85)


if __name__ == "__main__":
    with zipfile.ZipFile(sys.argv[1]) as package:
        textures(package)
        photographs(package)
