"""A small UR controller: RTDE (30004), dashboard (29999), primary and script ports (30001-30003). Standard library only.

It is written from the protocol, not from the program under test. It knows no URScript: a program that arrives is played by `play_program`,
which keeps to what the program promises over its registers (heartbeat, echoed counter, end after silence).

usage: urmini.py HOST [--major N]
Orders come on standard input, one a line, each answered by `ok ORDER` on standard output; the end of standard input ends it.
  set FIELD VALUE...      an output field
  unknown NAME...         these fields are NOT_FOUND from now on (none: all are known)
  in_use NAME...          these inputs are IN_USE from now on (none: all are free)
  pause / resume          data packages
  drop N                  the next N cycles are not sent
  kill                    close every connection
  restart                 close every connection and start the clock anew
  close / open            stop and start listening altogether
  text on|off             a text message before each reply and among the data
  size0                   a package of size 0 to every RTDE client
  local / remote          remote control
  reject TEXT             the next program is answered by a runtime exception
  refuse                  RTDE version 2 is refused
  locked N                the next N orders to unlock come too early
  stuck                   the speed slider stays where it is
  stat                    prints numbers as JSON before its ok
"""
import json
import math
import re
import socket
import struct
import sys
import threading
import time

HOST = sys.argv[1]
OPTIONS = dict(zip(sys.argv[2::2], sys.argv[3::2]))
MAJOR = int(OPTIONS.get("--major", 5))
RATE = 500.0 if MAJOR >= 5 else 125.0
FORMATS = {
    "BOOL": "?", "UINT8": "B", "UINT32": "I", "UINT64": "Q", "INT32": "i", "DOUBLE": "d",
    "VECTOR3D": "3d", "VECTOR6D": "6d", "VECTOR6INT32": "6i", "VECTOR6UINT32": "6I",
}


def field_types():
    types = {}
    for name in ("target_q target_qd target_qdd target_current actual_q actual_qd actual_current actual_TCP_pose actual_TCP_speed "
                 "actual_TCP_force tcp_offset").split():
        types[name] = "VECTOR6D"
    for name in ("timestamp speed_scaling target_speed_fraction payload speed_slider_fraction tool_analog_input0 tool_analog_input1 "
                 "standard_analog_input0 standard_analog_input1 standard_analog_output0 standard_analog_output1").split():
        types[name] = "DOUBLE"
    for name in ("safety_status_bits robot_status_bits runtime_state speed_slider_mask analog_io_types "
                 "tool_analog_input_types").split():
        types[name] = "UINT32"
    types.update(robot_mode="INT32", tool_output_voltage="INT32", payload_cog="VECTOR3D")
    for side in ("input", "output"):
        for i in range(48):
            types[f"{side}_int_register_{i}"] = "INT32"
            types[f"{side}_double_register_{i}"] = "DOUBLE"
    return types


TYPES = field_types()
lock = threading.Lock()
state = {name: [0.0] * int(kind[6]) if kind in ("VECTOR3D", "VECTOR6D") else 0 for name, kind in TYPES.items()}
state.update(robot_mode=7, runtime_state=1, robot_status_bits=1, safety_status_bits=1, speed_scaling=1.0, target_speed_fraction=1.0,
             actual_q=[0.1, -1.57, 1.57, -1.5, -1.4, 0.2], tcp_offset=[0, 0, 0.145, 0, 0, 0], payload=0.925, output_int_register_24=77)
flags = {"paused": False, "drop": 0, "text": False, "remote": True, "reject": None, "refuse": False, "locked": 0, "stuck": False,
         "unknown": set(), "in_use": set()}
owners = {}
stats = {"inputs": 0, "scripts": 0, "dashboard": [], "last": None, "slider": []}
pendant = {"loaded": None, "program": "STOPPED"}
connections = set()
epoch = [time.monotonic()]
program = [None]


