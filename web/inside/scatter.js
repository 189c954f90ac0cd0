/**
 * Points on a plane, each with its label, and the axes that the plane has. A point is pointed
 * at by the pointer or, when the picture has the keyboard, by arrow keys or its own letter.
 * Not about what the points mean.
 */

import { roundBelow } from "./round-numbers.js";
import { apart, fitted, withRoom } from "./scatter-places.js";
import { svg } from "./svg.js";

/** @typedef {import("./scatter-places.js").Place} Place */

/**
 * - place: on the plane.
 * - label: drawn there.
 * - kind: how: "ringed", "boxed" or "".
 * - near: the points that lines are drawn to when it is pointed at.
 * @typedef {object} Point
 * @property {Place} place
 * @property {string} label
 * @property {"ringed" | "boxed" | ""} kind
 * @property {() => number[]} near
 */

/**
 * An axis through the middle.
 * @typedef {object} Axis
 * @property {Place} direction of length 1
 * @property {string} label
 */

const WIDEST = 720; // CSS pixels
const MANY = 150; // points: with more, labels that have no room are left out
const REACH = 40; // CSS pixels from the pointer to a point
const MOVED = 5; // CSS pixels from a point to its label: with more, there is a line between them

/** Announces `point` with the index of a point, or null. */
export class Scatter extends EventTarget {
  picture = svg("svg", { class: "scatter", tabindex: 0 });
  #axes = svg("g", { class: "axes" });
  #path = svg("polyline", { class: "path" });
  #lines = svg("g", { class: "lines" });
  #dots = svg("g", { class: "dots" });
  #labels = svg("g", { class: "labels" });
  #bar = svg("g", { class: "bar" });
  /** @type {Point[]} */
  #points = [];
  /** @type {Axis[]} */
  #of = [];
  #joined = false;
  /** In CSS pixels. @type {Place[]} */
  #places = [];
  /** Of their labels. @type {Place[]} */
  #stands = [];
  /** @type {number | null} */
  #index = null;
  /** @type {Element | null} */
  #frame = null;
  #observer = new ResizeObserver(() => this.#draw());

  constructor() {
    super();
    const picture = this.picture;
    picture.append(this.#axes, this.#path, this.#lines, this.#dots, this.#labels, this.#bar);
    for (const event of /** @type {const} */ (["pointermove", "pointerdown"])) {
      picture.addEventListener(event, (event) => this.#point(this.#at(event)));
    }
    picture.addEventListener("pointerleave", ({ pointerType }) => {
      if (pointerType === "mouse") this.#point(null); // a finger is lifted, to read
    });
    picture.addEventListener("keydown", (event) => this.#press(event));
    picture.addEventListener("blur", () => this.#point(null));
    this.#observer.observe(picture);
  }

  /** What is pointed at. */
  get index() {
    return this.#index;
  }

  /**
   * @param {Point[]} points
   * @param {Axis[]} axes
   * @param {boolean} joined by a line, in their order
   */
  show(points, axes, joined) {
    const same = points.length === this.#points.length && points.every(({ label, kind }, i) => {
      return label === this.#points[i]?.label && kind === this.#points[i]?.kind;
    });
    this.#points = points;
    this.#of = axes;
    this.#joined = joined;
    if (!same) {
      this.#index = null;
      this.#labels.replaceChildren(...points.map(({ label, kind }) => labelled(label, kind)));
    }
    this.#draw();
  }

  /** @param {MouseEvent} event @returns {number | null} the nearest, if one is near */
  #at({ clientX, clientY }) {
    const { left, top } = this.picture.getBoundingClientRect();
    const pointer = /** @type {Place} */ ([clientX - left, clientY - top]);
    let [nearest, least] = [/** @type {number | null} */ (null), REACH];
    this.#stands.forEach((stand, i) => {
      const distance = Math.min(between(stand, pointer), between(this.#places[i] ?? stand, pointer));
      if (distance < least) [nearest, least] = [i, distance];
    });
    return nearest;
  }

  /** @param {KeyboardEvent} event */
  #press(event) {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const last = this.#points.length - 1;
    const at = this.#index;
    const next = {
      ArrowRight: at === null ? 0 : Math.min(last, at + 1),
      ArrowDown: at === null ? 0 : Math.min(last, at + 1),
      ArrowLeft: at === null ? last : Math.max(0, at - 1),
      ArrowUp: at === null ? last : Math.max(0, at - 1),
      Home: 0,
      End: last,
      Escape: null,
    }[event.key];
    const named = this.#points.findIndex(({ label }) => label === event.key);
    if (next === undefined && named < 0) return;
    event.preventDefault();
    this.#point(next === undefined ? named : next);
  }

  /** @param {number | null} index */
  #point(index) {
    if (index === this.#index) return;
    this.#index = index;
    this.#mark();
    this.dispatchEvent(new CustomEvent("point", { detail: index }));
  }

