import { Random } from '../../src/core/random.js';
import { evaluateEmbeddings } from '../../src/evaluation/evaluateEmbeddings.js';
import type { FaceSet } from '../../src/evaluation/faceSet.js';
import type { Evaluation } from '../../src/protocol/evaluation.js';
import type { EvaluationPanelContent } from '../../src/protocol/evaluationPanel.js';

// An evaluation of 40 people whose embeddings are drawn by a seed: around a mean for each, two who look alike, some hard pictures,
// one in the wrong folder; and of strangers, who are a little more like each other than chance, as faces are.

const LENGTH = 96;
const PEOPLE = 40;
const EACH = 10;
const GIVEN =
  'Anna Bo Carl Dora Emil Fatima Gustav Hanna Ivo Jana Kurt Lena Milo Nora Otto Pia Quinn Rosa Sven Tilda'.split(' ');

type Vector = readonly number[];

interface Picture {
  readonly file: string;
  readonly person: string;
  readonly vector: Vector;
}

function gaussian(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random.uniform())) * Math.cos(2 * Math.PI * random.uniform());
}

function unit(values: Vector): Vector {
  const norm = Math.hypot(...values);
  return values.map((value) => value / norm);
}

function near(random: Random, mean: Vector, spread: number): Vector {
  return unit(mean.map((value) => value + (spread * gaussian(random)) / Math.sqrt(LENGTH)));
}

function faceSet(pictures: readonly Picture[]): FaceSet {
  return {
    embeddings: Float32Array.from(pictures.flatMap(({ vector }) => vector)),
    people: pictures.map(({ person }) => person),
    pictures: pictures.map(({ file }) => file),
  };
}

/** The same for the same seed. */
export function evaluationOf(seed: number, strangerCount = 320): Evaluation {
  const random = Random.forPurpose(seed, 'an evaluation');
  const centre = unit(Array.from({ length: LENGTH }, () => gaussian(random)));
  const somebody = () =>
    near(
      random,
      centre.map((value) => 0.35 * value),
      1,
    );
  const means = Array.from({ length: PEOPLE }, somebody);
  means[7] = near(random, means[3]!, 0.85);
  const people = means.map((_, i) => `${GIVEN[i % GIVEN.length]!}${i < GIVEN.length ? '' : ' Lind'}`);
  people[11] = 'Maria-Magdalena_von_Hohenstein-Wittelsbach';
  const pictures = means.flatMap((own, i) =>
    Array.from({ length: EACH }, (_, k): Picture => {
      const spread = random.uniform() < 0.04 ? 1.9 : 0.8;
      const vector = near(random, i === 5 && k === 4 ? means[22]! : own, spread);
      return { file: `/pictures/${people[i]!}/IMG_2026${100 + k}.jpg`, person: people[i]!, vector };
    }),
  );
  const strangers = Array.from({ length: strangerCount }, (_, i): Picture => {
    const person = `stranger ${i + 1}`;
    return { file: `/strangers/${person}/1.jpg`, person, vector: somebody() };
  });
  return evaluateEmbeddings({
    ...faceSet(pictures),
    strangers: faceSet(strangers),
    threshold: 0.48,
    wanted: { strangersPer1000: 10, confidence: 0.95 },
    seed,
  });
}

export function evaluationContent(
  evaluation = evaluationOf(3),
): Extract<EvaluationPanelContent, { type: 'evaluation' }> {
  return {
    type: 'evaluation',
    title: 'family_and_friends_2026',
    network: 'face network face-reidentification-retail-0095',
    evaluation,
    inForce: evaluation.threshold,
    corrects: true,
    corrections: [],
  };
}
