/** What the editor calls the panels that it brings back after a reload of the window. */
export const VIEWS = {
  runs: 'faceTrainer.run',
  data: 'faceTrainer.data',
  models: 'faceTrainer.model',
  evaluations: 'faceTrainer.evaluation',
} as const;
export type View = keyof typeof VIEWS;
