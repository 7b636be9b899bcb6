import type * as z from 'zod';

/** What to tell of an error. A number beyond all exact integers breaks two bounds: the option's own one is the later. */
export function toldIssue({ issues }: z.ZodError): z.core.$ZodIssue {
  const first = issues[0]!;
  return issues.findLast(({ code, path }) => code === first.code && path.join() === first.path.join()) ?? first;
}

/** What is wrong with the value of an option, as half a sentence: "a whole number", "at least 2". */
export function optionProblem(issue: z.core.$ZodIssue): string | undefined {
  switch (issue.code) {
    case 'invalid_type':
      // A switch inside a list: "flip=0.5".
      if (issue.expected === 'boolean') return `${String(issue.path.at(-1) ?? 'it')} takes no value`;
      if (issue.expected === 'int') return 'a whole number';
      return `${/^[aeiou]/.test(issue.expected) ? 'an' : 'a'} ${issue.expected}`;
    case 'too_small':
      return `${issue.inclusive ? 'at least' : 'more than'} ${issue.minimum}`;
    case 'too_big':
      return `${issue.inclusive ? 'at most' : 'less than'} ${issue.maximum}`;
    case 'not_multiple_of':
      return `a multiple of ${issue.divisor}`;
    case 'invalid_value':
      return inWords(issue.values.map(String));
    case 'unrecognized_keys': {
      // A name is empty where a comma has nothing behind it.
      const names = issue.keys.filter((name) => name !== '');
      return names.length === 0 ? undefined : `there is no ${inWords(names)}`;
    }
    default:
      return undefined; // a union, of whose parts none fits: the option's help says more
  }
}

/** "adam, adamw or sgd" */
function inWords(names: readonly string[]): string {
  return names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} or ${names.at(-1)!}`;
}
