"""What the benches' own programs give their PyTorch peers to read."""
import sys

import torch

FLOAT32 = 6  # torch's ScalarType


def read_weights(path):
    """The entries of a file of TorchSharp's Module.save: LEB128 numbers, strings with their length, row-major float32."""
    with open(path, "rb") as file:
        data = file.read()
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

    weights = {}
    for _ in range(number()):
        length = number()
        name = data[at:at + length].decode()
        at += length
        kind = number()
        if kind != FLOAT32:
            sys.exit(f"{path}: {name} is of type {kind}, not float32")
        shape = [number() for _ in range(number())]
        size = 4
        for extent in shape:
            size *= extent
        weights[name] = torch.frombuffer(bytearray(data[at:at + size]), dtype=torch.float32).reshape(shape)
        at += size
    return weights


def read_floats(path):
    """Little-endian floats, one behind the other."""
    with open(path, "rb") as file:
        data = bytearray(file.read())
    return torch.frombuffer(data, dtype=torch.float32) if data else torch.zeros(0)
