import type { Quantity } from './axis.js';
import type { ChartActions } from './chartPointer.js';

/** What the keys do in a chart that has the focus; what is read there is said. */
export interface KeyActions extends ChartActions {
  /** The cursor, by so many of the points that are drawn. */
  step(by: number, quantity: Quantity): void;
  /** The cursor to the first or the last step. */
  end(last: boolean, quantity: Quantity): void;
  /** The cursor to the best epoch. */
  best(quantity: Quantity): void;
  zoomByKey(nearer: boolean): void;
  log(): void;
  export(): void;
  cancel(): void;
}

/** @returns whether the key means something to a chart */
export function chartKey(event: KeyboardEvent, actions: KeyActions, quantity: Quantity): boolean {
  if (event.ctrlKey || event.metaKey || event.altKey) return false;
  const far = event.shiftKey ? 10 : 1;
  const keys: Record<string, () => void> = {
    ArrowLeft: () => actions.step(-far, quantity),
    ArrowRight: () => actions.step(far, quantity),
    Home: () => actions.end(false, quantity),
    End: () => actions.end(true, quantity),
    '+': () => actions.zoomByKey(true),
    '=': () => actions.zoomByKey(true),
    '-': () => actions.zoomByKey(false),
    '0': () => actions.reset(),
    l: () => actions.log(),
    e: () => actions.export(),
    b: () => actions.best(quantity),
    Escape: () => actions.cancel(),
  };
  const action = keys[event.key.length === 1 ? event.key.toLowerCase() : event.key];
  action?.();
  return action !== undefined;
}
