import { cFloat, cString, comment } from '../export/microcontroller/header.js';
import type { Recognizer } from '../recognizers/recognizer.js';
import { thresholdInUse } from '../recognizers/thresholdInUse.js';
import { galleryOf } from './gallery.js';

/** Enough digits that every float32 is read back as it was. */
const DIGITS = 9;
/** Numbers on a line. */
const COLUMNS = 8;

/** Where it lies beside the header of a network. */
export function headerOf(file: string): string {
  return file.replace(/(?:\.h)?$/, '.gallery.h');
}

/**
 * The people of a recognizer as a C header: names, vectors and threshold (docs/recognizer-format.md). The same recognizer gives the
 * same text. C11 and C++17 take it.
 *
 * @throws RangeError for a recognizer of nobody
 */
export function galleryHeader(recognizer: Recognizer): string {
  const { network } = recognizer.record;
  const gallery = galleryOf(recognizer);
  if (gallery.length === 0) throw new RangeError('nobody is enrolled');
  const rows = [
    ...gallery.map(({ prototype }, person) => ({ person, vector: prototype })),
    ...gallery.flatMap(({ negatives }, person) => negatives.map((vector) => ({ person, vector }))),
  ];
  return `/* People whom Face Trainer knows by the vectors of ${comment(network.name)}, ${network.precision}.
 *
 * Bring the network's output to length 1. The similarity to a person is the scalar product with their vector. Somebody at or above
 * FACE_TRAINER_THRESHOLD is named, the most similar first, unless one of the later rows of theirs, a face that is not them, is more
 * similar. Only that network's vectors, in that precision, can be compared with these.
 */
#ifndef FACE_TRAINER_GALLERY_H
#define FACE_TRAINER_GALLERY_H

#define FACE_TRAINER_LENGTH ${network.length}
#define FACE_TRAINER_PEOPLE ${gallery.length}
#define FACE_TRAINER_ROWS ${rows.length}
#define FACE_TRAINER_THRESHOLD ${cFloat(Math.fround(thresholdInUse(recognizer.record).value))}

/* UTF-8. */
static const char* const face_trainer_people[FACE_TRAINER_PEOPLE] = {
${gallery.map(({ name }) => `  ${cString(name)},`).join('\n')}
};
/* Whose row it is. The first FACE_TRAINER_PEOPLE rows are the people themselves, in order. */
static const unsigned int face_trainer_person[FACE_TRAINER_ROWS] = {
${lines(rows.map(({ person }) => String(person)))}
};
/* Each of length 1. */
static const float face_trainer_rows[FACE_TRAINER_ROWS][FACE_TRAINER_LENGTH] = {
${rows.map(({ vector }) => `  {\n${lines(Array.from(vector, cFloat9))}\n  },`).join('\n')}
};

#endif
`;
}

function cFloat9(x: number): string {
  return cFloat(Number(x.toPrecision(DIGITS)));
}

function lines(numbers: readonly string[]): string {
  const all: string[] = [];
  for (let i = 0; i < numbers.length; i += COLUMNS) all.push(`    ${numbers.slice(i, i + COLUMNS).join(', ')},`);
  return all.join('\n');
}
