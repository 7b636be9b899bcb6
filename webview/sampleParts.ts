import type { DataPanelContent, DataPanelMessage } from '../src/protocol/dataPanel.js';
import { button, element, pageHeader } from './dom.js';
import { nameOf } from './fileName.js';

type Samples = Extract<DataPanelContent, { type: 'samples' }>;

/** Some pictures, each as it is and as chance makes it. */
export function sampleParts(
  { dataset, facts, samples }: Samples,
  post: (message: DataPanelMessage) => void,
): HTMLElement[] {
  const train = button('Train Model', { appearance: 'primary', id: 'train' }, () => post({ type: 'train' }));
  return [
    pageHeader([element('h1', {}, nameOf(dataset))], element('p', { class: 'subtitle' }, facts), [train]),
    element(
      'p',
      { class: 'hint' },
      'Left: the picture as validation sees it. Right: as training sees it in the first epoch. Every epoch makes new changes; the same seed makes the same ones.',
    ),
    element('section', { class: 'pairs' }, ...samples.map(pair)),
  ];
}

function pair({ file, original, distorted }: Samples['samples'][number]): HTMLElement {
  return element(
    'figure',
    { class: 'pair', title: file },
    element('img', { src: original, alt: `${file} as it is` }),
    element('img', { src: distorted, alt: `${file} as training sees it` }),
    element('figcaption', {}, file),
  );
}
