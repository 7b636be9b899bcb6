import { writeSample } from './writeSample.js';

// Draws the sample: `drawSample.js <folder>`, started by client/drawSample.ts.
const folder = process.argv[2];
if (folder === undefined) {
  console.error('drawSample needs a folder');
  process.exit(2);
}
writeSample(folder).catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
