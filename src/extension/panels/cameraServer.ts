import { randomBytes } from 'node:crypto';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { cameraCorrection, type CameraAnswer, type CameraCorrection } from './cameraAnswer.js';
import { CAMERA_PAGE } from './cameraPage.js';

/** Of a picture that the page sends, and of a correction. */
const LARGEST = 32 * 2 ** 20;
const LARGEST_CORRECTION = 4096;

/** Who answers the page. Each gives undefined when nothing could be found out. */
export interface CameraListener {
  readonly onPicture: (jpeg: Uint8Array) => Promise<CameraAnswer | undefined>;
  /** Absent where nothing learns. */
  readonly onCorrection?: ((correction: CameraCorrection) => Promise<CameraAnswer | undefined>) | undefined;
}

/**
 * A page for a browser on this machine that shows a camera and sends pictures of it. It listens on the loopback interface
 * alone, and answers only who knows the address that was opened.
 */
export class CameraServer {
  private constructor(
    private readonly server: http.Server,
    readonly url: string,
  ) {}

  static async start(listener: CameraListener): Promise<CameraServer> {
    const secret = randomBytes(18).toString('base64url');
    const server = http.createServer((request, response) => {
      answer(request, response, `/${secret}`, listener).catch(() => response.writeHead(500).end());
    });
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(0, '127.0.0.1', resolve);
    });
    const { port } = server.address() as AddressInfo;
    return new CameraServer(server, `http://127.0.0.1:${port}/${secret}`);
  }

  close(): void {
    this.server.close();
    this.server.closeAllConnections();
  }
}

async function answer(
  request: http.IncomingMessage,
  response: http.ServerResponse,
  place: string,
  { onPicture, onCorrection }: CameraListener,
): Promise<void> {
  const { pathname } = new URL(request.url ?? '/', 'http://localhost');
  if (request.method === 'GET' && pathname === place) {
    const policy = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; connect-src 'self'";
    response.writeHead(200, {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': policy,
      'cache-control': 'no-store',
    });
    response.end(CAMERA_PAGE);
    return;
  }
  const isPicture = pathname === `${place}/picture`;
  if (request.method !== 'POST' || !(isPicture || (onCorrection && pathname === `${place}/correction`))) {
    response.writeHead(404).end();
    return;
  }
  const body = await bodyOf(request, isPicture ? LARGEST : LARGEST_CORRECTION);
  if (!body) {
    response.writeHead(413, { connection: 'close' }).end();
    return;
  }
  const words = isPicture
    ? await onPicture(body)
    : await onCorrection?.(cameraCorrection.parse(JSON.parse(body.toString('utf8'))));
  response.writeHead(200, { 'content-type': 'application/json' });
  response.end(JSON.stringify(words ?? { title: 'The picture could not be looked at: see the editor.', detail: '' }));
}

/** @returns undefined where it is too large */
async function bodyOf(request: http.IncomingMessage, largest: number): Promise<Buffer | undefined> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of request as AsyncIterable<Buffer>) {
    bytes += part.length;
    if (bytes > largest) return undefined;
    parts.push(part);
  }
  return Buffer.concat(parts);
}
