import { UMAP } from 'umap-js';

// A bundle of its own, loaded when a map is first spread out: few readers do, and it is as large as half of the page.
globalThis.faceTrainerUmap = (random, nNeighbors) => new UMAP({ random, nNeighbors, nComponents: 2, minDist: 0.15 });
