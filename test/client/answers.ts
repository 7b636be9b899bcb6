import { reply, type Reply } from '../../src/protocol/recognitionJobs.js';
import { KNOWN, NETWORK } from '../protocol/recognitionMessages.js';

/** What a recognizer says of pictures: Anna in each. */
export function recognizedIn(files: readonly string[]): Reply['result'] {
  const recognition = {
    recognizer: 'door',
    network: NETWORK,
    runtime: 'r',
    answers: files.map((file) => ({ ...KNOWN, file })),
  };
  return reply.shape.result.parse({ kind: 'recognized', recognition });
}
