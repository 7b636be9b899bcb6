import type * as z from 'zod';
import type { quantizerRow } from '../protocol/runEvents.js';
import { formatPercent } from './format.js';

type Row = z.infer<typeof quantizerRow>;

export interface QuantizerColumn {
  readonly name: string;
  readonly explained: string;
  readonly value: (row: Row) => string;
}

/** The columns of the table of quantizers, in the panel as in the report. */
export const QUANTIZER_COLUMNS: readonly QuantizerColumn[] = [
  { name: 'Place', explained: 'The layer, or what gives the activations', value: (row) => row.name },
  { name: 'Of', explained: 'Weights of a kernel, or activations', value: (row) => row.kind },
  { name: 'Bits', explained: 'Of an integer', value: (row) => String(row.bits) },
  { name: 'Scale', explained: 'Of a step; smallest to largest of the channels', value: (row) => rangeOf(row.scale) },
  { name: 'Zero', explained: 'The integer that stands for zero', value: (row) => String(row.zeroPoint) },
  { name: 'Range', explained: 'Smallest and largest value', value: (row) => rangeOf(row.range) },
  {
    name: 'Clipped',
    explained: 'Values beyond the range',
    value: (row) => (row.clipped === undefined ? '–' : formatPercent(row.clipped)),
  },
  {
    name: 'SQNR',
    explained: 'Signal-to-quantization-noise ratio',
    value: (row) => (row.sqnr === undefined ? '–' : `${row.sqnr.toFixed(1)} dB`),
  },
  {
    name: 'Active since',
    explained: 'The step from which it rounds',
    value: (row) => (row.activeSince === undefined ? 'not yet' : `step ${row.activeSince + 1}`),
  },
];

function rangeOf([low, high]: readonly [number, number]): string {
  const number = (x: number) =>
    x === 0 ? '0' : Math.abs(x) >= 0.001 && Math.abs(x) < 1000 ? x.toPrecision(3) : x.toExponential(1);
  return low === high ? number(low) : `${number(low)} to ${number(high)}`;
}
