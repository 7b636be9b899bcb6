/**
 * The policy of pages that lie as files and open anywhere: a run's report, and the contact sheet of aligned faces. They run and load
 * nothing; their styles are named by SHA-256, so that neither a name in a page nor a page of a stranger brings one of its own.
 */
export const PRINTED_POLICY =
  "default-src 'none'; style-src 'sha256-yMyAs+CpJTOC/vwE8bsyMUy+j+5qgf0Celj8s2WpFlk=' 'sha256-i5ZXtRb85dpVMqktPB8DCb5iasYK2s8A95YcSioi+1o='; img-src data:; base-uri 'none'; form-action 'none'";
