/** SHA-256 of the styles of such pages, the latest first; earlier ones stay, for the pages that lie on disks. */
const STYLES = {
  report: ['amW8zGFn6Dhqe09klhdOB4J1/up8HixdOqK+9i+3/iA=', 'yMyAs+CpJTOC/vwE8bsyMUy+j+5qgf0Celj8s2WpFlk='],
  contactSheet: ['i5ZXtRb85dpVMqktPB8DCb5iasYK2s8A95YcSioi+1o='],
} as const;

const sources = Object.values(STYLES)
  .flat()
  .map((digest) => `'sha256-${digest}'`);

/**
 * The policy of pages that lie as files and open anywhere: a run's report, and the contact sheet of aligned faces. They run and load
 * nothing; their styles are named by SHA-256, so that neither a name in a page nor a page of a stranger brings one of its own.
 */
export const PRINTED_POLICY = `default-src 'none'; style-src ${sources.join(' ')}; img-src data:; base-uri 'none'; form-action 'none'`;
