/** Lists as they may come from storage: of any length, with holes, and with properties of their own. */

/**
 * The first of a list; none where it is no list.
 * @param {unknown} value
 * @param {number} most
 * @returns {any[]}
 */
export function first(value, most) {
  if (!Array.isArray(value)) return [];
  // Not its own slice, which asks the list what it is.
  return Array.from({ length: Math.min(value.length, most) }, (_, i) => value[i]);
}
