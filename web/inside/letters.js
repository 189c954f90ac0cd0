/**
 * The letter map: a model's tokens, or its positions, on the plane in which they lie farthest
 * apart, and how far from each other they are. Not about the plane: see inside/components.py.
 */

import { element } from "../page/dom.js";
import { figures, percent } from "../page/format.js";
import { Figure } from "./figure.js";
import { Superseded } from "./moment.js";
import { Radios } from "./radios.js";
import { AS_IT_IS, nearestTurn, turned } from "./scatter-places.js";
import { Scatter } from "./scatter.js";
import { tokenName, tokenSign } from "../page/tokens.js";

/** @typedef {import("./scatter-places.js").Place} Place */
/** @typedef {import("./scatter-places.js").Turn} Turn */

const NEAREST = 3;
const ALL = 64; // labels: with more, the table has distances to the nearest ones only
const SOME = 10;

/** @implements {Section} @typedef {import("./desk.js").Section} Section */
export class LettersPart {
  live = true;
  #scatter = new Scatter();
  #figure = new Figure(this.#scatter.picture, "letter-map");
  #finding = element("p", "", "finding");
  #of;
  /** @type {LetterMap | null} */
  #map = null;
  /** Where the points of each map stood last: the next one is turned towards it. @type {Map<string, {labels: string, places: Place[]}>} */
  #before = new Map();

  /**
   * @param {HTMLElement} root its panel
   * @param {import("./desk.js").Desk} desk
   */
  constructor(root, desk) {
    this.#of = new Radios("Map of", [["wte", "Letters (wte)"], ["wpe", "Positions (wpe)"]], () => desk.again());
    root.append(this.#of.element, this.#finding, this.#figure.element);
    this.#scatter.addEventListener("point", () => this.#read());
  }

  /** @param {import("./moment.js").Moment} moment */
  async show(moment) {
    const map = await moment.ask("letter_map", this.#of.value).catch((error) => {
      if (!(error instanceof Superseded)) this.#hide(true); // there is no map of this model
      throw error;
    });
    this.#hide(false);
    this.#map = map;
    const turn = this.#turn(map);
    this.#finding.textContent = map.finding;
    this.#finding.hidden = !map.finding;
    this.#describe(map);
    this.#figure.tabulate(...table(map));
    this.#scatter.show(
      map.labels.map((label, i) => ({
        place: turned(turn, [Number(map.x[i]), Number(map.y[i])]),
        label: tokenSign(label),
        kind: map.groups[i] === "vowel" ? "ringed" : map.of === "wte" && label === "" ? "boxed" : "",
        near: () => order(map, i).slice(0, NEAREST),
      })),
      map.shares.flatMap((share, axis) => {
        const direction = turned(turn, axis ? [0, 1] : [1, 0]);
        return share ? [{ direction, label: percent(share) }] : [];
      }),
      map.of === "wpe",
    );
    this.#read();
  }

  /** @param {boolean} hidden */
  #hide(hidden) {
    this.#figure.element.hidden = this.#finding.hidden = hidden;
  }

  /** So that nothing seems to move that hasn't: the axes' own directions can change at a trifle. @param {LetterMap} map @returns {Turn} */
  #turn({ of, labels, x, y }) {
    const places = labels.map((_, i) => /** @type {Place} */ ([Number(x[i]), Number(y[i])]));
    const before = this.#before.get(of);
    const names = labels.join("\0");
    const turn = before?.labels === names ? nearestTurn(places, before.places) : AS_IT_IS;
    this.#before.set(of, { labels: names, places: places.map((place) => turned(turn, place)) });
    return turn;
  }

  /** @param {LetterMap} map */
  #describe({ of, labels, left_out, shares, groups }) {
    const tokens = of === "wte";
    const [first = 0, second = 0] = shares;
    const sentences = [
      `The two axes explain ${percent(first)} and ${percent(second)} of the variance.`,
      first + second < 0.995 ? "What is near on the map can be far apart all the same: distances are told as they are in all dimensions." : "",
      "The lines cross at the mean; the bar is a distance.",
      groups.includes("vowel") ? "Vowels are in rings; y and letters of other alphabets count as neither." : "",
      tokens ? "BOS is where a line begins and ends." : "The line goes from position to position, from the first on.",
      left_out ? `The ${labels.length} commonest; ${left_out} are left out.` : "",
      `Point at ${tokens ? "a letter" : "a position"}, or press arrow keys here${tokens ? " or the letter" : ""}.`,
    ];
    const title = tokens ? "The letters' embeddings (wte)" : "The positions' embeddings (wpe)";
    this.#figure.describe(`${title}, where they lie farthest apart`, sentences.filter(Boolean).join(" "));
  }

  #read() {
    const at = this.#scatter.index;
    this.#figure.read(at === null || !this.#map ? "" : pointed(this.#map, at));
  }
}

/** All others, the nearest first. @param {LetterMap} map @param {number} at */
function order(map, at) {
  const others = map.labels.map((_, i) => i).filter((i) => i !== at);
  return others.sort((a, b) => distance(map, at, a) - distance(map, at, b));
}

/** @param {LetterMap} map @param {number} one @param {number} other */
function distance(map, one, other) {
  return Number(map.distances[one * map.labels.length + other]);
}

/** @param {LetterMap} map @param {number} at */
function pointed(map, at) {
  const others = order(map, at);
  const told = (/** @type {number} */ i) => `${tokenName(map.labels[i] ?? "")} ${figures(distance(map, at, i))}`;
  const name = map.of === "wpe" ? `Position ${map.labels[at]}` : tokenName(map.labels[at] ?? "");
  const which = map.groups[at] ? `${name} (${map.groups[at]})` : name;
  const farthest = others.at(-1);
  if (farthest === undefined) return `${which}: there is no other.`;
  return `${which}: nearest ${others.slice(0, NEAREST).map(told).join(", ")}; farthest ${told(farthest)}.`;
}

/**
 * @param {LetterMap} map
 * @returns {[string[], () => import("./figure.js").Rows]}
 */
function table(map) {
  const { labels, groups, x, y } = map;
  const first = map.of === "wte" ? ["letter", "kind", "axis 1", "axis 2"] : ["position", "axis 1", "axis 2"];
  const begin = (/** @type {number} */ i) => {
    const place = [Number(x[i]), Number(y[i])];
    const name = tokenName(labels[i] ?? "");
    return map.of === "wte" ? [name, groups[i] ?? "", ...place] : [name, ...place];
  };
  if (labels.length <= ALL) {
    const columns = [...first, ...labels.map((label) => `to ${tokenName(label)}`)];
    return [columns, () => labels.map((_, i) => [...begin(i), ...labels.map((_, j) => distance(map, i, j))])];
  }
  const columns = [...first, ...Array.from({ length: SOME }, (_, k) => [`nearest ${k + 1}`, `distance ${k + 1}`]).flat()];
  const others = (/** @type {number} */ i) => order(map, i).slice(0, SOME);
  return [columns, () => labels.map((_, i) => [...begin(i), ...others(i).flatMap((j) => [tokenName(labels[j] ?? ""), distance(map, i, j)])])];
}
