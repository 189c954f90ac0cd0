/** STUB. */

/** @implements {Section} @typedef {import("./desk.js").Section} Section */
export class PartsPart {
  live = false;
  #root;
  #desk;

  /**
   * @param {HTMLElement} root its panel
   * @param {import("./desk.js").Desk} desk
   */
  constructor(root, desk) {
    this.#root = root;
    this.#desk = desk;
  }

  /** @param {import("./moment.js").Moment} moment */
  async show(moment) {
    void moment, this.#root, this.#desk;
  }
}
