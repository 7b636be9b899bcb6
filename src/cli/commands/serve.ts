import fs from 'node:fs';
import { Answerer } from '../../client/answerer.js';
import { AnswerServer, newToken } from '../../client/answerServer.js';
import { UserError } from '../../core/userError.js';
import { removeOrphanedTemporaries } from '../../platform/temporaryFolder.js';
import { PROTOCOL_VERSION } from '../../protocol/handshake.js';
import { JOBS, type OrderOf } from '../../protocol/jobs.js';
import { EXIT, type Command } from '../command.js';
import { UsageError } from '../flag.js';
import { trainerEntry } from '../follow.js';
import { getNetworkOf } from '../getWeights.js';
import type { Given } from '../given.js';
import { checked, fieldsOf, optionFlags } from '../optionFlags.js';
import { RECOGNIZER, recognizerOf } from '../recognizerPlace.js';
import { untilInterrupted } from '../untilInterrupted.js';
import { version } from '../../../package.json';

interface ServeWish {
  readonly order: OrderOf<'answer'>;
  readonly port: number;
  /** Absolute; a token is made where it is absent. */
  readonly tokenFile: string | undefined;
}

const { order: orderSchema } = JOBS.answer;
const OPTIONS = optionFlags(orderSchema);
/** Shorter ones can be guessed. */
const LEAST_TOKEN = 16;

export const serve: Command<ServeWish> = {
  name: 'serve',
  takes: ['[--recognizer <recognizer>] [options]'],
  summary: 'answer pictures over HTTP to programs of this machine',
  flags: [
    RECOGNIZER,
    { name: 'port', value: 'N', help: 'port of 127.0.0.1 to listen on; 0 for one that is free (0)' },
    {
      name: 'token-file',
      value: 'FILE',
      help: `a file with the token that has to be sent, at least ${LEAST_TOKEN} letters; one is made and printed where none is named`,
    },
    ...OPTIONS,
  ],

  parse(given) {
    given.none();
    const fields = {
      ...fieldsOf(OPTIONS, given),
      type: 'answer',
      protocol: PROTOCOL_VERSION,
      recognizer: recognizerOf(given),
    };
    const order = checked(orderSchema.safeParse(fields), OPTIONS, given);
    return { order, port: portOf(given), tokenFile: given.path('token-file') };
  },

  async run({ order, port, tokenFile }) {
    const own = tokenFile === undefined ? undefined : tokenIn(tokenFile);
    await getNetworkOf(order.recognizer, order.faceWeights, (line) => console.error(line));
    removeOrphanedTemporaries();
    const answerer = new Answerer({ entry: trainerEntry(), order }, { onOutput: (line) => console.error(line) });
    answerer.warmUp();
    const token = own ?? newToken();
    const interrupted = untilInterrupted();
    const server = await AnswerServer.start({ ask: (wish) => answerer.ask(wish), token, port, version }).catch(
      (cause: unknown) => taken(port, cause),
    );
    console.log(JSON.stringify({ url: server.url, ...(own === undefined && { token }) }));
    console.error(`POST a picture to ${server.url}/recognize. Ctrl-C ends it.`);
    await interrupted.came;
    server.close();
    await answerer.close();
    return EXIT.ok;
  },
};

function portOf(given: Given): number {
  const text = given.value('port') ?? '0';
  const port = Number(text);
  if (Number.isInteger(port) && port >= 0 && port < 65_536) return port;
  throw new UsageError(`--port wants a whole number from 0 to 65535, not “${String(text)}”.`);
}

/** @throws UserError `token-unusable` */
function tokenIn(file: string): string {
  const unusable = (why: string, cause?: unknown) =>
    new UserError(
      'token-unusable',
      `The token file “${file}” ${why}.`,
      'Write a long word of letters and digits into it.',
      {
        cause,
      },
    );
  let token: string;
  try {
    token = fs.readFileSync(file, 'utf8').trim();
  } catch (error) {
    throw unusable('cannot be read', error);
  }
  if (token.length >= LEAST_TOKEN && /^[\x21-\x7e]+$/.test(token)) return token;
  throw unusable(`does not hold one word of ${LEAST_TOKEN} letters or more`);
}

/** @throws UserError `port-taken` */
function taken(port: number, cause: unknown): never {
  throw new UserError(
    'port-taken',
    `Port ${port} of this machine cannot be used.`,
    'Name another one with --port, or leave it out.',
    {
      cause,
    },
  );
}
