import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { Random } from '../../src/core/random.js';
import { readPeople } from '../../src/runs/checkpointPeople.js';
import { PAGE_PEOPLE, pageBytes } from '../../src/runs/pageTable.js';
import { PEOPLE_FILE, PeopleFile } from '../../src/runs/peopleFile.js';
import { PeoplePage, type PersonColumn } from '../../src/runs/peoplePage.js';
import { scratchFolder } from '../support/scratch.js';

const folder = scratchFolder();
const LAYOUT = { people: PAGE_PEOPLE + 3, length: 32, scale: 32 };

/** A column as long as the scale, and moments of the sizes that Adam has. */
function column(random: Random): PersonColumn {
  const numbers = (make: () => number) => Float32Array.from({ length: LAYOUT.length }, make);
  const values = numbers(() => random.uniform() - 0.5);
  const by = LAYOUT.scale / Math.hypot(...values);
  return {
    values: values.map((v) => v * by),
    first: numbers(() => 1e-3 * (random.uniform() - 0.5)),
    second: numbers(() => 10 ** (-12 + 6 * random.uniform())),
  };
}

const nothing = (): PersonColumn => ({
  values: new Float32Array(LAYOUT.length),
  first: new Float32Array(LAYOUT.length),
  second: new Float32Array(LAYOUT.length),
});

function pageWith(people: readonly PersonColumn[], lot = 1): PeoplePage {
  const page = new PeoplePage(new Uint8Array(pageBytes(LAYOUT)), LAYOUT);
  people.forEach((own, place) => page.write(place, own, lot));
  return page;
}

describe('a page of people', () => {
  it('holds each person’s column to three digits of its length, and moments to two of their own', () => {
    const random = Random.fromSeed(2);
    const people = Array.from({ length: PAGE_PEOPLE }, () => column(random));
    const page = pageWith(people);
    people.forEach(({ values, first, second }, place) => {
      const read = nothing();
      page.read(place, read);
      values.forEach((v, i) =>
        assert.ok(Math.abs(read.values[i]! - v) <= LAYOUT.scale * 2 ** -11, `${read.values[i]} for ${v}`),
      );
      for (const [now, then] of [
        [read.first, first],
        [read.second, second],
      ] as const)
        for (const [i, v] of then.entries())
          assert.ok(Math.abs(now[i]! - v) <= Math.abs(v) * 2 ** -7, `${now[i]} for ${v}`);
      const alone = new Float32Array(LAYOUT.length);
      page.readValues(place, alone);
      assert.deepEqual(alone, read.values);
    });
  });

  it('changes nobody else when one is written', () => {
    const random = Random.fromSeed(3);
    const page = pageWith(Array.from({ length: PAGE_PEOPLE }, () => column(random)));
    const before = Array.from({ length: PAGE_PEOPLE }, (_, place) => {
      const read = nothing();
      page.read(place, read);
      return read;
    });
    page.write(5, column(random), 9);
    before.forEach((was, place) => {
      const read = nothing();
      page.read(place, read);
      if (place === 5) assert.notDeepEqual(read, was);
      else assert.deepEqual(read, was);
    });
  });

  it('is the same bits for the same lot, and rounds otherwise for another', () => {
    const own = column(Random.fromSeed(4));
    const bitsOf = (lot: number) => {
      const bytes = new Uint8Array(pageBytes(LAYOUT));
      new PeoplePage(bytes, LAYOUT).write(0, own, lot);
      return Buffer.from(bytes).toString('hex');
    };
    assert.equal(bitsOf(7), bitsOf(7));
    assert.notEqual(bitsOf(7), bitsOf(8));
  });

  it('does not swallow updates that are smaller than a step: on average they arrive', () => {
    const own = nothing();
    own.values.fill(LAYOUT.scale / Math.sqrt(LAYOUT.length));
    const page = pageWith([own]);
    const read = nothing();
    page.read(0, read);
    const start = read.values[0]!;
    // A sixteenth of the distance between two numbers of that size.
    const update = (LAYOUT.scale * 2 ** -13) / 16;
    const times = 400;
    for (let lot = 2; lot < times + 2; lot++) {
      page.read(0, read);
      page.write(0, { ...read, values: read.values.map((v) => v + update) }, lot);
    }
    page.read(0, read);
    const mean = read.values.reduce((sum, v) => sum + v - start, 0) / LAYOUT.length;
    assert.ok(Math.abs(mean / (times * update) - 1) < 0.15, `${mean} of ${times * update}`);
  });
});

describe('the people of a checkpoint', () => {
  /** Writes people into a file as training does. @returns the table that a checkpoint holds */
  async function written(people: readonly PersonColumn[]): Promise<Uint8Array> {
    const file = PeopleFile.create(folder(), LAYOUT);
    for (let page = 0; page * PAGE_PEOPLE < people.length; page++) {
      const bytes = new Uint8Array(pageBytes(LAYOUT));
      const numbers = new PeoplePage(bytes, LAYOUT);
      people
        .slice(page * PAGE_PEOPLE, (page + 1) * PAGE_PEOPLE)
        .forEach((own, place) => numbers.write(place, own, page));
      file.write(page, bytes);
    }
    const table = await file.hold();
    file.close();
    return table;
  }
  const checkpoint = () => path.join(folder(), 'epoch-0001');

  it('are a head of the network: a column a person, the last page cut off where they end', async () => {
    const random = Random.fromSeed(6);
    const people = Array.from({ length: LAYOUT.people }, () => column(random));
    const { parameters, shapes } = readPeople(checkpoint(), await written(people), true);
    assert.deepEqual([...shapes.values()], [[LAYOUT.length, LAYOUT.people], [LAYOUT.people]]);
    const [kernel, bias] = [...parameters.values()];
    assert.deepEqual([kernel!.length, bias!.length], [LAYOUT.length * LAYOUT.people, LAYOUT.people]);
    assert.ok(bias!.every((b) => b === 0));
    people.forEach(({ values }, person) =>
      values.forEach((v, i) =>
        assert.ok(Math.abs(kernel![i * LAYOUT.people + person]! - v) <= LAYOUT.scale * 2 ** -11, `person ${person}`),
      ),
    );
  });

  it('are read through without their numbers, and what was changed is found that way as well', async () => {
    const random = Random.fromSeed(7);
    const table = await written(Array.from({ length: LAYOUT.people }, () => column(random)));
    const { parameters, shapes } = readPeople(checkpoint(), table, false);
    assert.deepEqual([parameters.size, shapes.size], [0, 2]);
    const rows = path.join(folder(), PEOPLE_FILE);
    const bytes = fs.readFileSync(rows);
    bytes[bytes.length - 1]! ^= 1;
    fs.writeFileSync(rows, bytes);
    for (const withValues of [true, false])
      assert.throws(() => readPeople(checkpoint(), table, withValues), /page 1 was changed/);
    fs.rmSync(rows);
    assert.throws(() => readPeople(checkpoint(), table, false), { code: 'ENOENT' });
  });
});
