/** Round numbers for scales: 1, 2 or 5 times a power of ten. */

/** The largest that isn't above. @param {number} number above 0 */
export function roundBelow(number) {
  return rounds(number).findLast((round) => round <= number) ?? number;
}

/** The least that isn't below. @param {number} number above 0 */
export function roundAbove(number) {
  return rounds(number).find((round) => round >= number) ?? number;
}

/** @param {number} number */
function rounds(number) {
  const power = Math.floor(Math.log10(number));
  return [-1, 0, 1].flatMap((more) => [1, 2, 5].map((factor) => Number(`${factor}e${power + more}`)));
}
