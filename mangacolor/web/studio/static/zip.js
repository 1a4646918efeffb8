/** A ZIP of files that are not compressed: how loose pages are sent as one chapter. */

const TABLE = Uint32Array.from({ length: 256 }, (_, n) => {
  for (let bit = 0; bit < 8; bit++) n = n & 1 ? (n >>> 1) ^ 0xedb88320 : n >>> 1;
  return n;
});

const UTF8 = 0x0800; // names are UTF-8
const VERSION = 20;
const NO_DATE = 0x0021; // 1 January 1980, the first day that a ZIP can tell
const MOST_BYTES = 0xffffffff; // without ZIP64

export function crc32(bytes) {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = TABLE[(crc ^ byte) & 255] ^ (crc >>> 8);
  return (crc ^ 0xffffffff) >>> 0;
}

/**
 * @param files [{name, bytes: Uint8Array}], in their order
 * @returns parts for a Blob
 * @throws RangeError when it would be larger than 4 GiB
 */
export function zip(files) {
  const parts = [];
  const entries = [];
  let offset = 0;
  for (const { name, bytes } of files) {
    const text = new TextEncoder().encode(name);
    const common = [
      u16(VERSION),
      u16(UTF8),
      u16(0),
      u16(0),
      u16(NO_DATE),
      u32(crc32(bytes)),
      u32(bytes.length),
      u32(bytes.length),
      u16(text.length),
      u16(0),
    ];
    const head = join([u32(0x04034b50), ...common, text]);
    entries.push(join([u32(0x02014b50), u16(VERSION), ...common, u16(0), u16(0), u16(0), u32(0), u32(offset), text]));
    parts.push(head, bytes);
    offset += head.length + bytes.length;
    if (offset > MOST_BYTES) throw new RangeError("These pages are more than 4 GiB.");
  }
  const directory = join(entries);
  const count = u16(entries.length);
  const end = join([u32(0x06054b50), u16(0), u16(0), count, count, u32(directory.length), u32(offset), u16(0)]);
  return [...parts, directory, end];
}

function u16(value) {
  return Uint8Array.of(value & 255, (value >>> 8) & 255);
}

function u32(value) {
  return Uint8Array.of(value & 255, (value >>> 8) & 255, (value >>> 16) & 255, (value >>> 24) & 255);
}

function join(pieces) {
  const whole = new Uint8Array(pieces.reduce((length, piece) => length + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}
