"""Reads TorchSharp's .dat: name, type, shape and sum of each tensor. Written from the format's description, with numpy alone."""
import sys

import numpy


def leb128(data, at):
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        shift += 7
        if not byte & 0x80:
            return value, at


data = open(sys.argv[1], "rb").read()
count, at = leb128(data, 0)
for _ in range(count):
    length, at = leb128(data, at)
    name = data[at:at + length].decode()
    at += length
    kind, at = leb128(data, at)
    dims, at = leb128(data, at)
    shape = []
    for _ in range(dims):
        size, at = leb128(data, at)
        shape.append(size)
    kept = {0: "u1", 4: "<i8", 6: "<f4", 7: "<f8"}[kind]
    values = numpy.frombuffer(data, kept, int(numpy.prod(shape)), at)
    at += values.nbytes
    print(f"{name} {kind} {shape} {values.astype(float).sum():.4f}")
assert at == len(data), f"{len(data) - at} bytes are left"
