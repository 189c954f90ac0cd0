/** Where labels stand that name lines at their ends: none over another. Not about drawing them. */

/**
 * Places for labels, as near as possible to where they would be, in the same order.
 * @param {number[]} wanted their middles
 * @param {number} height of a label, with the room to the next
 * @param {number} top of the room for all
 * @param {number} bottom
 * @returns {number[]} their middles
 */
export function apart(wanted, height, top, bottom) {
  const order = wanted.map((_, i) => i).sort((a, b) => Number(wanted[a]) - Number(wanted[b]));
  /** Neighbours that touch: moved together, to where they are nearest to what they want. */
  /** @type {{first: number, count: number, sum: number}[]} */
  const groups = [];
  const start = (/** @type {{count: number, sum: number}} */ { count, sum }) =>
    Math.max(top, Math.min(bottom - count * height, sum / count));
  order.forEach((label, i) => {
    let group = { first: i, count: 1, sum: Number(wanted[label]) - height / 2 };
    for (let before = groups.at(-1); before && start(before) + before.count * height > start(group); before = groups.at(-1)) {
      groups.pop();
      const sum = before.sum + group.sum - group.count * before.count * height;
      group = { first: before.first, count: before.count + group.count, sum };
    }
    groups.push(group);
  });
  const places = [...wanted];
  for (const group of groups) {
    for (let i = 0; i < group.count; i++) {
      places[Number(order[group.first + i])] = start(group) + (i + 0.5) * height;
    }
  }
  return places;
}
