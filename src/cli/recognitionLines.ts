import { formatCount, formatList } from '../core/format.js';
import { thresholdWords } from '../core/thresholdWords.js';
import type { Answer, Enrolment, LeftOut, NetworkAtWork, RecognizerSummary } from '../protocol/recognition.js';
import type { Changed, Recognition } from '../protocol/recognitionJobs.js';

/** Pictures that are named; `--json` has all. */
const SHOWN = 10;

export function enrolmentLines({
  recognizer,
  pictures,
  enrolled,
  leftOut,
  severalFaces,
  seconds,
  warnings,
}: Enrolment): string[] {
  const { name, folder, people, network, threshold } = recognizer;
  return [
    `“${name}” knows ${formatCount(people.length, 'person', 'people')} by ${formatCount(enrolled, 'picture')}.`,
    thresholdWords(threshold),
    '',
    `Network     ${networkWords(network)}`,
    `Threshold   ${threshold.value.toFixed(3)}`,
    `Looked at   ${formatCount(pictures, 'picture')} in ${seconds.toFixed(1)} s`,
    ...leftOutLines(leftOut),
    ...(severalFaces.length > 0
      ? [
          `Several     ${formatCount(severalFaces.length, 'picture shows', 'pictures show')} several faces; the one most like the others of its folder was taken:`,
          ...shown(severalFaces.map(({ file, faces }) => `${file}: ${faces} faces`)),
        ]
      : []),
    ...warnings.map((warning) => `Warning     ${warning}`),
    `Recognizer  ${folder}`,
  ];
}

export function recognitionLines({ network, runtime, answers }: Recognition): string[] {
  return [...answers.map(answerLine), `Network     ${networkWords(network)}, computed by ${runtime}`];
}

export function changeLines({ done, leftOut, recognizer }: Changed): string[] {
  return [done, ...leftOutLines(leftOut), `Threshold   ${recognizer.threshold.value.toFixed(3)}`];
}

export function recognizerLines({ name, folder, network, people, threshold, lastChange }: RecognizerSummary): string[] {
  return [
    `“${name}” knows ${formatCount(people.length, 'person', 'people')}. ${thresholdWords(threshold)}`,
    '',
    ...people.map(({ person, pictures, notThisPerson }) => {
      const not = notThisPerson > 0 ? `, ${formatCount(notThisPerson, 'picture')} “not this person”` : '';
      return `            ${person}: ${formatCount(pictures, 'picture')}${not}`;
    }),
    `Network     ${networkWords(network)}`,
    `Threshold   ${threshold.value.toFixed(3)}`,
    ...(lastChange === undefined ? [] : [`Last        ${lastChange}`]),
    `Recognizer  ${folder}`,
  ];
}

function answerLine(answer: Answer): string {
  if ('error' in answer) return `${answer.file}: no answer, the picture ${answer.error}`;
  const { file, person, known, similarity, threshold, nearest, runnerUp, mostLike, notes } = answer;
  const second = runnerUp ? `; then ${runnerUp.person} ${runnerUp.similarity.toFixed(2)}` : '';
  const like = nearest === undefined ? 'nobody left' : `most like ${nearest} ${similarity.toFixed(2)}`;
  const found = known ? similarity.toFixed(2) : like;
  const picture = mostLike ? `; nearest picture ${mostLike.file}` : '';
  const beside = notes.length > 0 ? `. ${notes.join(' ')}` : '';
  return `${file}: ${person} (${found}, needs ${threshold.toFixed(2)}${second}${picture})${beside}`;
}

function networkWords({ name, kind, precision, digest }: NetworkAtWork): string {
  const what = {
    face: name,
    dlib: `${name}, which serves where no face weights are there`,
    checkpoint: `${name}, trained here`,
    file: `${name}, from an exported file`,
  }[kind];
  return `${what} (${precision}, ${digest.slice(0, 12)})`;
}

function leftOutLines(leftOut: readonly LeftOut[]): string[] {
  if (leftOut.length === 0) return [];
  const people = [...new Set(leftOut.map(({ person }) => person))];
  return [
    `Left out    ${formatCount(leftOut.length, 'picture')} of ${formatList(people)}:`,
    ...shown(leftOut.map(({ file, reason }) => `${file} ${reason}`)),
  ];
}

function shown(lines: readonly string[]): string[] {
  const more = lines.length - SHOWN;
  const some = lines.slice(0, SHOWN).map((line) => `            ${line}`);
  return more > 0 ? [...some, `            and ${more.toLocaleString('en-US')} more`] : some;
}
