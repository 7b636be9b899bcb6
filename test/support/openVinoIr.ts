import fs from 'node:fs';
import path from 'node:path';
import type { OpenVinoFiles } from '../../src/weights/openVino/readOpenVino.js';

/** A layer as a test writes it: its inputs by name. */
export interface TestLayer {
  readonly name: string;
  readonly type: string;
  readonly data?: Readonly<Record<string, string>>;
  readonly inputs?: readonly string[];
  /** Of the output; none for a result. */
  readonly shape?: readonly number[];
  /** Of a constant, in FP32. */
  readonly values?: readonly number[];
}

const dims = (shape: readonly number[]) => shape.map((n) => `<dim>${n}</dim>`).join('');

/** Writes an IR of version 11 as OpenVINO does: XML beside a flat file. */
export function writeIr(folder: string, layers: readonly TestLayer[]): OpenVinoFiles {
  const files = { xml: path.join(folder, 'net.xml'), bin: path.join(folder, 'net.bin') };
  const bytes: Buffer[] = [];
  let offset = 0;
  const written = layers.map(({ name, type, data = {}, inputs = [], shape, values }, id) => {
    const all = { ...data };
    if (values) {
      const content = Buffer.from(Float32Array.from(values).buffer);
      Object.assign(all, {
        element_type: 'f32',
        shape: shape!.join(', '),
        offset: `${offset}`,
        size: `${content.length}`,
        ...data,
      });
      bytes.push(content);
      offset += content.length;
    }
    const attributes = Object.entries(all).map(([key, value]) => ` ${key}="${value}"`);
    const ports = inputs.map((_, port) => `<port id="${port}"/>`).join('');
    const output = shape ? `<output><port id="${inputs.length}" precision="FP32">${dims(shape)}</port></output>` : '';
    return `<layer id="${id}" name="${name}" type="${type}" version="opset1"><data${attributes.join('')}/><input>${ports}</input>${output}</layer>`;
  });
  const idOf = (name: string) => layers.findIndex((layer) => layer.name === name);
  const edges = layers.flatMap(({ inputs = [] }, to) =>
    inputs.map((name, port) => {
      const from = idOf(name);
      return `<edge from-layer="${from}" from-port="${layers[from]?.inputs?.length ?? 0}" to-layer="${to}" to-port="${port}"/>`;
    }),
  );
  const net = `<?xml version="1.0"?>\n<net name="test" version="11"><layers>${written.join('\n')}</layers><edges>${edges.join('\n')}</edges></net>`;
  fs.writeFileSync(files.xml, net);
  fs.writeFileSync(files.bin, Buffer.concat(bytes));
  return files;
}

export const constant = (name: string, shape: readonly number[], values: readonly number[]): TestLayer => ({
  ...{ name, type: 'Const', shape, values },
});

/** Attributes of a convolution. */
export const window = (stride: number, pad: number, end = pad): Record<string, string> => ({
  ...{ strides: `${stride}, ${stride}`, dilations: '1, 1', auto_pad: 'explicit' },
  ...{ pads_begin: `${pad}, ${pad}`, pads_end: `${end}, ${end}` },
});
