import { sizeOf, type Graph, type Scaling } from '../../graph/graph.js';
import { GraphBuilder, type Value } from '../../graph/graphBuilder.js';
import { isConstant, numbers, type Constants } from './constants.js';
import { inOrder, type IrLayer } from './irFile.js';
import { depthwiseKernel, fullKernel } from './kernels.js';
import { forChannels, Readers } from './perChannel.js';
import { convolutionWindow, poolingWindow } from './windows.js';

/** How to read a network. */
export interface Reading {
  readonly name: string;
  /** What its first channel is; the graph takes red, green and blue in any case. */
  readonly colours: 'RGB' | 'BGR';
  /** Of the pictures, where the network shall take others than the file says. */
  readonly input?: readonly [height: number, width: number] | undefined;
}

export interface ReadNetwork {
  readonly graph: Graph;
  /** By the names of the graph's parameters, row-major. */
  readonly parameters: ReadonlyMap<string, Float32Array>;
}

const MAX_SIDE = 4096;
/** Numbers of one map, 256 MB: far above what faces ask for. */
const MAX_ACTIVATION = 2 ** 26;

/**
 * Makes a graph of layers of an IR: NCHW becomes NHWC, FP16 becomes float32, and layers that belong together become one node
 * (a convolution and what is added to it; a factor and a sum for each channel, which are a batch norm of mean 0 and variance 1).
 */
export class GraphReader {
  private readonly builder = new GraphBuilder();
  private readonly parameters = new Map<string, Float32Array>();
  private readonly made = new Map<IrLayer, Value>();
  private readonly names = new Set<string>(['input']);
  private readonly order: readonly IrLayer[];
  private readonly readers: Readers;

  /**
   * @param outputs the layers whose maps the network gives; several are put side by side
   * @throws RangeError for a cycle
   */
  constructor(
    private readonly reading: Reading,
    private readonly constants: Constants,
    private readonly outputs: readonly IrLayer[],
  ) {
    this.order = inOrder(outputs);
    this.readers = new Readers(this.order, outputs, constants);
  }

  /** @throws RangeError for a layer that no node can stand for, or that does not fit the ones before it */
  read(): ReadNetwork {
    const inputs = this.order.filter(({ type }) => type === 'Parameter').length;
    if (inputs !== 1) throw new RangeError(`it has ${inputs} inputs`);
    for (const layer of this.order) {
      if (isConstant(layer) || this.made.has(layer)) continue;
      const value = this.node(layer);
      this.check(layer, value);
      this.made.set(layer, value);
    }
    const embedding = this.sideBySide('outputs', this.outputs);
    return { graph: this.builder.build(this.reading.name, { embedding }), parameters: this.parameters };
  }

  private node(layer: IrLayer): Value {
    switch (layer.type) {
      case 'Parameter':
        return this.input(layer);
      case 'Convolution':
      case 'GroupConvolution':
        return this.convolution(layer);
      case 'Add':
      case 'Multiply':
        return layer.inputs.some(isConstant) ? this.affine(layer) : this.twoMaps(layer);
      case 'PReLU':
      case 'ReLU':
        return this.rectified(layer);
      case 'Sigmoid':
        return this.builder.sigmoid(this.nameOf('sigmoid', layer), this.inputOf(layer));
      case 'MaxPool': {
        const x = this.inputOf(layer);
        const { kernelSize, stride, padding } = poolingWindow(layer, x.shape);
        return this.builder.maxPool(this.nameOf('max_pool', layer), x, kernelSize, stride, padding);
      }
      case 'AvgPool':
        return this.average(layer);
      case 'Concat':
        if (layer.data.get('axis') !== '1')
          throw new RangeError(`layer ${layer.id} puts other than channels side by side`);
        return this.sideBySide('concat', layer.inputs, layer);
      default:
        throw new RangeError(`layer ${layer.id} is of type “${layer.type.slice(0, 40)}”`);
    }
  }

