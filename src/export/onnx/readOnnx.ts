import * as z from 'zod';
import { MODEL } from './schema.js';

/** What the metadata of an .onnx file says, and the scales of an integer input or output. */
export interface OnnxFacts {
  readonly metadata: ReadonlyMap<string, string>;
  /** Of the input and the output where they are integers. */
  readonly input: Affine | undefined;
  readonly output: Affine | undefined;
}
/** real = scale · (q − zeroPoint) for q from 0 to 255. */
interface Affine {
  readonly scale: number;
  readonly zeroPoint: number;
}

/** What of a file is read here: its operators may be anything. */
const named = z.object({ name: z.string() });
const model = z.object({
  graph: z.object({
    node: z.array(z.object({ opType: z.string(), input: z.array(z.string()), output: z.array(z.string()) })),
    initializer: z.array(named.extend({ rawData: z.instanceof(Uint8Array) })),
    input: z.array(named),
    output: z.array(named),
  }),
  metadataProps: z.array(z.object({ key: z.string(), value: z.string() })),
});

/**
 * Scales are found where they are initializers with `raw_data`, as in our files. Any bytes may happen to be protobuf:
 * what the schema above asks for tells an .onnx file from others.
 *
 * @throws RangeError when it is no .onnx file
 */
export function readOnnxFacts(bytes: Uint8Array): OnnxFacts {
  const { graph, metadataProps } = decode(bytes);
  const affine = ([scale, zeroPoint]: readonly string[]): Affine | undefined => {
    const data = (name: string | undefined) => graph.initializer.find((tensor) => tensor.name === name)?.rawData;
    const [first, second] = [data(scale), data(zeroPoint)];
    if (first?.length !== 4 || second?.length !== 1) return undefined;
    return { scale: new DataView(first.buffer, first.byteOffset).getFloat32(0, true), zeroPoint: second[0]! };
  };
  // An integer is read by one node that makes a float of it, and written by one that makes it of a float.
  const reader = graph.node.find(({ input }) => input[0] === graph.input[0]?.name);
  let writer = graph.node.find(({ output }) => output[0] === graph.output[0]?.name);
  if (writer?.opType === 'Flatten') writer = graph.node.find(({ output }) => output[0] === writer!.input[0]);
  return {
    metadata: new Map(metadataProps.map(({ key, value }) => [key, value])),
    input: reader?.opType === 'DequantizeLinear' ? affine(reader.input.slice(1)) : undefined,
    output: writer?.opType === 'QuantizeLinear' ? affine(writer.input.slice(1)) : undefined,
  };
}

function decode(bytes: Uint8Array): z.infer<typeof model> {
  try {
    // Fields that a file leaves out get their defaults; bytes are views of the file.
    return model.parse(MODEL.toObject(MODEL.decode(bytes), { defaults: true, arrays: true }));
  } catch (cause) {
    throw new RangeError('it is not an .onnx file', { cause });
  }
}
