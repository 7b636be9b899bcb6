/** Sets variables of the environment for each test of a suite, and puts back what was there. */
export function useEnvironment(variables: () => Readonly<Record<string, string>>): void {
  let before: [name: string, value: string | undefined][];
  beforeEach(() => {
    const set = variables();
    before = Object.keys(set).map((name) => [name, process.env[name]]);
    Object.assign(process.env, set);
  });
  afterEach(() => {
    for (const [name, value] of before)
      if (value === undefined) Reflect.deleteProperty(process.env, name);
      else process.env[name] = value;
  });
}
