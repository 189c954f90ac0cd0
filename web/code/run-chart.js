/**
 * The losses of a changed run and of the original's, as two curves in one chart. Redrawn a few
 * times a second, whatever the speed of training. Not about training them: run.js.
 */

import { Curve } from "../kept/curve.js";
import { byId } from "../page/dom.js";
import { Losses } from "../panels/losses.js";
import { MARKS, RunCurves } from "../panels/run-curves.js";

const EVERY_MS = 200;
const NAMES = ["original", "changed"];
/** Plain, and as the page's own curves are. */
const [ORIGINAL, CHANGED] = [{ .../** @type {import("../panels/run-curves.js").Mark} */ (MARKS[0]), colour: "--run-6" }, { .../** @type {import("../panels/run-curves.js").Mark} */ (MARKS[1]), colour: "--run-1" }];

const box = byId("code-run-curves");

/** All losses of a run, and its curve. */
class Line {
  losses = new Losses();
  /** Nats on lines that it has not learned from, at its end; null where that isn't known. @type {number | null} */
  unseen = null;
  #curve = new Curve();

  /** @param {Float64Array} losses of the next steps */
  add(losses) {
    this.losses.add(losses);
    this.#curve.add(losses);
  }

  /** Every loss so far. */
  get all() {
    return Float64Array.from({ length: this.losses.count }, (_, i) => this.losses.raw(i + 1));
  }

  /** Nats: the mean over the last steps, or NaN. */
  get smooth() {
    return this.losses.count ? this.losses.smooth(this.losses.count) : NaN;
  }

  get drawn() {
    const { smooth } = this;
    const loss = Number.isFinite(smooth) ? smooth : null;
    const step = this.losses.count;
    const unseen = this.unseen === null ? { steps: [], nats: [] } : { steps: [step], nats: [this.unseen] };
    return { curve: this.#curve.points(), unseen, loss, step };
  }
}

export class RunChart {
  #chart = new RunCurves({ box: byId("code-run-chart"), legend: byId("code-run-legend"), step: byId("code-run-step") }, () => NAMES);
  original = new Line();
  changed = new Line();
  #due = 0; // a timer

  /** Nothing is drawn of what was before. */
  clear() {
    this.original = new Line();
    this.changed = new Line();
    box.hidden = true;
  }

  /** The original's losses, all of them at once, in place of those that came so far. @param {Float64Array} losses */
  replaceOriginal(losses) {
    this.original = new Line();
    this.original.add(losses);
    this.draw();
  }

  /** What lines cost at the end that neither has learned from, in nats. @param {{ours: number, theirs: number}} losses */
  unseen({ ours, theirs }) {
    this.changed.unseen = ours;
    this.original.unseen = theirs;
    this.draw();
  }

  /** Soon. */
  draw() {
    this.#due ||= window.setTimeout(() => {
      this.#due = 0;
      this.#draw();
    }, EVERY_MS);
  }

  #draw() {
    if (!this.original.losses.count && !this.changed.losses.count) return;
    box.hidden = false; // first: what isn't to be seen has no width
    this.#chart.show([
      { id: "original", about: this.original.drawn, mark: ORIGINAL },
      { id: "changed", about: this.changed.drawn, mark: CHANGED },
    ]);
  }
}
