// Rounding is a decision. TensorFlow's fake quantizers round halves up, its nudging and TFLite's integer kernels round them
// away from zero, ONNX rounds them to the even neighbour.

/** floor(x + 0.5) in float32: what FakeQuantWithMinMaxVars does with a shifted value. */
export function roundHalfUp(x: number): number {
  return Math.floor(Math.fround(x + 0.5));
}

/** std::round: TFLite's. */
export function roundHalfAwayFromZero(x: number): number {
  const magnitude = Math.abs(x);
  const whole = Math.floor(magnitude);
  return Math.sign(x) * (magnitude - whole >= 0.5 ? whole + 1 : whole);
}

/** IEEE 754's default, and ONNX' QuantizeLinear's. */
export function roundHalfEven(x: number): number {
  const low = Math.floor(x);
  const rest = x - low;
  if (rest !== 0.5) return rest < 0.5 ? low : low + 1;
  return low % 2 === 0 ? low : low + 1;
}
