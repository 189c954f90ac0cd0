/**
 * A limit to how long the browser's storage is waited for: now and then one never answers,
 * neither with what was asked for nor with an error. Not about what is asked.
 */

const ANSWER_MS = 15_000; // writing the largest run takes a second or two, on a slow disk some more

/** An error that the page shows as it is, like those that Python words for the visitor. */
export class KeptError extends Error {
  name = "MicrogptError";
}

/**
 * What storage answers.
 * @template T
 * @param {Promise<T>} answer
 * @param {(late: T) => void} [discard] for what comes after nobody waits for it any more
 * @returns {Promise<T>}
 * @throws {KeptError} if it doesn't answer
 */
export function answered(answer, discard = () => {}) {
  return new Promise((resolve, reject) => {
    let isLate = false;
    const timer = setTimeout(() => {
      isLate = true;
      reject(new KeptError("this browser's storage doesn't answer"));
    }, ANSWER_MS);
    answer
      .then((value) => (isLate ? discard(value) : resolve(value)), reject)
      .finally(() => clearTimeout(timer));
  });
}
