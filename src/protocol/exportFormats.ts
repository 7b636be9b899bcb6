/** A kind of file that the editor offers, in its words. */
export interface ExportKind {
  readonly label: string;
  readonly detail: string;
  readonly precision: 'float32' | 'int8';
  /** What goes in and comes out of an int8 file; absent for float files. */
  readonly io?: 'int8' | 'float32';
}

/** What everybody but its writer and its reader has to know of a format. */
export interface ExportFormat {
  /** For people. */
  readonly name: string;
  /** Of its file. One with a slash in front is the main file of a folder. */
  readonly ending: string;
  readonly precisions: readonly ExportKind['precision'][];
  /** What the whole classifier gives: Keras and TensorFlow.js models end with a softmax, the others before it. */
  readonly output: 'logits' | 'probabilities';
  /** Order of the input's dimensions: pictures, rows, columns and channels, or channels first. */
  readonly layout: 'NHWC' | 'NCHW';
  /** Whether `predict` reads it back. */
  readonly readable: boolean;
  /** In Markdown, for the model card. */
  readonly use: string;
  /** The same for a network that no builder makes, where that is another. */
  readonly useOfGiven?: string;
  /** What the editor offers, the most useful first. */
  readonly kinds: readonly ExportKind[];
}

/**
 * Every format that a checkpoint is exported to. A new one is a row here, a writer (`src/export/encoders.ts`) and, where
 * `predict` is to read it, a reader (`src/inference/openers.ts`): types hold the three together.
 */
export const EXPORT_FORMATS = {
  tflite: {
    name: 'TensorFlow Lite',
    ending: '.tflite',
    precisions: ['float32', 'int8'],
    output: 'logits',
    layout: 'NHWC',
    readable: true,
    use: 'Load it with LiteRT (`ai_edge_litert`, Android, iOS); the signature `serving_default` names input `image` and `output`.',
    kinds: [
      {
        label: 'TensorFlow Lite, int8',
        detail: 'int8 throughout, including input and output: for microcontrollers and accelerators',
        precision: 'int8',
        io: 'int8',
      },
      {
        label: 'TensorFlow Lite, int8 inside',
        detail: 'int8 with float32 input and output: a drop-in replacement for a float file',
        precision: 'int8',
        io: 'float32',
      },
      {
        label: 'TensorFlow Lite, float32',
        detail: 'For a phone or a server; four times as large as int8',
        precision: 'float32',
      },
    ],
  },
  onnx: {
    name: 'ONNX',
    ending: '.onnx',
    precisions: ['float32', 'int8'],
    output: 'logits',
    layout: 'NCHW',
    readable: true,
    use: 'Load it with ONNX Runtime; input `image` is [batch, 3, height, width].',
    kinds: [
      {
        label: 'ONNX, int8',
        detail: 'For ONNX Runtime on a server, a desktop or a phone; float32 input and output',
        precision: 'int8',
        io: 'float32',
      },
      {
        label: 'ONNX, float32',
        detail: 'For ONNX Runtime and everything else that reads ONNX',
        precision: 'float32',
      },
    ],
  },
  tfjs: {
    name: 'TensorFlow.js LayersModel',
    ending: '/model.json',
    precisions: ['float32'],
    output: 'probabilities',
    layout: 'NHWC',
    readable: true,
    use: '`await tf.loadLayersModel(url)`; it can be trained further.',
    kinds: [
      {
        label: 'TensorFlow.js',
        detail: 'A LayersModel for a browser or Node.js, which can be trained further',
        precision: 'float32',
      },
    ],
  },
  keras: {
    name: 'Keras weights',
    ending: '.h5',
    precisions: ['float32'],
    output: 'probabilities',
    layout: 'NHWC',
    readable: true,
    use: '`model.load_weights(file, by_name=True)` on the same network of `keras.applications` (`include_top=False, pooling=…`) with a dense layer `predictions`.',
    useOfGiven: '`keras.models.load_model(file, compile=False)`: the file holds the whole network.',
    kinds: [
      {
        label: 'Keras weights',
        detail: 'An .h5 file for the same network of keras.applications in Python',
        precision: 'float32',
      },
    ],
  },
  c: {
    name: 'C header for TensorFlow Lite Micro',
    ending: '.h',
    precisions: ['float32', 'int8'],
    output: 'logits',
    layout: 'NHWC',
    readable: false,
    use: 'Include it in one source file; the comment at its top says how.',
    kinds: [
      {
        label: 'C header, int8',
        detail: 'For TensorFlow Lite Micro: the file as an array, the people, an example of preprocessing',
        precision: 'int8',
        io: 'int8',
      },
      {
        label: 'C header, float32',
        detail: 'The same for a network in float, four times as large: for a processor with a floating-point unit',
        precision: 'float32',
      },
    ],
  },
} as const satisfies Record<string, ExportFormat>;

export type Format = keyof typeof EXPORT_FORMATS;
export const FORMATS = Object.keys(EXPORT_FORMATS) as readonly Format[];

export function formatOf(name: Format): ExportFormat {
  return EXPORT_FORMATS[name];
}

/** Names of the formats that have a precision, for a message: "TensorFlow Lite, ONNX or C header". */
export function formatsWith(precision: ExportKind['precision']): string {
  const names = FORMATS.map(formatOf)
    .filter(({ precisions }) => precisions.includes(precision))
    .map(({ name }) => name);
  return names.length < 2 ? names.join() : `${names.slice(0, -1).join(', ')} or ${names.at(-1)!}`;
}
