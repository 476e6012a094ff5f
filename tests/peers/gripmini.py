"""A minimal Robotiq gripper: python3 gripmini.py HOST PORT [newline] [hex] [rtu PATH]. Fingers of numbers, no physics.

The URCap's socket, which also takes the test's own words; with rtu PATH it hangs on that serial line too, unit 9."""
import os, socket, struct, sys, threading, time, tty

host, port = sys.argv[1], int(sys.argv[2])
ACK = "ack\n" if "newline" in sys.argv[3:] else "ack"
HEX = "hex" in sys.argv[3:]
V = dict(ACT=0, GTO=0, ATR=0, ARD=0, FOR=0, SPE=0, POS=3, STA=0, PRE=0, OBJ=3, FLT=0, CUR=0, SNU=0)
lock = threading.Lock()
state = dict(target=3, activating=0)
log = []  # every SET, for whoever asks "LOG"


def step():
    while True:
        with lock:
            if V["ACT"] == 0:
                V["STA"] = 0
                V["FLT"] = 0 if V["FLT"] == 15 else V["FLT"]
            elif V["STA"] == 0:
                V["STA"], state["activating"] = 1, 30
            elif V["STA"] == 1:
                state["activating"] -= 1
                if state["activating"] <= 0:
                    V["STA"] = 3
            V["PRE"] = state["target"]
            if V["ATR"] and V["FLT"] not in (11, 15):
                V["FLT"], V["GTO"] = 11, 0
            if V["FLT"] == 11:
                V["POS"] = max(3, V["POS"] - 6) if V["ARD"] else min(230, V["POS"] + 6)
                V["FLT"] = 15 if V["POS"] in (3, 230) else 11
            if V["GTO"] and V["STA"] == 3 and V["FLT"] == 0:
                aim = min(230, max(3, V["PRE"]))
                block = state.get("block", 255)
                d = min(aim, block) - V["POS"] if aim > V["POS"] else aim - V["POS"]
                V["POS"] += max(-12, min(12, d))
                V["OBJ"] = 3 if V["POS"] == aim else 2 if V["POS"] >= block else 0
        time.sleep(0.01)


def answer(words):
    if words[:1] == ["GET"] and len(words) == 2:
        if state.get("unpowered"):
            return words[1] + " ?\n"
        if words[1] == "FLT" and HEX:
            return "FLT %02X\n" % V["FLT"]
        return "%s %d\n" % (words[1], V[words[1]]) if words[1] in V else "?\n"
    if words[:1] == ["SET"]:
        log.append(" ".join(words))
        for k, x in zip(words[1::2], words[2::2]):
            if k == "POS":
                state["target"] = int(x)
                V["OBJ"] = 0
            else:
                V[k] = int(x)
        return ACK
    # The test's own words: TEST block 120, TEST FLT 12, TEST unpowered 1, TEST log; of the line TEST garbage 1, slow 120 (ms), foreign 1.
    if words[:1] == ["TEST"]:
        if words[1] == "log":
            return ";".join(log) + "\n"
        (V if words[1] in V else state)[words[1]] = int(words[2])
        return "ok\n"
    return "?\n"


def serve(client):
    rest = b""
    try:
        while True:
            got = client.recv(1024)
            if not got:
                return
            rest += got
            while b"\n" in rest:
                line, rest = rest.split(b"\n", 1)
                with lock:
                    text = answer(line.decode().split())
                client.sendall(text.encode())
    except OSError:
        pass


def crc(data):
    value = 0xFFFF
    for byte in data:
        value ^= byte
        for _ in range(8):
            value = value >> 1 ^ (0xA001 if value & 1 else 0)
    return struct.pack("<H", value)


def registers_written(action, _, position, speed, force):
    """What is asked by registers, in the words of the socket."""
    if action & 1 == 0:
        return "SET ACT 0 ATR 0 GTO 0"
    if action & 16:
        return "SET ARD %d ATR 1" % (action >> 5 & 1)
    if V["ACT"] == 0:
        return "SET ACT 1"
    return "SET POS %d SPE %d FOR %d GTO 1" % (position, speed, force) if action & 8 else "SET GTO 0"


def line(path):
    port, rest = os.open(path, os.O_RDWR | os.O_NOCTTY), b""
    tty.setraw(port)
    while True:
        rest += os.read(port, 256)
        while len(rest) >= 8:
            length = 9 + rest[6] if rest[1] == 16 else 8
            if len(rest) < length:
                break
            request, rest = rest[:length], rest[length:]
            assert request[0] == 9 and crc(request[:-2]) == request[-2:], request.hex()
            with lock:
                if request[1] == 3 and request[2:6] == b"\x07\xd0\x00\x03":
                    status = V["ACT"] | V["GTO"] << 3 | V["STA"] << 4 | V["OBJ"] << 6
                    reply = bytes([9, 3, 6, status, 0, V["FLT"], V["PRE"], V["POS"], V["CUR"]])
                elif request[1] == 16 and request[2:7] == b"\x03\xe8\x00\x03\x06":
                    answer(registers_written(request[7], request[8], request[10], request[11], request[12]).split())
                    reply = request[:6]
                else:
                    reply = bytes([9, request[1] | 0x80, 2])
                if state.get("foreign"):
                    reply = bytes([9, request[1] | 0x80, 2])
                silent, end = state.get("unpowered"), crc(reply)[::-1] if state.get("garbage") else crc(reply)
            time.sleep(state.get("slow", 0) / 1000)
            if not silent:
                os.write(port, reply + end)


if "rtu" in sys.argv[3:]:
    threading.Thread(target=line, args=(sys.argv[sys.argv.index("rtu") + 1],), daemon=True).start()
threading.Thread(target=step, daemon=True).start()
s = socket.socket()
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
s.bind((host, port))
s.listen(4)
print("ready", flush=True)
while True:
    threading.Thread(target=serve, args=(s.accept()[0],), daemon=True).start()
