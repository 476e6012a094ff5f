"""A camera process for the frame socket (docs/frame-socket.md).

    python3 camera.py SOCKET [--source auto] [--size 640x480] [--rate 30] [--device 0]

Sources: realsense (pyrealsense2; --device is a serial number), opencv (cv2; --device is a number, a file or a URL), synthetic (Python
alone). auto takes the first of them that is there. Put your camera's SDK into a class like these.
"""
import argparse, json, os, socket, struct, sys, time, uuid


class Synthetic:
    """Colour and depth that change with every picture."""

    def __init__(self, width, height, rate, device):
        self.width, self.height, self.rate, self.start, self.sequence = width, height, rate, time.monotonic(), 0
        lens = dict(width=width, height=height, fx=600.0, fy=600.0, cx=width / 2, cy=height / 2, distortion=[0, 0, 0, 0, 0])
        self.hello = dict(model="Example", serial="0001", rate_hz=rate, clock_domain="host", color=lens, depth=lens, depth_scale=0.001)

    def grab(self):
        """Waits for the next capture: its number, when it was taken (ns), RGB bytes, depth bytes or None."""
        self.sequence = max(self.sequence + 1, int((time.monotonic() - self.start) * self.rate))
        time.sleep(max(0, self.start + self.sequence / self.rate - time.monotonic()))
        stamp, n, pixels = time.monotonic_ns(), self.sequence % 256, self.width * self.height
        return self.sequence, stamp, bytes([n, 128, 255 - n]) * pixels, struct.pack("<H", 1000 + n) * pixels


class OpenCv:
    """Whatever cv2.VideoCapture opens. It has no stamps and no numbers of its own: the reading's are taken, and losses are not seen."""

    def __init__(self, width, height, rate, device):
        import cv2
        self.cv2, self.sequence = cv2, 0
        self.capture = cv2.VideoCapture(int(device) if device.isdigit() else device)
        if not self.capture.isOpened():
            raise RuntimeError(f"cv2 cannot open camera {device}")
        for key, value in ((cv2.CAP_PROP_FRAME_WIDTH, width), (cv2.CAP_PROP_FRAME_HEIGHT, height), (cv2.CAP_PROP_FPS, rate)):
            self.capture.set(key, value)
        _, _, color, _ = self.grab()
        self.hello = dict(model="OpenCV", serial=device, rate_hz=self.capture.get(cv2.CAP_PROP_FPS) or rate, clock_domain="host",
                          color=dict(width=self.width, height=self.height, fx=None, fy=None, cx=None, cy=None))

    def grab(self):
        good, bgr = self.capture.read()
        if not good:
            raise RuntimeError("cv2 has no further picture: was the camera unplugged?")
        self.sequence += 1
        self.height, self.width = bgr.shape[:2]
        return self.sequence, time.monotonic_ns(), self.cv2.cvtColor(bgr, self.cv2.COLOR_BGR2RGB).tobytes(), None


class RealSense:
    """A D400 with colour and depth. (robot has a driver of its own for these, driver: realsense; this shows how an SDK is put here.)"""

    def __init__(self, width, height, rate, device):
        import pyrealsense2 as rs
        self.pipeline, config = rs.pipeline(), rs.config()
        if device != "0":
            config.enable_device(device)
        config.enable_stream(rs.stream.color, width, height, rs.format.rgb8, int(rate))
        config.enable_stream(rs.stream.depth, width, height, rs.format.z16, int(rate))
        profile = self.pipeline.start(config)
        for sensor in profile.get_device().query_sensors():  # the camera's own clock, not one that the library fits to the host's
            if sensor.supports(rs.option.global_time_enabled):
                sensor.set_option(rs.option.global_time_enabled, 0)
        camera, lens = profile.get_device(), [self.lens(profile.get_stream(s)) for s in (rs.stream.color, rs.stream.depth)]
        self.hello = dict(model=camera.get_info(rs.camera_info.name), serial=camera.get_info(rs.camera_info.serial_number), rate_hz=rate,
                          clock_domain="camera", color=lens[0], depth=lens[1],
                          depth_scale=camera.first_depth_sensor().get_depth_scale())

    @staticmethod
    def lens(stream):
        i = stream.as_video_stream_profile().get_intrinsics()
        return dict(width=i.width, height=i.height, fx=i.fx, fy=i.fy, cx=i.ppx, cy=i.ppy, distortion=list(i.coeffs))

    def grab(self):
        frames = self.pipeline.wait_for_frames(2000)
        color, depth = frames.get_color_frame(), frames.get_depth_frame()
        return (color.get_frame_number(), int(color.get_timestamp() * 1e6), bytes(color.get_data()), bytes(depth.get_data()))


def message(kind, sequence, stamp_ns, lens, payload):
    size = (lens["width"], lens["height"]) if lens else (0, 0)
    return struct.pack("<4sHHQqIIIxxxx", b"RWMF", 1, kind, sequence, stamp_ns, *size, len(payload)) + payload


def serve(camera, path):
    hello = dict(camera.hello, session=uuid.uuid4().hex)
    if os.path.exists(path):
        os.unlink(path)
    server = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    server.bind(path)
    server.listen(1)
    while True:
        client, _ = server.accept()
        try:
            client.sendall(message(0, 0, 0, None, json.dumps(hello).encode()))
            while True:
                sequence, stamp, color, depth = camera.grab()
                client.sendall(message(1, sequence, stamp, hello["color"], color))
                if depth is not None:
                    client.sendall(message(2, sequence, stamp, hello["depth"], depth))
        except OSError:
            client.close()  # the reader left; wait for the next


def main():
    sources = dict(realsense=RealSense, opencv=OpenCv, synthetic=Synthetic)
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("socket")
    arguments.add_argument("--source", choices=["auto", *sources], default="auto")
    arguments.add_argument("--size", default="640x480")
    arguments.add_argument("--rate", type=float, default=30)
    arguments.add_argument("--device", default="0")
    given = arguments.parse_args()
    width, height = (int(side) for side in given.size.split("x"))
    for name in sources if given.source == "auto" else [given.source]:
        try:
            camera = sources[name](width, height, given.rate, given.device)
        except (ImportError, RuntimeError) as why:
            print(f"{name}: {why}", file=sys.stderr)
        else:
            print(f"{name} at {given.socket}", flush=True)
            try:
                serve(camera, given.socket)
            except RuntimeError as why:
                sys.exit(f"{name}: {why}")
    sys.exit("no camera was found")


main()
