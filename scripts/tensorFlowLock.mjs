// The lock file that Set Up TensorFlow installs by: what the project's own lock file holds of tfjs-node, each package by its SHA-512.

/** @param lock the project's package-lock.json @returns a package.json and a package-lock.json for `npm ci` */
export function tensorFlowLock(lock, name = '@tensorflow/tfjs-node') {
  const all = lock.packages;
  const top = `node_modules/${name}`;
  const wanted = new Set([top]);
  for (const at of wanted)
    for (const needed of Object.keys({ ...all[at].dependencies, ...all[at].optionalDependencies })) {
      const found = placeFrom(all, at, needed);
      if (found) wanted.add(found);
      else if (all[at].dependencies?.[needed])
        throw new Error(`${at} needs ${needed}, which the lock file does not hold`);
    }
  const dependencies = { [name]: all[top].version };
  const packages = [...wanted].sort().map((at) => {
    const entry = { ...all[at] };
    delete entry.dev;
    if (!entry.integrity) throw new Error(`the lock file says no digest of ${at}`);
    return [at, entry];
  });
  return {
    manifest: { private: true, dependencies },
    lock: {
      lockfileVersion: lock.lockfileVersion,
      packages: { '': { dependencies }, ...Object.fromEntries(packages) },
    },
  };
}

/** Where Node finds a package from another one: its place in a lock file, undefined where it is not. */
export function placeFrom(all, at, name) {
  for (let folder = at; ; folder = folder.slice(0, Math.max(folder.lastIndexOf('/node_modules/'), 0))) {
    const place = `${folder === '' ? '' : `${folder}/`}node_modules/${name}`;
    if (all[place]) return place;
    if (folder === '') return undefined;
  }
}
