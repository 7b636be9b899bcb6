import { formatCount, formatPercent } from '../core/format.js';
import { lossWords } from '../core/lossWords.js';
import { GIVEN } from '../graph/networkOptions.js';
import type { Measurements } from '../protocol/comparison.js';
import { formatOf } from '../protocol/exportFormats.js';
import type { ExportOptions } from '../protocol/exportOptions.js';
import type { TrainingOptions } from '../protocol/options.js';
import type { ModelFacts } from './modelFacts.js';

/** What is told of an exported file, for people and for programs. */
export interface ModelCard {
  readonly file: string;
  /** Of all its files together. */
  readonly bytes: number;
  readonly format: ExportOptions['format'];
  readonly precision: ExportOptions['precision'];
  readonly facts: ModelFacts;
  /** Values of the graph's, with those of the batch norms, which most formats fold into kernels. */
  readonly parameters: number;
  /** Absent for a network that was not trained here. */
  readonly training?: {
    readonly checkpoint: string;
    readonly people: number;
    readonly fingerprint: string;
    readonly options: TrainingOptions;
  };
  /** Absent where the pictures of the run are not there any more, or ONNX Runtime is not. */
  readonly measured?: Measurements;
  readonly faceTrainer: string;
}

export function cardJson(card: ModelCard): string {
  return `${JSON.stringify(card, null, 2)}\n`;
}

export function cardMarkdown(card: ModelCard): string {
  const { facts, training, measured, format, precision } = card;
  const options = training?.options;
  const { input, output, labels, network } = facts;
  const { use, useOfGiven = use } = formatOf(format);
  return `# ${escaped(card.file)}

${output === 'embedding' ? 'Turns a face into a vector; vectors of the same person have a high cosine similarity.' : `Recognizes ${formatCount(labels.length, 'person', 'people')} by face.`} ${training ? `A ${escaped(facts.network.name)} trained with Face Trainer` : `It is ${escaped(facts.network.name)}, as its publisher trained it`}${options?.quantization ? ' and fine-tuned for int8' : ''}.

## File

${propertyTable([
  ['Format', `${formatOf(format).name}, ${precision}`],
  ['Size', `${card.bytes.toLocaleString('en-US')} bytes`],
  ['Parameters', card.parameters.toLocaleString('en-US')],
  ['Input', `${input.width} x ${input.height} ${input.colour}, ${input.layout}, ${scalingWords(input.scaling)}`],
  ['Picture → input', pictureWords(input)],
  ['Output', output],
])}

${network.backbone === GIVEN ? useOfGiven : use}

## Training

${training ? trainingText(training) : 'Not trained here: its publisher says on whose pictures it was trained, or does not.'}

## Measured

${measured ? measuredText(measured) : 'Nothing was measured: it was turned off, or the pictures of the run were missing or showed other people, or there is no ONNX Runtime for this machine.'}

## Intended use

Recognizing ${output === 'embedding' ? 'faces by comparing vectors' : 'the people it was trained with'}, with their consent, from pictures like those of the training. For your own door, phone or camera.

## Limits

- ${output === 'embedding' ? 'Find a threshold for “the same person” with pictures of your own.' : 'It knows only these people: it gives a stranger the most similar name. Reject answers with a low probability.'}
- It cannot tell a face from a picture of a face. Do not let it decide alone where a mistake does harm.
- ${measured ? `The accuracy was measured on ${measured.pictures.toLocaleString('en-US')} validation pictures` : 'The accuracy that training reports was measured on its validation pictures'}: it will differ with other light, cameras, ages and angles, and may differ between groups of people.
`;
}

function trainingText({ options, checkpoint, people, fingerprint }: NonNullable<ModelCard['training']>): string {
  const { quantization } = options;
  return propertyTable([
    ['Recipe', `${options.recipe}, ${options.epochs} epochs, seed ${options.seed}`],
    ['Loss', lossWords(options)],
    ['Checkpoint', checkpoint],
    ['People', String(people)],
    ['Data fingerprint', `\`${fingerprint}\``],
    ...(quantization
      ? [['Quantization', `int8 kernels per channel, int8 activations, ranges by ${quantization.observer}`] as const]
      : []),
  ]);
}

function propertyTable(rows: readonly (readonly [string, string])[]): string {
  const lines = rows.map(([name, value]) => `| ${name} | ${cell(value)} |`);
  return ['| Property | Value |', '| --- | --- |', ...lines].join('\n');
}

/** How a picture becomes the square that the network reads. */
function pictureWords({ faces, template, resize, width, height }: ModelFacts['input']): string {
  if (faces === 'aligned' && template) {
    const places = template.map(([x, y]) => `${x.toFixed(4)} ${y.toFixed(4)}`).join(', ');
    return `the face turned, scaled and shifted so that the viewer’s left eye, right eye, tip of the nose, left and right corner of the mouth lie at these fractions of the square (right, down): ${places}`;
  }
  const [before, what] =
    faces === 'aligned' ? ['the face cut out upright, as Align Faces does; then ', 'crop'] : ['', 'picture'];
  const after = resize > width ? `, then cropped to the middle ${width} x ${height}` : '';
  return `${before}the whole ${what} stretched to ${resize} x ${resize}${after}`;
}

function measuredText({ pictures, models, agreement, machine, sameData }: Measurements): string {
  const rows = models.map(
    ({ precision, bytes, accuracy, loss, latency }) =>
      `| ${precision} | ${formatPercent(accuracy)} | ${loss.toFixed(3)} | ${latency.median.toFixed(2)} ms | ${latency.p90.toFixed(2)} ms | ${(bytes / 1e6).toFixed(2)} MB |`,
  );
  return `On ${pictures.toLocaleString('en-US')} validation pictures${sameData ? '' : ' (some have changed since training)'}, with ONNX Runtime; latency of one picture on this machine: ${escaped(machine)}.

| Network | Accuracy | Loss | Latency, median | 90 % below | Size as ONNX |
| --- | --- | --- | --- | --- | --- |
${rows.join('\n')}${agreement === undefined ? '' : `\n\nFloat and int8 name the same person on ${formatPercent(agreement)} of them.`}`;
}

/** On one line, with what Markdown gives a meaning to escaped: names of files and machines hold anything. */
function escaped(text: string): string {
  return text.replace(/[\\`*_{}[\]<>#|]/g, '\\$&').replace(/[\r\n]+/g, ' ');
}

/** Code and links stay what they are; a bar would end the cell. */
function cell(text: string): string {
  return text.replace(/\|/g, '\\|').replace(/[\r\n]+/g, ' ');
}

/** "x / 127.5 − 1"; "x · 1 + 0, x · 1 + 0, x · 1 + 0" where each colour has its own. */
function scalingWords(scaling: ModelFacts['input']['scaling']): string {
  if (typeof scaling === 'string') return 'x / 127.5 − 1';
  return scaling.scale.map((scale, c) => `x · ${scale} + ${scaling.shift[c]!}`).join(', ');
}