  /** Pixels; the factor and the sum for each colour, with which such networks begin, are their scaling. */
  private input(layer: IrLayer): Value {
    const [n, channels, height, width, ...more] = numbers(layer.data.get('shape') ?? '', 'the shape of the input');
    if (n !== 1 || channels !== 3 || height === undefined || width === undefined || more.length > 0)
      throw new RangeError('its input is not [1, 3, height, width]');
    const factor = this.readers.perChannel(layer, 'Multiply', 3);
    const sum = this.readers.perChannel(factor?.layer ?? layer, 'Add', 3);
    const pixels = sum?.layer ?? factor?.layer ?? layer;
    // Only a convolution's kernel can be turned round with the colours.
    if (this.reversed && this.readers.of(pixels).some(({ type }) => type !== 'Convolution'))
      throw new RangeError('its input is read by other than convolutions');
    const colours = ([a, b, c]: Iterable<number>): Scaling['scale'] => (this.reversed ? [c!, b!, a!] : [a!, b!, c!]);
    const scaling = { scale: colours(factor?.values ?? [1, 1, 1]), shift: colours(sum?.values ?? [0, 0, 0]) };
    const value = this.builder.input(...(this.reading.input ?? [height, width]), 3, 'pixels', scaling);
    if (factor) this.made.set(factor.layer, value);
    this.made.set(pixels, value);
    return value;
  }

  private get reversed(): boolean {
    return this.reading.colours === 'BGR';
  }

  private convolution(layer: IrLayer): Value {
    const x = this.inputOf(layer);
    const [height, width, channels] = x.shape;
    const depthwise = layer.type === 'GroupConvolution';
    const { size, filters, values } = depthwise
      ? depthwiseKernel(layer, this.constants, channels)
      : fullKernel(layer, this.constants, channels, x.name === 'input' && this.reversed);
    const sum = this.readers.perChannel(layer, 'Add', filters);
    const last = sum?.layer ?? layer;
    const { stride, padding } = convolutionWindow(layer, x.shape, size);
    const bias = sum?.values;
    if (!depthwise && size === 1 && height === 1 && width === 1) {
      const name = this.nameOf('dense', last);
      this.set(`${name}/kernel`, values);
      this.set(`${name}/bias`, bias ?? new Float32Array(filters));
      return this.standsFor(last, this.builder.dense(name, x, filters));
    }
    const name = this.nameOf(depthwise ? 'depthwise' : 'conv', last);
    this.set(`${name}/${depthwise ? 'depthwise_kernel' : 'kernel'}`, values);
    if (bias) this.set(`${name}/bias`, bias);
    const beside = { bias: bias !== undefined, ...(padding && { padding }) };
    const value = depthwise
      ? this.builder.depthwiseConv2d(name, x, size, stride, beside)
      : this.builder.conv2d(name, x, filters, size, stride, beside);
    return this.standsFor(last, value);
  }

  /** The layer that a node stands for beside the one that it was made for. */
  private standsFor(last: IrLayer, value: Value): Value {
    this.made.set(last, value);
    return value;
  }

  /** A factor for each channel and what is then added to each; or one of them alone. */
  private affine(layer: IrLayer): Value {
    const constant = layer.inputs.find(isConstant)!;
    const x = this.valueOf(layer.inputs.find((input) => input !== constant));
    const [, , channels] = x.shape;
    const own = forChannels(constant, this.constants, channels);
    const product = layer.type === 'Multiply';
    const sum = product ? this.readers.perChannel(layer, 'Add', channels) : undefined;
    const last = sum?.layer ?? layer;
    const name = this.nameOf('affine', last);
    const ones = () => new Float32Array(channels).fill(1);
    this.set(`${name}/gamma`, product ? own : ones());
    this.set(`${name}/beta`, product ? (sum?.values ?? new Float32Array(channels)) : own);
    this.set(`${name}/moving_mean`, new Float32Array(channels));
    this.set(`${name}/moving_variance`, ones());
    return this.standsFor(last, this.builder.batchNorm(name, x, 0));
  }

  /** The sum of two maps; the product of a map with a factor for each channel. */
  private twoMaps(layer: IrLayer): Value {
    const [x, y, ...more] = layer.inputs.map((input) => this.valueOf(input));
    if (!x || !y || more.length > 0) throw new RangeError(`layer ${layer.id} does not have two inputs`);
    if (layer.type === 'Add') return this.fitting(layer, () => this.builder.add(this.nameOf('add', layer), x, y));
    const [map, factors] = y.shape[0] === 1 && y.shape[1] === 1 ? [x, y] : [y, x];
    return this.fitting(layer, () => this.builder.multiply(this.nameOf('multiply', layer), map, factors));
  }

