export function buildNative(): string | undefined;
export function missingTool(env?: NodeJS.ProcessEnv, platform?: NodeJS.Platform): string | undefined;
