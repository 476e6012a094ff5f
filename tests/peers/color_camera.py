"""A camera of colour alone for the frame socket, written from docs/frame-socket.md: python3 color_camera.py SOCKET"""
import json, os, socket, struct, sys, time

WIDTH, HEIGHT, RATE = 160, 120, 30
HELLO = json.dumps({"model": "Webcam", "serial": "7", "rate_hz": RATE, "clock_domain": "host",
                    "color": {"width": WIDTH, "height": HEIGHT, "fx": 150.0, "fy": 150.0, "cx": 80.0, "cy": 60.0}}).encode()


def message(kind, sequence, stamp, width, height, payload):
    return struct.pack("<4sHHQqIIII", b"RWMF", 1, kind, sequence, stamp, width, height, len(payload), 0) + payload


if os.path.exists(sys.argv[1]):
    os.unlink(sys.argv[1])
server = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
server.bind(sys.argv[1])
server.listen(1)
print("listens", flush=True)
start = time.monotonic()
while True:
    client, _ = server.accept()
    try:
        client.sendall(message(0, 0, 0, 0, 0, HELLO))
        sequence = int((time.monotonic() - start) * RATE)
        while True:
            sequence = max(sequence + 1, int((time.monotonic() - start) * RATE))
            time.sleep(max(0, start + sequence / RATE - time.monotonic()))
            pixels = bytes([sequence % 256, 40, 200]) * (WIDTH * HEIGHT)
            client.sendall(message(1, sequence, time.monotonic_ns(), WIDTH, HEIGHT, pixels))
    except OSError:
        client.close()
