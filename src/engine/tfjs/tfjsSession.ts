import * as tf from '@tensorflow/tfjs-core';
import { adamUpdate, type AdamMoments } from '../../core/adam.js';
import { clipNorm } from '../../core/clipNorm.js';
import { dropoutMask } from '../../core/dropout.js';
import { momentumUpdate } from '../../core/momentum.js';
import type { OutputName, OutputValues } from '../../core/losses/loss.js';
import { DEFAULT_LOSS, type LossTable } from '../../core/losses/losses.js';
import { LossSum } from '../../core/losses/lossSum.js';
import { checkGraph } from '../../graph/checkGraph.js';
import { inputOf, inputShapeOf, sizeOf, type Graph } from '../../graph/graph.js';
import type { SessionState } from '../../graph/networkState.js';
import { transpose } from '../../core/transpose.js';
import { pixelTables } from '../../graph/pixelTables.js';
import type {
  Batch,
  BatchResult,
  Columns,
  EvaluationSettings,
  Optimizer,
  SessionOptions,
  StepSettings,
  TrainingSession,
} from '../engine.js';
import { checkBatch, checkClipNorm, checkColumns, checkedValues, checkStep } from '../checks.js';
import { COLUMN_PARTS, decays, DEFAULT_OPTIMIZER } from '../engine.js';
import { planLifetimes, type Lifetimes } from '../lifetimes.js';
import {
  checkActive,
  observe,
  QuantizerNumbers,
  type Observation,
  type ObservationSettings,
  type QuantizationSettings,
} from '../../quantization/folding.js';
import { quantizersOf } from '../../quantization/quantizers.js';
import { notFinite } from '../notFinite.js';
import { backward } from './backward.js';
import { forward, free } from './forward.js';
import { QuantizedStep } from './quantizedStep.js';
import type { FusedKernels } from './kernels.js';
import type { Activations, Mode, Parameters } from './pass.js';

/**
 * Trains a graph on a TensorFlow.js backend. Weights, running statistics and Adam's moments live in plain typed
 * arrays: what a checkpoint holds is exactly what the next step reads, on every backend. A step's tensors live for
 * that step only; forward and backward are written out, so that each is freed with its last reader (TensorFlow.js'
 * own tape keeps all of them to the end).
 */
export class TfjsSession implements TrainingSession {
  private readonly parameters: Map<string, Float32Array>;
  private readonly moments: Map<string, AdamMoments>;
  private readonly shapes: ReadonlyMap<string, readonly number[]>;
  private readonly loss: LossSum;
  /** The nodes of the outputs that the loss reads, as far as the network has them. */
  private readonly lossNodes: OutputNodes;
  private readonly training: Lifetimes;
  private readonly optimizer: Optimizer;
  private readonly clipNorm: number;
  private readonly learningRateFactors: ReadonlyMap<string, number>;
  private readonly decaying: ReadonlySet<string>;
  private readonly numbers: QuantizerNumbers;
  private step: number;

  constructor(
    private readonly graph: Graph,
    /** TensorFlow.js' name of it. */
    private readonly backend: string,
    private readonly kernels: FusedKernels,
    losses: LossTable,
    parameters: ReadonlyMap<string, Float32Array>,
    {
      loss = DEFAULT_LOSS,
      optimizer = DEFAULT_OPTIMIZER,
      clipNorm: most = 0,
      learningRateFactors = new Map(),
      resume,
    }: SessionOptions = {},
  ) {
    checkGraph(graph);
    checkClipNorm(most);
    this.optimizer = optimizer;
    this.clipNorm = most;
    this.learningRateFactors = learningRateFactors;
    this.decaying = new Set(graph.parameters.filter(decays).map(({ name }) => name));
    this.numbers = new QuantizerNumbers(graph);
    this.loss = new LossSum(loss, losses);
    this.lossNodes = this.nodesOf(this.loss.reads);
    this.training = planLifetimes(graph, Object.values(this.lossNodes));
    this.shapes = new Map(graph.parameters.map((spec) => [spec.name, spec.shape]));
    this.parameters = new Map();
    this.moments = new Map();
    this.step = resume?.step ?? 0;
    for (const { name, shape, trainable } of graph.parameters) {
      const size = sizeOf(shape);
      this.parameters.set(name, checkedValues(name, parameters.get(name), size).slice());
      if (!trainable) continue;
      const kept = resume?.moments.get(name);
      const moment = (values: Float32Array | undefined) =>
        resume ? checkedValues(name, values, size).slice() : new Float32Array(size);
      this.moments.set(name, { first: moment(kept?.first), second: moment(kept?.second) });
    }
  }

