import type { View } from './axis.js';
import { element } from './dom.js';
import { RADIO, RADIO_GROUP } from './toolkit.js';

/** Chooses what the charts are drawn over. */
export function axisSwitch(view: View, chosen: (view: View) => void): HTMLElement {
  const choice = (value: View, text: string) => element(RADIO, { value, ...(view === value && { checked: '' }) }, text);
  const group = element(
    RADIO_GROUP,
    { class: 'view', 'aria-label': 'Horizontal axis' },
    choice('step', 'By step'),
    choice('epoch', 'By epoch'),
  );
  group.addEventListener('change', () => chosen('value' in group && group.value === 'epoch' ? 'epoch' : 'step'));
  return group;
}
