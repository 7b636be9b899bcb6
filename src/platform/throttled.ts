/** At most ten calls a second, and the last one always. */
export function throttled(call: (done: number, total: number) => void): (done: number, total: number) => void {
  let last = -Infinity;
  return (done, total) => {
    const now = performance.now();
    if (done < total && now - last < 100) return;
    last = now;
    call(done, total);
  };
}
