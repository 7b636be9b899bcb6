import fs from 'node:fs';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { PUBLISHED_FILES } from '../../src/weights/faceWeights.js';
import { sharedPaths } from './shared.js';

export interface FaceWeightsServer {
  /** Paths in the order in which they were asked for, with the range behind them. */
  readonly asked: string[];
  /** What is sent of a file, and after how many bytes the connection breaks. */
  answer: (content: Buffer, name: string) => { readonly content: Buffer; readonly breaksAfter?: number };
  readonly url: () => string;
}

/** For each test of a suite a server as the Open Model Zoo's storage is, with the files of ../shared; without them nothing is in them. */
export function useFaceWeightsServer(): FaceWeightsServer {
  const asked: string[] = [];
  const known = new Map<string, Buffer>();
  for (const { name } of PUBLISHED_FILES) {
    const file = path.join(sharedPaths.faceWeights, name);
    known.set(name, fs.existsSync(file) ? fs.readFileSync(file) : Buffer.from(name));
  }
  const whole: FaceWeightsServer['answer'] = (content) => ({ content });
  let server: http.Server;
  const self: FaceWeightsServer = {
    asked,
    answer: whole,
    url: () => `http://127.0.0.1:${(server.address() as AddressInfo).port}/zoo`,
  };
  beforeEach(async () => {
    asked.length = 0;
    self.answer = whole;
    server = http.createServer((request, response) => {
      const { range } = request.headers;
      asked.push(range === undefined ? request.url! : `${request.url!} ${range}`);
      const name = path.basename(request.url!);
      const { content, breaksAfter } = self.answer(known.get(name)!, name);
      const from = Number(/^bytes=(\d+)-/.exec(range ?? '')?.[1] ?? 0);
      const rest = content.subarray(from);
      response.writeHead(from > 0 ? 206 : 200, {
        ...{ etag: '"1"', 'content-length': rest.length },
        ...(from > 0 && { 'content-range': `bytes ${from}-${content.length - 1}/${content.length}` }),
      });
      if (breaksAfter === undefined) response.end(rest);
      else response.write(rest.subarray(0, breaksAfter), () => response.destroy());
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });
  afterEach(() => {
    server.closeAllConnections();
    server.close();
  });
  return self;
}
