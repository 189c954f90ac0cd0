/**
 * A picture with all that belongs to it: a title that says what it shows, its unit, what is
 * pointed at in words, the same as a table, and files of both. Not about the picture itself.
 */

import { csv } from "../page/csv.js";
import { button, element, saveFile } from "../page/dom.js";
import { figures } from "../page/format.js";
import { headed } from "./table.js";

const ROWS = 500; // of a table on the page; the file has all

/** @typedef {(string | number)[][]} Rows */

export class Figure {
  element = element("figure", "", "figure");
  #caption = element("figcaption");
  #title = element("h3");
  #unit = element("p", "", "help");
  #readout = element("p", "", "readout");
  #details = element("details");
  #table = element("div", "", "figure-table");
  #picture;
  #name;
  /** @type {string[]} */
  #columns = [];
  /** @type {() => Rows} */
  #rows = () => [];

  /**
   * @param {HTMLCanvasElement | SVGSVGElement} picture
   * @param {string} name of its files, without an extension
   */
  constructor(picture, name) {
    this.#picture = picture;
    this.#name = name;
    this.#caption.append(this.#title, this.#unit);
    const frame = element("div", "", "figure-picture");
    frame.append(picture);
    this.#readout.role = "status";
    this.#details.append(element("summary", "As a table"), this.#table);
    this.#details.addEventListener("toggle", () => this.#fill());
    const vector = picture instanceof SVGSVGElement;
    const image = button(vector ? "SVG" : "PNG", () => void (vector ? this.#saveSvg() : this.#savePng()));
    const table = button("CSV", () => saveFile(`${name}.csv`, [csv([this.#columns, ...this.#rows()])], "text/csv"));
    for (const [each, what] of /** @type {const} */ ([[image, "picture"], [table, "table"]])) {
      each.append(element("span", ` of the ${what}: ${name}`, "hidden"));
    }
    const files = element("div", "", "buttons");
    files.append(image, table);
    const tools = element("div", "", "figure-tools");
    tools.append(this.#details, files);
    this.element.append(this.#caption, frame, this.#readout, tools);
  }

  /**
   * @param {string} title what it shows
   * @param {string} unit in which, and how to read it
   */
  describe(title, unit) {
    this.#title.textContent = title;
    this.#unit.textContent = unit;
    this.#picture.role ??= "img";
    this.#picture.ariaLabel = `${title}. ${unit}`;
  }

  /** Stands below the title and the unit, as what the picture is worth. @param {Node} note */
  note(note) {
    this.#caption.append(note);
  }

  /** What is pointed at, in words; "" for nothing. @param {string} words */
  read(words) {
    // Its room stays: what is below would else move away from under the pointer that presses it.
    if (!words && this.#readout.textContent) this.#readout.style.minHeight = `${this.#readout.offsetHeight}px`;
    this.#readout.textContent = words;
  }

  /**
   * @param {string[]} columns
   * @param {() => Rows} rows asked for when they are needed
   */
  tabulate(columns, rows) {
    this.#columns = columns;
    this.#rows = rows;
    this.#fill();
  }

  #fill() {
    if (!this.#details.open) return this.#table.replaceChildren();
    const rows = this.#rows();
    const { table, body } = headed(this.#columns);
    for (const row of rows.slice(0, ROWS)) {
      const made = body.insertRow();
      for (const value of row) made.insertCell().textContent = typeof value === "number" ? figures(value) : value;
    }
    this.#table.tabIndex = 0; // it scrolls
    this.#table.role = "region";
    this.#table.ariaLabel = `${this.#title.textContent}, as a table`;
    this.#table.replaceChildren(table);
    if (rows.length > ROWS) this.#table.append(element("p", `The first ${ROWS} of ${rows.length} rows; the file has all.`, "help"));
  }

  #savePng() {
    const picture = /** @type {HTMLCanvasElement} */ (this.#picture);
    picture.toBlob((blob) => blob && saveFile(`${this.#name}.png`, [blob], "image/png"));
  }

  #saveSvg() {
    const source = standalone(/** @type {SVGSVGElement} */ (this.#picture));
    saveFile(`${this.#name}.svg`, [source], "image/svg+xml");
  }
}

const STYLES = ["fill", "stroke", "stroke-width", "opacity", "font-size", "font-family", "font-weight", "text-anchor", "dominant-baseline"];

/** A picture as a file: its style sheets aren't there. @param {SVGSVGElement} picture */
function standalone(picture) {
  const copy = /** @type {SVGSVGElement} */ (picture.cloneNode(true));
  const copies = [copy, ...copy.querySelectorAll("*")];
  [picture, ...picture.querySelectorAll("*")].forEach((original, i) => {
    const style = getComputedStyle(original);
    for (const name of STYLES) copies[i]?.setAttribute(name, style.getPropertyValue(name));
  });
  const { width, height } = picture.getBoundingClientRect();
  const title = copy.ownerDocument.createElementNS("http://www.w3.org/2000/svg", "title");
  title.textContent = picture.ariaLabel;
  copy.prepend(title);
  copy.setAttribute("xmlns", "http://www.w3.org/2000/svg");
  copy.setAttribute("width", String(width));
  copy.setAttribute("height", String(height));
  copy.style.background = getComputedStyle(document.body).backgroundColor;
  return new XMLSerializer().serializeToString(copy);
}
