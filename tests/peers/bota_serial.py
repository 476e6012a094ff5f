"""A Bota Systems sensor on its serial line, from the maker's Python example alone: bota_serial.py PATH. Without noise, and patient.

Fx counts the samples (from 1), Mz is four bytes of which three are 0xAA, so that a frame's header occurs in its middle. It waits for C, as
after a reader of the same kind. Orders come as lines, and are answered with "done", or with what was asked for:
  log        the commands heard so far                            stream     it streams already, 100 Hz
  freeze     the values stand still      thaw                      repeat     one frame is sent again and again      go
  spoil N    every Nth frame's checksum is wrong, 0: none          lose N     every Nth frame is not sent, 0: none
  status N   the frames' status                                    noise      other bytes only, no frames
  clock N    its clock is set to N us                              refuse     it answers commands with an error
  silent     nothing is sent or answered any more                  restart    power lost for a moment: boots for 0.3 s, clock anew
"""
import os
import select
import struct
import sys
import time
import tty

port = os.open(sys.argv[1], os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
tty.setraw(port)
HEADER_BYTES = struct.unpack("<f", b"\xaa\xaa\xaa\x40")[0]


def crc(data):
    value = 0xFFFF
    for byte in data:
        value ^= byte
        for _ in range(8):
            value = value >> 1 ^ (0x8408 if value & 1 else 0)
    return struct.pack("<H", value ^ 0xFFFF)


def send(data):
    try:
        os.write(port, data)
    except (BlockingIOError, OSError):
        pass


def obey():
    """Takes whole commands off what was received; they have no ends but their shape."""
    global received, running, period
    while received:
        letter = received[:1]
        if letter in (b"c", b"f"):
            words = received.split(b",")
            if len(words) < 5 or not words[4]:
                return
            command = b",".join(words[:4]) + b"," + words[4][:1]
        else:
            command = letter
        received = received[len(command):]
        if running and command != b"C":
            continue
        log.append(command.decode())
        send(b"r,0," + letter + (b",1" if refuse else b",0"))
        if letter == b"f":
            period = int(words[1]) * 19.53125e-6
        running = letter == b"R" or running and letter != b"C"


def orders(words):
    global frozen, repeat, spoil, lose, status, noise, refuse, silent, running, clock_zero, boots_at, due
    order, number = words[0], int(words[1]) if len(words) > 1 else 0
    frozen = order == "freeze" or frozen and order != "thaw"
    repeat = order == "repeat" or repeat and order != "go"
    noise, refuse, silent = noise or order == "noise", refuse or order == "refuse", silent or order == "silent"
    spoil = number if order == "spoil" else spoil
    lose = number if order == "lose" else lose
    status = number if order == "status" else status
    if order == "stream":
        running, due = True, time.monotonic()
    if order == "clock":
        clock_zero = time.monotonic() - number * 1e-6
    if order == "restart":
        running, boots_at = False, time.monotonic() + 0.3
        clock_zero = boots_at
    print(" ".join(log) if order == "log" else "done")


print("ready")
count, status, spoil, lose, log, received = 0, 0, 0, 0, [], b""
frozen = repeat = noise = refuse = silent = running = False
period, due, boots_at, frame, clock_zero = 0.01, time.monotonic(), None, b"", time.monotonic() - 1000
while True:
    ready, _, _ = select.select([port, 0], [], [], max(0, due - time.monotonic()))
    if 0 in ready:
        words = os.read(0, 100).decode().split()
        if not words:
            break
        orders(words)
    if port in ready:
        received += os.read(port, 256)
        if silent or boots_at:
            received = b""
        was = running
        obey()
        if running and not was:
            due = time.monotonic()
    now = time.monotonic()
    if boots_at and now >= boots_at:
        boots_at = None
        send(b"Bota\r\nApp Init")
    while now >= due:
        true_stamp = int((due - clock_zero) * 1e6) & 0xFFFFFFFF
        due += period
        if not running or silent or boots_at:
            continue
        count = count if frozen else count + 1
        values = struct.pack("<H6fIf", status, count, -1.5, 2.25, 0.01, -0.02, HEADER_BYTES, true_stamp, 31.5)
        if not (repeat and frame):
            frame = b"\xaa" + values + (bytes(2) if spoil and count % spoil == 0 else crc(values))
        if not (lose and count % lose == 0):
            send(b"\xaa\x00\x55" * 12 if noise else frame)
