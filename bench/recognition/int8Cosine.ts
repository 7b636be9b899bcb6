// How near the int8 embeddings of a checkpoint are to those of the float one that it was fine-tuned from (docs/recognition.md, "What was
// measured").
//
// node scripts/build.mjs && node --import tsx bench/recognition/int8Cosine.ts <float checkpoint> <int8 checkpoint> <aligned faces>
//
// <aligned faces> is a folder with one sub-folder a person, of crops as the network reads them; the first picture of each is taken.
import path from 'node:path';
import { dot } from '../../src/core/cosine.js';
import { ofCheckpoint } from '../../src/inference/open/checkpoint.js';
import { ownedPictures } from '../../src/recognition/faceSetOf.js';
import { embeddingsOf, firstOfEach } from './support.js';

async function embedded(checkpoint: string, files: readonly string[]): Promise<Map<string, Float32Array>> {
  const model = await ofCheckpoint(checkpoint);
  try {
    return await embeddingsOf(files, model.facts.input.width, (images) => model.embed!(images));
  } finally {
    await model.close();
  }
}

async function main(): Promise<void> {
  const [float, int8, faces] = process.argv.slice(2).map((place) => path.resolve(place));
  if (!float || !int8 || !faces) throw new Error('Name two checkpoints and a folder of aligned faces.');
  const files = firstOfEach(ownedPictures(faces)).map(({ file }) => file);
  const [exact, rounded] = [await embedded(float, files), await embedded(int8, files)];
  const cosines = files.map((file) => dot(exact.get(file)!, rounded.get(file)!)).sort((a, b) => a - b);
  const at = (share: number) => cosines[Math.floor(share * (cosines.length - 1))]!.toFixed(4);
  console.log(`${cosines.length} faces: median cosine ${at(0.5)}, lowest tenth ${at(0.1)}, least ${at(0)}`);
}

void main();
