import type * as onnxruntime from 'onnxruntime-node';
import { UserError } from '../core/userError.js';
import type { ModelFacts } from '../export/modelFacts.js';
import { ONNX_INPUT } from '../export/onnx/onnxModels.js';
import type { Scaling } from '../graph/graph.js';
import { pixelTables } from '../graph/pixelTables.js';
import { integerTables } from './integerTables.js';

/** What goes in and comes out of a file: the sides of a picture, and the scale of integers where it has them. */
export interface OnnxIo {
  readonly width: number;
  readonly height: number;
  /** How a byte is read; x / 127.5 − 1 when absent. */
  readonly scaling?: Scaling | undefined;
  /** Of an input or output of uint8; undefined for float32. */
  readonly input?: Affine;
  readonly output?: Affine;
}
export interface Affine {
  readonly scale: number;
  readonly zeroPoint: number;
}

/** How a file reads pictures. */
export function readingOf({ input: { width, height, scaling } }: Pick<ModelFacts, 'input'>): OnnxIo {
  return { width, height, ...(typeof scaling === 'object' && { scaling }) };
}

/** A network in ONNX Runtime. */
export class OnnxSession {
  private constructor(
    private readonly runtime: typeof onnxruntime,
    private readonly session: onnxruntime.InferenceSession,
    private readonly io: OnnxIo,
  ) {}

  /**
   * @param threads 0 for every core
   * @throws UserError `onnx-runtime-missing` where ONNX Runtime was not built for this machine; RangeError for a file that it refuses
   */
  static async open(model: Uint8Array, io: OnnxIo, threads = 0): Promise<OnnxSession> {
    const runtime = await load();
    const options = {
      ...{ intraOpNumThreads: threads, logSeverityLevel: 3 as const },
      // On processors without VNNI the fast form of a product of bytes overflows.
      extra: { session: { x64quantprecision: '1' } },
    };
    const session = await runtime.InferenceSession.create(model, options).catch(refused);
    return new OnnxSession(runtime, session, io);
  }

  /**
   * @param pixels [N, H, W, 3], RGB bytes
   * @returns [N, C]: logits, or whatever the output holds
   * @throws RangeError where the file does not compute
   */
  async run(pixels: Uint8Array): Promise<Float32Array> {
    const { width, height, scaling, output } = this.io;
    const count = pixels.length / (width * height * 3);
    const shape = [count, 3, height, width];
    const given = this.io.input
      ? new this.runtime.Tensor(
          'uint8',
          planes(pixels, count, integerTables(this.io.input, scaling, [0, 255], Uint8Array)),
          shape,
        )
      : new this.runtime.Tensor(
          'float32',
          planes(pixels, count, pixelTables({ shape: [height, width, 3], ...(scaling && { scaling }) })),
          shape,
        );
    const results = await this.session.run({ [ONNX_INPUT]: given }).catch(refused);
    const data = results[this.session.outputNames[0] ?? '']?.data;
    if (!output && data instanceof Float32Array) return data;
    if (output && data instanceof Uint8Array)
      return Float32Array.from(data, (q) => (q - output.zeroPoint) * output.scale);
    throw new RangeError('its output has another type than its network says');
  }

  async close(): Promise<void> {
    await this.session.release();
  }
}

/** It throws plain errors, of which the first line says what is wrong. */
function refused(cause: unknown): never {
  const [first = ''] = (cause instanceof Error ? cause.message : String(cause)).split('\n');
  throw new RangeError(`ONNX Runtime refuses it: ${first.slice(0, 300)}`, { cause });
}

/** [N, H, W, 3] → [N, 3, H, W], each byte by the table of its colour. */
function planes<T extends Float32Array | Uint8Array>(pixels: Uint8Array, count: number, tables: readonly T[]): T {
  const result = new (tables[0]!.constructor as new (length: number) => T)(pixels.length);
  const area = pixels.length / count / 3;
  for (let image = 0, from = 0; image < count; image++)
    for (let i = 0; i < area; i++)
      for (let c = 0; c < 3; c++) result[(image * 3 + c) * area + i] = tables[c]![pixels[from++]!]!;
  return result;
}

/** @throws UserError `onnx-runtime-missing` */
export async function onnxRuntimeVersion(): Promise<string> {
  return (await load()).env.versions.node ?? '';
}

let loaded: Promise<typeof onnxruntime> | undefined;

/** From 1.30 on it counts its users: an identity and a database in the home folder, sent to its makers, unless it is told not to before. */
function load(): Promise<typeof onnxruntime> {
  process.env['ORT_DISABLE_TELEMETRY'] = '1';
  loaded ??= import('onnxruntime-node').catch((cause: unknown) => {
    throw new UserError(
      'onnx-runtime-missing',
      `ONNX Runtime cannot be loaded on this machine (${process.platform} ${process.arch}).`,
      'It exists for Windows and Linux on x64 and ARM64, and for macOS on ARM64. Training and export work without it.',
      { cause },
    );
  });
  return loaded;
}
