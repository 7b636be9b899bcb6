import fs from 'node:fs';
import path from 'node:path';
import { RunModel } from '../../client/runModel.js';
import { formatPercent } from '../../core/format.js';
import { PRIVATE_FOLDER } from '../../platform/rights.js';
import { formatOf, FORMATS } from '../../protocol/exportFormats.js';
import { usualName, type ExportOptions } from '../../protocol/exportOptions.js';
import { PROTOCOL_VERSION } from '../../protocol/handshake.js';
import type { MessageOf } from '../../protocol/jobs.js';
import type { RecognizerRecord } from '../../recognizers/recognizer.js';
import type { Editor, PickItem } from '../editor.js';
import { tellEnd } from '../failures.js';
import { faceWeightsSetting } from '../faceWeightsSetting.js';
import type { Jobs } from '../job.js';
import { modelName } from '../runName.js';

interface Kind extends PickItem {
  readonly options: Omit<ExportOptions, 'part'>;
}

/** Everything that there is of a precision, in the order of the formats. */
function kindsOf(precision: ExportOptions['precision']): Kind[] {
  return FORMATS.flatMap((format) =>
    formatOf(format)
      .kinds.filter((kind) => kind.precision === precision)
      .map(({ label, detail, io }) => ({
        label,
        detail,
        options: { format, precision, ...(io && { io }) },
      })),
  );
}

const PARTS: readonly (PickItem & { readonly part: ExportOptions['part'] })[] = [
  { label: 'Whole classifier', detail: 'Names the people that the network was trained with', part: 'classifier' },
  {
    label: 'Embedding',
    detail: 'Without the last layer: a vector for each face, to compare anyone’s face',
    part: 'embedding',
  },
];

/** Asks for the kind of file and its place, and has it written in a process of its own. */
export async function exportModel(editor: Editor, jobs: Jobs, checkpoint: string): Promise<void> {
  const run = new RunModel(path.resolve(checkpoint, '..', '..'));
  const quantized = run.state.run?.options.quantization !== undefined;
  const title = `Export ${modelName(checkpoint)}`;
  const kinds = [...(quantized ? kindsOf('int8') : []), ...kindsOf('float32')];
  const placeHolder = quantized
    ? 'Kind of file'
    : 'For int8, fine-tune this checkpoint first (Enable Quantization-Aware Fine-Tuning)';
  const kind = await editor.pick(kinds, { title, placeHolder });
  if (!kind) return;
  const part = await editor.pick(PARTS, {
    title,
    placeHolder: `Part of the network to export as ${kind.label}`,
  });
  if (!part) return;
  const options: ExportOptions = { ...kind.options, part: part.part };
  const output = await askForPlace(editor, run.runFolder, usualName(path.basename(checkpoint), options), kind, title);
  if (output === undefined) return;
  const order = { type: 'export', protocol: PROTOCOL_VERSION, checkpoint, options, output, measure: true } as const;
  const end = await jobs.run(order, title);
  if (end.type === 'exported') await announce(editor, end, options);
  else tellEnd(editor, end);
}

/** The network of a recognizer as a file, with the people enrolled beside it. */
export async function exportRecognizer(
  editor: Editor,
  jobs: Jobs,
  recognizer: string,
  { name, network }: Pick<RecognizerRecord, 'name' | 'network'>,
): Promise<void> {
  const title = `Export ${name}`;
  const placeHolder = 'Kind of file; the people enrolled lie beside it';
  const kind = await editor.pick(kindsOf(network.precision), { title, placeHolder });
  if (!kind) return;
  const options: ExportOptions = { ...kind.options, part: 'embedding' };
  const output = await askForPlace(editor, recognizer, usualName(name, options), kind, title);
  if (output === undefined) return;
  const what = { checkpoint: recognizer, options, output, measure: false, ...faceWeightsSetting(editor) };
  const end = await jobs.run({ type: 'export', protocol: PROTOCOL_VERSION, ...what }, title);
  if (end.type === 'exported') await announce(editor, end, options);
  else tellEnd(editor, end);
}

async function askForPlace(
  editor: Editor,
  around: string,
  name: string,
  kind: Kind,
  title: string,
): Promise<string | undefined> {
  const exports = path.join(around, 'exports');
  const usual = path.join(exports, ...name.split('/'));
  // The dialog opens in a folder that exists only.
  const made = fs.mkdirSync(path.dirname(usual), { recursive: true, mode: PRIVATE_FOLDER });
  const chosen = await editor.choosePlace({
    title,
    place: usual,
    filters: { [kind.label.split(',')[0]!]: [formatOf(kind.options.format).ending.split('.').pop()!] },
  });
  if (made !== undefined && chosen?.startsWith(path.dirname(usual) + path.sep) !== true)
    removeEmpty(path.dirname(usual), made);
  return chosen;
}

/** Removes a folder and those around it up to `outermost`, as far as they are empty. */
function removeEmpty(folder: string, outermost: string): void {
  try {
    for (let at = folder; at.length >= outermost.length; at = path.dirname(at)) fs.rmdirSync(at);
  } catch {
    // Another export has put its file there meanwhile.
  }
}

async function announce(
  editor: Editor,
  { file, bytes, cards, measured }: MessageOf<'exported'>,
  options: ExportOptions,
): Promise<void> {
  const [reveal, card, attempt] = ['Show in Explorer', 'Open Model Card', 'Try a Picture'] as const;
  const model = measured?.models.find(({ precision }) => precision === options.precision);
  const accuracy =
    model && options.part === 'classifier'
      ? `, accuracy ${formatPercent(model.accuracy)} on ${measured!.pictures} pictures`
      : '';
  const text = `${path.basename(file)} was written, ${(bytes / 1e6).toFixed(1)} MB${accuracy}.`;
  const usable = formatOf(options.format).readable && options.part === 'classifier';
  const chosen = await editor.say('information', text, ...(usable ? [attempt] : []), card, reveal);
  if (chosen === reveal) await editor.revealInExplorer(file);
  if (chosen === card) await editor.preview(cards[0]!);
  if (chosen === attempt) await editor.execute('faceTrainer.tryPicture', { scheme: 'file', fsPath: file });
}
