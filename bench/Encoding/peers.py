"""Encodes the reference pictures with Python's zlib, PIL and NumPy and prints their times as JSON."""
import io
import json
import sys
import time
import zlib

folder, width, height = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
rgb = open(folder + "/rgb.raw", "rb").read()
depth = open(folder + "/depth.raw", "rb").read()
results = []


def measure(what, name, encode, runs):
    times, size = [], 0
    for _ in range(runs):
        before = time.thread_time()
        size = len(encode())
        times.append((time.thread_time() - before) * 1e3)
    results.append({"what": what, "with": name, "times_ms": times, "bytes": size})


def sub_filtered():
    rows = []
    for y in range(height):
        row = rgb[y * width * 3:(y + 1) * width * 3]
        rows.append(b"\x01" + row[:3] + bytes((a - b) & 255 for a, b in zip(row[3:], row)))
    return b"".join(rows)


def huffman_only(data):
    compress = zlib.compressobj(1, zlib.DEFLATED, 15, 8, zlib.Z_HUFFMAN_ONLY)
    return compress.compress(data) + compress.flush()


filtered = sub_filtered()
measure("colour PNG", "Python zlib, Huffman only, Sub filter", lambda: huffman_only(filtered), 20)
measure("colour PNG", "Python zlib level 6, Sub filter", lambda: zlib.compress(filtered, 6), 5)
measure("depth NPZ", "Python zlib level 6 (numpy.savez_compressed)", lambda: zlib.compress(depth, 6), 5)
try:
    from PIL import Image

    def pil():
        out = io.BytesIO()
        Image.frombytes("RGB", (width, height), rgb).save(out, "PNG")
        return out.getvalue()

    measure("colour PNG", "PIL, defaults", pil, 5)
except ImportError:
    print("python3-pil is not installed: left out", file=sys.stderr)
try:
    import numpy

    def savez():
        out = io.BytesIO()
        numpy.savez_compressed(out, depth=numpy.frombuffer(depth, "<u2").reshape(height, width))
        return out.getvalue()

    measure("depth NPZ", "numpy.savez_compressed", savez, 5)
except ImportError:
    print("python3-numpy is not installed: left out", file=sys.stderr)
json.dump(results, sys.stdout)