  readState(): Promise<SessionState> {
    return Promise.resolve({ step: this.step, parameters: this.parameters, moments: this.moments });
  }

  assign(values: ReadonlyMap<string, Float32Array>): void {
    for (const [name, value] of values) {
      const own = this.parameters.get(name);
      own?.set(checkedValues(name, value, own.length));
    }
  }

  readColumns(parameter: string, into: Columns): Promise<void> {
    const { rows } = checkColumns(this.graph, parameter, into);
    const own = this.matricesOf(parameter);
    for (const part of COLUMN_PARTS) transpose(own[part], rows, into[part]);
    return Promise.resolve();
  }

  writeColumns(parameter: string, columns: Columns): void {
    const { rows } = checkColumns(this.graph, parameter, columns);
    const own = this.matricesOf(parameter);
    for (const part of COLUMN_PARTS) transpose(columns[part], own[part].length / rows, own[part]);
  }

  private matricesOf(parameter: string): Columns {
    return { values: this.parameters.get(parameter)!, ...this.moments.get(parameter)! };
  }

  averageInto(average: ReadonlyMap<string, Float32Array>, share: number): Promise<void> {
    for (const [name, own] of this.parameters) {
      const values = checkedValues(name, average.get(name), own.length);
      for (let i = 0; i < own.length; i++) values[i]! += share * (own[i]! - values[i]!);
    }
    return Promise.resolve();
  }

  // TensorFlow.js has one active backend; its kernels block, so that nothing comes between this and the end of a step.
  async trainStep(batch: Batch, settings: StepSettings): Promise<BatchResult> {
    await tf.setBackend(this.backend);
    return this.trainStepNow(batch, settings);
  }

  async evaluate(batch: Batch, { wants = ['scores'], quantization }: EvaluationSettings = {}): Promise<BatchResult> {
    await tf.setBackend(this.backend);
    return this.evaluateNow(batch, wants, quantization);
  }

  async observe(batch: Batch, settings: ObservationSettings): Promise<readonly (Observation | undefined)[]> {
    await tf.setBackend(this.backend);
    const quantizers = quantizersOf(this.graph);
    const seen = new Map<string, Observation>();
    const active = settings.active.map((flag, i) => (quantizers[i]!.kind === 'weights' ? flag : 0));
    this.evaluateNow(batch, [], { active }, (range, bits, x) => {
      if (seen.has(range)) return; // the first of those that share it
      const i = this.numbers.of(range)!;
      const [min = 0, max = 0] = this.parameters.get(range)!;
      const limits = [settings.limits[2 * i]!, settings.limits[2 * i + 1]!] as const;
      seen.set(range, observe(x.dataSync<'float32'>(), [min, max], bits, limits, settings.bins, x.shape[3]));
    });
    return quantizers.map(({ parameter }) => seen.get(parameter));
  }

  dispose(): void {
    this.parameters.clear();
    this.moments.clear();
  }

  private trainStepNow(batch: Batch, settings: StepSettings): BatchResult {
    const { lossNodes } = this;
    checkStep(this.graph, this.loss, batch, settings);
    const quantized = this.quantizedStep(settings.quantization);
    const tensors: StepTensors = {
      parameters: this.upload(quantized),
      saved: new Map(),
      statistics: new Map(),
      masks: this.dropoutMasks(batch.labels.length, settings.seed ?? 0),
    };
    const activations = this.trainingForward(batch, quantized, tensors);
    const outputs = read(activations, lossNodes);
    const { targets } = batch;
    const input = { ...(targets && { targets }), ...(settings.ramp && { ramp: settings.ramp }) };
    const { lossSum, correct, gradients: ofOutputs } = this.loss.compute(outputs, batch.labels, input);
    const ends = new Map<string, tf.Tensor4D>();
    for (const [name, node] of entriesOf(lossNodes))
      if (ofOutputs[name]) ends.set(node, tf.tensor4d(ofOutputs[name], activations.get(node)!.shape));
    free(activations, this.training.freeAfterLoss);

    const gradients = this.gradientsOf(ends, activations, quantized, tensors);
    const batchStatistics = [...tensors.statistics, ...quantized.statistics].map(
      ([name, tensor]) => [name, tensor.dataSync<'float32'>()] as const,
    );
    for (const kept of [tensors.parameters, tensors.statistics, tensors.masks]) tf.dispose([...kept.values()]);
    tf.dispose([...tensors.saved.values()].flat());
    quantized.dispose();
    quantized.unfold(gradients);

    this.refuseNotFinite(lossSum, gradients);
    const clipped = this.clipNorm > 0 ? clipNorm(gradients, this.clipNorm) : gradients;
    this.update(clipped, batchStatistics, settings);
    for (const [range, ends] of quantized.ranges) this.parameters.get(range)!.set(ends);
    return { lossSum, correct, outputs };
  }

