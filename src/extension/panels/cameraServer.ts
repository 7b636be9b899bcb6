import { randomBytes } from 'node:crypto';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { requestBody } from '../../client/requestBody.js';
import { cameraCorrection, type CameraAnswer, type CameraCorrection } from './cameraAnswer.js';
import { cameraPage } from './cameraPage.js';

/** Of a picture that the page sends, and of a correction. */
const LARGEST = 32 * 2 ** 20;
const LARGEST_CORRECTION = 4096;
/** Pictures and corrections that are under way at once: the page sends one after the other. */
const AT_ONCE = 2;
const CONNECTIONS = 8;
/** For a picture over a slow way to another machine. */
const SLOWEST_MS = 60_000;

/** Who answers the page. Each gives undefined when nothing could be found out. */
export interface CameraListener {
  readonly onPicture: (jpeg: Uint8Array) => Promise<CameraAnswer | undefined>;
  /** Absent where nothing learns. */
  readonly onCorrection?: ((correction: CameraCorrection) => Promise<CameraAnswer | undefined>) | undefined;
}

/**
 * A page for a browser on this machine that shows a camera and sends pictures of it. It listens on the loopback interface
 * alone, and answers one browser: the first that knows the address that was opened. Other accounts of the machine may read
 * that address in the arguments of a browser, and a page of another site may get its own name to mean this machine: the first
 * lack the browser's cookie, the second has another host and origin.
 */
export class CameraServer {
  private constructor(
    private readonly server: http.Server,
    readonly url: string,
    private readonly door: Door,
  ) {}

  static async start(listener: CameraListener): Promise<CameraServer> {
    const door = new Door(`/${randomBytes(18).toString('base64url')}`);
    const server = http.createServer({ requestTimeout: SLOWEST_MS }, (request, response) => {
      answer(request, response, door, listener).catch(() => refuse(response, 500));
    });
    server.maxConnections = CONNECTIONS;
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(0, '127.0.0.1', resolve);
    });
    const { port } = server.address() as AddressInfo;
    return new CameraServer(server, `http://127.0.0.1:${port}${door.place}`, door);
  }

  /** @param url the server's, as a browser on another machine reaches it through the editor */
  expect(url: string): void {
    this.door.expect(new URL(url));
  }

  close(): void {
    this.server.close();
    this.server.closeAllConnections();
  }
}

/** Who may come in. */
class Door {
  /** Where the editor makes the page appear, beside this machine. */
  private readonly elsewhere = new Map<string, URL>();
  /** What the first browser was given to be known by. */
  private readonly pass = randomBytes(18).toString('base64url');
  private given = false;
  private inside = 0;

  constructor(
    /** The path that holds the secret. */
    readonly place: string,
  ) {}

  expect(address: URL): void {
    this.elsewhere.set(address.href, address);
  }

  /** Whether the request names this machine, or where the editor makes it appear, and came from a page of it or from none. */
  isOurs({ headers }: http.IncomingMessage): boolean {
    const { host, origin } = headers;
    return host !== undefined && this.isHere(`http://${host}`) && (origin === undefined || this.isHere(origin));
  }

  /** @returns the cookies to set, for the first to ask; undefined for another browser than the first */
  admit(request: http.IncomingMessage): string[] | undefined {
    if (this.given && !this.knows(request)) return undefined;
    this.given = true;
    const paths = new Set([this.place, ...[...this.elsewhere.values()].map(({ pathname }) => pathname)]);
    return [...paths].map((place) => `camera=${this.pass}; Path=${place}; HttpOnly; SameSite=Strict`);
  }

  knows({ headers }: http.IncomingMessage): boolean {
    return (headers.cookie ?? '').split(/; */).includes(`camera=${this.pass}`);
  }

  /** @returns undefined while others are inside */
  async enter<T>(work: () => Promise<T>): Promise<T | undefined> {
    if (this.inside >= AT_ONCE) return undefined;
    this.inside++;
    try {
      return await work();
    } finally {
      this.inside--;
    }
  }

  private isHere(address: string): boolean {
    if (!URL.canParse(address)) return false;
    const { origin, protocol, host, hostname } = new URL(address);
    const isExpected = [...this.elsewhere.values()].some((one) => one.origin === origin || one.host === host);
    return isExpected || (protocol === 'http:' && ['127.0.0.1', 'localhost', '[::1]'].includes(hostname));
  }
}

async function answer(
  request: http.IncomingMessage,
  response: http.ServerResponse,
  door: Door,
  listener: CameraListener,
): Promise<void> {
  const { pathname } = new URL(request.url ?? '/', 'http://localhost');
  if (!door.isOurs(request)) refuse(response, 421);
  else if (request.method === 'GET' && pathname === door.place) showPage(request, response, door);
  else if (request.method !== 'POST' || !pathname.startsWith(`${door.place}/`)) refuse(response, 404);
  // A browser says where the page lies that posts; other programs, which do not, are none of ours.
  else if (request.headers.origin === undefined || !door.knows(request)) refuse(response, 403);
  else {
    const place = pathname.slice(door.place.length);
    const came = await door.enter(async () => {
      await take(request, response, place, listener);
      return true;
    });
    if (!came) refuse(response, 429);
  }
}

function showPage(request: http.IncomingMessage, response: http.ServerResponse, door: Door): void {
  const cookies = door.admit(request);
  if (!cookies) {
    response.writeHead(403, { 'content-type': 'text/plain; charset=utf-8' });
    response.end(
      'This page is open in another browser. Close “Try a Picture” in the editor and open the camera again.',
    );
    return;
  }
  const nonce = randomBytes(16).toString('base64');
  const allowed = `script-src 'nonce-${nonce}'; style-src 'nonce-${nonce}'; connect-src 'self'`;
  response.writeHead(200, {
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy': `default-src 'none'; ${allowed}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
    'cache-control': 'no-store',
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
    'set-cookie': cookies,
  });
  response.end(cameraPage(nonce));
}

async function take(
  request: http.IncomingMessage,
  response: http.ServerResponse,
  place: string,
  { onPicture, onCorrection }: CameraListener,
): Promise<void> {
  const isPicture = place === '/picture';
  if (!isPicture && (place !== '/correction' || !onCorrection)) {
    refuse(response, 404);
    return;
  }
  const body = await requestBody(request, isPicture ? LARGEST : LARGEST_CORRECTION);
  if (!body) {
    refuse(response, 413);
    return;
  }
  const words = isPicture
    ? await onPicture(body)
    : await onCorrection?.(cameraCorrection.parse(JSON.parse(body.toString('utf8'))));
  response.writeHead(200, { 'content-type': 'application/json' });
  response.end(JSON.stringify(words ?? { title: 'The picture could not be looked at: see the editor.', detail: '' }));
}

function refuse(response: http.ServerResponse, status: number): void {
  response.writeHead(status, { connection: 'close' }).end();
}
