"""A client of the gripper's socket, from the maker's description alone: python3 gripper_client.py HOST PORT. Prints a line for each step."""
import socket, sys, time

s = socket.create_connection((sys.argv[1], int(sys.argv[2])), 10)
s.settimeout(10)


def get(name):
    s.sendall(b"GET %s\n" % name.encode())
    text = b""
    while not text.endswith(b"\n"):
        text += s.recv(64)
    word, value = text.decode().split()
    assert word == name, text
    return int(value)


def put(text):
    s.sendall(b"SET " + text.encode() + b"\n")
    got = s.recv(64)
    assert got == b"ack", got  # no line end, in one piece


def until(name, values, seconds=20):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        value = get(name)
        if value in values:
            return value
    raise SystemExit("%s did not become %s" % (name, values))


print("start", *(get(n) for n in ("ACT", "GTO", "STA", "FLT", "POS")))
put("POS 100 SPE 255 FOR 0 GTO 1")
print("too early", until("FLT", [7]))
put("ACT 0 ATR 0")
until("STA", [0])
put("ACT 1")
print("activating", until("STA", [1]))
seen = set()
end = time.monotonic() + 20
while get("STA") != 3 and time.monotonic() < end:
    seen.add(get("POS"))
print("stroke", min(seen) <= 10, max(seen) >= 220)
print("active", *(get(n) for n in ("ACT", "STA", "FLT")))
put("POS 130 SPE 255 FOR 10 GTO 1")
until("PRE", [130])
print("reached", until("OBJ", [1, 2, 3]), get("POS"))
put("POS 255 SPE 255 FOR 10 GTO 1")
until("PRE", [255])
print("closed", until("OBJ", [1, 2, 3]), get("POS"))
put("POS 0 SPE 0 FOR 10 GTO 1")
until("PRE", [0])
print("slow", get("OBJ"))
put("GTO 0")
a = get("POS")
b = get("POS")
print("stopped", abs(a - b) <= 1, a > 100)
put("ARD 1 ATR 1")
print("release", until("FLT", [11]), until("FLT", [15]), get("POS"))
s.sendall(b"GET POS\nGET STA\n")
text = b""
while text.count(b"\n") < 2:
    text += s.recv(64)
print("two", text.decode().replace("\n", ";"))
for bad in (b"HELLO\n", b"GET\n", b"GET NOPE\n", b"SET POS\n", b"SET POS x\n", b"SET NOPE 1\n", b"SET POS 256\n", b"\n"):
    s.sendall(bad)
    got = s.recv(64)
    assert got == b"?\n", (bad, got)
put("ACT 0 ATR 0")
put("ACT 1")
until("STA", [3])
print("again", get("FLT"))
