import type { ModelDescription, PlanDescription } from '../../../src/engine/native/description.js';

type Described = Readonly<Record<string, unknown>>;

/** A line of native/test/plan_file.h: a word, then key=value. */
function line(what: string, described: object): string {
  const values = Object.entries(described as Described)
    .filter(([, value]) => value !== undefined && !Array.isArray(value))
    .map(([key, value]) => `${key}=${typeof value === 'boolean' ? Number(value) : String(value)}`);
  return [what, ...values].join(' ');
}

/** Numbers that belong to the network before them. */
export function numbersText(name: string, values: ArrayLike<number>): string {
  return `numbers ${name} ${Array.from(values).join(' ')}\n`;
}

/** A network and its plans as text, for the sessions' own test in C++. */
export function planText(model: ModelDescription, plans: readonly PlanDescription[]): string {
  const lists = (of: Readonly<Record<string, readonly object[]>>) =>
    Object.entries(of).flatMap(([what, values]) => values.map((value) => line(what, value)));
  return [
    'network',
    ...lists({
      parameter: model.parameters,
      colour: model.colours,
      kernel: model.kernels,
      batchNorm: model.batchNorms,
      quantizer: model.quantizers,
    }),
    ...plans.flatMap((plan) => [
      line('plan', plan),
      ...lists({
        tensor: plan.tensors,
        chain: plan.chains,
        forward: plan.forward,
        backward: plan.backward,
        output: plan.outputs,
      }),
    ]),
    '',
  ].join('\n');
}
