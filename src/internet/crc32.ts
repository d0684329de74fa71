/** CRC-32 (IEEE 802.3, reflected) of ASCII text. Node's zlib has one from 22.2 on; 20 is supported. */
const POLYNOMIAL = 0xedb88320;
const TABLE = Int32Array.from({ length: 256 }, (_, n) => {
  let c = n;
  for (let bit = 0; bit < 8; bit++) c = (c & 1) === 1 ? (c >>> 1) ^ POLYNOMIAL : c >>> 1;
  return c;
});

/** Goes on with the next part of a text; the first one goes on from -1. */
export function crc32Of(text: string, before: number): number {
  let c = before;
  for (let i = 0; i < text.length; i++) c = (c >>> 8) ^ (TABLE[(c ^ text.charCodeAt(i)) & 255] as number);
  return c;
}
export const crc32 = (text: string): number => ~crc32Of(text, -1) >>> 0;