  #draw() {
    const frame = this.picture.parentElement;
    if (frame && frame !== this.#frame) this.#observer.observe((this.#frame = frame));
    const width = Math.min(WIDEST, frame?.clientWidth ?? 0);
    if (!width || !this.#points.length) return;
    const height = Math.round(Math.min(0.72 * width + 60, width));
    const many = this.#points.length > MANY;
    const size = Math.max(13, Math.min(20, width / (many ? 50 : 34)));
    const radii = this.#points.map(({ label, kind }) => size * (0.42 + 0.16 * [...label].length + (kind ? 0.14 : 0)));
    for (const [name, value] of Object.entries({ width, height, viewBox: `0 0 ${width} ${height}` })) {
      this.picture.setAttribute(name, String(value));
    }
    this.picture.style.setProperty("--size", `${size}px`);
    const { scale, to } = fitted(this.#points.map(({ place }) => place), width, height, 2.2 * size);
    this.#places = this.#points.map(({ place }) => to(place));
    this.#stands = many ? this.#places : apart(this.#places, radii, width, height);
    const shown = many ? withRoom(this.#places, radii) : [];
    [...this.#labels.children].forEach((label, i) => {
      const [x, y] = this.#stands[i] ?? [0, 0];
      /** @type {SVGGElement} */ (label).style.transform = `translate(${x.toFixed(1)}px, ${y.toFixed(1)}px)`;
      label.setAttribute("transform", `translate(${x.toFixed(1)} ${y.toFixed(1)})`); // of the file
      label.classList.toggle("left-out", many && !shown[i]);
      const shape = label.firstElementChild;
      const radius = Number(radii[i]);
      if (shape?.tagName === "circle") shape.setAttribute("r", String(radius));
      if (shape?.tagName === "rect") {
        for (const [name, value] of Object.entries({ x: -radius, y: -0.75 * size, width: 2 * radius, height: 1.5 * size })) {
          shape.setAttribute(name, String(value));
        }
      }
    });
    this.#path.setAttribute("points", this.#joined ? this.#places.map((place) => place.join()).join(" ") : "");
    this.#drawDots(many, shown);
    this.#drawAxes(to([0, 0]), width, height);
    this.#drawBar(scale, width, height);
    this.#mark();
  }

  /** Where the points are whose labels are elsewhere. @param {boolean} many @param {boolean[]} shown */
  #drawDots(many, shown) {
    const made = this.#places.flatMap((place, i) => {
      const stand = this.#stands[i] ?? place;
      if (many ? shown[i] : between(place, stand) < MOVED) return [];
      return [line(place, stand), svg("circle", { cx: place[0], cy: place[1], r: 2 })];
    });
    this.#dots.replaceChildren(...made);
  }

  /** @param {Place} middle @param {number} width @param {number} height */
  #drawAxes(middle, width, height) {
    const made = this.#of.flatMap(({ direction: [x, y], label }) => {
      const ends = [1, -1].map((way) => edge(middle, [x * way, -y * way], width, height));
      const [from = middle, to = middle] = ends;
      // Named at the end that is further from everything else.
      const places = ends.map((end) => beside(end, Math.abs(x) < Math.abs(y), width, height));
      const free = places.map((place) => Math.min(...this.#stands.map((stand) => between(place, stand))));
      const [u, v] = places[Number(free[1]) > Number(free[0]) ? 1 : 0] ?? middle;
      return [line(from, to), svg("text", { x: u, y: v, "text-anchor": "middle" }, label)];
    });
    this.#axes.replaceChildren(...made);
  }

  /** A length to measure by. @param {number} scale @param {number} width @param {number} height */
  #drawBar(scale, width, height) {
    const length = roundBelow(width / 4 / scale);
    const [left, right] = [8, 8 + length * scale];
    this.#bar.replaceChildren(
      svg("path", { d: `M${left} ${height - 12}v6H${right}v-6` }),
      svg("text", { x: right + 6, y: height - 6 }, String(Number(length.toPrecision(1)))),
    );
  }

  /** What is pointed at, and lines to what is near. */
  #mark() {
    const at = this.#index;
    const near = at === null ? [] : this.#points[at]?.near() ?? [];
    [...this.#labels.children].forEach((label, i) => {
      label.classList.toggle("at", i === at);
      label.classList.toggle("near", near.includes(i));
    });
    const place = this.#places[at ?? -1];
    this.#lines.replaceChildren(...(place ? near.map((i) => line(place, this.#places[i] ?? place)) : []));
  }
}

/** @param {string} label @param {Point["kind"]} kind */
function labelled(label, kind) {
  const made = svg("g", { class: `label ${kind}` });
  if (kind) made.append(svg(kind === "ringed" ? "circle" : "rect"));
  made.append(svg("text", { "text-anchor": "middle", "dominant-baseline": "central" }, label));
  if ([...label].length > 1) made.classList.add("long");
  return made;
}

/** @param {Place} from @param {Place} to */
function line([x1, y1], [x2, y2]) {
  return svg("line", { x1, y1, x2, y2 });
}

/** @param {Place} one @param {Place} other */
function between(one, other) {
  return Math.hypot(one[0] - other[0], one[1] - other[1]);
}

/**
 * Where a line leaves the picture.
 * @param {Place} from
 * @param {Place} direction in the picture
 * @param {number} width
 * @param {number} height
 * @returns {Place}
 */
function edge([x, y], [u, v], width, height) {
  const across = u ? ((u > 0 ? width : 0) - x) / u : Infinity;
  const along = v ? ((v > 0 ? height : 0) - y) / v : Infinity;
  const length = Math.min(across, along);
  return [x + u * length, y + v * length];
}

const NAME = [24, 12]; // CSS pixels from an edge to the middle of an axis's name

/** Where an axis is named, near its end. @param {Place} end @param {boolean} upright @param {number} width @param {number} height @returns {Place} */
function beside([x, y], upright, width, height) {
  const [right = 0, down = 0] = NAME;
  const within = (/** @type {number} */ at, /** @type {number} */ room, /** @type {number} */ size) => Math.max(room, Math.min(size - room, at));
  const place = upright ? [x + right, y] : [x, y - down];
  return [within(Number(place[0]), right, width), within(Number(place[1]), down, height) + 4];
}
