import path from 'node:path';
import { RunModel } from '../client/runModel.js';

/** "orl – 23:48": the runs of one folder of pictures are told apart by when they began. */
export function runName({ title, state }: Pick<RunModel, 'title' | 'state'>): string {
  return nameOf(title, dateOf(state.run?.startedAt));
}

export function nameOf(title: string, began: Date | undefined): string {
  return began ? `${title} – ${clock(began)}` : title;
}

/** @returns undefined for what is no date: the log may be damaged */
export function dateOf(text: string | undefined): Date | undefined {
  const date = text === undefined ? undefined : new Date(text);
  return date && !Number.isNaN(date.valueOf()) ? date : undefined;
}

/** "people – 23:48, epoch 2" for the folder of a checkpoint; of an exported file its name. */
export function modelName(model: string): string {
  const name = path.basename(model);
  const [, unit, count] = /^(epoch|step)-(\d+)$/.exec(name) ?? [];
  if (unit !== undefined) return `${runName(new RunModel(path.resolve(model, '..', '..')))}, ${unit} ${Number(count)}`;
  return name === 'model.json' ? `${path.basename(path.dirname(model))}/${name}` : name;
}

/** "23:48", local time. */
function clock(date: Date): string {
  const two = (n: number) => String(n).padStart(2, '0');
  return `${two(date.getHours())}:${two(date.getMinutes())}`;
}

/** "today 23:48", "yesterday 7:05" as "yesterday 07:05", "24 Nov 23:48", with the year when it is another. */
export function dayAndTime(date: Date, now: Date): string {
  const midnight = (of: Date) => new Date(of.getFullYear(), of.getMonth(), of.getDate()).valueOf();
  // Rounded: a day with a change of the clocks has 23 or 25 hours.
  const days = Math.round((midnight(now) - midnight(date)) / 86_400_000);
  if (days === 0) return `today ${clock(date)}`;
  if (days === 1) return `yesterday ${clock(date)}`;
  const year = date.getFullYear() === now.getFullYear() ? '' : ` ${date.getFullYear()}`;
  return `${date.getDate()} ${MONTHS[date.getMonth()]!}${year} ${clock(date)}`;
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