  /** Fills `saved` and `statistics`. */
  private trainingForward(
    batch: Batch,
    quantized: QuantizedStep,
    { parameters, saved, statistics, masks }: StepTensors,
  ): Activations {
    const { kernels } = this;
    const mode: Mode = {
      batchNorm: (node, x) => {
        const [gamma, beta] = [parameters.get(node.gamma), parameters.get(node.beta)] as [tf.Tensor1D, tf.Tensor1D];
        const result = kernels.batchNorm(x, gamma, beta, node.epsilon);
        saved.set(node.name, result.saved);
        statistics.set(node.movingMean, result.mean).set(node.movingVariance, result.variance);
        return result.y;
      },
      foldedNorm: (node, product) => quantized.trainingNorm(node, product),
      fakeQuant: (node, x) => quantized.fakeQuant(node, x),
    };
    const input = this.input(batch);
    return forward(this.graph, this.training, { input, parameters, kernels, mode, masks });
  }

  /** The gradients of the parameters, with folded kernels where the step folds. Frees the activations. */
  private gradientsOf(
    ends: Map<string, tf.Tensor4D>,
    activations: Activations,
    quantized: QuantizedStep,
    { parameters, saved, masks }: StepTensors,
  ): Map<string, Float32Array> {
    const gradients = new Map<string, Float32Array>();
    const { kernels } = this;
    backward(this.graph, ends, this.training, {
      ...{ activations, saved, parameters, kernels, masks },
      quantized: {
        foldedNorm: (node, dy, emit) => quantized.trainingNormGradient(node, dy, emit),
        fakeQuant: (node, dy, x) => quantized.fakeQuantGradient(node, dy, x),
      },
      emit: (name, gradient) => {
        // A plain ReLU is a PReLU whose slopes stay 0.
        if (this.moments.has(name)) gradients.set(name, gradient.dataSync<'float32'>());
      },
    });
    return gradients;
  }

  private update(
    gradients: ReadonlyMap<string, Float32Array>,
    batchStatistics: readonly (readonly [string, Float32Array])[],
    { learningRate, batchNormMomentum }: StepSettings,
  ): void {
    this.step++;
    for (const [name, gradient] of gradients) {
      const [weights, moments] = [this.parameters.get(name)!, this.moments.get(name)!];
      const rate = learningRate * (this.learningRateFactors.get(name) ?? 1);
      if (this.optimizer.kind === 'adam') {
        const decay = this.decaying.has(name) ? this.optimizer.weightDecay : 0;
        adamUpdate(weights, gradient, moments, this.step, rate, this.optimizer, decay);
      } else momentumUpdate(weights, gradient, moments.first, rate, this.optimizer);
    }
    for (const [name, values] of batchStatistics) {
      const running = this.parameters.get(name)!;
      for (let i = 0; i < running.length; i++)
        running[i] = running[i]! * batchNormMomentum + values[i]! * (1 - batchNormMomentum);
    }
  }

  private quantizedStep(settings: QuantizationSettings = { active: this.none }): QuantizedStep {
    checkActive(this.graph, settings.active);
    return new QuantizedStep(this.graph, this.numbers, this.parameters, this.kernels, settings);
  }

  private get none(): Uint8Array {
    return new Uint8Array(quantizersOf(this.graph).length);
  }

