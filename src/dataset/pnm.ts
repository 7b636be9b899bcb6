export interface RawPicture {
  readonly width: number;
  readonly height: number;
  readonly channels: 1 | 3;
  /** [height, width, channels]. */
  readonly pixels: Buffer;
}

interface Header {
  readonly width: number;
  readonly height: number;
  readonly channels: 1 | 3;
  readonly text: boolean;
  readonly maximum: number;
  /** First byte of the values. */
  readonly start: number;
}

/**
 * Size and kind of a Netpbm picture: PGM and PPM, as text (P2, P3) or binary (P5, P6), of 8 or 16 bits
 * (https://netpbm.sourceforge.net/doc/ppm.html).
 *
 * @throws RangeError when it is none
 */
export function readPnmHeader(bytes: Buffer): Header {
  const kind = /^P([2356])/.exec(bytes.toString('latin1', 0, 2))?.[1];
  if (kind === undefined) throw new RangeError('not a PGM or PPM file');
  let at = 2;
  const number = () => {
    // White space, and comments to the end of their line.
    for (; at < bytes.length; at++) {
      const c = bytes[at]!;
      if (c === 0x23) while (at < bytes.length && bytes[at] !== 0x0a) at++;
      else if (c > 0x20) break;
    }
    const digits = /^\d{1,9}/.exec(bytes.toString('latin1', at, at + 9))?.[0];
    if (digits === undefined) throw new RangeError('a number is missing');
    at += digits.length;
    return Number(digits);
  };
  const [width, height, maximum] = [number(), number(), number()];
  if (width === 0 || height === 0 || maximum === 0 || maximum > 65535) throw new RangeError('impossible dimensions');
  return { width, height, channels: kind === '2' || kind === '5' ? 1 : 3, text: kind < '5', maximum, start: at + 1 };
}

/** Decodes to 8 bits. @throws RangeError when it is cut short */
export function decodePnm(bytes: Buffer): RawPicture {
  const { width, height, channels, text, maximum, start } = readPnmHeader(bytes);
  const count = width * height * channels;
  const pixels = Buffer.alloc(count);
  const scaled = (v: number) => Math.min(255, Math.round((v * 255) / maximum));
  if (text) {
    const values = bytes
      .toString('latin1', start - 1)
      .replace(/#[^\n]*/g, '')
      .trim()
      .split(/\s+/);
    if (values.length < count) throw new RangeError('cut short');
    for (let i = 0; i < count; i++) {
      const v = Number(values[i]);
      if (!(v >= 0)) throw new RangeError('a value is not a number');
      pixels[i] = scaled(v);
    }
  } else {
    const size = maximum > 255 ? 2 : 1;
    if (bytes.length < start + count * size) throw new RangeError('cut short');
    for (let i = 0; i < count; i++)
      pixels[i] = scaled(size === 2 ? bytes.readUInt16BE(start + 2 * i) : bytes[start + i]!);
  }
  return { width, height, channels, pixels };
}
