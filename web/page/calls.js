/**
 * One end of a worker or of a port: requests with answers, and events.
 * Not about who is there, nor what is said.
 */

/**
 * @template M the methods that can be called
 * @template E the events that come without being asked for
 */
export class Calls extends EventTarget {
  /** @type {Worker | MessagePort | null} */
  #port = null;
  /** Why nobody is there. @type {unknown} */
  #reason = new Error("Nobody is there to be asked.");
  #next = 0;
  /** @type {Map<number, {resolve: (value: any) => void, reject: (error: unknown) => void}>} */
  #waiting = new Map();

  /** Who is talked to from here on. @param {Worker | MessagePort} port */
  connect(port) {
    this.#port = port;
    port.onmessage = ({ data }) => {
      if (port === this.#port) this.receive(data);
    };
  }

  /**
   * Nobody is talked to any more.
   * @param {unknown} reason for those who wait for an answer, or ask later
   */
  disconnect(reason) {
    // What has come and was not heard yet would still be unpacked.
    if (this.#port instanceof MessagePort) this.#port.close();
    this.#port = null;
    this.#reason = reason;
    for (const { reject } of this.#waiting.values()) reject(reason);
    this.#waiting.clear();
  }

  /**
   * @template {keyof M & string} K
   * @param {K} method
   * @param {M[K] extends (...args: infer A) => any ? A : never} args
   * @returns {Promise<M[K] extends (...args: any[]) => infer R ? R : never>}
   */
  call(method, ...args) {
    const id = this.#next++;
    const port = this.#port;
    if (!port) return Promise.reject(this.#reason);
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      // A text is handed over, not copied: it can be 20 MB.
      const handedOver = args.filter((value) => value instanceof ArrayBuffer);
      port.postMessage({ id, method, args }, handedOver);
      this.asked();
    });
  }

  /** How many requests have no answer yet. */
  get unanswered() {
    return this.#waiting.size;
  }

  /** Something was asked. */
  asked() {}

  /**
   * @template {keyof E & string} K
   * @param {K} event
   * @param {(detail: E[K]) => void} listener
   */
  on(event, listener) {
    this.addEventListener(event, (e) => listener(/** @type {CustomEvent} */ (e).detail));
  }

  /**
   * @template {keyof E & string} K
   * @param {K} event
   * @param {E[K]} detail
   */
  tell(event, detail) {
    this.dispatchEvent(new CustomEvent(event, { detail }));
  }

  /** What has come. @param {any} message */
  receive(message) {
    if ("event" in message) return this.tell(message.event, message.detail);
    const waiting = this.#waiting.get(message.id);
    this.#waiting.delete(message.id);
    if ("error" in message) waiting?.reject(this.raised(message.error));
    else waiting?.resolve(message.result);
  }

  /**
   * An error of the other end's as it is thrown here.
   * @param {any} error as it came
   * @returns {unknown}
   */
  raised(error) {
    return error;
  }
}
