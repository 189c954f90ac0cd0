/** What a text has in it, to be looked at before training: its first documents, and what stands out. */

import { learned, nameOf, sightOf, visible } from "../page/characters.js";
import { byId, element } from "../page/dom.js";
import { counted, grouped } from "../page/format.js";
import { nounOf } from "./reading-words.js";

const panel = byId("look-closer");

/**
 * @param {TextReport} report
 * @param {number} blockSize that it is learned with
 */
export function showDocuments(report, blockSize) {
  byId("first-lines").replaceChildren(...report.first.map((document) => shown("li", document, report, blockSize)));
  const noun = nounOf(report.reading);
  const running = report.reading.documents === "running";
  panel.hidden = false;
  byId("longest").hidden = running; // all are as long as block_size
  byId("longest-heading").textContent = `The longest ${noun}: ${counted(report.longest, "character")}`;
  byId("longest-document").replaceChildren(shown("span", report.longest_document, report, blockSize));
  byId("rarest").replaceChildren(...report.rarest.map(character));
  byId("repeated-heading").textContent = `Repeated ${noun}s`;
  byId("repeated").replaceChildren(...report.repeated.map(repetition));
  byId("rare").hidden = report.rarest.length === 0;
  byId("repetitions").hidden = report.repeated.length === 0 || running;
}

/**
 * A document, and what of it isn't learned is struck out.
 * @template {"li" | "span"} K
 * @param {K} tag
 * @param {string} document
 * @param {TextReport} report
 * @param {number} blockSize
 */
function shown(tag, document, { reading }, blockSize) {
  const whole = reading.split_long || reading.documents === "running";
  const [kept, cut] = learned(visible(document), whole ? Infinity : blockSize);
  const line = element("bdi", kept);
  if (cut) {
    const rest = element("del", cut);
    rest.title = "Not learned: longer than block_size.";
    line.append(rest);
  }
  const made = element(tag);
  made.append(line);
  return made;
}

/** @param {Counted} counted */
function character({ text, count }) {
  const item = element("li");
  const [sight, name] = [sightOf(text), nameOf(text)];
  if (sight) item.append(element("bdi", sight), " ");
  if (name) item.append(element("em", name), " ");
  item.append(times(count));
  return item;
}

/** @param {Counted} counted */
function repetition({ text, count }) {
  const item = element("li");
  item.append(element("bdi", visible(text)), " ", times(count));
  return item;
}

/** @param {number} count */
function times(count) {
  return element("span", `${grouped(count)}×`, "count");
}
