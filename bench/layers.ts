import os from 'node:os';
import { loadAddon } from '../src/engine/native/addon.js';
import type { Operands, PlanDescription } from '../src/engine/native/description.js';
import { NativeSession } from '../src/engine/native/nativeSession.js';
import { tensorFloats } from '../src/engine/native/planBuilder.js';
import { networkOf } from '../src/graph/network.js';
import { networkOptionsOf } from '../src/graph/networkOptions.js';
import { initialValues } from '../src/graph/networkState.js';
import { nativeAddonFile } from '../src/platform/nativeAddon.js';
import { randomPixels } from './support.js';

interface Kind {
  seconds: number;
  multiplyAdds: number;
  /** Of tensors read and written, each once. */
  bytes: number;
}

/** One training step of the native engine, taken apart by kind of layer. */
export async function layers(batch: number, steps: number): Promise<void> {
  const addon = loadAddon(nativeAddonFile()!);
  const threads = os.availableParallelism();
  const graph = networkOf(networkOptionsOf({ size: 128, width: 1, pooling: 'max' }), 100);
  const session = new NativeSession(addon, graph, initialValues(graph, 1), { threads });
  const input = {
    images: randomPixels(batch * 128 * 128 * 3),
    labels: Int32Array.from({ length: batch }, (_, i) => i % 100),
  };
  const step = () => session.trainStep(input, { learningRate: 2e-4, batchNormMomentum: 0.9 });
  for (let i = 0; i < 3; i++) await step();
  const before = session.times('training', batch);
  const start = performance.now();
  for (let i = 0; i < steps; i++) await step();
  const whole = (performance.now() - start) / 1000 / steps;
  const seconds = session.times('training', batch).map((total, i) => (total - before[i]!) / steps);

  const { description } = session.plan('training', batch);
  const kinds = new Map<string, Kind>();
  [...description.forward, ...description.backward].forEach((operation, i) => {
    const name = kindOf(operation, session);
    const kind = kinds.get(name) ?? { seconds: 0, multiplyAdds: 0, bytes: 0 };
    kinds.set(name, kind);
    kind.seconds += seconds[i]!;
    kind.multiplyAdds += multiplyAddsOf(operation, description, session);
    kind.bytes += bytesOf(operation, description);
  });
  const limit = addon.arithmeticLimit({ instructionSet: '', threads });
  const inside = [...kinds.values()].reduce((sum, kind) => sum + kind.seconds, 0);
  kinds.set('packing, loss, optimizer, the way from JavaScript and back', {
    seconds: whole - inside,
    multiplyAdds: 0,
    bytes: 0,
  });
  const all = [...kinds.values()].reduce((sum, kind) => sum + kind.multiplyAdds, 0);
  kinds.set('whole step', {
    seconds: whole,
    multiplyAdds: all,
    bytes: [...kinds.values()].reduce((sum, k) => sum + k.bytes, 0),
  });
  console.log(
    `layers     batch ${batch}, ${addon.instructionSets()[0]!}, ${threads} threads; limit ${(2 * limit).toFixed(0)} GFLOP/s`,
  );
  for (const [name, { seconds: time, multiplyAdds, bytes }] of kinds)
    console.log(
      `layers     ${name.padEnd(60)} ${(1000 * time).toFixed(1).padStart(7)} ms ${((100 * time) / whole).toFixed(0).padStart(4)} %  ${((multiplyAdds / time / limit / 1e9) * 100).toFixed(0).padStart(3)} % of the limit  ${(bytes / time / 1e9).toFixed(0).padStart(3)} GB/s`,
    );
}

function kindOf(operation: Operands, session: NativeSession): string {
  const kernel = operation.kernel === undefined ? undefined : session.model.description.kernels[operation.kernel];
  const pass = operation.op.endsWith('Backward') ? 'backward' : 'forward';
  if (!kernel)
    return operation.op === 'contribute'
      ? 'residual sums, backward'
      : operation.op.startsWith('pool')
        ? 'pooling, both ways'
        : 'residual sums, forward';
  if (kernel.kind === 'dense') return 'dense, both ways';
  if (kernel.kind === 'depthwise') return `depthwise, ${pass}`;
  return kernel.height === 1 ? `pointwise, ${pass}` : `first convolution, ${pass}`;
}

function multiplyAddsOf(operation: Operands, plan: PlanDescription, session: NativeSession): number {
  if (operation.kernel === undefined) return 0;
  const kernel = session.model.description.kernels[operation.kernel]!;
  const out = plan.tensors[operation.d === undefined ? operation.out! : plan.chains[operation.d]!.tensor]!;
  const perPixel =
    kernel.height * kernel.width * kernel.outChannels * (kernel.kind === 'depthwise' ? 1 : kernel.inChannels);
  const products = operation.d === undefined ? 1 : operation.target === undefined ? 1 : 2;
  return out.n * out.h * out.w * perPixel * products;
}

function bytesOf({ x, y, d, out, gradient, target, op }: Operands, plan: PlanDescription): number {
  const chains = [x, y, d].filter((chain) => chain !== undefined);
  const tensors = [...chains.map((chain) => plan.chains[chain]!.tensor), out, gradient, target];
  const bytes = tensors.reduce<number>((sum, tensor) => {
    return tensor === undefined ? sum : sum + 4 * tensorFloats(plan.tensors[tensor]!);
  }, 0);
  return x === undefined && op.startsWith('conv')
    ? bytes + plan.batch * plan.height * plan.width * plan.channels
    : bytes;
}
