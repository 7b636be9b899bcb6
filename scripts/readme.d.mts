export function packedReadme(markdown: string, root: string): string;
