import { formatCount } from '../../src/core/format.js';
import type { Evaluation, EvaluationMap } from '../../src/protocol/evaluation.js';
import { button, element, setText } from '../dom.js';
import { nameOf } from '../fileName.js';
import { readTheme, type ChartTheme } from '../theme.js';
import { layOut, UMAP_MOST } from './layOut.js';
import type { CardContext } from './lookCard.js';
import { MapChart } from './mapChart.js';
import { principalPlaces, type MapPoint, type Place } from './places.js';

/** The pictures as points: near each other where the network finds them alike. A point shows its picture. */
export class EmbeddingMap {
  readonly root = element('section', { class: 'map', id: 'map' });
  private readonly chart: MapChart;
  private readonly card = element('figure', { class: 'mapCard', hidden: '' });
  private readonly said = element('p', { class: 'visuallyHidden', 'aria-live': 'polite' });
  private readonly note = element('p', { class: 'hint' });
  private readonly field: HTMLElement;
  private readonly umap = button(
    'Spread Out (UMAP)',
    { appearance: 'secondary', id: 'umap' },
    () => void this.toggle(),
  );
  private map: EvaluationMap | undefined;
  private points: readonly MapPoint[] = [];
  private place: Place[] = [];
  private at: number | undefined;
  private layout: 'pca' | 'working' | 'umap' = 'pca';
  private abort = new AbortController();

  constructor(
    private readonly context: CardContext,
    private readonly failed: (error: unknown) => void,
  ) {
    this.chart = new MapChart(
      (point) => this.point(point),
      (point) => this.open(point),
    );
    this.field = element(
      'div',
      { class: 'field', tabindex: '0', role: 'application', 'aria-label': 'Map of pictures' },
      this.chart.root,
      this.card,
    );
    this.field.addEventListener('keydown', (event) => this.key(event));
    this.field.addEventListener('blur', () => this.point(undefined));
    this.root.append(
      element('div', { class: 'mapHead' }, element('h2', {}, 'Map of the pictures'), this.umap),
      this.note,
      this.field,
      this.said,
    );
  }

  show({ map, people, mistakes }: Evaluation): void {
    this.abort.abort();
    this.map = map;
    this.root.hidden = map === undefined;
    if (!map) return;
    const mistaken = new Set(mistakes.map(({ picture }) => picture));
    this.points = map.picture.map((picture, i) => {
      const number = map.person[i] ?? -1;
      return { picture, number, person: people[number], mistaken: mistaken.has(picture) };
    });
    this.lay('pca', principalPlaces(map));
  }

  /** Lets the people stand out whose names hold a text. */
  search(text: string): void {
    const wanted = text.trim().toLowerCase();
    this.chart.highlight(
      wanted === '' ? undefined : (i) => this.points[i]!.person?.toLowerCase().includes(wanted) ?? false,
    );
  }

  draw(theme: ChartTheme = readTheme()): void {
    if (this.map) this.chart.draw(theme);
  }

  private lay(layout: typeof this.layout, place: Place[]): void {
    this.layout = layout;
    this.place = place;
    this.chart.show(this.points, place);
    this.umap.textContent = layout === 'umap' ? 'Flatten (PCA)' : 'Spread Out (UMAP)';
    const [first = 0, second = 0] = this.map?.explained ?? [];
    const shares = `${Math.round(100 * (first + second))}\u00a0% of all differences`;
    setText(
      this.note,
      layout === 'umap'
        ? 'Neighbours stand together (UMAP); distances between groups mean nothing.'
        : `The two directions in which the pictures differ most (PCA), ${shares}. People who overlap here need not be mixed up.`,
    );
    this.field.setAttribute(
      'aria-label',
      `Map of ${formatCount(this.points.length, 'picture')}. The arrow keys go from picture to picture, Enter opens one.`,
    );
  }

  private async toggle(): Promise<void> {
    const { map } = this;
    if (!map) return;
    if (this.layout !== 'pca') {
      this.abort.abort();
      this.lay('pca', principalPlaces(map));
      this.draw();
      return;
    }
    this.abort = new AbortController();
    const { signal } = this.abort;
    this.layout = 'working';
    this.umap.textContent = 'Stop';
    try {
      const begun = principalPlaces(map);
      for await (const { places, done, total } of layOut(map, begun, signal)) {
        this.place = places;
        this.chart.show(this.points, places);
        this.draw();
        setText(this.note, `Spreading out: ${Math.round((100 * done) / total)} %`);
      }
      if (signal.aborted) return;
      this.lay('umap', this.place);
      if (this.points.length > UMAP_MOST)
        setText(
          this.note,
          `${this.note.textContent} ${UMAP_MOST.toLocaleString('en-US')} of the pictures were laid out; each of the others stands with the one that it is most like.`,
        );
    } catch (error) {
      this.lay('pca', principalPlaces(map));
      setText(this.note, 'UMAP could not be loaded.');
      this.failed(error);
    }
    this.draw();
  }

  /** The pointer or the keys are at a point, or at none. */
  private point(at: number | undefined): void {
    if (at === this.at) return;
    this.at = at;
    this.chart.mark(at);
    const point = at === undefined ? undefined : this.points[at];
    this.card.hidden = point === undefined;
    if (at === undefined || !point) return;
    const { person = 'a stranger', picture, mistaken } = point;
    const image = element('img', { alt: '', class: 'face', 'data-state': 'waiting' });
    this.card.replaceChildren(
      image,
      element(
        'figcaption',
        {},
        element('strong', {}, person),
        element('span', { class: 'dim' }, nameOf(picture)),
        mistaken ? element('span', {}, 'a mistake') : undefined,
      ),
    );
    this.context.pictures.want(picture, (data) => {
      image.setAttribute('data-state', data === undefined ? 'missing' : 'there');
      if (data !== undefined) image.setAttribute('src', data);
    });
    const { x, y, width, height } = this.chart.pixelOf(at);
    this.card.style.left = `${x}px`;
    this.card.style.top = `${y}px`;
    this.card.dataset['side'] = `${x > width / 2 ? 'left' : 'right'} ${y > height / 2 ? 'above' : 'below'}`;
    setText(this.said, `${person}, ${nameOf(picture)}${mistaken ? ', a mistake' : ''}`);
  }

  private open(at: number): void {
    const file = this.points[at]?.picture;
    if (file !== undefined) this.context.post({ type: 'open', file });
  }

  private key(event: KeyboardEvent): void {
    const towards = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[event.key];
    if (towards) {
      event.preventDefault();
      this.point(next(this.place, this.at, towards[0]!, towards[1]!));
    } else if (event.key === 'Escape') this.point(undefined);
    else if ((event.key === 'Enter' || event.key === ' ') && this.at !== undefined) {
      event.preventDefault();
      this.open(this.at);
    }
  }
}

/** The nearest point in a direction: what lies aside counts as three times as far. */
export function next(places: readonly Place[], at: number | undefined, dx: number, dy: number): number | undefined {
  if (at === undefined) return places.length > 0 ? 0 : undefined;
  const from = places[at]!;
  let best = at;
  let least = Infinity;
  places.forEach((place, i) => {
    const along = (place.x - from.x) * dx + (place.y - from.y) * dy;
    const aside = Math.abs((place.x - from.x) * dy) + Math.abs((place.y - from.y) * dx);
    const distance = along + 3 * aside;
    if (i !== at && along > 1e-9 && distance < least) [best, least] = [i, distance];
  });
  return best;
}
