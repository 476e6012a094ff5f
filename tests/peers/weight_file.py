"""Reads and writes weights as TorchSharp's Module.save does, after its source (TensorExtensionMethods.Save), with NumPy.

weight_file.py write PATH    a file of every kind of entry
weight_file.py read PATH     name, type, shape and sum of each entry, a line each
"""
import struct
import sys

import numpy as np

TYPES = {4: np.dtype("<i8"), 6: np.dtype("<f4"), 7: np.dtype("<f8")}


def leb128(value):
    out = bytearray()
    while True:
        value, low = value >> 7, value & 0x7F
        out.append(low | (0x80 if value else 0))
        if not value:
            return bytes(out)


def entry(name, array):
    kind = next(k for k, t in TYPES.items() if t == array.dtype)
    text = name.encode()
    head = leb128(len(text)) + text + leb128(kind) + leb128(array.ndim)
    return head + b"".join(leb128(n) for n in array.shape) + array.tobytes()


def read(data):
    at = 0

    def number():
        nonlocal at
        value = shift = 0
        while True:
            byte = data[at]
            at += 1
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value

    for _ in range(number()):
        length = number()
        name = data[at : at + length].decode()
        at += length
        kind, shape = TYPES[number()], [number() for _ in range(number())]
        size = int(np.prod(shape, dtype=int)) * kind.itemsize
        values = np.frombuffer(data[at : at + size], kind)
        at += size
        print(name, kind, "x".join(map(str, shape)), repr(float(values.astype("f8") @ np.arange(1, values.size + 1))))
    print("end" if at == len(data) else f"{len(data) - at} bytes behind the last entry", flush=True)


if sys.argv[1] == "write":
    ramp = np.arange(300 * 7, dtype="<f4").reshape(300, 7) / 8
    entries = [
        entry("cell.weight_ih", ramp),
        entry("norm.num_batches_tracked", np.array(16777216, "<i8")),
        entry("é" * 70, np.array([1.5, -2.25], "<f4")),
        entry("empty", np.zeros((0, 3), "<f4")),
    ]
    if len(sys.argv) > 3:
        entries.append(entry("scale", np.array([1.0], sys.argv[3])))
    with open(sys.argv[2], "wb") as file:
        file.write(leb128(len(entries)) + b"".join(entries))
    print("written", flush=True)
else:
    with open(sys.argv[2], "rb") as file:
        read(file.read())
