// The table of thresholds (src/recognizers/thresholdTable.ts): from which similarity on a face gets a name so that one stranger in a
// hundred gets one, by the number of people enrolled with five pictures each.
//
// node scripts/build.mjs && node --import tsx bench/recognition/thresholds.ts <people> <strangers> [<face weights>]
//
// Strangers count by their first picture; people and pictures are drawn anew for each of 20 draws, of which the means are printed.
// Without face weights dlib's network is measured.
import path from 'node:path';
import { dot, meanDirection } from '../../src/core/cosine.js';
import { Random } from '../../src/core/random.js';
import type { FaceSet } from '../../src/evaluation/faceSet.js';
import { embeddingsFolder } from '../../src/platform/cacheFolder.js';
import { faceSetOf, ownedPictures, type OwnedPicture } from '../../src/recognition/faceSetOf.js';
import { FolderFaces } from '../../src/recognition/keptFaces.js';
import { dlibSight } from '../../src/recognition/dlib/dlibSight.js';
import { faceSight } from '../../src/recognition/faceSight.js';
import { findFaceWeights } from '../../src/weights/faceWeights.js';

const SIZES = [1, 2, 5, 10, 20, 50, 100, 158];
const SHARES = [0.001, 0.01, 0.1];
const PICTURES = 5;
const DRAWS = 20;

/** Of each person the first so many, in an order that chance decides. */
function someOf(pictures: readonly OwnedPicture[], each: number): OwnedPicture[] {
  const seen = new Map<string, number>();
  return pictures.filter(({ person }) => {
    const count = (seen.get(person) ?? 0) + 1;
    seen.set(person, count);
    return count <= each;
  });
}

function rowsOf({ embeddings, people }: FaceSet): { person: string; embedding: Float32Array }[] {
  const length = embeddings.length / people.length;
  return people.map((person, i) => ({ person, embedding: embeddings.subarray(i * length, (i + 1) * length) }));
}

/** The similarity that a share of strangers reaches, whom so many people are enrolled for. */
function thresholds(
  people: Map<string, Float32Array[]>,
  strangers: readonly Float32Array[],
  size: number,
  seed: number,
) {
  const random = Random.forPurpose(seed, 'thresholds');
  const prototypes = random
    .shuffle([...people.values()])
    .slice(0, size)
    .map((pictures) => meanDirection(random.shuffle([...pictures]).slice(0, PICTURES)));
  const highest = strangers.map((face) => Math.max(...prototypes.map((prototype) => dot(face, prototype))));
  highest.sort((a, b) => b - a);
  return SHARES.map((share) => highest[Math.floor(share * highest.length)]!);
}

async function main([peopleFolder, strangersFolder, weights]: string[]): Promise<void> {
  const files = weights === undefined ? undefined : findFaceWeights(weights);
  const sight = files ? await faceSight(files, 'on') : await dlibSight('on');
  const look = async (folder: string, each: number) => {
    const root = path.resolve(folder);
    const kept = FolderFaces.open(embeddingsFolder(), root, sight);
    const seen = (await faceSetOf(sight, someOf(ownedPictures(root), each), { kept }))!;
    kept.save();
    return rowsOf(seen.set);
  };
  const people = new Map<string, Float32Array[]>();
  for (const { person, embedding } of await look(peopleFolder!, 2 * PICTURES))
    people.set(person, [...(people.get(person) ?? []), embedding]);
  const strangers = (await look(strangersFolder!, 1)).map(({ embedding }) => embedding);
  console.log(`${sight.embedder.network.name}: ${people.size} people, ${strangers.length} strangers`);
  for (const size of SIZES.filter((count) => count <= people.size)) {
    const draws = Array.from({ length: DRAWS }, (_, seed) => thresholds(people, strangers, size, seed));
    const means = SHARES.map((_, i) => draws.reduce((sum, draw) => sum + draw[i]!, 0) / DRAWS);
    console.log(size, means.map((mean, i) => `${100 * SHARES[i]!} %: ${mean.toFixed(3)}`).join('   '));
  }
  await sight.close();
}

void main(process.argv.slice(2));
