import { Random } from '../../src/core/random.js';
import type { EvaluationMap } from '../../src/protocol/evaluation.js';
import { rowsOf, type Place } from './places.js';

/** Pictures that UMAP is asked to lay out: with more its search for neighbours holds up the page for seconds. */
export const UMAP_MOST = 1500;
/** Of the time of a frame, milliseconds. */
const FRAME = 12;

/** What umapMain.ts puts where this file finds it. */
export interface Umap {
  /** @returns how many steps there are */
  initializeFit(rows: number[][]): number;
  step(): number;
  getEmbedding(): number[][];
}
export type MakeUmap = (random: () => number, neighbours: number) => Umap;

declare global {
  // The bundle that is loaded on demand speaks through it.
  var faceTrainerUmap: MakeUmap | undefined;
}

/** This page's own script: the bundle beside it is loaded with its nonce. */
const script = document.currentScript instanceof HTMLScriptElement ? document.currentScript : undefined;

/**
 * UMAP (McInnes, Healy and Melville 2018) of the principal components, as far as it is after each frame. What chance decides in it
 * comes from a seed: the same evaluation gives the same map.
 */
export async function* layOut(
  map: EvaluationMap,
  begun: readonly Place[],
  signal: AbortSignal,
): AsyncGenerator<{ places: Place[]; done: number; total: number }> {
  const make = await load();
  const rows = rowsOf(map);
  const every = Math.max(1, rows.length / UMAP_MOST);
  const chosen = Array.from({ length: Math.min(rows.length, UMAP_MOST) }, (_, i) => Math.floor(i * every));
  if (chosen.length < 4) {
    yield { places: [...begun], done: 1, total: 1 };
    return;
  }
  const random = Random.forPurpose(1, 'umap');
  const umap = make(() => random.uniform(), Math.min(15, chosen.length - 1));
  await frame();
  const total = umap.initializeFit(chosen.map((i) => rows[i]!));
  const stands = standIns(rows, chosen);
  for (let done = 0; done < total && !signal.aborted;) {
    const until = performance.now() + FRAME;
    while (done < total && performance.now() < until) {
      umap.step();
      done++;
    }
    const places = umap.getEmbedding().map(([x, y]): Place => ({ x: x!, y: y! }));
    yield { places: stands.map((i) => places[i]!), done, total };
    await frame();
  }
}

/** For each picture the number of the chosen one that it is, or is most like. */
function standIns(rows: readonly number[][], chosen: readonly number[]): number[] {
  const at = new Map(chosen.map((row, i) => [row, i]));
  return rows.map((row, i) => {
    const own = at.get(i);
    if (own !== undefined) return own;
    let best = 0;
    let least = Infinity;
    chosen.forEach((other, k) => {
      const distance = row.reduce((sum, value, c) => sum + (value - rows[other]![c]!) ** 2, 0);
      if (distance < least) [best, least] = [k, distance];
    });
    return best;
  });
}

async function load(): Promise<MakeUmap> {
  const present = globalThis.faceTrainerUmap;
  if (present) return present;
  const bundle = document.createElement('script');
  bundle.nonce = script?.nonce ?? '';
  bundle.src = new URL('umap.js', script?.src ?? document.baseURI).href;
  await new Promise<void>((resolve, reject) => {
    bundle.addEventListener('load', () => resolve());
    bundle.addEventListener('error', () => reject(new Error('umap.js could not be loaded')));
    document.head.append(bundle);
  });
  return loaded();
}

function loaded(): MakeUmap {
  const made = globalThis.faceTrainerUmap;
  if (!made) throw new Error('umap.js does not hold what it should');
  return made;
}

function frame(): Promise<void> {
  return new Promise((resolve) => requestAnimationFrame(() => resolve()));
}
