/** Largest picture that is pasted or dropped, in bytes. Apart from the schemas, which the pages do without. */
export const LARGEST_PASTE = 64 * 2 ** 20;
