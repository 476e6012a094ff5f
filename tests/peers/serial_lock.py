"""Another program that holds a serial port: serial_lock.py PATH, by pyserial, exclusively, until its input ends."""
import sys

import serial

port = serial.Serial(sys.argv[1], exclusive=True)
print("locked")
sys.stdin.read()
