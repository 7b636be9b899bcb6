import util from 'node:util';

// tfjs-node 4.22 calls util.isNullOrUndefined, which Node 23 removed. Must be imported before it.
const legacy = util as { isNullOrUndefined?: (value: unknown) => boolean };
legacy.isNullOrUndefined ??= (value) => value === null || value === undefined;
