import { Builder, type Offset } from 'flatbuffers';
import { zipSync } from 'fflate';
import type { ModelFacts } from '../modelFacts.js';

// TensorFlow Lite's own metadata (tflite-support's metadata_schema.fbs, identifier M001): what Android's and
// MediaPipe's tools read. Numbers of the fields, and values of the enumerations, of the part that is written. A union
// (`content_properties`, `options`) has two numbers: `type`, which is a byte, and the table behind it.

/** Name of its entry in a model. */
export const METADATA_KEY = 'TFLITE_METADATA';
/** Both the metadata and the archive have to name it alike. */
const LABELS_FILE = 'labels.txt';
const IDENTIFIER = 'M001';
/** The oldest parser that understands every field: none of those written came after 1.0.0. */
const PARSER_VERSION = '1.0.0';

const MODEL = { fields: 8, name: 0, description: 1, subgraphs: 3, minParserVersion: 7 };
const SUBGRAPH = { fields: 9, inputs: 2, outputs: 3 };
const TENSOR = { fields: 7, name: 0, description: 1, content: 3, processUnits: 4, stats: 5, files: 6 };
const CONTENT = { fields: 3, type: 0, properties: 1 };
const CONTENT_TYPE = { feature: 1, image: 2 };
const IMAGE = { fields: 2, colourSpace: 0, size: 1 };
const IMAGE_SIZE = { fields: 2, width: 0, height: 1 };
const PROCESS_UNIT = { fields: 2, type: 0, options: 1 };
const NORMALIZATION = { fields: 2, mean: 0, deviation: 1 };
const STATS = { fields: 2, max: 0, min: 1 };
const FILE = { fields: 5, name: 0, description: 1, type: 2 };
/** Of `ColorSpaceType`, of the union `ProcessUnitOptions`, of `AssociatedFileType` (a label for each output). */
const RGB = 1;
const NORMALIZE = 1;
const AXIS_LABELS = 2;
/** What tools make of a byte x: (x − mean) / deviation. One value counts for every channel, or each has its own. */
interface Normalization {
  readonly mean: readonly number[];
  readonly deviation: readonly number[];
  /** Of what comes of it. */
  readonly min: readonly number[];
  readonly max: readonly number[];
}

/** An int8 file has the same: its scale and zero point come after that. */
function normalizationOf({ scaling }: ModelFacts['input']): Normalization {
  if (typeof scaling === 'string') return { mean: [127.5], deviation: [127.5], min: [-1], max: [1] };
  const { scale, shift } = scaling;
  const at = (byte: number) => scale.map((factor, c) => byte * factor + shift[c]!);
  const [dark, light] = [at(0), at(255)];
  return {
    mean: scale.map((factor, c) => 0 - shift[c]! / factor),
    deviation: scale.map((factor) => 1 / factor),
    min: dark.map((value, c) => Math.min(value, light[c]!)),
    max: dark.map((value, c) => Math.max(value, light[c]!)),
  };
}

class Tables {
  readonly builder = new Builder(1024);

  /** Fields that are offsets and were made before, by number; numbers of 8 and 32 bits likewise. */
  table(
    fields: number,
    offsets: Record<number, Offset>,
    bytes: Record<number, number> = {},
    words: Record<number, number> = {},
  ): Offset {
    const { builder } = this;
    builder.startObject(fields);
    for (const [id, value] of Object.entries(words)) builder.addFieldInt32(Number(id), value, 0);
    for (const [id, value] of Object.entries(offsets)) builder.addFieldOffset(Number(id), value, 0);
    for (const [id, value] of Object.entries(bytes)) builder.addFieldInt8(Number(id), value, 0);
    return builder.endObject();
  }

  text(words: string): Offset {
    return this.builder.createString(words);
  }

  list(offsets: readonly Offset[]): Offset {
    this.builder.startVector(4, offsets.length, 4);
    for (const offset of [...offsets].reverse()) this.builder.addOffset(offset);
    return this.builder.endVector();
  }

  floats(...values: number[]): Offset {
    this.builder.startVector(4, values.length, 4);
    for (const value of values.reverse()) this.builder.addFloat32(value);
    return this.builder.endVector();
  }
}

/** The bytes of the entry `TFLITE_METADATA`: a FlatBuffer of its own, one tensor each for input and output. */
export function tfliteMetadata(name: string, facts: ModelFacts): Uint8Array {
  const { output, labels } = facts;
  const t = new Tables();
  const inputs = t.list([inputOf(t, facts)]);
  const outputs = t.list([outputOf(t, facts)]);
  const subgraph = t.table(SUBGRAPH.fields, { [SUBGRAPH.inputs]: inputs, [SUBGRAPH.outputs]: outputs });
  const model = t.table(MODEL.fields, {
    [MODEL.name]: t.text(name),
    [MODEL.description]: t.text(
      output === 'embedding' ? 'Makes vectors of faces.' : `Tells ${labels.length} people by their faces.`,
    ),
    [MODEL.subgraphs]: t.list([subgraph]),
    [MODEL.minParserVersion]: t.text(PARSER_VERSION),
  });
  t.builder.finish(model, IDENTIFIER);
  return t.builder.asUint8Array().slice();
}

