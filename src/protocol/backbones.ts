/** The networks that turn a picture into features (`src/graph/network.ts` builds them), by the names that people know. */
export const BACKBONES = {
  mobileNetV2: 'MobileNetV2',
  mobileFaceNet: 'MobileFaceNet',
} as const;

export type BackboneName = keyof typeof BACKBONES;
export const BACKBONE_NAMES = Object.keys(BACKBONES) as readonly BackboneName[];
