interface LockedPackage {
  readonly version: string;
  readonly integrity: string;
}

export function tensorFlowLock(
  lock: object,
  name?: string,
): {
  manifest: { private: true; dependencies: Record<string, string> };
  lock: { lockfileVersion: number; packages: Record<string, LockedPackage> };
};
