import { Random } from '../../src/core/random.js';
import type { FaceSet } from '../../src/evaluation/faceSet.js';

/** Made-up faces: each person a direction by chance, each picture that direction and some noise. */
export function peopleByChance(
  seed: number,
  { people, pictures, length = 16, noise = 0.5, name = 'p' }: PeopleByChance,
): FaceSet {
  const random = Random.fromSeed(seed);
  const rows: number[][] = [];
  const names: string[] = [];
  for (let p = 0; p < people; p++) {
    const centre = unit(Array.from({ length }, () => normal(random)));
    for (let i = 0; i < pictures; i++) {
      rows.push(unit(centre.map((v) => v + (noise * normal(random)) / Math.sqrt(length))));
      names.push(`${name}${String(p).padStart(4, '0')}`);
    }
  }
  return {
    embeddings: Float32Array.from(rows.flat()),
    people: names,
    pictures: names.map((person, row) => `${person}/${row % pictures}.jpg`),
  };
}

interface PeopleByChance {
  readonly people: number;
  readonly pictures: number;
  readonly length?: number;
  /** Of a picture, against the length of its person's direction. */
  readonly noise?: number;
  readonly name?: string;
}

export function normal(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random.uniform())) * Math.cos(2 * Math.PI * random.uniform());
}

function unit(row: readonly number[]): number[] {
  const norm = Math.hypot(...row);
  return row.map((v) => v / norm);
}

export function joined(...sets: readonly FaceSet[]): FaceSet {
  return {
    embeddings: Float32Array.from(sets.flatMap(({ embeddings }) => [...embeddings])),
    people: sets.flatMap(({ people }) => people),
    pictures: sets.flatMap(({ pictures }) => pictures),
  };
}
