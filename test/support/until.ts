/** Looks again and again until something is so. @returns what was found */
export async function until<T>(look: () => T | false | undefined): Promise<T> {
  for (;;) {
    const found = look();
    if (found !== false && found !== undefined) return found;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** The same for so long at most. @throws naming what never came true, and what is said of it then */
export async function untilInTime(what: string, holds: () => boolean, ms = 30_000, said = () => ''): Promise<void> {
  const end = Date.now() + ms;
  await until(() => {
    if (Date.now() > end) throw new Error(`waited ${ms / 1000} s in vain for ${what}${said()}`);
    return holds();
  });
}
