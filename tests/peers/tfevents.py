"""Reads TensorBoard event files as JSON lines: its own CRC-32C, its own protocol buffer fields. Fails on a wrong checksum.

Pictures are decoded with PIL and printed as their SHA-256 with their size.
"""
import hashlib
import io
import json
import struct
import sys

from PIL import Image

table = []
for n in range(256):
    for _ in range(8):
        n = (n >> 1) ^ (0x82F63B78 if n & 1 else 0)
    table.append(n)


def masked(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc = table[(crc ^ byte) & 0xFF] ^ (crc >> 8)
    crc ^= 0xFFFFFFFF
    return (((crc >> 15) | (crc << 17)) + 0xA282EAD8) & 0xFFFFFFFF


def records(content):
    at = 0
    while at < len(content):
        length, check = struct.unpack_from("<QI", content, at)
        assert masked(content[at:at + 8]) == check, f"length at {at}"
        data = content[at + 12:at + 12 + length]
        assert len(data) == length, f"record at {at} is cut off"
        assert masked(data) == struct.unpack_from("<I", content, at + 12 + length)[0], f"data at {at}"
        at += 16 + length
        yield data


def varint(data, at):
    value = shift = 0
    while True:
        value |= (data[at] & 0x7F) << shift
        shift += 7
        at += 1
        if not data[at - 1] & 0x80:
            return value, at


def fields(data):
    found, at = {}, 0
    while at < len(data):
        key, at = varint(data, at)
        kind = key & 7
        if kind == 0:
            value, at = varint(data, at)
        else:
            size = {1: 8, 5: 4}.get(kind)
            if size is None:
                assert kind == 2, f"wire type {kind}"
                size, at = varint(data, at)
            value, at = data[at:at + size], at + size
            assert len(value) == size
        found.setdefault(key >> 3, []).append(value)
    return found


def summary(value):
    v = fields(value)
    out = {"tag": v[1][0].decode()}
    if 2 in v:
        out["scalar"] = struct.unpack("<f", v[2][0])[0]
    if 4 in v:
        image = fields(v[4][0])
        picture = Image.open(io.BytesIO(image[4][0]))
        assert picture.size == (image[2][0], image[1][0]) and image[3][0] == 3 and picture.mode == "RGB"
        out["picture"] = [*picture.size, hashlib.sha256(picture.tobytes()).hexdigest()]
    if 8 in v:
        tensor = fields(v[8][0])
        assert tensor[1] == [7], "DT_STRING"
        assert fields(fields(tensor[2][0])[2][0])[1] == [1], "shape [1]"
        out["text"] = tensor[8][0].decode()
        out["plugin"] = fields(fields(v[9][0])[1][0])[1][0].decode()
    return out


for record in records(open(sys.argv[1], "rb").read()):
    event = fields(record)
    print(json.dumps({
        "wall_time": struct.unpack("<d", event[1][0])[0],
        "step": event[2][0],
        "version": event[3][0].decode() if 3 in event else None,
        "start": fields(event[7][0])[1][0] if 7 in event else None,
        "values": [summary(v) for v in fields(event[5][0])[1]] if 5 in event else [],
    }, allow_nan=True))
