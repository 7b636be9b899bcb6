import assert from 'node:assert/strict';
import { Random } from '../../src/core/random.js';
import { evaluateEmbeddings } from '../../src/evaluation/evaluateEmbeddings.js';
import type { FaceSet } from '../../src/evaluation/faceSet.js';
import { mapOf } from '../../src/evaluation/evaluationMap.js';
import { peopleByChance } from './people.js';

const wanted = { strangersPer1000: 100, confidence: 0.95 };

function rowsOf({ embeddings, people }: FaceSet): { person: string; row: number[] }[] {
  const length = embeddings.length / people.length;
  return people.map((person, i) => ({ person, row: [...embeddings.subarray(i * length, (i + 1) * length)] }));
}

const cosineToMean = (row: readonly number[], others: readonly { row: number[] }[]): number => {
  const mean = row.map((_, k) => others.reduce((sum, other) => sum + other.row[k]!, 0));
  return mean.reduce((sum, v, k) => sum + v * row[k]!, 0) / Math.hypot(...mean);
};

/** The counts of an evaluation as their definitions say, without any shortcut. */
function plain(faces: FaceSet, strangers: FaceSet | undefined, threshold: number) {
  const all = rowsOf(faces);
  const names = [...new Set(faces.people)].sort();
  const toEach = (row: readonly number[], without: number) =>
    new Map(
      names.flatMap((name) => {
        const own = all.filter(({ person }, i) => person === name && i !== without);
        return own.length === 0 ? [] : [[name, cosineToMean(row, own)] as const];
      }),
    );
  const tries = all.flatMap(({ person, row }, i) => {
    const scores = toEach(row, i);
    const own = scores.get(person);
    const best = Math.max(...[...scores].filter(([name]) => name !== person).map(([, score]) => score));
    return own === undefined ? [] : [{ own, best }];
  });
  const right = tries.filter(({ own, best }) => own > best);
  const highest = new Map<string, number>();
  const look = (person: string, row: readonly number[], among: readonly string[]) => {
    const scores = toEach(row, -1);
    const best = Math.max(...among.map((name) => scores.get(name)!));
    highest.set(person, Math.max(highest.get(person) ?? -1, best));
  };
  if (strangers) for (const { person, row } of rowsOf(strangers)) look(person, row, names);
  else
    for (const { person, row } of all)
      look(
        person,
        row,
        names.filter((name) => name !== person),
      );
  return {
    of: tries.length,
    right: right.length,
    missed: tries.length - right.filter(({ own }) => own >= threshold).length,
    named: [...highest.values()].filter((similarity) => similarity >= threshold).length,
    ofStrangers: highest.size,
  };
}

/** The same set in another order. */
function shuffled(faces: FaceSet, random: Random): FaceSet {
  const rows = rowsOf(faces);
  const order = random.shuffle(rows.map((_, i) => i));
  return {
    embeddings: Float32Array.from(order.flatMap((i) => rows[i]!.row)),
    people: order.map((i) => faces.people[i]!),
    pictures: order.map((i) => faces.pictures[i]!),
  };
}

describe('an evaluation of any set', () => {
  it('counts what its definitions say, in whatever order the pictures come', () => {
    for (let seed = 0; seed < 25; seed++) {
      const random = Random.fromSeed(seed);
      const size = { people: 2 + random.integer(7), pictures: 1 + random.integer(4), length: 2 + random.integer(6) };
      const faces = shuffled(peopleByChance(seed, { ...size, noise: random.between(0.1, 2) }), random);
      const strangers =
        random.uniform() < 0.5
          ? undefined
          : peopleByChance(seed + 1000, { ...size, people: 1 + random.integer(9), name: 's' });
      const threshold = random.between(-0.2, 1);
      const { closedSet, openSet } = evaluateEmbeddings({
        ...faces,
        ...(strangers ? { strangers } : {}),
        ...{ threshold, wanted, seed },
      });
      const { of, right, missed, named, ofStrangers } = plain(faces, strangers, threshold);
      const actual = [closedSet?.of ?? 0, closedSet?.right ?? 0, openSet!.missed, openSet!.named, openSet!.ofStrangers];
      assert.deepEqual(actual, [of, right, missed, named, ofStrangers], `seed ${seed}, ${JSON.stringify(size)}`);
    }
  });
});

describe('the map', () => {
  const faces = peopleByChance(1, { people: 3, pictures: 4, length: 5 });
  const none = { faces, rows: [] };

  it('puts pictures of a person together', () => {
    const rows = faces.people.map((_, row) => row);
    const map = mapOf(['p0000', 'p0001', 'p0002'], { faces, rows }, none, Random.fromSeed(1))!;
    const [x, y] = [0, 1].map((c) => rows.map((row) => map.components[row * map.length + c]!));
    const distance = (a: number, b: number) => Math.hypot(x![a]! - x![b]!, y![a]! - y![b]!);
    for (const a of rows)
      for (const b of rows)
        for (const c of rows)
          if (map.person[a] === map.person[b] && map.person[a] !== map.person[c])
            assert.ok(distance(a, b) < distance(a, c), `${a} and ${b} are of one person, ${c} is not`);
    assert.ok(map.explained[0]! + map.explained[1]! > 0.8);
  });

  it('is not there for fewer than three pictures, which lie on a line anyway', () => {
    assert.equal(mapOf(['p0000'], { faces, rows: [0, 1] }, none, Random.fromSeed(1)), undefined);
    assert.equal(
      mapOf(['p0000'], { faces, rows: [0, 1] }, { faces, rows: [5] }, Random.fromSeed(1))!.picture.length,
      3,
    );
    const empty = { faces: { embeddings: new Float32Array(0), people: [], pictures: [] }, rows: [] };
    assert.equal(mapOf([], empty, empty, Random.fromSeed(1)), undefined);
  });
});
