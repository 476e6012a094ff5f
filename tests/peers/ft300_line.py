"""A Robotiq FT 300 on its serial line, from its manual alone: ft300_line.py PATH [firmware letters]. 19200 baud, unit 9.

Fx counts the samples (0.01 N each, from 1), Mz is 0x4E20 counts, so that a frame's header occurs in its middle. Orders come as lines:
  stream     it streams already, as after a crash of its reader      freeze   the values stand still      thaw
  spoil N    every Nth frame's checksum is wrong, 0: none             noise    other bytes only, no frames
  garble N   1: the checksums of all answers are wrong, 0: none       slow N   answers come N ms late
  silent     nothing is sent or answered any more                     restart  power lost for a moment: no stream, the count anew
"""
import os
import select
import struct
import sys
import termios
import time
import tty

port = os.open(sys.argv[1], os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
tty.setraw(port)
firmware = (sys.argv[2] if len(sys.argv) > 2 else "FTS").encode() + bytes([2, 0, 6])
registers = {410: 0, 514: 2024, 190: 10, 191: 0, 192: 1000}
registers |= {500 + i: firmware[2 * i] << 8 | firmware[2 * i + 1] for i in range(3)}
registers |= {510: ord("F") << 8 | ord("T"), 511: ord("S") << 8, 512: 1234, 513: 0}


def crc(data):
    value = 0xFFFF
    for byte in data:
        value ^= byte
        for _ in range(8):
            value = value >> 1 ^ (0xA001 if value & 1 else 0)
    return struct.pack("<H", value)


def counts():
    return [count, -150, 225, 10, -20, 0x4E20]


def answer(request):
    """The answer to a whole request, or nothing: another unit's, or broken."""
    if crc(request[:-2]) != request[-2:] or request[0] != 9:
        return b""
    function, address, number = struct.unpack(">BHH", request[1:6])
    for i, value in enumerate(counts()):
        registers[180 + i] = value & 0xFFFF
    if any(address + i not in registers for i in range(number)):
        reply = bytes([9, function | 0x80, 2])
    elif function == 3:
        reply = bytes([9, 3, 2 * number]) + b"".join(struct.pack(">H", registers[address + i]) for i in range(number))
    elif function == 16:
        for i in range(number):
            registers[address + i] = struct.unpack(">H", request[7 + 2 * i:9 + 2 * i])[0]
        reply = bytes([9, 16]) + request[2:6]
    else:
        reply = bytes([9, function | 0x80, 1])
    return reply + crc(reply)


def send(data):
    try:
        os.write(port, data)
    except (BlockingIOError, OSError):
        pass


print("ready")
count, frozen, spoil, noise, silent, garble, slow, received = 0, False, 0, False, False, 0, 0, b""
next_sample = time.monotonic()
while True:
    ready, _, _ = select.select([port, 0], [], [], max(0, next_sample - time.monotonic()))
    if 0 in ready:
        words = os.read(0, 100).decode().split()
        if not words:
            break
        frozen = words[0] == "freeze" or frozen and words[0] != "thaw"
        noise, silent = words[0] == "noise" or noise, words[0] == "silent" or silent
        spoil = int(words[1]) if words[0] == "spoil" else spoil
        garble = int(words[1]) if words[0] == "garble" else garble
        slow = int(words[1]) if words[0] == "slow" else slow
        registers[410] = 0x0200 if words[0] == "stream" else 0 if words[0] == "restart" else registers[410]
        count = 0 if words[0] == "restart" and not frozen else count
        print("done")
    if port in ready:
        received += os.read(port, 256)
        if registers[410] == 0x0200:
            if received.count(b"\xff") >= 20:
                registers[410] = 0
            received = received[-64:] if registers[410] else b""
        while len(received) >= 8 and registers[410] == 0:
            length = 9 + received[6] if received[1] == 16 else 8
            if received[0] != 9 or len(received) > length and crc(received[:length - 2]) != received[length - 2:length]:
                received = received[1:]
                continue
            if len(received) < length:
                break
            reply = answer(received[:length])
            received = received[length:]
            time.sleep(slow / 1000)
            if not silent:
                send(reply[:-2] + bytes(2) if garble else reply)
    if time.monotonic() >= next_sample:
        next_sample += 0.01
        count = count if frozen else count % 30000 + 1
        if registers[410] == 0x0200 and not silent:
            frame = b"\x20\x4e" + struct.pack("<6h", *counts())
            frame += bytes(2) if spoil and count % spoil == 0 else crc(frame)
            send(b"\x20\x4e\x00" * 5 if noise else frame)
