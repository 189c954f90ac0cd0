/** Labels at their places in a chart, moved up or down where they would lie over each other. */

/**
 * @template {{x: number, y: number, width: number}} T y is of the middle
 * @param {T[]} labels
 * @param {number} height of each
 * @param {number} top
 * @param {number} bottom
 * @returns {T[]} the same, each as near to its place as those before it allow
 */
export function placed(labels, height, top, bottom) {
  /** @type {T[]} */
  const done = [];
  for (const label of [...labels].sort((a, b) => a.y - b.y)) {
    const beside = done.filter(({ x, width }) => x < label.x + label.width && label.x < x + width);
    const places = [label.y, ...beside.flatMap(({ y }) => [y + height, y - height])]
      .map((y) => Math.min(Math.max(y, top + height / 2), bottom - height / 2))
      .sort((a, b) => Math.abs(a - label.y) - Math.abs(b - label.y));
    const free = places.find((y) => beside.every((other) => Math.abs(other.y - y) > 0.999 * height));
    done.push({ ...label, y: free ?? label.y });
  }
  return done;
}