class RtdeClient:
    def __init__(self, connection):
        self.connection = connection
        self.write_lock = threading.Lock()
        self.outputs = None
        self.recipes = {}
        self.running = False
        self.cycle = None

    def send(self, kind, payload):
        with self.write_lock:
            self.connection.sendall(struct.pack(">HB", 3 + len(payload), ord(kind)) + payload)

    def text(self):
        message, source = b"Safety setup waits", b"urmini"
        self.send("M", bytes([len(message)]) + message + bytes([len(source)]) + source + b"\x02")

    def serve(self):
        buffer = b""
        try:
            while True:
                data = self.connection.recv(65536)
                if not data:
                    return
                buffer += data
                while len(buffer) >= 3:
                    size, kind = struct.unpack_from(">HB", buffer)
                    if size < 3:
                        return
                    if len(buffer) < size:
                        break
                    payload, buffer = buffer[3:size], buffer[size:]
                    self.handle(chr(kind), payload)
        finally:
            with lock:
                for name in [n for n, owner in owners.items() if owner is self]:
                    del owners[name]

    def handle(self, kind, payload):
        if flags["text"] and kind in "VvOIS":
            self.text()
        if kind == "V":
            self.send("V", b"\0" if flags["refuse"] else b"\1")
        elif kind == "v":
            self.send("v", struct.pack(">4I", MAJOR, 12, 4, 1101661))
        elif kind == "O":
            self.set_up_outputs(payload)
        elif kind == "I":
            self.set_up_inputs(payload)
        elif kind == "S":
            self.send("S", b"\1" if self.outputs else b"\0")
            if self.outputs:
                self.running = True
                threading.Thread(target=self.stream, daemon=True).start()
        elif kind == "P":
            self.running = False
            self.send("P", b"\1")
        elif kind == "U":
            self.take(payload)

    def set_up_outputs(self, payload):
        names = payload[8:].decode().split(",")
        assert "" not in names, "a trailing comma was sent"
        types = ["NOT_FOUND" if n in flags["unknown"] else TYPES.get(n, "NOT_FOUND") for n in names]
        self.outputs = None if "NOT_FOUND" in types else (names, ">B" + "".join(FORMATS[t] for t in types))
        assert struct.unpack(">d", payload[:8])[0] == RATE, "not asked for the controller's own rate"
        self.send("O", b"\1" + ",".join(types).encode())

    def set_up_inputs(self, payload):
        names = payload.decode().split(",")
        with lock:
            types = ["NOT_FOUND" if n not in TYPES else
                     "IN_USE" if n in flags["in_use"] or owners.get(n, self) is not self else TYPES[n] for n in names]
            recipe = 0
            if all(t in FORMATS for t in types):
                recipe = len(self.recipes) + 1
                self.recipes[recipe] = (names, ">" + "".join(FORMATS[t] for t in types))
                owners.update({n: self for n in names})
        self.send("I", bytes([recipe]) + ",".join(types).encode())

    def take(self, payload):
        names, layout = self.recipes[payload[0]]
        with lock:
            values = struct.unpack(layout, payload[1:])
            state.update(zip(names, values))
            stats["inputs"] += 1
            if names[0] == "speed_slider_mask":
                stats["slider"].append(values)
                if values[0] & 1 and not flags["stuck"]:
                    state["target_speed_fraction"] = values[1]
            else:
                stats["last"] = dict(zip(names, values))

    def stream(self):
        # Every cycle is sent, even when late: a controller does not skip.
        self.cycle = int((time.monotonic() - epoch[0]) * RATE) + 1
        try:
            while self.running:
                wait = epoch[0] + self.cycle / RATE - time.monotonic()
                if wait > 0:
                    time.sleep(wait)
                self.one_cycle()
                self.cycle += 1
        except OSError:
            pass

    def one_cycle(self):
        if flags["paused"]:
            return
        if flags["drop"] > 0:
            flags["drop"] -= 1
            return
        if flags["text"]:
            self.text()
        names, layout = self.outputs
        with lock:
            state["timestamp"] = self.cycle / RATE
            values = []
            for name in names:
                values.extend(state[name] if isinstance(state[name], list) else [state[name]])
        self.send("U", struct.pack(layout, 1, *values))


def set_running(running):
    with lock:
        state["runtime_state"] = 2 if running else 1
        state["robot_status_bits"] = 3 if running else 1


