"""A camera process for the frame socket: python3 frame_camera.py SOCKET [WIDTH HEIGHT RATE_HZ]"""
import json, os, socket, struct, sys, time, uuid

path = sys.argv[1]
width, height, rate = (int(a) for a in sys.argv[2:5]) if len(sys.argv) > 4 else (640, 480, 30)
lens = dict(width=width, height=height, fx=600.0, fy=600.0, cx=width / 2, cy=height / 2, distortion=[0, 0, 0, 0, 0])
hello = json.dumps(dict(model="Example", serial="0001", rate_hz=rate, clock_domain="host", session=uuid.uuid4().hex,
                        color=lens, depth=lens, depth_scale=0.001)).encode()

def message(kind, sequence, stamp_ns, w, h, payload):
    return struct.pack("<4sHHQqIIIxxxx", b"RWMF", 1, kind, sequence, stamp_ns, w, h, len(payload)) + payload

if os.path.exists(path):
    os.unlink(path)
server = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
server.bind(path)
server.listen(1)
start, sequence = time.monotonic(), 0
while True:
    client, _ = server.accept()
    try:
        client.sendall(message(0, 0, 0, 0, 0, hello))
        while True:
            sequence = max(sequence + 1, int((time.monotonic() - start) * rate))
            time.sleep(max(0, start + sequence / rate - time.monotonic()))
            stamp = time.monotonic_ns()  # when the picture was taken; a real camera's own clock, where it has one
            color = bytes([sequence % 256, 128, 255 - sequence % 256]) * (width * height)
            depth = struct.pack("<H", 1000 + sequence % 256) * (width * height)
            client.sendall(message(1, sequence, stamp, width, height, color) + message(2, sequence, stamp, width, height, depth))
    except OSError:
        client.close()  # the reader left; wait for the next
