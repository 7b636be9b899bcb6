import { MODEL } from './schema.js';

/** What the metadata of an .onnx file says, and the scales of an integer at its border. */
export interface OnnxFacts {
  readonly metadata: ReadonlyMap<string, string>;
  /** Of the input and the output where they are integers. */
  readonly input: Affine | undefined;
  readonly output: Affine | undefined;
}
interface Affine {
  readonly scale: number;
  readonly zeroPoint: number;
}

interface Decoded {
  readonly graph?: {
    readonly node: readonly {
      readonly opType: string;
      readonly input: readonly string[];
      readonly output: readonly string[];
    }[];
    readonly initializer: readonly { readonly name: string; readonly dataType: number; readonly rawData: Uint8Array }[];
    readonly input: readonly { readonly name: string }[];
    readonly output: readonly { readonly name: string }[];
  };
  readonly metadataProps: readonly { readonly key: string; readonly value: string }[];
}

/** @throws RangeError when it is no .onnx file */
export function readOnnxFacts(bytes: Uint8Array): OnnxFacts {
  let decoded: Decoded;
  try {
    decoded = MODEL.decode(bytes) as unknown as Decoded;
  } catch (cause) {
    throw new RangeError('it is not an .onnx file', { cause });
  }
  const { graph } = decoded;
  if (!graph) throw new RangeError('it is not an .onnx file');
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
    metadata: new Map(decoded.metadataProps.map(({ key, value }) => [key, value])),
    input: reader?.opType === 'DequantizeLinear' ? affine(reader.input.slice(1)) : undefined,
    output: writer?.opType === 'QuantizeLinear' ? affine(writer.input.slice(1)) : undefined,
  };
}
