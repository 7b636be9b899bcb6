import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { scanDataset, type ScannedDataset } from '../../src/dataset/scanDataset.js';
import { withoutExcluded } from '../../src/dataset/checkDataset.js';
import { scratchFolder } from '../support/scratch.js';

const folder = scratchFolder();

/** Names are all that a scan looks at. */
function touch(...files: string[]): void {
  for (const file of files) {
    fs.mkdirSync(path.dirname(path.join(folder(), file)), { recursive: true });
    fs.writeFileSync(path.join(folder(), file), '');
  }
}

function byPerson({ people, files, owners }: ScannedDataset): Record<string, string[]> {
  return Object.fromEntries(people.map((name, i) => [name, files.filter((_, p) => owners[p] === i)]));
}

const skippedFiles = ({ skipped }: ScannedDataset) => new Map(skipped.map(({ file, reason }) => [file, reason]));

describe('scanDataset', () => {
  it('names people by the first level, finds pictures at any depth, and sorts by code unit', () => {
    touch('Zoë/b.png', 'Zoë/deep/er/a.JPG', '李/1.webp', 'Anna/2.bmp', 'Anna/10.pgm');
    const scanned = scanDataset(folder());
    assert.equal(scanned.layout, 'folders');
    assert.deepEqual(byPerson(scanned), {
      Anna: ['Anna/10.pgm', 'Anna/2.bmp'],
      Zoë: ['Zoë/b.png', 'Zoë/deep/er/a.JPG'],
      李: ['李/1.webp'],
    });
    assert.deepEqual(scanned.skipped, []);
  });

  it('takes a folder of nothing but pictures where nobody needs a name, and says what else lies there', () => {
    touch('b.png', 'a.jpg', 'notes.txt', '.hidden');
    assert.throws(() => scanDataset(folder()), /holds 2 pictures but does not say who is who/);
    const scanned = scanDataset(folder(), 0);
    assert.equal(scanned.layout, 'unnamed');
    assert.deepEqual(byPerson(scanned), { [path.basename(folder())]: ['a.jpg', 'b.png'] });
    assert.deepEqual([...skippedFiles(scanned).keys()], ['notes.txt']);
    touch('Anna/1.png');
    assert.throws(() => scanDataset(folder(), 0), /only one person, Anna/);
    touch('Ben/1.png');
    assert.deepEqual(scanDataset(folder(), 0).people, ['Anna', 'Ben']);
    const empty = path.join(folder(), 'empty');
    fs.mkdirSync(empty);
    assert.throws(() => scanDataset(empty, 0), /has no pictures/);
  });

  it('ignores what systems leave behind, lists everything else that it leaves out', () => {
    touch('a/1.png', 'b/1.png', '.DS_Store', 'a/Thumbs.db', 'a/.hidden.png', '__MACOSX/a/1.png', 'b/desktop.ini');
    touch('a/notes.txt', 'stray.png', 'readme.txt', 'b/photo.HEIC');
    fs.mkdirSync(path.join(folder(), 'nobody'));
    const skipped = skippedFiles(scanDataset(folder()));
    assert.deepEqual(new Set(skipped.keys()), new Set(['a/notes.txt', 'stray.png', 'nobody', 'b/photo.HEIC']));
    assert.match(skipped.get('b/photo.HEIC')!, /export it as JPEG/);
  });

  it('tells of folders that begin with a dot when pictures are in them', () => {
    touch('a/1.png', 'b/1.png', '.Carla/1.png', 'a/..more/deep/2.png', '.git/config', '.empty/.hidden.png');
    const scanned = scanDataset(folder());
    assert.deepEqual(scanned.people, ['a', 'b']);
    const reason = 'is a hidden folder: rename it if you want its pictures';
    assert.deepEqual([...skippedFiles(scanned)].sort(), [
      ['.Carla', reason],
      ['a/..more', reason],
    ]);
  });

  it('says what is wrong with a folder that cannot be trained with', () => {
    const missing = path.join(folder(), 'missing');
    assert.throws(() => scanDataset(missing), { code: 'dataset-missing', message: /does not exist/ });
    assert.throws(() => scanDataset(folder()), { code: 'dataset-no-people', message: /no sub-folder with pictures/ });
    touch('file.png');
    assert.throws(() => scanDataset(path.join(folder(), 'file.png')), {
      code: 'dataset-missing',
      message: /is not a folder/,
    });
    assert.throws(() => scanDataset(folder()), {
      code: 'dataset-no-people',
      message: /holds 1 picture but does not say who is who/,
    });
    touch('Anna/1.png');
    assert.throws(() => scanDataset(folder()), { code: 'dataset-one-person', message: /only one person, Anna/ });
  });

  it('follows links inside the folder, and neither those that leave it nor circles nor pipes', () => {
    touch('a/1.png', 'b/1.png');
    const outside = fs.mkdtempSync(`${folder()}-outside-`);
    try {
      fs.writeFileSync(path.join(outside, 'secret.png'), '');
      const link = (target: string, name: string) => fs.symlinkSync(target, path.join(folder(), name));
      link('../a/1.png', 'b/linked.png');
      link('a', 'c');
      link(outside, 'd');
      link(path.join(outside, 'secret.png'), 'a/out.png');
      link('..', 'a/round');
      link('nowhere.png', 'a/dead.png');
      // A folder whose name only begins like the root's is outside as well.
      link(`../../${path.basename(outside)}/secret.png`, 'a/beside.png');
      execFileSync('mkfifo', [path.join(folder(), 'b/pipe.png')]);
      const scanned = scanDataset(folder());
      assert.deepEqual(byPerson(scanned), { a: ['a/1.png'], b: ['b/1.png', 'b/linked.png'], c: ['c/1.png'] });
      const reasons = [...skippedFiles(scanned)].sort();
      assert.deepEqual(
        reasons.filter(([file]) => !file.startsWith('c/')),
        [
          ['a/beside.png', 'is a link that leads out of the folder'],
          ['a/dead.png', 'is a broken link'],
          ['a/out.png', 'is a link that leads out of the folder'],
          ['a/round', 'is a circular link'],
          ['b/pipe.png', 'is neither a file nor a folder'],
          ['d', 'is a link that leads out of the folder'],
        ],
      );
    } finally {
      fs.rmSync(outside, { recursive: true });
    }
  });

  it('takes any name that a file system takes', () => {
    const names = [
      '-rf',
      '%00',
      'a b',
      "quote'",
      '"',
      '$(id)',
      'ＦＵＬＬ',
      '🙂',
      'Zoe\u0308',
      'Zo\u00eb',
      'line\nbreak',
      'back\\slash',
      'train',
      'CON',
      '#',
      'x'.repeat(200),
    ];
    touch(...names.map((name) => `${name}/${name.slice(0, 100)}.png`));
    const scanned = scanDataset(folder());
    assert.deepEqual(new Set(scanned.people), new Set(names));
    for (const file of scanned.files) assert.ok(fs.existsSync(path.join(folder(), file)), JSON.stringify(file));
    assert.deepEqual(scanned.skipped, []);
  });

  it('is the same whatever order the file system lists in', () => {
    touch('b/2.png', 'a/1.png', 'b/10.png', 'a/Z.png', 'a/z.png');
    const expected = scanDataset(folder());
    const read = fs.readdirSync;
    try {
      fs.readdirSync = ((...args: unknown[]) =>
        (read as (...a: unknown[]) => unknown[])(...args).reverse()) as typeof fs.readdirSync;
      assert.deepEqual(scanDataset(folder()), expected);
    } finally {
      fs.readdirSync = read;
    }
  });

  describe('with train, val and test', () => {
    it('takes the sides as they are', () => {
      touch('train/Anna/1.png', 'train/Bo/1.png', 'Val/Anna/2.png', 'test/Cleo/3.png');
      const scanned = scanDataset(folder());
      assert.equal(scanned.layout, 'split');
      assert.deepEqual(scanned.people, ['Anna', 'Bo', 'Cleo']);
      assert.deepEqual(Object.fromEntries(scanned.files.map((file, i) => [file, scanned.sides![i]])), {
        'train/Anna/1.png': 'train',
        'train/Bo/1.png': 'train',
        'Val/Anna/2.png': 'validation',
        'test/Cleo/3.png': 'test',
      });
    });

    it('takes them for people when there are other folders as well', () => {
      touch('train/1.png', 'val/1.png', 'Anna/1.png');
      assert.deepEqual(scanDataset(folder()).people, ['Anna', 'train', 'val']);
    });
  });

  describe('with labels.csv', () => {
    const write = (text: string) => fs.writeFileSync(path.join(folder(), 'labels.csv'), text);

    it('reads commas, semicolons, tabs, quotes, a header or none, and either slash', () => {
      touch('1.png', 'deep/2.png', 'a, b.png');
      const expected = { 'Bo, jr.': ['a, b.png'], Zoë: ['1.png', 'deep/2.png'] };
      for (const text of [
        '\ufeffpath,person\r\n1.png,Zoë\r\ndeep\\2.png,Zoë\r\n"a, b.png","Bo, jr."\r\n',
        'Zoë;1.png\nZoë;deep/2.png\nBo, jr.;a, b.png\n'.replace(/(.*);(.*)/g, '$2;$1'),
        'label\tfilename\nZoë\t1.png\nZoë\t./deep/2.png\n\nBo, jr.\ta, b.png',
      ]) {
        write(text);
        const scanned = scanDataset(folder());
        assert.equal(scanned.layout, 'labels');
        assert.deepEqual(byPerson(scanned), expected, text);
        assert.deepEqual(scanned.skipped, [], text);
      }
    });

    it('lists what does not fit, and never leads out of the folder', () => {
      touch('1.png', '2.png', '3.png', '4.png', 'unnamed.png');
      write(
        'path,person,split\n1.png,Anna,train\n2.png,Bo,val\n2.png,Anna,train\ngone.png,Anna,\n../../etc/passwd.png,Anna,\n/etc/x.png,Bo,\nC:\\x.png,Bo,\n3.png,,\n4.png,Bo,sideways\n',
      );
      const scanned = scanDataset(folder());
      assert.deepEqual(byPerson(scanned), { Anna: ['1.png'], Bo: ['2.png'] });
      assert.deepEqual(scanned.sides, ['train', 'validation']);
      const reasons = skippedFiles(scanned);
      assert.match(reasons.get('2.png')!, /more than once/);
      assert.match(reasons.get('gone.png')!, /not a picture in this folder/);
      for (const out of ['../../etc/passwd.png', '/etc/x.png', 'C:/x.png'])
        assert.equal(reasons.get(out), 'leads out of the folder');
      assert.match(reasons.get('3.png')!, /has no person/);
      assert.match(reasons.get('4.png')!, /unknown side of the split, “sideways”/);
      assert.match(reasons.get('unnamed.png')!, /is not named/);
    });

    it('says that a table is none', () => {
      touch('1.png');
      for (const text of ['', 'one column\n1.png\n', '"1.png,Anna\n']) {
        write(text);
        assert.throws(() => scanDataset(folder()), { code: 'dataset-labels' }, JSON.stringify(text));
      }
    });
  });

  it('leaves out what an exclusion list names', () => {
    touch('a/1.png', 'a/2.png', 'b/1.png', 'b/sub/2.png');
    const list = path.join(folder(), 'exclude.txt');
    fs.writeFileSync(list, '# seen on Monday\n\na/2.png\r\nb\\sub\\2.png\nnobody/1.png\n');
    const scanned = withoutExcluded(scanDataset(folder()), list);
    assert.deepEqual(byPerson(scanned), { a: ['a/1.png'], b: ['b/1.png'] });
    assert.equal(skippedFiles(scanned).get('a/2.png'), 'is on the exclusion list');
    assert.throws(() => withoutExcluded(scanned, path.join(folder(), 'absent.txt')), { code: 'exclusion-list' });
  });
});
