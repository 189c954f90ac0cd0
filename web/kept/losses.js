/**
 * Every loss of a kept run, read from its state without Python. The state is a file in
 * the format safetensors: 8 bytes with the length of a heading in JSON, then the numbers.
 */

const MOST_HEADING = 1e6; // bytes; ours have some thousands

/**
 * @param {Uint8Array} state
 * @returns {Float64Array | null} nats, a step each; null where it can't be read
 */
export function lossesIn(state) {
  try {
    const view = new DataView(state.buffer, state.byteOffset, state.byteLength);
    const length = Number(view.getBigUint64(0, true));
    if (length > Math.min(MOST_HEADING, state.length - 8)) return null;
    const heading = JSON.parse(new TextDecoder().decode(state.subarray(8, 8 + length)));
    const { dtype, data_offsets: [from, to] } = heading.losses;
    const numbers = state.subarray(8 + length + from, 8 + length + to);
    if (!(from >= 0)) return null;
    if (dtype !== "F64" || numbers.length !== to - from || numbers.length % 8) return null;
    const losses = new Float64Array(numbers.slice().buffer);
    return losses.every(Number.isFinite) ? losses : null;
  } catch {
    return null;
  }
}
