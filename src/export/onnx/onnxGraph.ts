import type { Shape } from '../../graph/graph.js';
import type { OnnxConstant, OnnxNode } from './onnxFile.js';

/** Nodes and constants as they come together, in the order in which they run. A node's output has the node's name. */
export class OnnxGraph {
  readonly nodes: OnnxNode[] = [];
  readonly constants: OnnxConstant[] = [];

  node(op: string, name: string, inputs: readonly string[], attributes?: OnnxNode['attributes']): string {
    this.nodes.push({ op, name, inputs, output: name, ...(attributes && { attributes }) });
    return name;
  }

  float(name: string, shape: readonly number[], data: Float32Array): string {
    this.constants.push({ name, type: 'float32', shape, data });
    return name;
  }

  uint8(name: string, shape: readonly number[], data: Uint8Array): string {
    this.constants.push({ name, type: 'uint8', shape, data });
    return name;
  }

  int8(name: string, shape: readonly number[], data: Int8Array): string {
    this.constants.push({ name, type: 'int8', shape, data });
    return name;
  }

  int32(name: string, shape: readonly number[], data: Int32Array): string {
    this.constants.push({ name, type: 'int32', shape, data });
    return name;
  }

  /** min(max(x, 0), 6). The ends are inputs since opset 11, of the shape []; every Clip reads the same two. */
  relu6(name: string, input: string): string {
    if (!this.constants.some(({ name: known }) => known === 'six')) {
      this.float('zero', [], Float32Array.of(0));
      this.float('six', [], Float32Array.of(6));
    }
    return this.node('Clip', name, [input, 'zero', 'six']);
  }

  /** The number 1, of the shape []. */
  one(): string {
    const name = 'one';
    return this.constants.some((constant) => constant.name === name) ? name : this.float(name, [], Float32Array.of(1));
  }

  /** By the tensor that was flattened. */
  private readonly flattened = new Map<string, string>();

  /**
   * [N, C, 1, 1] → [N, C], once for each tensor.
   *
   * @throws RangeError for a map of more than one pixel
   */
  flat(input: string, [height, width]: Shape): string {
    if (height !== 1 || width !== 1)
      throw new RangeError(`${input} is a map, and a dense layer reads one value a channel`);
    const known = this.flattened.get(input) ?? this.node('Flatten', `${input}/flat`, [input], { axis: 1 });
    this.flattened.set(input, known);
    return known;
  }
}
