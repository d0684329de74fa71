"""Sends the frames of a pcap file out of an interface as they are. Usage: send_frames.py INTERFACE FILE [FRAMES_A_SECOND]"""
import socket
import struct
import sys
import time

interface, path = sys.argv[1:3]
rate = float(sys.argv[3]) if len(sys.argv) > 3 else 0
data = open(path, "rb").read()
link = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
link.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 20)
link.bind((interface, 0))
at, sent, start = 24, 0, time.monotonic()
while at < len(data):
    length = struct.unpack_from("<I", data, at + 8)[0]
    frame = data[at + 16 : at + 16 + length]
    at += 16 + length
    while rate and time.monotonic() < start + sent / rate:
        pass
    link.send(frame)
    sent += 1
print(sent)
