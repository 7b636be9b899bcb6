import { formatCount } from '../../core/format.js';
import { noteWritten } from '../../platform/writtenPlaces.js';
import { requireExclusionList, writeExclusionList } from '../../client/exclusionList.js';
import { PROTOCOL_VERSION } from '../../protocol/handshake.js';
import { JOBS, type OrderOf } from '../../protocol/jobs.js';
import { checkLines } from '../checkView.js';
import { EXIT, type Command } from '../command.js';
import { JSON_FLAG, Output } from '../follow.js';
import { checked, fieldsOf, optionFlags } from '../optionFlags.js';

interface CheckWish {
  readonly order: OrderOf<'check'>;
  readonly json: boolean;
  /** File to write the suggested exclusions into; absolute. */
  readonly writeExclusions: string | undefined;
}

const { order: orderSchema } = JOBS.check;
const OPTIONS = optionFlags(orderSchema);

export const check: Command<CheckWish> = {
  name: 'check',
  takes: ['<folder> [options]'],
  summary: 'look for problems in the pictures before training',
  flags: [
    ...OPTIONS,
    {
      name: 'write-exclusions',
      value: 'FILE',
      help: 'write a list of the pictures to leave out, to a new file or over an earlier list; no picture is changed',
    },
    JSON_FLAG('print the whole report as a line of JSON; the exit code is 1 when there are errors'),
  ],

  parse(given) {
    const dataset = given.only('Name the folder to check.');
    const fields = { ...fieldsOf(OPTIONS, given), type: 'check', protocol: PROTOCOL_VERSION, dataset };
    const order = checked(orderSchema.safeParse(fields), OPTIONS, given);
    return { order, json: given.has('json'), writeExclusions: given.path('write-exclusions') };
  },

  async run({ order, json, writeExclusions }) {
    // Before minutes go by.
    if (writeExclusions !== undefined) requireExclusionList(writeExclusions);
    const output = new Output(json);
    const end = await output.follow(order);
    if (end.type !== 'checked') return output.failed(end);
    const { report } = end;
    output.lines(report);
    output.note(...checkLines(report));
    if (writeExclusions !== undefined) {
      writeExclusionList(writeExclusions, report);
      noteWritten([{ kind: 'exclusions', path: writeExclusions, dataset: report.dataset }]);
      const count = report.suggestedExclusions.length;
      const are = count === 1 ? 'is' : 'are';
      output.note(`\n${formatCount(count, 'picture')} to leave out ${are} listed in ${writeExclusions}`);
    }
    return report.findings.some(({ severity }) => severity === 'error') ? EXIT.failed : EXIT.ok;
  },
};
