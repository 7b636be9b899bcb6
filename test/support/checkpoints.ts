import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { decodeSafetensors, encodeSafetensors } from '../../src/runs/safetensors.js';

/** Changes one tensor of a checkpoint, and its manifest so that it is sound. */
export function rewrite(checkpoint: string, tensor: string, change: (values: Float32Array) => void): void {
  const file = path.join(checkpoint, 'model.safetensors');
  const { tensors, metadata } = decodeSafetensors(fs.readFileSync(file));
  const changed = tensors.map((t) => ({ ...t, values: t.values.slice() }));
  change(changed.find(({ name }) => name === tensor)!.values);
  const bytes = encodeSafetensors(changed, metadata);
  fs.writeFileSync(file, bytes);
  const manifestFile = path.join(checkpoint, 'manifest.json');
  const manifest = JSON.parse(fs.readFileSync(manifestFile, 'utf8')) as {
    files: { file: string; bytes: number; sha256: string }[];
  };
  const entry = manifest.files.find(({ file: name }) => name === 'model.safetensors')!;
  entry.bytes = bytes.length;
  entry.sha256 = createHash('sha256').update(bytes).digest('hex');
  fs.writeFileSync(manifestFile, JSON.stringify(manifest));
}