  private evaluateNow(
    batch: Batch,
    wants: readonly OutputName[],
    quantization?: QuantizationSettings,
    observing?: (range: string, bits: number, x: tf.Tensor4D) => void,
  ): BatchResult {
    const quantized = this.quantizedStep(quantization);
    const parameters = this.upload(quantized, true);
    const parameter = (name: string) => parameters.get(name) as tf.Tensor1D;
    const wanted = this.nodesOf(wants);
    const kept = { ...this.lossNodes, ...wanted };
    const mode: Mode = {
      batchNorm: (node, x) =>
        this.kernels.batchNormInference(
          x,
          parameter(node.gamma),
          parameter(node.beta),
          parameter(node.movingMean),
          parameter(node.movingVariance),
          node.epsilon,
        ),
      foldedNorm: (node, product) => quantized.bias(node, product),
      fakeQuant: (node, x) => {
        observing?.(node.range, node.bits, x);
        return quantized.fakeQuant(node, x);
      },
    };
    const lifetimes = planLifetimes(this.graph, Object.values(kept), false);
    const { kernels } = this;
    const input = this.input(batch);
    const activations = forward(this.graph, lifetimes, { input, parameters, kernels, mode, masks: new Map() });
    const outputs = read(activations, wanted);
    const forLoss = read(activations, this.lossNodes);
    const { lossSum, correct } = this.loss.compute(forLoss, batch.labels, batch);
    tf.dispose([...parameters.values(), ...activations.values()]);
    return { lossSum, correct, outputs };
  }

  /** Those of some outputs that the network gives. */
  private nodesOf(names: readonly OutputName[]): OutputNodes {
    return Object.fromEntries(
      Object.entries(this.graph.outputs).filter(([name]) => names.includes(name as OutputName)),
    );
  }

  private dropoutMasks(rows: number, seed: number): Map<string, tf.Tensor4D> {
    const masks = new Map<string, tf.Tensor4D>();
    this.graph.nodes.forEach((node, i) => {
      if (node.op !== 'dropout') return;
      const mask = dropoutMask(rows * sizeOf(node.shape), node.rate, seed, this.step + 1, i);
      masks.set(node.name, tf.tensor4d(mask, [rows, ...node.shape]));
    });
    return masks;
  }

  private input(batch: Batch): tf.Tensor4D {
    checkBatch(this.graph, batch);
    const { images, labels } = batch;
    const [height, width, channels] = inputShapeOf(this.graph);
    if (images instanceof Float32Array) return tf.tensor4d(images.slice(), [labels.length, height, width, channels]);
    const tables = pixelTables(inputOf(this.graph));
    const scaled = new Float32Array(images.length);
    for (let i = 0, c = 0; i < images.length; i++, c = c + 1 === channels ? 0 : c + 1)
      scaled[i] = tables[c]![images[i]!]!;
    return tf.tensor4d(scaled, [labels.length, height, width, channels]);
  }

  /** @param inUse biases lie on the grid of the integers that they are at run time */
  private upload(quantized: QuantizedStep, inUse = false): Parameters {
    const tensors = new Map<string, tf.Tensor>();
    const biases = inUse ? quantized.ownBiases() : new Map<string, Float32Array>();
    // A copy: TensorFlow.js may keep the array it is given, and the update writes into ours.
    for (const [name, values] of this.parameters) {
      const rounded = quantized.kernels.get(name)?.values ?? quantized.slopes.get(name);
      const used = rounded ?? biases.get(name) ?? values.slice();
      tensors.set(name, tf.tensor(used, [...this.shapes.get(name)!]));
    }
    return tensors;
  }

  private refuseNotFinite(lossSum: number, gradients: ReadonlyMap<string, Float32Array>): void {
    const where = Number.isFinite(lossSum)
      ? [...gradients].find(([, values]) => hasNotFinite(values))?.[0]
      : 'the loss';
    if (where === undefined) return;
    throw notFinite(where === 'the loss' ? where : `the gradient of ${where}`, this.step + 1);
  }
}

/** What a training step uploads or saves beside its activations; freed at its end. */
interface StepTensors {
  readonly parameters: Parameters;
  /** What each batch norm saved for its gradient, by the name of its node. */
  readonly saved: Map<string, readonly tf.Tensor[]>;
  /** This batch's mean and variance, by the name of the running statistic that takes them. */
  readonly statistics: Map<string, tf.Tensor1D>;
  /** Those of dropout, by the name of its node. */
  readonly masks: Map<string, tf.Tensor4D>;
}

type OutputNodes = Partial<Record<OutputName, string>>;

function entriesOf(nodes: OutputNodes): [name: OutputName, node: string][] {
  return Object.entries(nodes) as [OutputName, string][];
}

/** The values of some outputs, by the nodes that hold them. */
function read(activations: Activations, nodes: OutputNodes): OutputValues {
  return Object.fromEntries(
    entriesOf(nodes).map(([name, node]) => [name, activations.get(node)!.dataSync<'float32'>()]),
  );
}

function hasNotFinite(values: Float32Array): boolean {
  // x − x is 0 for every finite x and NaN for the rest. By index: a for-of takes four times as long (14 ms a step).
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i]! - values[i]!;
  return sum !== 0;
}
