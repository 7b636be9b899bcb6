import { randomBytes } from 'node:crypto';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import type { AnswerWords } from '../../core/answerWords.js';
import { CAMERA_PAGE } from './cameraPage.js';

/** Of a picture that the page sends. */
const LARGEST = 32 * 2 ** 20;

/**
 * A page for a browser on this machine that shows a camera and sends pictures of it. It listens on the loopback interface
 * alone, and answers only who knows the address that was opened.
 */
export class CameraServer {
  private constructor(
    private readonly server: http.Server,
    readonly url: string,
  ) {}

  /** @param onPicture a JPEG → who is in it, in words; undefined when that could not be found out */
  static async start(onPicture: (jpeg: Uint8Array) => Promise<AnswerWords | undefined>): Promise<CameraServer> {
    const secret = randomBytes(18).toString('base64url');
    const server = http.createServer((request, response) => {
      answer(request, response, `/${secret}`, onPicture).catch(() => response.writeHead(500).end());
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
  onPicture: (jpeg: Uint8Array) => Promise<AnswerWords | undefined>,
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
  if (request.method !== 'POST' || pathname !== `${place}/picture`) {
    response.writeHead(404).end();
    return;
  }
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of request as AsyncIterable<Buffer>) {
    bytes += part.length;
    if (bytes > LARGEST) {
      response.writeHead(413, { connection: 'close' }).end();
      return;
    }
    parts.push(part);
  }
  const words = await onPicture(Buffer.concat(parts));
  response.writeHead(200, { 'content-type': 'application/json' });
  response.end(JSON.stringify(words ?? { title: 'The picture could not be looked at: see the editor.', detail: '' }));
}
