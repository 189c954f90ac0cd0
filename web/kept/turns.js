/** Operations on what is kept, one after the other, in the order in which they were asked for. */

/** @returns {<T>(task: () => Promise<T>) => Promise<T>} does a task when all before are done */
export function turns() {
  /** @type {Promise<unknown>} */
  let last = Promise.resolve();
  return (task) => {
    const done = last.then(task);
    last = done.catch(() => {});
    return done;
  };
}
