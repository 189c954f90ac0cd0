/**
 * What is known of names, asked of Python one by one and remembered while the model stays
 * as it is. Not about how it is shown: figures.js, why.js.
 */

export class Explained {
  #client;
  /** @type {Map<string, Promise<Made>>} */
  #known = new Map();

  /** @param {import("../page/client.js").Client} client */
  constructor(client) {
    this.#client = client;
  }

  /** The model is another now. */
  forget() {
    this.#known.clear();
  }

  /** @param {string} text @returns {Promise<Made>} */
  ask(text) {
    const known = this.#known.get(text);
    if (known) return known;
    const asked = this.#client.call("explain", text);
    this.#known.set(text, asked);
    asked.catch(() => this.#known.delete(text)); // perhaps later
    return asked;
  }
}

/** What went wrong, for the visitor; for the console where it's nobody's fault. @param {unknown} error */
export function sentence(error) {
  const { name, message } = /** @type {Error} */ (error);
  if (name === "MicrogptError") return message;
  console.error(error);
  return `That can't be told now (${name}: ${message}).`;
}
