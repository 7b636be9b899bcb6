import path from 'node:path';
import { formatCount, formatTotal } from '../../core/format.js';
import { PROTOCOL_VERSION } from '../../protocol/handshake.js';
import { JOBS, type OrderOf } from '../../protocol/jobs.js';
import type { Forgetting } from '../../protocol/personalData.js';
import { confirmed } from '../ask.js';
import { EXIT, type Command } from '../command.js';
import { UsageError } from '../flag.js';
import { JSON_FLAG, Output } from '../follow.js';
import { checked, fieldsOf, optionFlags } from '../optionFlags.js';
import { forgettingLines } from '../personalLines.js';

interface Wish {
  readonly order: OrderOf<'forget'>;
  readonly dryRun: boolean;
  readonly yes: boolean;
  readonly json: boolean;
}

const { order: orderSchema } = JOBS.forget;
const OPTIONS = optionFlags(orderSchema);

export const forget: Command<Wish> = {
  name: 'forget',
  takes: ['<folder> <person> [options]'],
  summary: 'erase one person of a folder of pictures from whatever is kept of it',
  flags: [
    ...OPTIONS,
    { name: 'dry-run', help: 'only show what would be erased, and what would remain' },
    { name: 'yes', help: 'erase without asking' },
    JSON_FLAG('print what was found and done as JSON, in one line'),
  ],

  parse(given) {
    const [dataset, person, more] = given.words;
    if (dataset === undefined || person === undefined)
      throw new UsageError('Name the folder of pictures and the person, as the person’s folder is called.');
    if (more !== undefined) throw new UsageError(`Unexpected argument “${more}”: one person at a time.`);
    const fields = {
      ...fieldsOf(OPTIONS, given),
      ...{ type: 'forget', protocol: PROTOCOL_VERSION, change: false, folders: [given.cwd] },
      ...{ dataset: path.resolve(given.cwd, dataset), person },
    };
    const order = checked(orderSchema.safeParse(fields), OPTIONS, given);
    return { order, dryRun: given.has('dry-run'), yes: given.has('yes'), json: given.has('json') };
  },

  async run({ order, dryRun, yes, json }) {
    const output = new Output(json);
    if (dryRun || !yes) {
      const found = await output.follow(order);
      if (found.type !== 'forgotten') return output.failed(found);
      if (dryRun) return told(output, found.forgetting);
      output.note(...forgettingLines(found.forgetting));
      if (!(await agreed(found.forgetting, order))) return EXIT.failed;
    }
    const end = await output.follow({ ...order, change: true });
    return end.type === 'forgotten' ? told(output, end.forgetting) : output.failed(end);
  },
};

/** Something that could not be erased is a failure. */
function told(output: Output, forgetting: Forgetting): number {
  output.lines(forgetting);
  output.note(...forgettingLines(forgetting));
  const { left, search } = forgetting;
  return left.length === 0 && (search?.hits.length ?? 0) === 0 ? EXIT.ok : EXIT.failed;
}

function agreed(
  { traces, pictures, remains }: Forgetting,
  { pictures: alsoPictures, networks }: OrderOf<'forget'>,
): Promise<boolean> {
  const also = [
    ...(alsoPictures ? [`${formatCount(pictures.length, 'picture')} of yours`] : []),
    ...(networks === 'delete' ? remains.map(({ what }) => what) : []),
  ].map((what) => `, and ${what}`);
  const found = `${formatCount(traces.length, 'place')} (${formatTotal(traces)})`;
  return confirmed(`Erase what was found in ${found}${also.join('')}, for good?`, 'erase', 'erased');
}
