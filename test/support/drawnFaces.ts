import { Random } from '../../src/core/random.js';
import { drawFace, randomCircumstances } from '../../src/sample/drawFace.js';
import { randomIdentity } from '../../src/sample/identity.js';

/** A drawn face for a file, as a data URI: files of one folder show one person. */
export function drawnFace(file: string): string {
  const folder = file.split('/').at(-2) ?? '';
  const svg = drawFace(randomIdentity(Random.forPurpose(1, folder)), randomCircumstances(Random.forPurpose(1, file)));
  return `data:image/svg+xml;base64,${Buffer.from(svg).toString('base64')}`;
}
