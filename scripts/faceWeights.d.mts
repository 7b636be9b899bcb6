export function packedFaceWeights(place: string): { readonly path: string; readonly localPath: string }[];
export function faceWeightsNotice(): string;
