"""A client of a frame socket, from docs/frame-socket.md alone: python3 frame_client.py SOCKET PICTURES. Prints JSON lines."""
import json, socket, struct, sys, time, zlib

s = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
s.settimeout(20)
s.connect(sys.argv[1])


def read(n):
    b = bytearray()
    while len(b) < n:
        got = s.recv(n - len(b))
        assert got, "closed"
        b += got
    return bytes(b)


def message():
    magic, version, kind, sequence, stamp, w, h, size, reserved = struct.unpack("<4sHHQqIIII", read(40))
    arrival = time.monotonic_ns()
    assert magic == b"RWMF" and version == 1 and reserved == 0
    return kind, sequence, stamp, w, h, arrival, read(size)


kind, _, _, _, _, _, text = message()
assert kind == 0
print(text.decode(), flush=True)
for _ in range(int(sys.argv[2])):
    kind, sequence, stamp, w, h, arrival, pixels = message()
    assert len(pixels) == w * h * (3 if kind == 1 else 2)
    m, form, n, t, check = struct.unpack_from("<4sB3xQqI", pixels)
    assert m == b"RWMS" and form == kind
    x = 2166136261
    for b in pixels[:24]:
        x = (x ^ b) * 16777619 & 0xFFFFFFFF
    assert x == check
    print(json.dumps(dict(kind=kind, sequence=sequence, stamp=stamp, w=w, h=h, arrival=arrival, stamped=n, true=t, crc=zlib.crc32(pixels))))
