"""A minimal Robotiq URCap socket: python3 gripmini.py HOST PORT [newline] [hex]. Fingers of numbers, no physics."""
import socket, sys, threading, time

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
            elif V["STA"] == 0:
                V["STA"], state["activating"] = 1, 30
            elif V["STA"] == 1:
                state["activating"] -= 1
                if state["activating"] <= 0:
                    V["STA"] = 3
            V["PRE"] = state["target"]
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
    if words[:1] == ["TEST"]:  # the test's own words: TEST block 120, TEST FLT 12, TEST unpowered 1, TEST log
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


threading.Thread(target=step, daemon=True).start()
s = socket.socket()
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
s.bind((host, port))
s.listen(4)
print("ready", flush=True)
while True:
    threading.Thread(target=serve, args=(s.accept()[0],), daemon=True).start()
