import type http from 'node:http';

/** What a request brings. @returns undefined where that is too large, in bytes */
export async function requestBody(request: http.IncomingMessage, largest: number): Promise<Buffer | undefined> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of request as AsyncIterable<Buffer>) {
    bytes += part.length;
    if (bytes > largest) return undefined;
    parts.push(part);
  }
  return Buffer.concat(parts);
}
