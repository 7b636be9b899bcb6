import type { NetworkAtWork } from '../protocol/recognition.js';

/** Shares of strangers, of 1,000, that the columns of a table are for. */
const STRANGERS = [1, 10, 100] as const;

/** From which similarity on a face gets a name so that so many of 1,000 strangers get one, by the number of people enrolled. */
type Row = readonly [people: number, one: number, ten: number, hundred: number];

interface Table {
  readonly network: string;
  readonly precision: NetworkAtWork['precision'];
  readonly rows: readonly Row[];
}

/**
 * Means of twenty draws of so many of 158 people with five pictures each, against the first pictures of 1,768 strangers, from file
 * to answer (bench/recognition/thresholds.ts).
 */
const TABLES: readonly Table[] = [
  {
    network: 'face-reidentification-retail-0095',
    precision: 'float32',
    rows: [
      [1, 0.353, 0.256, 0.133],
      [2, 0.378, 0.284, 0.165],
      [5, 0.41, 0.326, 0.211],
      [10, 0.443, 0.356, 0.248],
      [20, 0.475, 0.382, 0.282],
      [50, 0.523, 0.419, 0.325],
      [100, 0.543, 0.443, 0.354],
      [158, 0.553, 0.464, 0.37],
    ],
  },
  {
    network: 'dlib-face-recognition-resnet',
    precision: 'float32',
    rows: [
      [1, 0.933, 0.917, 0.892],
      [2, 0.938, 0.924, 0.901],
      [5, 0.944, 0.931, 0.913],
      [10, 0.948, 0.936, 0.919],
      [20, 0.952, 0.941, 0.925],
      [50, 0.956, 0.946, 0.932],
      [100, 0.958, 0.949, 0.935],
      [158, 0.96, 0.951, 0.938],
    ],
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
  const columns = STRANGERS.map((_, column) => byPeople(table.rows, column, Math.max(1, people)));
  // Beyond the columns the nearest two go on: thresholds are nearly straight over the logarithm of the share.
  const at = strangersPer1000 < STRANGERS[1] ? 0 : 1;
  const value = onLine(STRANGERS[at], columns[at]!, STRANGERS[at + 1]!, columns[at + 1]!, strangersPer1000);
  return Math.min(1, Math.max(-1, value));
}

/** Between the rows by the logarithm of the number of people; beyond the last the slope of the last two goes on. */
function byPeople(rows: readonly Row[], column: number, people: number): number {
  const found = rows.findIndex(([count]) => count >= people);
  const upper = Math.max(1, found < 0 ? rows.length - 1 : found);
  const [a, b] = [rows[upper - 1]!, rows[upper]!];
  return onLine(a[0], a[column + 1]!, b[0], b[column + 1]!, people);
}

/** The value at x on the line through two points, x on a logarithmic scale. */
function onLine(x0: number, y0: number, x1: number, y1: number, x: number): number {
  return y0 + ((y1 - y0) * Math.log(x / x0)) / Math.log(x1 / x0);
}
