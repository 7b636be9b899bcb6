export const root: string;
/** Of versions such as 20.19.0. */
export function isOlder(version: string, least: string): boolean;
