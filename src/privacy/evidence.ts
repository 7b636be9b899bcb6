import { createHash, randomBytes } from 'node:crypto';
import path from 'node:path';
import { writeFileAtomically } from '../platform/files.js';
import { makePrivateFolder } from '../platform/privateFolder.js';
import type { Forgetting } from '../protocol/personalData.js';
import type { PersonName } from './personName.js';

/** What is written down of a forgetting. */
export interface Evidence {
  readonly version: 1;
  /** ISO 8601, UTC. */
  readonly at: string;
  readonly faceTrainer: string;
  /**
   * SHA-256 of the code and the name. The code is told once and written nowhere: without it nobody can find the name by trying
   * names, and with it its owner can show whom the evidence is about.
   */
  readonly person: string;
  readonly about: string;
  readonly forgetting: Omit<Forgetting, 'evidence' | 'code'>;
}

const ABOUT =
  'What was kept of one person of a folder of pictures was erased. The name stands nowhere in here: “person” is the SHA-256 of the code that was shown once, a line break and the name.';

/** @returns where it lies, and the code */
export function writeEvidence(
  folder: string,
  forgetting: Evidence['forgetting'],
  name: PersonName,
  version: string,
): { readonly evidence: string; readonly code: string } {
  const at = new Date().toISOString();
  const code = randomBytes(16).toString('hex');
  const evidence: Evidence = {
    ...{ version: 1, at, faceTrainer: version, person: personHash(code, name.name), about: ABOUT },
    forgetting,
  };
  makePrivateFolder(folder);
  const file = path.join(folder, `${at.replace(/[:.]/g, '-')}.json`);
  writeFileAtomically(file, `${JSON.stringify(evidence, null, 2)}\n`);
  return { evidence: file, code };
}

/** To hold an evidence against a name. */
export function personHash(code: string, name: string): string {
  return createHash('sha256')
    .update(`${code}\n${name.normalize('NFC')}`)
    .digest('hex');
}
