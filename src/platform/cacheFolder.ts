import os from 'node:os';
import path from 'node:path';

/**
 * The per-user folder for things that are large and can be had again. `FACE_TRAINER_CACHE` overrides it; else the
 * platform's own place (XDG base directories, Library/Caches, LOCALAPPDATA).
 */
export function cacheFolder(
  env: NodeJS.ProcessEnv = process.env,
  platform: NodeJS.Platform = process.platform,
): string {
  if (env['FACE_TRAINER_CACHE']) return path.resolve(env['FACE_TRAINER_CACHE']);
  if (platform === 'darwin') return path.join(os.homedir(), 'Library', 'Caches', 'face-trainer');
  if (platform === 'win32')
    return path.join(env['LOCALAPPDATA'] ?? path.join(os.homedir(), 'AppData', 'Local'), 'face-trainer', 'Cache');
  return path.join(env['XDG_CACHE_HOME'] ?? path.join(os.homedir(), '.cache'), 'face-trainer');
}

/** Decoded pictures of every dataset. */
export function pixelCacheFolder(): string {
  return path.join(cacheFolder(), 'pixels');
}

/** Vectors of the faces of every folder that was enrolled or evaluated. */
export function embeddingsFolder(): string {
  return path.join(cacheFolder(), 'embeddings');
}

/** Aligned faces of every picture that was looked at. */
export function faceCacheFolder(): string {
  return path.join(cacheFolder(), 'faces');
}
