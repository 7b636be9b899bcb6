import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import sharp from 'sharp';
import { selectEngine } from '../../src/engine/selectEngine.js';
import type { ExportSource } from '../../src/export/exportSource.js';
import { inputOf, type Graph } from '../../src/graph/graph.js';
import { givenNetwork } from '../../src/graph/networkOptions.js';
import type { ParameterValues } from '../../src/graph/networkState.js';
import { pixelTables } from '../../src/graph/pixelTables.js';
import { sharedPaths } from './shared.js';

/** The middles of pictures, which hold a face: [N, S, S, 3]. */
export async function realFaces(count: number, size: number): Promise<Uint8Array> {
  const files = fs
    .readdirSync(sharedPaths.wild, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.jpg'))
    .sort();
  const chosen = Array.from({ length: count }, (_, i) => files[Math.floor((i * files.length) / count)]!);
  const decoded = chosen.map((file) =>
    sharp(path.join(sharedPaths.wild, file))
      .extract({ left: 50, top: 45, width: 150, height: 150 })
      .resize(size, size, { fit: 'fill' })
      .removeAlpha()
      .toColourspace('srgb')
      .raw()
      .toBuffer(),
  );
  return new Uint8Array(Buffer.concat(await Promise.all(decoded)));
}

/** A network in float with its values. */
export interface Valued {
  readonly graph: Graph;
  readonly parameters: ParameterValues;
}

/** What the native engine gives for pictures. */
export async function ofEngine(
  { graph, parameters }: Valued,
  images: Uint8Array,
  output: 'embedding' | 'scores' = 'embedding',
): Promise<Float32Array> {
  const [height, width] = inputOf(graph).shape;
  const { engine } = await selectEngine({ engine: 'native', threads: 2 });
  const session = engine.createSession(graph, parameters);
  const labels = new Int32Array(images.length / (height * width * 3));
  const { outputs } = await session.evaluate({ images, labels }, { wants: [output] });
  session.dispose();
  return Float32Array.from(outputs[output]!);
}

/** Pictures as a network reads them, float32 [N, H, W, 3], in bytes. */
export function scaledBytes(graph: Graph, pixels: Uint8Array): Uint8Array {
  const tables = pixelTables(inputOf(graph));
  return new Uint8Array(Float32Array.from(pixels, (byte, i) => tables[i % 3]![byte]!).buffer);
}

/** A network that no builder makes, as a checkpoint of it is exported. */
export function givenSource({ graph, parameters }: Valued, labels: readonly string[] = []): ExportSource {
  const { shape, scaling = 'x / 127.5 - 1' } = inputOf(graph);
  const [height, width] = shape;
  return {
    ...{ float: graph, parameters, quantization: undefined, batchNormMomentum: 0.99 },
    facts: {
      version: 2,
      labels: [...labels],
      input: {
        ...{ width, height, layout: 'NHWC', colour: 'RGB', resize: width, scaling, faces: 'aligned' },
      },
      network: { ...givenNetwork(width), name: graph.name },
    },
  };
}

/** That no row is further from the one expected than 1e-5 of its length. */
export function assertRows(found: Float32Array, expected: Float32Array, count: number, what: string): void {
  assert.equal(found.length, expected.length, what);
  const each = expected.length / count;
  for (let at = 0; at < expected.length; at += each) {
    const row = expected.subarray(at, at + each);
    const apart = Math.hypot(...row.map((x, i) => x - found[at + i]!)) / Math.hypot(...row);
    assert.ok(apart < 1e-5, `${what}, picture ${at / each}: ${apart}`);
  }
}
