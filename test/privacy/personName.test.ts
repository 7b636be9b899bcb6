import assert from 'node:assert/strict';
import { escapeHtml } from '../../src/core/format.js';
import { cString } from '../../src/export/microcontroller/header.js';
import { NEUTRAL, PersonName } from '../../src/privacy/personName.js';
import { PersonPictures, type PersonRoot } from '../../src/privacy/personPictures.js';
import { scrubJson } from '../../src/privacy/scrubJson.js';

const X = NEUTRAL;

describe('a name in texts', () => {
  const cases: [name: string, stays: readonly string[], text: string, without: string][] = [
    ['Anna', [], 'Anna', X],
    ['Anna', [], 'Anna/1.jpg and “Anna” (Anna), Anna’s', `${X}/1.jpg and “${X}” (${X}), ${X}’s`],
    ['Anna', [], 'Annabel, Hanna, ANNA, Annä, Anna1', 'Annabel, Hanna, ANNA, Annä, Anna1'],
    ['Anna', ['Anna Maria', 'Jo Anna'], 'Anna Maria, Jo Anna, Anna M., Anna', `Anna Maria, Jo Anna, ${X} M., ${X}`],
    ['anna', ['/home/anna', '/home/anna/data'], '/home/anna/data/anna/1.jpg', `/home/anna/data/${X}/1.jpg`],
    // A number or a letter is a name only where it stands alone, in a path or in quotation marks.
    ['1', [], '1 picture of “1”: 1/a.jpg, x/1/b.jpg, 11', `1 picture of “${X}”: ${X}/a.jpg, x/${X}/b.jpg, 11`],
    ['1', [], '1', X],
    ['A.*+?(b)', [], 'A.*+?(b), A..+?(b)', `${X}, A..+?(b)`],
    ['Zoë', [], `Zoë and ${'Zoë'.normalize('NFD')}`, `${X} and ${X}`],
    ['李', [], '李/1.jpg, 李明', `${X}/1.jpg, 李明`],
  ];
  for (const [name, stays, text, without] of cases)
    it(`“${name}” in “${text}”`, () => {
      const person = new PersonName(name, stays);
      assert.equal(person.without(text), without);
      assert.equal(person.stands(text), text !== without);
      assert.equal(person.stands(person.without(text)), false);
    });

  it('is found however JSON, pages, C and addresses write it', () => {
    const name = 'Zoë "Z" <b> 李';
    const person = new PersonName(name);
    const texts = [JSON.stringify(name), escapeHtml(name), cString(name), encodeURIComponent(name)];
    texts.push('"Zo\\u00eb \\"Z\\" <b> \\u674e"');
    for (const text of texts) {
      assert.ok(
        person.written.some((written) => written.stands(text)),
        text,
      );
      assert.ok(
        person.bytes.some((bytes) => Buffer.from(`\0${text}\0`).includes(bytes)),
        text,
      );
    }
    assert.ok(person.bytes.some((bytes) => Buffer.from(name, 'utf16le').includes(bytes)));
  });
});

describe('JSON without a person', () => {
  const root: PersonRoot = {
    ...{ root: '/data', real: '/data', theirs: ['Anna/1.jpg'] },
    others: new Set(['Bo/1.jpg', 'Bo/Anna.jpg']),
  };
  const person = new PersonPictures(new PersonName('Anna', ['Bo', '/data']), [root]);

  it('keeps the places in a list of names, and loses entries about the person', () => {
    const value = {
      people: ['Anna', 'Bo'],
      withoutFace: ['Anna/1.jpg', 'Bo/1.jpg'],
      counts: [
        { person: 'Anna', pictures: 3 },
        { person: 'Bo', pictures: 2 },
      ],
      findings: [{ title: 'Anna and Bo look alike', files: [{ file: 'Anna/9.jpg' }, { file: 'Bo/1.jpg' }] }],
      options: { dataset: '/data/Anna' },
      scores: { Anna: 0.5, Bo: 0.5 },
      type: 'Anna',
      none: null,
    };
    assert.deepEqual(scrubJson(value, person), {
      people: [X, 'Bo'],
      withoutFace: ['Bo/1.jpg'],
      counts: [{ person: 'Bo', pictures: 2 }],
      findings: [{ title: `${X} and Bo look alike`, files: [{ file: 'Bo/1.jpg' }] }],
      options: { dataset: '/data/Anna' },
      scores: { [X]: 0.5, Bo: 0.5 },
      type: 'Anna',
      none: null,
    });
  });

  it('knows whose a path is: by the pictures that are there, else by the folder', () => {
    const theirs = ['Anna/1.jpg', 'Anna/deleted.jpg', '/data/Anna/1.jpg', 'train/Anna/x.jpg', '\\data\\Anna\\1.jpg'];
    for (const file of theirs) assert.ok(person.owns(file), file);
    for (const file of ['Bo/1.jpg', 'Bo/Anna.jpg', '/other/Anna/1.jpg', 'Anna', 'Annabel/1.jpg', '/data/Bo/1.jpg'])
      assert.ok(!person.owns(file), file);
  });
});
