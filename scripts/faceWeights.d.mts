import type { PackedModel } from './sbom.mjs';

export function packedFaceWeights(place: string): { readonly path: string; readonly localPath: string }[];
export function faceWeightsNotice(): string;
export function faceWeightsModels(): PackedModel[];
