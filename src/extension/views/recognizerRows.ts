import path from 'node:path';
import { networkWords } from '../../core/answerWords.js';
import { formatCount } from '../../core/format.js';
import { thresholdWords } from '../../core/thresholdWords.js';
import type { RecognizerSummary } from '../../protocol/recognition.js';
import type { EnrolledPicture, Person } from '../../recognizers/recognizer.js';
import type { Row } from './runRows.js';

/** A row with the picture of a face in the place of an icon, where there is one. */
export interface FaceRow extends Row {
  readonly picture?: string;
}

/** Fewer than so many pictures make somebody easy to miss: with five a person is recognized twice as surely as with one. */
const FEW = 3;

export function recognizerRow({ folder, name, network, people, threshold, lastChange }: RecognizerSummary): FaceRow {
  const count = formatCount(people.length, 'person', 'people');
  const pictures = formatCount(
    people.reduce((sum, one) => sum + one.pictures, 0),
    'picture',
  );
  return {
    label: name,
    description: `${count}  ·  ${pictures}${network.kind === 'face' ? '' : `  ·  ${network.kind}`}`,
    icon: network.kind === 'dlib' ? 'warning' : 'organization',
    ...(network.kind === 'dlib' ? { colour: 'editorWarning.foreground' } : {}),
    spoken: `${name}, recognizer of ${count}, ${pictures}, ${networkWords(network)}`,
    hint: `${networkWords(network)}. ${thresholdWords(threshold)}`,
    path: folder,
    kind: lastChange === undefined ? 'recognizer' : 'recognizer.changed',
  };
}

export function personRow(folder: string, { name, pictures, negatives }: Person): FaceRow {
  const count = formatCount(pictures.length, 'picture');
  const few = pictures.length < FEW ? 'few: 5 are better' : undefined;
  const ruledOut = negatives.length > 0 ? `${negatives.length} said not to be` : undefined;
  const face = pictures[0]?.file;
  return {
    label: name,
    description: [count, few, ruledOut].filter(Boolean).join('  ·  '),
    icon: 'person',
    ...(face === undefined ? {} : { picture: face }),
    spoken: [name, count, few, ruledOut].filter(Boolean).join(', '),
    hint: name,
    path: `${folder}/${name}`,
    kind: 'person',
  };
}

/** @param negative whether it was said not to be the person */
export function pictureRow({ name }: Person, { file }: EnrolledPicture, negative: boolean): FaceRow {
  const label = path.basename(file);
  return {
    label,
    description: negative ? `not ${name}` : path.basename(path.dirname(file)) === name ? '' : path.dirname(file),
    icon: negative ? 'circle-slash' : 'file-media',
    ...(negative ? {} : { picture: file }),
    spoken: negative ? `${label}, said not to be ${name}` : `${label}, picture of ${name}`,
    hint: negative ? `Said not to be ${name}: faces more like this one are not named so` : `Picture of ${name}`,
    path: file,
    kind: negative ? 'enrolledPicture.negative' : 'enrolledPicture',
  };
}
