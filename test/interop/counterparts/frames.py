"""Frames that carry one UDP datagram each through tunnels and link layers, written by Scapy (NFLOG and PKTAP headers, which it
has not, by hand). Usage: frames.py FOLDER
Prints, for each capture, its name, link type and frames in hexadecimal as JSON."""
import json
import sys

from scapy.all import (
    GRE, IP, IPv6, TCP, UDP, Dot1AD, Dot1Q, Ether, LLC, SNAP, CookedLinux, CookedLinuxV2, IPv6ExtHdrFragment, Raw, VXLAN,
    fragment, fragment6, wrpcap,
)
from scapy.contrib.erspan import ERSPAN_I, ERSPAN_II, ERSPAN_III, ERSPAN_PlatformSpecific
from scapy.contrib.geneve import GENEVE
from scapy.contrib.mpls import EoMCW, MPLS

MULTICAST = "01:00:5e:36:0c:6f"
eth = Ether(src="02:00:00:00:00:01", dst=MULTICAST)
outer = IP(src="192.0.2.1", dst="192.0.2.2", ttl=64)
outer6 = IPv6(src="2001:db8::1", dst="2001:db8::2")


def ip(name):
    return IP(src="10.0.0.1", dst="233.54.12.111", ttl=8) / UDP(sport=4000, dport=26477) / Raw(f"payload of {name}".encode())


def ip6(name):
    return IPv6(src="2001:db8::a", dst="ff3e::8000:1") / UDP(sport=4000, dport=26477) / Raw(f"payload of {name}".encode())


def words(*values):
    return b"".join(v.to_bytes(2, "little") for v in values)


def nflog(packet, family):
    data = bytes(packet)
    prefix = b"drop\0"
    pad = lambda b: b + bytes(-len(b) % 4)
    return bytes([family, 0, 0, 5]) + pad(words(4 + len(prefix), 10) + prefix) + pad(words(4 + len(data), 9) + data)


def pktap(frame, dlt):
    head = (108).to_bytes(4, "little") + (1).to_bytes(4, "little") + dlt.to_bytes(4, "little") + b"en0".ljust(24, b"\0")
    return head.ljust(108, b"\0") + bytes(frame)


inner = lambda name: eth / ip(name)
CASES = {
    "vlan": (1, lambda n: [eth / Dot1Q(vlan=100) / ip(n)]),
    "qinq": (1, lambda n: [eth / Dot1AD(vlan=200) / Dot1Q(vlan=100) / ip(n)]),
    "snap": (1, lambda n: [Ether(src=eth.src, dst=eth.dst, type=len(ip(n)) + 8) / LLC(dsap=0xAA, ssap=0xAA, ctrl=3) / SNAP(OUI=0, code=0x0800) / ip(n)]),
    "sll": (113, lambda n: [CookedLinux(proto=0x0800) / ip(n)]),
    "sll2": (276, lambda n: [CookedLinuxV2(proto=0x0800) / ip(n)]),
    "raw": (101, lambda n: [ip(n)]),
    "raw6": (101, lambda n: [ip6(n)]),
    "nflog": (239, lambda n: [nflog(ip(n), 2)]),
    "nflog6": (239, lambda n: [nflog(ip6(n), 10)]),
    "pktap": (258, lambda n: [pktap(inner(n), 1)]),
    "pktap-raw": (258, lambda n: [pktap(ip(n), 12)]),
    "gre": (1, lambda n: [eth / outer / GRE() / ip(n)]),
    "gre6": (1, lambda n: [eth / outer6 / GRE() / ip6(n)]),
    "gre-all-options": (1, lambda n: [eth / outer / GRE(chksum_present=1, key_present=1, key=7, seqnum_present=1, sequence_number=9) / ip(n)]),
    "gre-ethernet": (1, lambda n: [eth / outer / GRE(proto=0x6558, key_present=1, key=42) / inner(n)]),
    "gre-mpls": (1, lambda n: [eth / outer / GRE(proto=0x8847) / MPLS(label=16, s=1) / ip(n)]),
    "erspan1": (1, lambda n: [eth / outer / GRE(proto=0x88BE) / inner(n)]),
    "erspan2": (1, lambda n: [eth / outer / GRE(proto=0x88BE, seqnum_present=1, sequence_number=5) / ERSPAN_II(vlan=10, session_id=3) / eth / Dot1Q(vlan=10) / ip(n)]),
    "erspan3": (1, lambda n: [eth / outer / GRE(proto=0x22EB, seqnum_present=1, sequence_number=5) / ERSPAN_III(vlan=10, session_id=3, timestamp=123) / inner(n)]),
    "erspan3-platform": (1, lambda n: [eth / outer / GRE(proto=0x22EB, seqnum_present=1, sequence_number=5) / ERSPAN_III(vlan=10, session_id=3, o=1) / ERSPAN_PlatformSpecific() / inner(n)]),
    "vxlan": (1, lambda n: [eth / outer / UDP(sport=50000, dport=4789) / VXLAN(vni=77, flags=8) / inner(n)]),
    "vxlan6": (1, lambda n: [eth / outer6 / UDP(sport=50000, dport=4789) / VXLAN(vni=77, flags=8) / eth / ip6(n)]),
    "geneve": (1, lambda n: [eth / outer / UDP(sport=50000, dport=6081) / GENEVE(vni=77, proto=0x6558) / inner(n)]),
    "mpls": (1, lambda n: [eth / MPLS(label=16, s=0) / MPLS(label=17, s=1) / ip(n)]),
    "mpls6": (1, lambda n: [eth / MPLS(label=17, s=1) / ip6(n)]),
    "mpls-ethernet": (1, lambda n: [eth / MPLS(label=17, s=1) / EoMCW(seq=3) / inner(n)]),
    "ip-in-ip": (1, lambda n: [eth / outer / ip(n)]),
    "ip6-in-ip": (1, lambda n: [eth / outer / ip6(n)]),
    "ip-in-ip6": (1, lambda n: [eth / outer6 / ip(n)]),
    "etherip": (1, lambda n: [eth / IP(src="192.0.2.1", dst="192.0.2.2", proto=97) / Raw(b"\x30\x00") / inner(n)]),
    "vlan-gre-vlan": (1, lambda n: [eth / Dot1Q(vlan=5) / outer / GRE(proto=0x6558) / eth / Dot1AD(vlan=6) / Dot1Q(vlan=7) / ip(n)]),
    "fragments": (1, lambda n: [eth / f for f in fragment(IP(src="10.0.0.1", dst="233.54.12.111", id=77) / UDP(sport=4000, dport=26477) / Raw((f"payload of {n} " * 20).encode()), 200)]),
    "fragmented-gre": (1, lambda n: [eth / f for f in fragment(outer / GRE(proto=0x6558) / eth / IP(src="10.0.0.1", dst="233.54.12.111") / UDP(sport=4000, dport=26477) / Raw((f"payload of {n} " * 20).encode()), 200)]),
    "fragments6": (1, lambda n: [eth / f for f in fragment6(IPv6(src="2001:db8::a", dst="ff3e::8000:1") / IPv6ExtHdrFragment(id=9) / UDP(sport=4000, dport=26477) / Raw((f"payload of {n} " * 20).encode()), 200)]),
}

out = {}
for name, (link, make) in CASES.items():
    frames = [bytes(f) for f in make(name)]
    wrpcap(f"{sys.argv[1]}/{name}.pcap", frames, linktype=link)
    out[name] = {"link": link, "frames": [f.hex() for f in frames]}
json.dump(out, sys.stdout, indent=1)
print()
