/**
 * Where points and their labels stand in a picture: turned so that nothing seems to move that
 * hasn't, within its edges, and no label over another. Not about drawing them.
 */

/** @typedef {[number, number]} Place x to the right; y up in a map, down in a picture */
/** From a map's axes to the picture's: first row, second row. @typedef {[[number, number], [number, number]]} Turn */

/** @type {Turn} */
export const AS_IT_IS = [[1, 0], [0, 1]];

/** @param {Turn} turn @param {Place} place @returns {Place} */
export function turned([[a, b], [c, d]], [x, y]) {
  return [a * x + b * y, c * x + d * y];
}

/**
 * The turn, mirrored or not, that brings places nearest to those before: an orthogonal
 * Procrustes problem, in two dimensions.
 * @param {Place[]} places
 * @param {Place[]} before of the same points
 * @returns {Turn}
 */
export function nearestTurn(places, before) {
  let [xx, xy, yx, yy] = [0, 0, 0, 0];
  places.forEach(([x, y], i) => {
    const [u, v] = before[i] ?? [0, 0];
    xx += x * u;
    xy += x * v;
    yx += y * u;
    yy += y * v;
  });
  const plain = Math.hypot(xx + yy, xy - yx);
  const mirrored = Math.hypot(xx - yy, xy + yx);
  if (!plain && !mirrored) return AS_IT_IS;
  if (plain >= mirrored) {
    const [cosine, sine] = [(xx + yy) / plain, (xy - yx) / plain];
    return [[cosine, -sine], [sine, cosine]];
  }
  const [cosine, sine] = [(xx - yy) / mirrored, (xy + yx) / mirrored];
  return [[cosine, sine], [sine, -cosine]];
}

/**
 * How a map fits a picture, alike in both directions.
 * @param {Place[]} places of the map
 * @param {number} width
 * @param {number} height
 * @param {number} edge that stays free
 * @returns {{scale: number, to: (place: Place) => Place}} pixels a unit, and where a place is
 */
export function fitted(places, width, height, edge) {
  const [left, right] = ends(places.map(([x]) => x));
  const [bottom, top] = ends(places.map(([, y]) => y));
  const room = (/** @type {number} */ pixels, /** @type {number} */ units) => Math.max(1, pixels - 2 * edge) / units;
  const fits = Math.min(room(width, right - left), room(height, top - bottom));
  const scale = Number.isFinite(fits) ? fits : 1; // all at one place
  return {
    scale,
    to: ([x, y]) => [width / 2 + (x - (left + right) / 2) * scale, height / 2 - (y - (bottom + top) / 2) * scale],
  };
}

const PASSES = 60;

/**
 * Labels moved off each other, as little as possible.
 * @param {Place[]} wanted their middles
 * @param {number[]} radii of the room that each takes
 * @param {number} width of the picture
 * @param {number} height
 * @returns {Place[]}
 */
export function apart(wanted, radii, width, height) {
  const places = wanted.map(([x, y]) => /** @type {Place} */ ([x, y]));
  for (let pass = 0; pass < PASSES; pass++) {
    let moved = false;
    places.forEach((one, i) => {
      for (let j = 0; j < i; j++) moved = push(one, places[j] ?? one, Number(radii[i]) + Number(radii[j]), i) || moved;
    });
    places.forEach((place, i) => {
      const radius = Number(radii[i]);
      place[0] = Math.max(radius, Math.min(width - radius, place[0]));
      place[1] = Math.max(radius, Math.min(height - radius, place[1]));
    });
    if (!moved) break;
  }
  return places;
}

/** Both by half of what they overlap. @param {Place} one @param {Place} other @param {number} least @param {number} index */
function push(one, other, least, index) {
  let [x, y] = [one[0] - other[0], one[1] - other[1]];
  let distance = Math.hypot(x, y);
  if (distance >= least - 0.01) return false;
  if (!distance) [x, y, distance] = [Math.cos(index), Math.sin(index), 1]; // in any direction, each in another
  const share = (least - Math.hypot(one[0] - other[0], one[1] - other[1])) / 2 / distance;
  one[0] += x * share;
  one[1] += y * share;
  other[0] -= x * share;
  other[1] -= y * share;
  return true;
}

/**
 * Which of many labels there is room for, the first before those that come later.
 * @param {Place[]} places
 * @param {number[]} radii
 * @returns {boolean[]}
 */
export function withRoom(places, radii) {
  /** @type {number[]} */
  const there = [];
  return places.map(([x, y], i) => {
    const free = there.every((j) => {
      const [u, v] = places[j] ?? [0, 0];
      return Math.hypot(x - u, y - v) >= Number(radii[i]) + Number(radii[j]);
    });
    if (free) there.push(i);
    return free;
  });
}

/** The least and the largest. @param {number[]} numbers @returns {[number, number]} */
function ends(numbers) {
  return [numbers.reduce((a, b) => Math.min(a, b), Infinity), numbers.reduce((a, b) => Math.max(a, b), -Infinity)];
}