def play_program(text, me):
    """What the control program promises over its registers, for any program that names a heartbeat."""
    first = int(re.search(r"heartbeat = (\d+)", text).group(1))
    watchdog = float(re.search(r"watchdog = ([\d.]+)", text).group(1))
    set_running(True)
    seen, silent_since, alive, beat = state["input_int_register_24"], time.monotonic(), False, first
    while program[0] is me:
        beat += 1
        with lock:
            counter = state["input_int_register_24"]
            state["output_int_register_24"] = beat
            if counter != seen:
                seen, silent_since, alive = counter, time.monotonic(), True
                state["output_int_register_26"] = counter
                state["output_int_register_25"] = state["input_int_register_25"]
                state["output_int_register_27"] = state["input_int_register_26"]
            elif alive and time.monotonic() - silent_since > watchdog:
                state["output_int_register_25"] = -2
                break
        if state["output_int_register_25"] == 3:
            break
        time.sleep(0.002)
    set_running(False)


def state_package():
    pi = math.pi
    a, d, alpha = (0, -0.425, -0.3922, 0, 0, 0), (0.1625, 0, 0, 0.1333, 0.0997, 0.0996), (pi / 2, 0, 0, pi / 2, -pi / 2, 0)
    kinematics = struct.pack(">6I24dI", *range(11, 17), *([0.001] + [0.0] * 5), *a, *d, *alpha, 2)
    configuration = struct.pack(">12d12d5d", *([-2 * pi, 2 * pi] * 6), *([pi, 40.0] * 6), 1.05, 1.4, 0.25, 1.2, 0.5)
    configuration += struct.pack(">24d4i", *a, *d, *alpha, *[0.0] * 6, 5, 5, 1, 0)
    parts = b"".join(struct.pack(">IB", 5 + len(p), kind) + p for kind, p in ((99, b"new"), (5, kinematics), (6, configuration)))
    return struct.pack(">ib", 5 + len(parts), 16) + parts


primaries = []


def message(kind, body):
    front = struct.pack(">Qbb", 0, -2, kind) + body
    return struct.pack(">ib", 5 + len(front), 20) + front


def serve_primary(connection):
    connection.sendall(message(3, b"\x09URControl" + struct.pack(">BBii", MAJOR, 12, 4, 1101661) + b"2026"))
    primaries.append(connection)
    try:
        while True:
            connection.sendall(state_package())
            time.sleep(0.1)
    finally:
        primaries.remove(connection)


def serve_script(connection):
    text = b""
    while not text.endswith(b"\nend\n"):
        data = connection.recv(65536)
        if not data:
            return
        text += data
    stats["scripts"] += 1
    if not flags["remote"]:
        tell(message(6, struct.pack(">iiiII", 210, 0, 2, 0, 0)))
    elif flags["reject"]:
        tell(message(10, struct.pack(">ii", 12, 5) + flags["reject"].encode()))
        flags["reject"] = None
    else:
        program[0] = me = object()
        threading.Thread(target=play_program, args=(text.decode(), me), daemon=True).start()
    while connection.recv(4096):
        pass


def tell(package):
    for primary in list(primaries):
        primary.sendall(package)


def later(seconds, **fields):
    def change():
        with lock:
            state.update(fields)
    threading.Timer(seconds, change).start()


def button(asked):
    """An order's answer, and what it leads to some tenths of a second later; None for what is no order."""
    orders = ("power on", "power off", "brake release", "unlock protective stop", "restart safety", "load", "play", "pause", "stop")
    if (asked in orders or asked.startswith("load ")) and not flags["remote"]:
        return "Command is not allowed due to safety reasons. Remote Control must be enabled"
    if asked == "power on":
        later(0.2, robot_mode=5)
        return "Powering on"
    if asked == "brake release":
        later(0.2, robot_mode=7)
        return "Brake releasing"
    if asked == "power off":
        later(0.2, robot_mode=3)
        return "Powering off"
    if asked == "close safety popup":
        return "closing safety popup"
    if asked == "unlock protective stop":
        if flags["locked"] > 0:
            flags["locked"] -= 1
            return "Cannot unlock protective stop until 5s after occurrence. Always inspect cause of protective stop before unlocking"
        later(0.2, safety_status_bits=1)
        return "Protective stop releasing"
    if asked.startswith("load "):
        name = asked[5:]
        if not name.endswith(".urp"):
            return "File not found: " + name
        pendant["loaded"] = "/programs/" + name
        return "Loading program: /programs/" + name
    if asked == "play":
        if pendant["loaded"] is None or state["runtime_state"] == 2:
            return "Failed to execute: play"
        pendant["program"] = "PLAYING"
        return "Starting program"
    if asked == "pause":
        if pendant["program"] != "PLAYING":
            return "Failed to execute: pause"
        pendant["program"] = "PAUSED"
        return "Pausing program"
    if asked == "stop":
        pendant["program"] = "STOPPED"
        return "Stopped"
    if asked.startswith("popup "):
        return "showing popup"
    if asked == "close popup":
        return "closing popup"
    if asked == "get loaded program":
        return "No program loaded" if pendant["loaded"] is None else "Loaded program: " + pendant["loaded"]
    if asked == "programState":
        return pendant["program"] + " " + (pendant["loaded"] or "<unnamed>").split("/")[-1]
    if asked == "restart safety":
        later(0.2, safety_status_bits=1, robot_mode=3)
        return "Restarting safety"
    return None


