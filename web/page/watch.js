/**
 * Whether the worker still answers: looked at while somebody waits for it, and on request.
 * It may be computing something in one piece, or hang; from here that is the same.
 * Not about what is done then: rescue.js.
 */

const SOON_MS = 500; // what is answered sooner isn't asked about; and the pause between questions
const SILENT_MS = 1500; // without an answer, after which it is said: 2 seconds from the request, with SOON_MS
const PATIENCE_MS = 2000; // of a visitor who has pressed Stop

/** Announces `change` when the worker falls silent, or speaks again. */
export class Watch extends EventTarget {
  /** Whether somebody waits for the worker, and it doesn't answer. */
  silent = false;
  #isWaitedFor;
  #ask;
  #looking = false;

  /**
   * @param {() => boolean} isWaitedFor
   * @param {() => Promise<unknown>} ask what is answered at once, if anything is
   */
  constructor(isWaitedFor, ask) {
    super();
    this.#isWaitedFor = isWaitedFor;
    this.#ask = ask;
  }

  /** Whether it answers, now that the visitor waits. */
  answers() {
    return within(PATIENCE_MS, this.#ask());
  }

  /** Somebody waits from now on. */
  begin() {
    if (this.#looking) return;
    this.#looking = true;
    void this.#look().finally(() => (this.#looking = false));
  }

  async #look() {
    await pause(SOON_MS);
    while (this.#isWaitedFor()) {
      const answer = this.#ask();
      if (!(await within(SILENT_MS, answer))) {
        this.#say(true);
        await settled(answer);
        this.#say(false);
      }
      await pause(SOON_MS);
    }
  }

  /** @param {boolean} silent */
  #say(silent) {
    this.silent = silent;
    this.dispatchEvent(new Event("change"));
  }
}

/**
 * @param {number} milliseconds
 * @param {Promise<unknown>} answer
 * @returns {Promise<boolean>} whether there was one by then
 */
function within(milliseconds, answer) {
  // And a turn: where the page itself was held up, the answer is there, and not heard yet.
  const late = pause(milliseconds).then(() => pause(0));
  return Promise.race([settled(answer).then(() => true), late.then(() => false)]);
}

/** A worker that has been ended meanwhile isn't waited for any more. @param {Promise<unknown>} answer */
async function settled(answer) {
  await answer.catch(() => {});
}

/** @param {number} milliseconds */
function pause(milliseconds) {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
