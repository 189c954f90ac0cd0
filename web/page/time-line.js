/**
 * One time for the whole page: the steps of a run whose weights are kept, and the one of
 * them that is looked at. What shows a model follows it. Not about its controls: see
 * panels/scrubber.js.
 */

const REPLAY_MS = 3000;
const still = matchMedia("(prefers-reduced-motion: reduce)");

/**
 * Announces `change` when another step is shown; `kept` when other steps are kept, and with
 * them perhaps another end; while it replays, `frame` once a frame, and `played` when that is
 * over.
 */
export class TimeLine extends EventTarget {
  /** @type {number[]} */
  #steps = [];
  #index = 0;
  /** The request for the next frame, while the replay goes on. */
  #request = 0;
  #moment = 0;
  /** The step that a replay waits for. */
  #due = 0;

  /** Those that are kept, ascending: about evenly spread on a logarithmic scale. */
  get steps() {
    return this.#steps;
  }

  /** Which of them is shown. */
  get index() {
    return this.#index;
  }

  /** The step shown; 0 where none is kept. */
  get step() {
    return this.#steps[this.#index] ?? 0;
  }

  /** What to look at: the step shown, or the end of the run, wherever that is by now. */
  get wanted() {
    return this.atEnd ? Number.MAX_SAFE_INTEGER : this.step;
  }

  get atEnd() {
    return this.#index >= this.#steps.length - 1;
  }

  get playing() {
    return this.#request !== 0;
  }

  /** The step shown; while it replays, where it is between that and the next. */
  get moment() {
    return this.playing ? this.#moment : this.step;
  }

  /** Another run, or a model without one: nothing is kept of it yet. */
  begin() {
    this.#endReplay();
    this.#steps = [];
    this.#due = 0;
    this.#go(0);
  }

  /** What is kept by now. Where the end was shown, the new end is. @param {number[]} steps */
  keep(steps) {
    if (steps.length === this.#steps.length && steps.at(-1) === this.#steps.at(-1)) return;
    const { step, atEnd } = this;
    this.#steps = steps;
    this.#index = atEnd ? steps.length - 1 : nearest(steps, step);
    this.dispatchEvent(new Event("kept"));
    if (this.#due) this.replayTo(this.#due);
  }

  /** The visitor wants to see one. @param {number} index of a kept step */
  show(index) {
    this.#due = 0; // a replay that is still to come would take it away again
    this.#endReplay();
    this.#go(index);
  }

  /** A replay that goes on is over at once, with the end in sight. */
  end() {
    this.#due = 0;
    if (this.playing) this.show(this.#steps.length - 1);
  }

  /** As soon as a step is kept, replay what came before. @param {number} step */
  replayTo(step) {
    const kept = this.#steps.at(-1) === step;
    this.#due = kept ? 0 : step;
    if (kept) this.replay();
  }

  /** From the first step kept to the last; at once for those who want nothing to move. */
  replay() {
    const last = this.#steps.length - 1;
    this.#endReplay();
    if (last < 1 || still.matches) return this.#go(last);
    let begin = 0;
    const frame = (/** @type {number} */ now) => {
      begin ||= now;
      const place = ((now - begin) / REPLAY_MS) * last;
      if (place >= last) return this.show(last);
      this.#request = requestAnimationFrame(frame);
      const index = Math.floor(place);
      this.#moment = between(this.#steps[index] ?? 0, this.#steps[index + 1] ?? 0, place - index);
      if (index !== this.#index) this.#go(index);
      this.dispatchEvent(new Event("frame"));
    };
    this.#request = requestAnimationFrame(frame);
    this.#moment = this.#steps[0] ?? 0;
    this.#go(0);
  }

  #endReplay() {
    if (!this.playing) return;
    cancelAnimationFrame(this.#request);
    this.#request = 0;
    this.dispatchEvent(new Event("played"));
  }

  /** @param {number} index */
  #go(index) {
    this.#index = Math.max(0, Math.min(index, this.#steps.length - 1));
    this.dispatchEvent(new Event("change"));
  }
}

/**
 * @param {number[]} steps
 * @param {number} step
 */
function nearest(steps, step) {
  const distances = steps.map((each) => Math.abs(each - step));
  return distances.indexOf(Math.min(...distances));
}

/**
 * A step between two, by the ratio: the curve grows evenly on a logarithmic scale.
 * @param {number} from
 * @param {number} to
 * @param {number} share of the way
 */
function between(from, to, share) {
  return from < 1 ? from + (to - from) * share : from * (to / from) ** share;
}
