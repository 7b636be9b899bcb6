import { sizeOf, type Conv2dNode, type Node } from '../../graph/graph.js';
import type { ReadNetwork } from './graphReader.js';

/**
 * Two convolutions of one map whose outputs stand side by side at the end of a network are one with both kernels: a detector's
 * locations and confidences, whose few channels fill the vectors of a product better together.
 */
export function joinConvolutions({ graph, parameters }: ReadNetwork): ReadNetwork {
  const last = graph.nodes.at(-1);
  if (last?.op !== 'concat') return { graph, parameters };
  const [first, second] = [last.input, last.other].map((name) => graph.nodes.find((node) => node.name === name));
  const readers = graph.nodes.filter((node) => 'input' in node && [last.input, last.other].includes(node.input));
  if (!isConvolution(first) || !isConvolution(second) || !alike(first, second) || readers.length > 1)
    return { graph, parameters };
  const specOf = (name: string) => graph.parameters.find((parameter) => parameter.name === name)!;
  const [kernel, bias] = [`${last.name}/kernel`, `${last.name}/bias`];
  const [h, w, channels] = specOf(first.kernel).shape as [number, number, number];
  if ([h, w, channels].some((n, i) => n !== specOf(second.kernel).shape[i])) return { graph, parameters };
  const filters = last.shape[2];
  const gone = [first, second].flatMap((node) => [node.kernel, node.bias!]);
  const joined = new Map([...parameters].filter(([name]) => !gone.includes(name)));
  const rows = (one: string, other: string, count: number) =>
    sideBySide(parameters.get(one)!, parameters.get(other)!, count);
  joined.set(kernel, rows(first.kernel, second.kernel, sizeOf([h, w, channels])));
  joined.set(bias, rows(first.bias!, second.bias!, 1));
  const node: Conv2dNode = { ...first, name: last.name, shape: last.shape, kernel, bias };
  return {
    graph: {
      ...graph,
      nodes: [...graph.nodes.filter((other) => other !== first && other !== second && other !== last), node],
      parameters: [
        ...graph.parameters.filter(({ name }) => !gone.includes(name)),
        { ...specOf(first.kernel), name: kernel, shape: [h, w, channels, filters] },
        { ...specOf(first.bias!), name: bias, shape: [filters] },
      ],
    },
    parameters: joined,
  };
}

function isConvolution(node: Node | undefined): node is Conv2dNode {
  return node?.op === 'conv2d' && node.bias !== undefined;
}

function alike(a: Conv2dNode, b: Conv2dNode): boolean {
  return (
    a !== b && a.input === b.input && a.stride === b.stride && JSON.stringify(a.padding) === JSON.stringify(b.padding)
  );
}

/** Rows of one matrix, each followed by that of the other. */
function sideBySide(one: Float32Array, other: Float32Array, rows: number): Float32Array {
  const [width, more] = [one.length / rows, other.length / rows];
  const both = new Float32Array(one.length + other.length);
  for (let row = 0; row < rows; row++) {
    both.set(one.subarray(row * width, (row + 1) * width), row * (width + more));
    both.set(other.subarray(row * more, (row + 1) * more), row * (width + more) + width);
  }
  return both;
}
