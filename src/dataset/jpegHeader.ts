export interface JpegHeader {
  readonly width: number;
  readonly height: number;
  /**
   * Whether it is of the plain kind that nearly all are: baseline or progressive, 8 bits, grey or YCbCr, upright, without a
   * colour profile, and with its end mark.
   */
  readonly plain: boolean;
}

/** Reads the markers of a JPEG up to its first scan (ITU-T T.81, annex B). Undefined when they make no sense. */
export function readJpegHeader(bytes: Buffer): JpegHeader | undefined {
  let frame: { width: number; height: number; components: number; usual: boolean } | undefined;
  let special = false;
  for (let at = 2; at + 4 <= bytes.length;) {
    if (bytes[at] !== 0xff) return undefined;
    const marker = bytes[at + 1]!;
    if (marker === 0xff) {
      at++; // fill byte
      continue;
    }
    const length = bytes.readUInt16BE(at + 2);
    const end = at + 2 + length;
    if (length < 2 || end > bytes.length) return undefined;
    const body = bytes.subarray(at + 4, end);
    if (marker === 0xda) {
      if (!frame) return undefined;
      const { width, height, components, usual } = frame;
      return { width, height, plain: usual && !special && (components === 1 || components === 3) && hasEnd(bytes) };
    }
    // Start of frame: 0xc0 to 0xcf without the tables DHT, JPG and DAC.
    if (marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker)) {
      if (body.length < 6) return undefined;
      const usual = [0xc0, 0xc1, 0xc2].includes(marker) && body[0] === 8;
      frame = { height: body.readUInt16BE(1), width: body.readUInt16BE(3), components: body[5]!, usual };
    }
    if (marker === 0xe1 && body.toString('latin1', 0, 4) === 'Exif') special ||= isTurned(body.subarray(6));
    if (marker === 0xe2 && body.toString('latin1', 0, 11) === 'ICC_PROFILE') special = true;
    // Adobe's mark with another transform than YCbCr: the three components are RGB.
    if (marker === 0xee && body.toString('latin1', 0, 5) === 'Adobe' && body[11] !== 1) special = true;
    at = end;
  }
  return undefined;
}

/** Some programs leave bytes behind the end. */
function hasEnd(bytes: Buffer): boolean {
  return bytes.subarray(-64).lastIndexOf(Buffer.from([0xff, 0xd9])) >= 0;
}

/** Whether the first directory of an EXIF block has an orientation other than upright, or cannot be read. */
function isTurned(tiff: Buffer): boolean {
  const little = tiff.toString('latin1', 0, 2) === 'II';
  const u16 = (at: number) => (little ? tiff.readUInt16LE(at) : tiff.readUInt16BE(at));
  const u32 = (at: number) => (little ? tiff.readUInt32LE(at) : tiff.readUInt32BE(at));
  try {
    const directory = u32(4);
    for (let i = 0; i < u16(directory); i++) {
      const entry = directory + 2 + 12 * i;
      if (u16(entry) === 0x0112) return u16(entry + 8) !== 1;
    }
    return false;
  } catch {
    return true;
  }
}
