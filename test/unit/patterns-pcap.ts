/** UDP payloads of a classic pcap file, read in a few lines: enough for tests that must not need the addon. */
export function udpPayloads(file: Uint8Array): Uint8Array[] {
  const d = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const magic = d.getUint32(0, true);
  const little = magic === 0xa1b2c3d4 || magic === 0xa1b23c4d;
  const link = d.getUint32(20, little);
  const out: Uint8Array[] = [];
  for (let at = 24; at + 16 <= file.length; ) {
    const length = d.getUint32(at + 8, little);
    let ip = at + 16;
    at = ip + length;
    if (link === 1) {
      ip += 12;
      while (d.getUint16(ip) === 0x8100 || d.getUint16(ip) === 0x88a8) ip += 4;
      if (d.getUint16(ip) !== 0x0800) continue;
      ip += 2;
    } else if (link === 113) ip += 16;
    const udp = ip + (d.getUint8(ip) & 15) * 4;
    if (d.getUint8(ip + 9) !== 17) continue;
    out.push(file.subarray(udp + 8, Math.min(udp + d.getUint16(udp + 4), at)));
  }
  return out;
}
