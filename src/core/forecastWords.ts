import { formatCount } from './format.js';

/** What a training begins with, and how long it takes if that is known. */
export interface Forecast {
  readonly pictures: number;
  readonly people: number;
  /** There are more than were counted. */
  readonly isMore: boolean;
  readonly seconds?: number | undefined;
}

/** "400 pictures of 40 people, about 2 min". */
export function forecastWords({ pictures, people, isMore, seconds }: Forecast): string {
  const counted = `${isMore ? 'more than ' : ''}${formatCount(pictures, 'picture')}`;
  const whose = people > 0 && !isMore ? ` of ${formatCount(people, 'person', 'people')}` : '';
  return `${counted}${whose}${seconds === undefined ? '' : `, about ${roughly(seconds)}`}`;
}

/** As exact as a guess from an earlier run is. */
function roughly(seconds: number): string {
  if (seconds < 55) return `${Math.max(10, Math.ceil(seconds / 10) * 10)} s`;
  if (seconds < 55 * 60) return `${Math.ceil(seconds / 60)} min`;
  return `${Math.ceil(seconds / 3600)} h`;
}