  private rectified(layer: IrLayer): Value {
    const x = this.inputOf(layer);
    const [, , channels] = x.shape;
    const prelu = layer.type === 'PReLU';
    const slopes = layer.inputs[1];
    if (prelu !== (slopes !== undefined)) throw new RangeError(`layer ${layer.id} has ${layer.inputs.length} inputs`);
    const name = this.nameOf(prelu ? 'prelu' : 'relu', layer);
    const values = slopes ? forChannels(slopes, this.constants, channels, true) : new Float32Array(channels);
    this.set(`${name}/alpha`, values);
    return this.builder.prelu(name, x, prelu);
  }

  private average(layer: IrLayer): Value {
    const x = this.inputOf(layer);
    const kernel = numbers(layer.data.get('kernel') ?? '', `the kernel of layer ${layer.id}`);
    const pads = ['pads_begin', 'pads_end'].flatMap((name) => numbers(layer.data.get(name) ?? '', `“${name}”`));
    if (kernel.length !== 2 || kernel.some((n, i) => n !== x.shape[i]) || pads.some((n) => n > 0))
      throw new RangeError(`layer ${layer.id} takes the mean of other than a whole map`);
    return this.builder.globalAveragePool(this.nameOf('average', layer), x);
  }

  private sideBySide(operation: string, layers: readonly IrLayer[], layer?: IrLayer): Value {
    const [first, ...others] = layers.map((one) => this.valueOf(one));
    if (!first) throw new RangeError('it gives nothing');
    const join = (all: Value, more: Value) => this.builder.concat(this.nameOf(operation, layer), all, more);
    return this.fitting(layer, () => others.reduce(join, first));
  }

  /** What the builder finds wrong is wrong in the file, not in the program. */
  private fitting(layer: IrLayer | undefined, build: () => Value): Value {
    try {
      return build();
    } catch (cause) {
      throw new RangeError(`layer ${layer?.id ?? 'of the output'} joins maps that do not fit`, { cause });
    }
  }

  private inputOf({ id, inputs: [input] }: IrLayer): Value {
    if (!input) throw new RangeError(`layer ${id} has no input`);
    return this.valueOf(input);
  }

  private valueOf(layer: IrLayer | undefined): Value {
    const value = layer && this.made.get(layer);
    if (!value) throw new RangeError(`layer ${layer?.id ?? '?'} is a constant where a map should be`);
    return value;
  }

  private set(name: string, values: Float32Array): void {
    this.parameters.set(name, values);
  }

  /** The layer's name in letters that every format takes; where it is only a number, behind what the layer does. */
  private nameOf(operation: string, layer?: IrLayer): string {
    const plain = (layer?.name ?? operation).slice(0, 80).replace(/[^A-Za-z0-9]+/g, '_');
    const base = /^[A-Za-z]/.test(plain) ? plain : `${operation}_${plain}`;
    let name = base;
    for (let i = 2; this.names.has(name); i++) name = `${base}_${i}`;
    this.names.add(name);
    return name;
  }

  /** That the map can be computed, and is what the file says it is. */
  private check(layer: IrLayer, { shape }: Value): void {
    const [height, width, channels] = shape;
    const sound = shape.every((n) => Number.isInteger(n) && n >= 1) && height <= MAX_SIDE && width <= MAX_SIDE;
    if (!sound || sizeOf(shape) > MAX_ACTIVATION)
      throw new RangeError(`the map of layer ${layer.id} would be [1, ${channels}, ${height}, ${width}]`);
    const told = this.reading.input ? undefined : layer.shape;
    if (told && (told.length !== 4 || [1, channels, height, width].some((n, i) => n !== told[i])))
      throw new RangeError(
        `the map of layer ${layer.id} is [1, ${channels}, ${height}, ${width}], not [${told.join(', ')}]`,
      );
  }
}
