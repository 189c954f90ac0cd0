/**
 * The model at one moment: what is asked of its inside, typed. An answer that comes when
 * another model, or another step, is shown is thrown away.
 */

/** Another moment is shown by now. Nothing is to be said of it. */
export class Superseded extends Error {}

export class Moment {
  #client;
  #isPast;
  #isInSight;

  /**
   * @param {import("../page/client.js").Client} client
   * @param {number} step shown
   * @param {number} model another number for another model, or for one that has learned more
   * @param {() => boolean} isPast
   * @param {() => boolean} isInSight
   */
  constructor(client, step, model, isPast, isInSight) {
    this.#client = client;
    this.step = step;
    this.model = model;
    this.#isPast = isPast;
    this.#isInSight = isInSight;
  }

  get isPast() {
    return this.#isPast();
  }

  /**
   * @template {keyof InsideMethods} M
   * @param {M} what
   * @param {Parameters<InsideMethods[M]>} args
   * @returns {Promise<ReturnType<InsideMethods[M]>>}
   */
  async ask(what, ...args) {
    if (this.isPast) throw new Superseded();
    try {
      const answer = await this.#client.call("inside", this.step, what, args);
      if (this.isPast) throw new Superseded();
      return /** @type {ReturnType<InsideMethods[M]>} */ (answer);
    } catch (error) {
      throw this.isPast ? new Superseded() : error; // what went wrong was about another moment
    }
  }

  /**
   * What is measured in short calls, until it is complete; others get through in between.
   * Not while the view is out of sight: it goes on when that is there again.
   * @template {"ablation" | "what_if" | "one_step"} M
   * @param {M} what
   * @param {Parameters<InsideMethods[M]>} args
   * @param {(answer: ReturnType<InsideMethods[M]>) => boolean} receive whether it is complete
   */
  async pursue(what, args, receive) {
    while (!receive(await this.ask(what, ...args))) await this.#rest();
  }

  async #rest() {
    let milliseconds = REST_MS;
    do {
      await new Promise((resolve) => setTimeout(resolve, milliseconds));
      milliseconds = HIDDEN_MS;
    } while (!this.#isInSight() && !this.isPast);
  }
}

const REST_MS = 5;
const HIDDEN_MS = 200; // between looks whether the view is in sight again
