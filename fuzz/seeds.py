"""Writes the inputs that are no text, from which the targets for bytes start, into `corpus`."""

import gzip
import io
import pathlib
import struct
import zipfile
import json

CORPUS = pathlib.Path(__file__).parent / "corpus"


def put(target, name, content):
    folder = CORPUS / target
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(content)


def npy(descr, order, shape, content, version=1):
    header = f"{{'descr': '{descr}', 'fortran_order': {order}, 'shape': {shape}, }}\n".encode()
    length = struct.pack("<H" if version == 1 else "<I", len(header))
    return b"\x93NUMPY" + bytes([version, 0]) + length + header + content


def npz(compression, files):
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", compression) as z:
        for name, content in files:
            z.writestr(name, content)
    return archive.getvalue()


def safetensors(header, content):
    header = json.dumps(header).encode()
    return struct.pack("<Q", len(header)) + header + content


def frame(kind, content):
    return kind + struct.pack("<I", len(content)) + content


put("frames", "all", b"".join([
    frame(b"v", b""), frame(b"o", b"a\xff"), frame(b"e", b""), frame(b"r", b"PANIC\ttwo\\nlines\\t\\\\\t"),
    frame(b"s", b"\x07"), frame(b"w", b"\xff"),
]))
ready = b"\x05READY\x0bSocket-Type\0\0\0\x06DEALER\x08Identity\0\0\0\x02me"
put("zmtp", "ready", bytes([4, len(ready)]) + ready)
put("zmtp", "messages", b"\1\3one\0\3two" + b"\4\x09\4PING\0\x0aab" + b"\2" + struct.pack(">Q", 300) + b"x" * 300)
put("zmtp", "huge", b"\2" + struct.pack(">Q", 1 << 46))
put("output", "broken", b"\xe6\x97\xff\xf0\x9f\x98EVCXR_EVCXR_BEGIN\x1b_so")
arrays = {
    "f32": npy("<f4", False, (2, 3), bytes(24)),
    "columns": npy(">i8", True, (2, 2), bytes(range(32))),
    "bool": npy("|b1", False, (3,), b"\0\1\2"),
    "scalar": npy("<f8", False, (), b"\xff" * 8, version=2),
    "empty": npy("<i4", False, (2, 0, 3), b""),
}
for name, content in arrays.items():
    put("npy", name, content)
files = [(f"{name}.npy", content) for name, content in arrays.items()]
put("npz", "stored", npz(zipfile.ZIP_STORED, files[:2]))
put("npz", "deflated", npz(zipfile.ZIP_DEFLATED, files[2:]))
put("npz", "none", npz(zipfile.ZIP_STORED, []))
put("safetensors", "two", safetensors({
    "weight": {"dtype": "F32", "shape": [2, 1], "data_offsets": [0, 8]},
    "mask": {"dtype": "BOOL", "shape": [3], "data_offsets": [8, 11]},
}, bytes(11)))
put("safetensors", "half", safetensors({"h": {"dtype": "F16", "shape": [], "data_offsets": [0, 2]}}, bytes(2)))
put("safetensors", "none", safetensors({"__metadata__": {"format": "pt"}}, b""))
for file in (pathlib.Path(__file__).parent / "../tensorlib/tests/pth").glob("*.pth"):
    put("pth", file.name, file.read_bytes())
idx = b"\0\0\x08\x03" + struct.pack(">III", 2, 1, 2) + bytes(4)
put("idx", "bytes", idx)
put("idx", "packed", gzip.compress(idx, mtime=0))
put("idx", "double", b"\0\0\x0e\x01" + struct.pack(">I", 1) + struct.pack(">d", 1.5))
put("idx", "empty", b"\0\0\x0d\x02" + struct.pack(">II", 0, 7))
