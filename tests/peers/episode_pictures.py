"""Decodes pictures with code that is not ours and compares them with the raw pixels they were made from.

episode_pictures.py FOLDER  - each NAME.png or NAME.npz in FOLDER lies beside NAME.raw and NAME.size ("width height").
Always: pure Python over zlib and zipfile. Where installed: PIL for PNG, NumPy for NPZ. Prints what was used.
"""
import binascii
import glob
import io
import os
import struct
import sys
import zipfile
import zlib

try:
    from PIL import Image
except ImportError:
    Image = None
try:
    import numpy
except ImportError:
    numpy = None


def paeth(a, b, c):
    p = a + b - c
    pa, pb, pc = abs(p - a), abs(p - b), abs(p - c)
    return a if pa <= pb and pa <= pc else b if pb <= pc else c


def decode_png(data):
    assert data[:8] == b"\x89PNG\r\n\x1a\n", "signature"
    at, body, header = 8, b"", None
    while True:
        length, = struct.unpack(">I", data[at:at + 4])
        name, chunk = data[at + 4:at + 8], data[at + 8:at + 8 + length]
        crc, = struct.unpack(">I", data[at + 8 + length:at + 12 + length])
        assert crc == binascii.crc32(name + chunk), "CRC of %r" % name
        at += 12 + length
        if name == b"IHDR":
            header = struct.unpack(">IIBBBBB", chunk)
        elif name == b"IDAT":
            body += chunk
        elif name == b"IEND":
            break
    assert at == len(data), "bytes after IEND"
    width, height, bits, kind, deflate, filters, interlace = header
    assert (bits, kind, deflate, filters, interlace) == (8, 2, 0, 0, 0), header
    rows, stride, above, pixels = zlib.decompress(body), width * 3, bytes(width * 3), []
    assert len(rows) == height * (stride + 1)
    for y in range(height):
        kind, row = rows[y * (stride + 1)], bytearray(rows[y * (stride + 1) + 1:(y + 1) * (stride + 1)])
        for i in range(stride):
            left = row[i - 3] if i >= 3 else 0
            corner = above[i - 3] if i >= 3 else 0
            predicted = (0, left, above[i], (left + above[i]) // 2, paeth(left, above[i], corner))[kind]
            row[i] = (row[i] + predicted) & 255
        pixels.append(bytes(row))
        above = row
    return width, height, b"".join(pixels)


def decode_npz(data):
    archive = zipfile.ZipFile(io.BytesIO(data))
    assert archive.namelist() == ["depth.npy"], archive.namelist()
    assert archive.testzip() is None
    npy = archive.read("depth.npy")
    assert npy[:8] == b"\x93NUMPY\x01\x00"
    length, = struct.unpack("<H", npy[8:10])
    assert (10 + length) % 64 == 0
    header = eval(npy[10:10 + length].decode(), {"__builtins__": {}})
    assert header["descr"] == "<u2" and header["fortran_order"] is False
    height, width = header["shape"]
    return width, height, npy[10 + length:]


def main(folder):
    count = 0
    for path in sorted(glob.glob(os.path.join(folder, "*.png")) + glob.glob(os.path.join(folder, "*.npz"))):
        stem, data = path[:-4], open(path, "rb").read()
        expected = tuple(map(int, open(stem + ".size").read().split())) + (open(stem + ".raw", "rb").read(),)
        if path.endswith(".png"):
            assert decode_png(data) == expected, path
            if Image:
                with Image.open(path) as image:
                    assert image.mode == "RGB" and image.size + (image.tobytes(),) == expected, path + " (PIL)"
        else:
            assert decode_npz(data) == expected, path
            if numpy:
                with numpy.load(path) as archive:
                    depth = archive["depth"]
                    assert depth.dtype == numpy.dtype("<u2") and archive.files == ["depth"]
                    assert depth.shape[::-1] + (depth.tobytes(),) == expected, path + " (numpy)"
        count += 1
    print(count, "pictures; PIL:", "yes" if Image else "no", "numpy:", "yes" if numpy else "no")


main(sys.argv[1])
