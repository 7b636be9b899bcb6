import * as onnxruntime from 'onnxruntime-node';
import { answerOf, type IntegerNetwork } from '../../src/quantization/interpreter/integerNetwork.js';

/**
 * Runs a file with integers at both ends in ONNX Runtime, which has them as uint8: each 128 more than in the network.
 *
 * @param pictures [H, W, C] each
 */
export async function runOnnxIntegers(
  bytes: Uint8Array,
  network: IntegerNetwork,
  pictures: readonly Int8Array[],
): Promise<Int8Array> {
  const session = await onnxruntime.InferenceSession.create(bytes, {
    ...{ intraOpNumThreads: 1, logSeverityLevel: 3 },
    extra: { session: { x64quantprecision: '1' } },
  });
  const [height, width, channels] = network.tensors[0]!.shape;
  const area = height * width;
  const given = new Uint8Array(pictures.length * area * channels);
  pictures.forEach((picture, n) =>
    picture.forEach((q, i) => (given[(n * channels + (i % channels)) * area + Math.floor(i / channels)] = q + 128)),
  );
  const image = new onnxruntime.Tensor('uint8', given, [pictures.length, channels, height, width]);
  const results = await session.run({ [session.inputNames[0]!]: image });
  await session.release();
  const data = results[session.outputNames[0]!]!.data as Uint8Array;
  if (data.length !== pictures.length * network.tensors[answerOf(network)]!.shape[2])
    throw new Error(`it gives ${data.length} integers`);
  return Int8Array.from(data, (q) => q - 128);
}
