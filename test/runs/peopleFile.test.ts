import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { Random } from '../../src/core/random.js';
import { PAGE_PEOPLE, PageTable, pageBytes } from '../../src/runs/pageTable.js';
import { PEOPLE_FILE, PEOPLE_TABLE, PeopleFile, visitPages } from '../../src/runs/peopleFile.js';
import { scratchFolder } from '../support/scratch.js';

const folder = scratchFolder();
const LAYOUT = { people: 5 * PAGE_PEOPLE + 3, length: 8, scale: 32 };
const PAGES = 6;

type Pages = (number | undefined)[];

const pageOf = (value: number) => new Uint8Array(pageBytes(LAYOUT)).fill(value);

/** What each page is filled with. */
function pagesOf(checkpoint: string): Pages {
  const pages: Pages = [];
  const table = PageTable.decode(fs.readFileSync(path.join(checkpoint, PEOPLE_TABLE)));
  visitPages(checkpoint, table, (page, bytes) => {
    assert.equal(new Set(bytes).size, 1);
    pages[page] = bytes[0];
  });
  return pages;
}

/** As the thread that writes checkpoints does. */
function keep(name: string, table: Uint8Array): string {
  const at = path.join(folder(), name);
  fs.mkdirSync(at);
  fs.writeFileSync(path.join(at, PEOPLE_TABLE), table);
  return at;
}

describe('PeopleFile', () => {
  it('is zeros where nothing was written', () => {
    const file = PeopleFile.create(folder(), LAYOUT);
    const bytes = pageOf(9);
    file.read(3, bytes);
    assert.deepEqual(bytes, pageOf(0));
    file.close();
  });

  it('is private, and refuses to stand where one is', () => {
    PeopleFile.create(folder(), LAYOUT).close();
    assert.equal(fs.statSync(path.join(folder(), PEOPLE_FILE)).mode & 0o777, 0o600);
    assert.throws(() => PeopleFile.create(folder(), LAYOUT), { code: 'EEXIST' });
  });

  it('keeps what each checkpoint holds, whatever is written after it and wherever it is broken off', async () => {
    const random = Random.fromSeed(4);
    const truth: Pages = Array.from({ length: PAGES }, () => 0);
    const kept: { at: string; table: Uint8Array; pages: Pages }[] = [];
    let file = PeopleFile.create(folder(), LAYOUT);
    const history: string[] = [];
    for (let round = 0; round < 300; round++) {
      const what = random.integer(20);
      if (what < 16) {
        const [page, value] = [random.integer(PAGES), 1 + random.integer(255)];
        file.write(page, pageOf(value));
        truth[page] = value;
        history.push(`write ${page}`);
      } else if (what < 18) {
        const table = await file.hold();
        // Training goes on before the checkpoint is there.
        const [page, value] = [random.integer(PAGES), 1 + random.integer(255)];
        const pages = [...truth];
        file.write(page, pageOf(value));
        truth[page] = value;
        kept.push({ at: keep(`step-${round}`, table), table, pages });
        history.push(`hold, write ${page}`);
        if (kept.length > 3) fs.rmSync(kept.splice(random.integer(2), 1)[0]!.at, { recursive: true });
      } else if (kept.length > 0) {
        // Killed, and gone on from the newest.
        file.close();
        const { table, pages } = kept.at(-1)!;
        file = PeopleFile.goOn(folder(), table);
        truth.splice(0, PAGES, ...pages);
        history.push('go on');
      }
      for (const { at, pages } of kept) assert.deepEqual(pagesOf(at), pages, history.join('; '));
      for (let page = 0; page < PAGES; page++) {
        const bytes = pageOf(0);
        file.read(page, bytes);
        assert.deepEqual(bytes, pageOf(truth[page]!), `page ${page}: ${history.join('; ')}`);
      }
    }
    file.close();
    // Training’s own, the newest, which may be on its way, and three that are kept.
    assert.ok(fs.statSync(path.join(folder(), PEOPLE_FILE)).size <= 6 * PAGES * pageBytes(LAYOUT));
  });

  it('costs a checkpoint what changed since the one before', async () => {
    const file = PeopleFile.create(folder(), LAYOUT);
    for (let page = 0; page < PAGES; page++) file.write(page, pageOf(1));
    const size = () => fs.statSync(path.join(folder(), PEOPLE_FILE)).size / pageBytes(LAYOUT);
    keep('step-1', await file.hold());
    assert.equal(size(), PAGES);
    for (let again = 0; again < 5; again++) file.write(2, pageOf(2));
    assert.equal(size(), PAGES + 1);
    file.close();
  });

  it('finds bytes that were changed or cut off, and tables that are none', async () => {
    const file = PeopleFile.create(folder(), LAYOUT);
    for (let page = 0; page < PAGES; page++) file.write(page, pageOf(page + 1));
    const at = keep('step-1', await file.hold());
    file.close();
    const rows = path.join(folder(), PEOPLE_FILE);
    const whole = fs.readFileSync(rows);
    for (const place of [0, 700, whole.length - 1]) {
      const changed = Uint8Array.from(whole);
      changed[place]! ^= 4;
      fs.writeFileSync(rows, changed);
      assert.throws(() => pagesOf(at), RangeError, `byte ${place}`);
    }
    fs.writeFileSync(rows, whole.subarray(0, -1));
    assert.throws(() => pagesOf(at), /cut short/);
    const table = fs.readFileSync(path.join(at, PEOPLE_TABLE));
    for (const bytes of [table.subarray(4), table.subarray(0, 12), table.map((b, i) => (i < 4 ? 9 : b))])
      assert.throws(() => PageTable.decode(bytes), RangeError);
  });
});