def serve_dashboard(connection):
    connection.sendall(b"Connected: Universal Robots Dashboard Server\n")
    for line in connection.makefile("rb"):
        asked = line.decode().strip()
        stats["dashboard"].append(asked)
        answer = {
            "get serial number": "20235500000", "get robot model": "UR5", "robotmode": "Robotmode: RUNNING",
            "PolyscopeVersion": "URSoftware 5.12.4.1101661 (Dec 14 2022)", "is in remote control": "true" if flags["remote"] else "false",
        }.get(asked) or button(asked) or "could not understand: " + asked
        connection.sendall((answer + "\n").encode())


def serve(connection, handler):
    connections.add(connection)
    try:
        handler(connection)
    except OSError:
        pass
    finally:
        connections.discard(connection)
        connection.close()


def accept(listener, handler):
    while True:
        try:
            connection, _ = listener.accept()
        except OSError:
            return
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        threading.Thread(target=serve, args=(connection, handler), daemon=True).start()


def listen():
    opened = []
    handlers = {30001: serve_primary, 30002: serve_script, 30003: serve_script, 30004: lambda c: RtdeClient(c).serve()}
    if MAJOR < 10:
        handlers[29999] = serve_dashboard
    for port, handler in handlers.items():
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((HOST, port))
        listener.listen(16)
        opened.append(listener)
        threading.Thread(target=accept, args=(listener, handler), daemon=True).start()
    return opened


def shut(sockets):
    for s in list(sockets):
        try:
            s.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass


def obey(order, arguments, listeners):
    if order == "set":
        name, values = arguments[0], [float(v) for v in arguments[1:]]
        with lock:
            state[name] = values if len(values) > 1 else values[0] if TYPES[name] == "DOUBLE" else int(values[0])
    elif order in ("unknown", "in_use"):
        flags[order] = set(arguments)
    elif order in ("pause", "resume"):
        flags["paused"] = order == "pause"
    elif order in ("drop", "locked"):
        flags[order] = int(arguments[0])
    elif order == "kill":
        shut(connections)
    elif order == "restart":
        epoch[0] = time.monotonic()
        program[0] = None
        shut(connections)
    elif order == "close":
        program[0] = None
        for listener in listeners:
            listener.shutdown(socket.SHUT_RDWR)
            listener.close()
        listeners.clear()
        shut(connections)
    elif order == "open":
        listeners.extend(listen())
    elif order == "text":
        flags["text"] = arguments[0] == "on"
    elif order == "size0":
        for connection in list(connections):
            if connection.getsockname()[1] == 30004:
                connection.sendall(b"\0\0U")
    elif order in ("local", "remote"):
        flags["remote"] = order == "remote"
    elif order == "reject":
        flags["reject"] = " ".join(arguments)
    elif order == "stuck":
        flags["stuck"] = True
    elif order == "refuse":
        flags["refuse"] = True
    elif order == "stat":
        print(json.dumps(stats), flush=True)
    else:
        raise ValueError(f"unknown order {order}")


def main():
    listeners = listen()
    print("ready", flush=True)
    for line in sys.stdin:
        order, *arguments = line.split()
        obey(order, arguments, listeners)
        print(f"ok {order}", flush=True)


main()
