import { randomBytes, timingSafeEqual, createHash } from 'node:crypto';
import fs from 'node:fs';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { temporaryFolder } from '../platform/temporaryFolder.js';
import type { Reply, Wish } from '../protocol/recognitionJobs.js';
import { served, type Served, type ServedError } from '../protocol/served.js';
import { LARGEST_PICTURE, openApi } from './openApi.js';
import { requestBody } from './requestBody.js';

/** Pictures that wait for their answer at once. */
const AT_ONCE = 8;
const CONNECTIONS = 32;
/** For a whole picture to arrive. */
const SLOWEST_MS = 30_000;

export interface AnswerServerOptions {
  readonly ask: (wish: Wish) => Promise<Reply['result']>;
  /** What whoever asks has to know. */
  readonly token: string;
  /** 0 for one that is free. */
  readonly port: number;
  /** Of the program. */
  readonly version: string;
}

/** Many letters that nobody guesses. */
export function newToken(): string {
  return randomBytes(24).toString('base64url');
}

/**
 * Answers pictures over HTTP to programs of this machine: it listens on the loopback interface alone, wants a token, and no page of a
 * browser can ask, since what names another host, or says from which page it comes, is refused. A picture lies in a folder that nobody
 * else may enter until it is answered, and is then removed.
 */
export class AnswerServer {
  private waiting = 0;
  private asked = 0;
  private readonly folder = temporaryFolder('serve');
  private readonly server: http.Server;
  private readonly token: Buffer;

  private constructor(private readonly options: AnswerServerOptions) {
    this.token = digestOf(options.token);
    this.server = http.createServer({ requestTimeout: SLOWEST_MS }, (request, response) => {
      this.answer(request, response).catch((error: unknown) => {
        console.error(error);
        if (!response.headersSent) refuse(response, 503, FAILED);
      });
    });
    this.server.maxConnections = CONNECTIONS;
  }

  /** @throws what the system says of the port */
  static async start(options: AnswerServerOptions): Promise<AnswerServer> {
    const own = new AnswerServer(options);
    await new Promise<void>((resolve, reject) => {
      own.server.once('error', reject);
      own.server.listen(options.port, '127.0.0.1', resolve);
    }).catch((error: unknown) => {
      own.close();
      throw error;
    });
    return own;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  close(): void {
    this.server.close();
    this.server.closeAllConnections();
    fs.rmSync(this.folder, { recursive: true, force: true });
  }

  private async answer(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    const { pathname } = new URL(request.url ?? '/', 'http://localhost');
    const { host, origin, authorization } = request.headers;
    if (!isHere(host) || origin !== undefined) refuse(response, 421, ELSEWHERE);
    else if (request.method === 'GET' && pathname === '/openapi.json')
      send(response, 200, openApi(this.options.version));
    else if (!this.knows(authorization)) refuse(response, 401, UNKNOWN_TOKEN);
    else if (pathname !== '/recognize') refuse(response, 404, NO_PLACE);
    else if (request.method !== 'POST') refuse(response, 405, NO_PLACE);
    else if (this.waiting >= AT_ONCE) refuse(response, 429, BUSY);
    else {
      this.waiting++;
      try {
        await this.recognize(request, response);
      } finally {
        this.waiting--;
      }
    }
  }

  private async recognize(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    const picture = await requestBody(request, LARGEST_PICTURE);
    const began = performance.now();
    if (!picture) refuse(response, 413, TOO_LARGE);
    else if (picture.length === 0) refuse(response, 400, NO_PICTURE);
    else {
      const result = await this.ask(picture);
      if (result.kind === 'recognized')
        send(response, 200, servedOf(result.recognition, (performance.now() - began) / 1000));
      else refuse(response, 503, result.kind === 'refused' ? result : FAILED);
    }
  }

  private async ask(picture: Buffer): Promise<Reply['result']> {
    const file = path.join(this.folder, `${this.asked++}`);
    fs.writeFileSync(file, picture, { mode: 0o600 });
    try {
      return await this.options.ask({ kind: 'recognize', files: [file], seen: false });
    } finally {
      fs.rmSync(file, { force: true });
    }
  }

  private knows(authorization: string | undefined): boolean {
    const [, given] = /^Bearer (\S+)$/i.exec(authorization ?? '') ?? [];
    return given !== undefined && timingSafeEqual(digestOf(given), this.token);
  }
}

/** What is served of an answer: no more than the schema has. */
function servedOf(
  { recognizer, network, answers: [answer] }: Extract<Reply['result'], { kind: 'recognized' }>['recognition'],
  seconds: number,
): Served {
  return served.parse({ recognizer, network, seconds, answer });
}

const digestOf = (text: string) => createHash('sha256').update(text).digest();

/** A page of another site may get its own name to mean this machine. */
function isHere(host: string | undefined): boolean {
  if (host === undefined || !URL.canParse(`http://${host}`)) return false;
  return ['127.0.0.1', 'localhost', '[::1]'].includes(new URL(`http://${host}`).hostname);
}

const ELSEWHERE = {
  code: 'not-here',
  message: 'This server answers programs of this machine, and no page of a browser.',
  advice: 'Ask 127.0.0.1, without an Origin.',
};
const UNKNOWN_TOKEN = {
  code: 'token',
  message: 'The token is missing or another one.',
  advice: 'Send “Authorization: Bearer …” with the token that the server printed when it started.',
};
const NO_PLACE = {
  code: 'no-place',
  message: 'There is nothing here.',
  advice: 'POST a picture to /recognize; /openapi.json says what comes back.',
};
const BUSY = { code: 'busy', message: `${AT_ONCE} pictures wait already.`, advice: 'Ask again in a moment.' };
const TOO_LARGE = {
  code: 'too-large',
  message: `The picture has more than ${LARGEST_PICTURE / 2 ** 20} MiB.`,
  advice: 'Send a smaller one.',
};
const NO_PICTURE = { code: 'no-picture', message: 'No picture was sent.', advice: 'Send its bytes as the body.' };
const FAILED = {
  code: 'failed',
  message: 'The picture could not be looked at.',
  advice: 'See what the server printed.',
};

function refuse(response: http.ServerResponse, status: number, { code, message, advice }: ServedError): void {
  response.setHeader('connection', 'close');
  send(response, status, { code, message, advice });
}

function send(response: http.ServerResponse, status: number, body: object): void {
  response.writeHead(status, {
    'content-type': 'application/json',
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
  });
  response.end(JSON.stringify(body));
}
