import type { NetworkAtWork } from '../protocol/recognition.js';

/** From which similarity on a face gets a name so that one stranger in a hundred gets one, by the number of people enrolled. */
interface Row {
  readonly people: number;
  readonly threshold: number;
}

/**
 * Measured on the pictures of docs/recognition.md: the first pictures of 1,768 strangers against so many people with five
 * pictures each, the mean of five draws.
 */
const TABLES: readonly {
  readonly network: string;
  readonly precision: NetworkAtWork['precision'];
  /** Of a share of strangers that is ten times as small, by so much more; of ten times as large, by so much less. */
  readonly perTenfold: number;
  readonly rows: readonly Row[];
}[] = [
  {
    network: 'face-reidentification-retail-0095',
    precision: 'float32',
    perTenfold: 0.09,
    rows: [
      { people: 1, threshold: 0.25 },
      { people: 5, threshold: 0.34 },
      { people: 10, threshold: 0.37 },
      { people: 50, threshold: 0.44 },
      { people: 158, threshold: 0.48 },
    ],
  },
  {
    network: 'dlib-face-recognition-resnet',
    precision: 'float32',
    perTenfold: 0.015,
    rows: [{ people: 158, threshold: 0.952 }],
  },
];

/**
 * The threshold that a network starts with, before its user has tried strangers of their own. Between the rows it goes by the
 * logarithm of the number of people: twice the people are twice the chances to look like one of them.
 *
 * @param strangersPer1000 so many of 1,000 strangers may be named
 * @returns undefined for a network that nothing was measured of
 */
export function tableThreshold(
  { name, precision }: Pick<NetworkAtWork, 'name' | 'precision'>,
  people: number,
  strangersPer1000: number,
): number | undefined {
  const table = TABLES.find((one) => one.network === name && one.precision === precision);
  if (!table) return undefined;
  const tenfold = Math.log10(strangersPer1000 / 10);
  return Math.min(1, Math.max(-1, between(table.rows, people) - tenfold * table.perTenfold));
}

/** Beyond either end the slope of the nearest two rows goes on; below one person nothing changes. */
function between(rows: readonly Row[], people: number): number {
  const [first] = rows;
  if (rows.length === 1) return first!.threshold;
  const at = rows.findIndex((row) => row.people >= people);
  const upper = Math.max(1, at < 0 ? rows.length - 1 : at);
  const [a, b] = [rows[upper - 1]!, rows[upper]!];
  const share = Math.log(Math.max(1, people) / a.people) / Math.log(b.people / a.people);
  return a.threshold + share * (b.threshold - a.threshold);
}
