import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import * as z from 'zod';
import { cacheFolder } from '../platform/cacheFolder.js';

/** The version of @tensorflow/tfjs-node whose JavaScript is in the bundle and whose binding is loaded. */
export const TFJS_NODE_VERSION = '4.22.0';

const manifestSchema = z.object({
  version: z.literal(1),
  tfjsNode: z.string(),
  /** Which route it came by. */
  source: z.enum(['installer', 'wheel']),
  tensorFlow: z.string(),
  /** The Node-API addon, relative to the home. */
  binding: z.string(),
  files: z.array(z.object({ file: z.string(), bytes: z.int(), sha256: z.string() })),
});
export type TensorFlowManifest = z.infer<typeof manifestSchema>;

/** An installed TensorFlow: a folder in the user's cache with a manifest, put in place by one rename. */
export interface TensorFlowHome {
  readonly folder: string;
  readonly manifest: TensorFlowManifest;
  /** Absolute path of the addon. */
  readonly binding: string;
}

const MANIFEST = 'manifest.json';

export function tensorFlowFolder(cache = cacheFolder()): string {
  return path.join(cache, 'tensorflow', `tfjs-node-${TFJS_NODE_VERSION}-${process.platform}-${process.arch}`);
}

/** The installed TensorFlow, or undefined where none is complete. Looks at names and sizes only: it runs at every start. */
export function findTensorFlow(cache = cacheFolder()): TensorFlowHome | undefined {
  const folder = tensorFlowFolder(cache);
  let text: string;
  try {
    text = fs.readFileSync(path.join(folder, MANIFEST), 'utf8');
  } catch {
    return undefined;
  }
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return undefined;
  }
  const manifest = manifestSchema.safeParse(json);
  if (!manifest.success || manifest.data.tfjsNode !== TFJS_NODE_VERSION) return undefined;
  const whole = manifest.data.files.every(({ file, bytes }) => sizeOf(path.join(folder, file)) === bytes);
  return whole ? { folder, manifest: manifest.data, binding: path.join(folder, manifest.data.binding) } : undefined;
}

/** The files whose SHA-256 is not the manifest's: what a failing disk or a curious hand changed. */
export async function damagedFiles(home: TensorFlowHome): Promise<string[]> {
  const damaged: string[] = [];
  for (const { file, sha256 } of home.manifest.files)
    if ((await sha256OfFile(path.join(home.folder, file))) !== sha256) damaged.push(file);
  return damaged;
}

/** Describes `files` (relative to `folder`) and writes the manifest, the last file of a home to appear. */
export async function writeManifest(
  folder: string,
  about: Omit<TensorFlowManifest, 'version' | 'tfjsNode' | 'files'>,
  files: readonly string[],
): Promise<void> {
  const described = [];
  for (const file of files) {
    const full = path.join(folder, file);
    described.push({
      file: file.replaceAll('\\', '/'),
      bytes: fs.statSync(full).size,
      sha256: await sha256OfFile(full),
    });
  }
  const manifest: TensorFlowManifest = { version: 1, tfjsNode: TFJS_NODE_VERSION, ...about, files: described };
  fs.writeFileSync(path.join(folder, MANIFEST), `${JSON.stringify(manifest, null, 2)}\n`);
}

export async function sha256OfFile(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(fs.createReadStream(file, { highWaterMark: 1 << 20 }), hash);
  return hash.digest('hex');
}

function sizeOf(file: string): number {
  return fs.statSync(file, { throwIfNoEntry: false })?.size ?? -1;
}
