import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { Random } from '../../src/core/random.js';
import { COSINE_HEAD, withCosineHead } from '../../src/graph/cosineHead.js';
import type { Graph } from '../../src/graph/graph.js';
import { GraphBuilder } from '../../src/graph/graphBuilder.js';
import { initialValues } from '../../src/graph/networkState.js';
import { readCheckpoint, writeCheckpoint } from '../../src/runs/checkpoint.js';
import { PAGE_PEOPLE, pageBytes } from '../../src/runs/pageTable.js';
import { PEOPLE_FILE, PEOPLE_TABLE, PeopleFile } from '../../src/runs/peopleFile.js';
import { PeoplePage, type PersonColumn } from '../../src/runs/peoplePage.js';
import { scratchFolder } from '../support/scratch.js';

const folder = scratchFolder();
const [PEOPLE, LENGTH, SCALE] = [PAGE_PEOPLE + 5, 6, 16];
const LAYOUT = { people: PEOPLE, length: LENGTH, scale: SCALE };
const at = () => path.join(folder(), 'step-000001');

function smallNetwork(): Graph {
  const b = new GraphBuilder();
  const embedding = b.dense('embedding', b.globalAveragePool('pool', b.input(4, 4, 3)), LENGTH);
  return withCosineHead(b.build('small', { embedding }), PEOPLE);
}

const graph = smallNetwork();

/** Numbers that 16 bits hold exactly, others for each person. */
function columnOf(person: number): PersonColumn {
  const numbers = (factor: number) =>
    Float32Array.from({ length: LENGTH }, (_, i) => (((person + i) % 9) - 4) * factor);
  return { values: numbers(SCALE / 8), first: numbers(2 ** -12), second: numbers(2 ** -40).map(Math.abs) };
}

async function written(): Promise<void> {
  const file = PeopleFile.create(folder(), LAYOUT);
  for (let page = 0; page * PAGE_PEOPLE < PEOPLE; page++) {
    const bytes = new Uint8Array(pageBytes(LAYOUT));
    const numbers = new PeoplePage(bytes, LAYOUT);
    for (let place = 0; place < PAGE_PEOPLE && page * PAGE_PEOPLE + place < PEOPLE; place++)
      numbers.write(place, columnOf(page * PAGE_PEOPLE + place), 7);
    file.write(page, bytes);
  }
  const people = await file.hold();
  file.close();
  const values = initialValues(graph, 1);
  for (const name of Object.values(COSINE_HEAD)) values.delete(name);
  const position = { epoch: 0, batch: 1, shuffle: [1, 2, 3, 4] as const };
  writeCheckpoint(at(), graph, { position, session: { step: 1, parameters: values, moments: new Map() }, people });
}

describe('a page of people', () => {
  it('has each number where it was written, and no other is changed', () => {
    const bytes = new Uint8Array(pageBytes(LAYOUT));
    const page = new PeoplePage(bytes, LAYOUT);
    const random = Random.fromSeed(2);
    const truth = new Map<number, number>();
    for (let round = 0; round < 100; round++) {
      const [place, person] = [random.integer(PAGE_PEOPLE), random.integer(50)];
      page.write(place, columnOf(person), round);
      truth.set(place, person);
      for (let other = 0; other < PAGE_PEOPLE; other++) {
        const empty = () => new Float32Array(LENGTH);
        const read = { values: empty(), first: empty(), second: empty() };
        page.read(other, read);
        const expected = truth.has(other)
          ? columnOf(truth.get(other)!)
          : { values: empty(), first: empty(), second: empty() };
        assert.deepEqual(read, expected, `place ${other} after round ${round}`);
      }
    }
  });
});

describe('a checkpoint whose people lie in a file', () => {
  it('gives a network in use all their columns, and a run that goes on the table alone', async () => {
    await written();
    const { session, shapes, people } = readCheckpoint(at());
    const kernel = session.parameters.get(COSINE_HEAD.kernel)!;
    assert.deepEqual(shapes.get(COSINE_HEAD.kernel), [LENGTH, PEOPLE]);
    for (let person = 0; person < PEOPLE; person++)
      assert.deepEqual(
        kernel.filter((_, i) => i % PEOPLE === person),
        columnOf(person).values,
      );
    assert.deepEqual(session.parameters.get(COSINE_HEAD.bias), new Float32Array(PEOPLE));
    const alone = readCheckpoint(at(), { withPeople: false });
    assert.ok(!alone.session.parameters.has(COSINE_HEAD.kernel));
    assert.deepEqual(alone.shapes, shapes);
    assert.deepEqual(alone.people, people);
  });

  it('is told to be damaged where the file or the table is not what it was, whoever reads it', async () => {
    await written();
    const refused = () => {
      for (const withPeople of [true, false])
        assert.throws(() => readCheckpoint(at(), { withPeople }), { code: 'checkpoint-damaged' });
    };
    const rows = path.join(folder(), PEOPLE_FILE);
    const whole = fs.readFileSync(rows);
    fs.writeFileSync(
      rows,
      whole.map((byte, i) => (i === 300 ? byte ^ 1 : byte)),
    );
    refused();
    fs.writeFileSync(rows, whole.subarray(0, whole.length / 2));
    refused();
    fs.rmSync(rows);
    refused();
    fs.symlinkSync(path.join(folder(), 'elsewhere'), rows);
    fs.writeFileSync(path.join(folder(), 'elsewhere'), whole);
    refused();
    fs.rmSync(rows);
    fs.writeFileSync(rows, whole);
    assert.equal(readCheckpoint(at()).session.step, 1);
    fs.appendFileSync(path.join(at(), PEOPLE_TABLE), 'x');
    refused();
  });
});
