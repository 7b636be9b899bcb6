/** For a command that goes on until Ctrl-C. */
export interface Interruptible {
  /** Waits so long, or until Ctrl-C. @returns false once it came */
  after(ms: number): Promise<boolean>;
  /** Settles when it came. */
  readonly came: Promise<void>;
}

export function untilInterrupted(): Interruptible {
  let isOver = false;
  const came = new Promise<void>((resolve) => {
    const end = () => {
      isOver = true;
      resolve();
    };
    process.on('SIGINT', end).on('SIGTERM', end);
  });
  return {
    came,
    after: async (ms) => {
      let timer: NodeJS.Timeout | undefined;
      const rest = new Promise<void>((resolve) => (timer = setTimeout(resolve, ms)));
      await Promise.race([rest, came]);
      clearTimeout(timer);
      return !isOver;
    },
  };
}
