import { parser as saxParser } from 'sax';

/** A layer of OpenVINO's intermediate representation, with the layers that it reads. */
export interface IrLayer {
  readonly id: string;
  readonly name: string;
  /** Such as `Convolution`. */
  readonly type: string;
  /** The attributes of its operation, as written. */
  readonly data: ReadonlyMap<string, string>;
  /** Shape of its first output as written; undefined where it has none. */
  readonly shape: readonly number[] | undefined;
  /** Whose first outputs it reads, in the order of its ports. */
  readonly inputs: readonly IrLayer[];
}

/** face-reidentification-retail-0095 has 10,000, seven deep. */
const MAX_ELEMENTS = 500_000;
const MAX_DEPTH = 16;

interface Draft {
  readonly id: string;
  readonly name: string;
  readonly type: string;
  readonly data: Map<string, string>;
  readonly inputPorts: string[];
  readonly outputPorts: string[];
  readonly dims: number[];
}

interface Edge {
  readonly from: string;
  readonly fromPort: string;
  readonly to: string;
  readonly toPort: string;
}

const LAYER = 'net/layers/layer';

/**
 * Reads the XML of an IR of version 10 or 11, as OpenVINO's documentation describes it ("Intermediate representation"); of what
 * the file says only layers, their attributes, their ports and their edges count. A DTD is refused, so that no entity stands
 * for anything but a character.
 *
 * @returns the layers in the order of the file; nothing is known yet of cycles
 * @throws RangeError saying what is not as expected
 */
export function parseIr(xml: string): IrLayer[] {
  const { drafts, edges } = parseXml(xml);
  const layers = new Map<string, IrLayer & { readonly inputs: IrLayer[] }>();
  for (const { id, name, type, data, outputPorts, dims } of drafts) {
    if (layers.has(id)) throw new RangeError(`two layers have the id ${id}`);
    layers.set(id, { id, name, type, data, shape: outputPorts.length > 0 ? dims : undefined, inputs: [] });
  }
  const taken = new Map<string, Edge>();
  for (const edge of edges) {
    const port = `${edge.to}:${edge.toPort}`;
    if (taken.has(port)) throw new RangeError(`two edges lead to the same input of layer ${edge.to}`);
    taken.set(port, edge);
  }
  const firstPort = new Map(drafts.map(({ id, outputPorts }) => [id, outputPorts[0]]));
  for (const { id, inputPorts } of drafts)
    for (const port of inputPorts) {
      const edge = taken.get(`${id}:${port}`);
      const from = edge && layers.get(edge.from);
      if (!from) throw new RangeError(`nothing leads to an input of layer ${id}`);
      if (edge.fromPort !== firstPort.get(edge.from))
        throw new RangeError(`layer ${id} reads another output of layer ${edge.from} than the first`);
      layers.get(id)!.inputs.push(from);
    }
  return [...layers.values()];
}

function parseXml(xml: string): { drafts: Draft[]; edges: Edge[] } {
  const drafts: Draft[] = [];
  const edges: Edge[] = [];
  const path: string[] = [];
  let elements = 0;
  let text = '';
  const parser = saxParser(true);
  parser.onerror = (error) => {
    throw new RangeError(`it is not XML: ${error.message.split('\n')[0]!}`);
  };
  parser.ondoctype = () => {
    throw new RangeError('it has a DTD');
  };
  parser.ontext = (more) => (text += more);
  parser.onopentag = ({ name, attributes }) => {
    if (++elements > MAX_ELEMENTS || path.push(name) > MAX_DEPTH) throw new RangeError('its XML is too large');
    text = '';
    open(
      path.join('/'),
      new Map(Object.entries(attributes).map(([key, value]) => [key, String(value)])),
      drafts,
      edges,
    );
  };
  parser.onclosetag = () => {
    const draft = drafts.at(-1);
    // Of the first output alone: who reads another is refused.
    if (path.join('/') === `${LAYER}/output/port/dim` && draft?.outputPorts.length === 1)
      draft.dims.push(wholeNumber(text.trim(), 'a dimension'));
    path.pop();
    text = '';
  };
  parser.write(xml).close();
  return { drafts, edges };
}

function open(path: string, attributes: ReadonlyMap<string, string>, drafts: Draft[], edges: Edge[]): void {
  const attribute = (name: string) => {
    const value = attributes.get(name);
    if (value === undefined) throw new RangeError(`<${path}> has no ${name}`);
    return value;
  };
  const draft = drafts.at(-1);
  switch (path) {
    case 'net': {
      const version = attribute('version');
      if (version !== '10' && version !== '11') throw new RangeError(`its version is ${version.slice(0, 20)}, not 11`);
      return;
    }
    case LAYER:
      drafts.push({
        ...{ id: attribute('id'), name: attribute('name'), type: attribute('type') },
        ...{ data: new Map<string, string>(), inputPorts: [], outputPorts: [], dims: [] },
      });
      return;
    case `${LAYER}/data`:
      for (const [name, value] of attributes) draft!.data.set(name, value);
      return;
    case `${LAYER}/input/port`:
      draft!.inputPorts.push(attribute('id'));
      return;
    case `${LAYER}/output/port`:
      draft!.outputPorts.push(attribute('id'));
      return;
    case 'net/edges/edge':
      edges.push({
        ...{ from: attribute('from-layer'), fromPort: attribute('from-port') },
        ...{ to: attribute('to-layer'), toPort: attribute('to-port') },
      });
      return;
  }
}

/** @throws RangeError unless the text is one, of a size that a shape, a stride or an offset may have */
export function wholeNumber(text: string, what: string): number {
  const value = /^\d{1,10}$/.test(text) ? Number(text) : -1;
  if (value < 0) throw new RangeError(`${what} is “${text.slice(0, 20)}”`);
  return value;
}

/**
 * What the outputs need, each layer after its inputs.
 *
 * @throws RangeError for a cycle
 */
export function inOrder(outputs: readonly IrLayer[]): IrLayer[] {
  const order: IrLayer[] = [];
  const state = new Map<IrLayer, 'entered' | 'left'>();
  // Each layer comes twice: when it is met, and again behind its inputs. Not by recursion: a chain may be of any length.
  const stack: [layer: IrLayer, leave: boolean][] = [...outputs].reverse().map((layer) => [layer, false]);
  for (let next = stack.pop(); next; next = stack.pop()) {
    const [layer, leave] = next;
    if (leave) {
      state.set(layer, 'left');
      order.push(layer);
    } else if (state.get(layer) === 'entered') throw new RangeError(`layer ${layer.id} leads to itself`);
    else if (!state.has(layer)) {
      state.set(layer, 'entered');
      stack.push([layer, true]);
      for (const input of [...layer.inputs].reverse()) stack.push([input, false]);
    }
  }
  return order;
}
