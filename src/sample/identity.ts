import type { Random } from '../core/random.js';

/** What makes a synthetic person: proportions are in the units of a face about 100 wide and 130 high. */
export interface SyntheticIdentity {
  readonly skin: Hsl;
  readonly hair: Hsl;
  readonly eyes: Hsl;
  readonly lips: Hsl;
  readonly faceWidth: number;
  readonly faceHeight: number;
  /** 0 pointed, 1 square. */
  readonly jaw: number;
  readonly hairStyle: 'short' | 'long' | 'bald' | 'curly' | 'fringe';
  readonly eyeDistance: number;
  readonly eyeSize: number;
  readonly browThickness: number;
  readonly browSlant: number;
  readonly noseLength: number;
  readonly noseWidth: number;
  readonly mouthWidth: number;
  readonly lipFullness: number;
  readonly earSize: number;
  readonly beard: 'none' | 'full' | 'moustache';
  readonly glasses: 'none' | 'round' | 'square';
  readonly mole: readonly [x: number, y: number] | undefined;
}

/** Hue in degrees, saturation and lightness in per cent. */
export type Hsl = readonly [number, number, number];

export function randomIdentity(random: Random): SyntheticIdentity {
  const lightness = random.between(28, 82);
  return {
    skin: [random.between(14, 32), random.between(28, 58), lightness],
    hair: [random.between(8, 45), random.between(5, 60), random.between(6, Math.max(10, lightness - 22))],
    eyes: [random.pick([28, 95, 205, 215]), random.between(25, 65), random.between(22, 48)],
    lips: [random.between(345, 368) % 360, random.between(30, 60), Math.max(25, lightness - random.between(14, 26))],
    faceWidth: random.between(82, 116),
    faceHeight: random.between(118, 148),
    jaw: random.uniform(),
    hairStyle: random.pick(['short', 'long', 'bald', 'curly', 'fringe', 'short', 'long']),
    eyeDistance: random.between(36, 56),
    eyeSize: random.between(7, 12),
    browThickness: random.between(2.5, 7.5),
    browSlant: random.between(-5, 6),
    noseLength: random.between(24, 42),
    noseWidth: random.between(12, 28),
    mouthWidth: random.between(28, 54),
    lipFullness: random.between(3.5, 10),
    earSize: random.between(9, 19),
    beard: random.pick(['none', 'none', 'none', 'full', 'moustache']),
    glasses: random.pick(['none', 'none', 'none', 'round', 'square']),
    mole: random.uniform() < 0.25 ? [random.between(-30, 30), random.between(12, 44)] : undefined,
  };
}