/**
 * What a picture has to be. Tools take the size and the normalization from here; the alignment is for people to read.
 */
function inputOf(t: Tables, { input }: ModelFacts): Offset {
  const size = t.table(
    IMAGE_SIZE.fields,
    {},
    {},
    { [IMAGE_SIZE.width]: input.width, [IMAGE_SIZE.height]: input.height },
  );
  const image = t.table(IMAGE.fields, { [IMAGE.size]: size }, { [IMAGE.colourSpace]: RGB });
  const { mean, deviation, min, max } = normalizationOf(input);
  const normalization = t.table(NORMALIZATION.fields, {
    [NORMALIZATION.mean]: t.floats(...mean),
    [NORMALIZATION.deviation]: t.floats(...deviation),
  });
  const unit = t.table(
    PROCESS_UNIT.fields,
    { [PROCESS_UNIT.options]: normalization },
    { [PROCESS_UNIT.type]: NORMALIZE },
  );
  return t.table(TENSOR.fields, {
    [TENSOR.name]: t.text('image'),
    [TENSOR.description]: t.text(
      `A face, ${input.faces === 'aligned' ? `upright and cut out as ${input.template ? 'its template says' : 'Align Faces does'}` : 'as in the pictures of the training'}: RGB, ${input.width} x ${input.height}.`,
    ),
    [TENSOR.content]: t.table(CONTENT.fields, { [CONTENT.properties]: image }, { [CONTENT.type]: CONTENT_TYPE.image }),
    [TENSOR.processUnits]: t.list([unit]),
    [TENSOR.stats]: t.table(STATS.fields, { [STATS.max]: t.floats(...max), [STATS.min]: t.floats(...min) }),
  });
}

/** What a file answers with; an embedding has no list of people behind it. */
function outputOf(t: Tables, { output }: ModelFacts): Offset {
  return t.table(TENSOR.fields, {
    [TENSOR.name]: t.text(output),
    [TENSOR.description]: t.text(
      output === 'embedding'
        ? 'A vector; faces of one person have a large cosine.'
        : 'One number a person, larger where the person is more likely; softmax makes probabilities of them.',
    ),
    [TENSOR.content]: t.table(
      CONTENT.fields,
      { [CONTENT.properties]: t.table(0, {}) },
      { [CONTENT.type]: CONTENT_TYPE.feature },
    ),
    ...(output === 'embedding' ? {} : { [TENSOR.files]: t.list([labelsFile(t)]) }),
  });
}

function labelsFile(t: Tables): Offset {
  return t.table(
    FILE.fields,
    {
      [FILE.name]: t.text(LABELS_FILE),
      [FILE.description]: t.text('The people, one a line, in the order of the output.'),
    },
    { [FILE.type]: AXIS_LABELS },
  );
}

/**
 * Hangs the list of people on a model, as an uncompressed archive behind its bytes: that is where TensorFlow Lite's
 * tools look for the files that the metadata names.
 */
export function withLabels(model: Uint8Array, labels: readonly string[]): Uint8Array {
  // A line a label: no name may break one.
  const text = labels.map((label) => `${label.replace(/[\r\n]+/g, ' ')}\n`).join('');
  const archive = zipSync(
    { [LABELS_FILE]: new TextEncoder().encode(text) },
    { level: 0, mtime: '1980-01-01T00:00:00' },
  );
  // A FlatBuffer is read from its beginning and a zip from its end, so that one file is both. Offsets in the archive
  // count from the beginning of the whole file: that of the one entry, 42 bytes into its record in the directory, and
  // that of the directory, 16 bytes into the last record (PKWARE APPNOTE 4.3.12 and 4.3.16).
  const view = new DataView(archive.buffer, archive.byteOffset, archive.byteLength);
  const end = archive.length - END_OF_DIRECTORY;
  const directory = view.getUint32(end + 16, true);
  view.setUint32(directory + 42, view.getUint32(directory + 42, true) + model.length, true);
  view.setUint32(end + 16, directory + model.length, true);
  const whole = new Uint8Array(model.length + archive.length);
  whole.set(model);
  whole.set(archive, model.length);
  return whole;
}

/** Bytes of an archive's last record, which has no comment. */
const END_OF_DIRECTORY = 22;
