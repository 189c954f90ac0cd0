/**
 * The part Graph: how a loss was computed, from lines of Python down to single numbers.
 * Which of these is in sight, and the way back. How they look: graph-group.js, graph-value.js.
 */

import { WorkerError } from "../page/client.js";
import { element } from "../page/dom.js";
import { counted, grouped } from "../page/format.js";
import { GroupView } from "./graph-group.js";
import { ValueView } from "./graph-value.js";
import { operationWords, written } from "./graph-words.js";

/** @typedef {{group: number} | {id: number} | "lines"} Place */

const INTRO =
  "A loss is computed from the weights by additions, multiplications and a few functions. Each makes one number, " +
  "a Value, that remembers what it was made of: that is the graph. backward() walks it from the loss to the weights " +
  "and gives every number its gradient. Here are all of them for this line, by the line of Python that made them.";

/** @implements {Section} @typedef {import("./desk.js").Section} Section */
export class GraphPart {
  live = false;
  #desk;
  /** @type {import("./moment.js").Moment | null} */
  #moment = null;
  /** @type {Graph | null} */
  #graph = null;
  /** What has been opened; the last is in sight. @type {Place[]} */
  #opened = ["lines"];
  /** Counts what is asked for: an answer that comes late is not shown. */
  #wanted = 0;
  #summary = element("p");
  #trail = element("ol");
  #back = element("button", "Back", "quiet");
  #lines = element("div", "", "inside-pane");
  #linesHeading = element("h3");
  #list = element("ol", "", "graph-lines");
  #group = new GroupView((id) => this.#open({ id }));
  #value = new ValueView((id) => this.#open({ id }));
  #content = element("div", "", "inside-pane");

  /**
   * @param {HTMLElement} root its panel
   * @param {import("./desk.js").Desk} desk
   */
  constructor(root, desk) {
    this.#desk = desk;
    this.#summary.role = "status";
    this.#summary.ariaLabel = "Graph";
    this.#linesHeading.tabIndex = -1;
    this.#lines.append(this.#linesHeading, this.#list);
    this.#back.type = "button";
    this.#back.addEventListener("click", () => this.#return());
    const way = element("nav", "", "graph-trail");
    way.ariaLabel = "Where you are in the graph";
    way.append(this.#trail, this.#back);
    this.#content.append(way, this.#lines, this.#group.element, this.#value.element);
    this.#content.hidden = true;
    root.append(element("p", INTRO, "help"), this.#summary, this.#content);
    this.#value.addEventListener("prove", () => this.#ask(async (moment, id) => this.#value.prove(await moment.ask("graph_proof", id))));
    this.#value.addEventListener("path", () =>
      this.#ask(async (moment, id) => {
        const path = await moment.ask("graph_path", id);
        if (this.#value.id === id) this.#value.trace(path);
      }),
    );
  }

  /** @param {import("./moment.js").Moment} moment */
  async show(moment) {
    this.#moment = moment;
    let graph;
    try {
      graph = await moment.ask("graph", this.#desk.line);
    } catch (error) {
      // Where it is the line that can't be read, another is shown in a moment: see line-field.js.
      if (!moment.isPast && !(error instanceof WorkerError && error.field === "text")) this.#forget();
      throw error;
    }
    const before = this.#graph;
    this.#graph = graph;
    // With other weights the same line has the same graph: what is open stays open.
    if (before?.line !== graph.line || before.edges !== graph.edges) {
      this.#opened = ["lines"];
      this.#listLines(graph);
    }
    this.#summary.replaceChildren(...summary(graph));
    await this.#show();
  }

  #forget() {
    this.#graph = null;
    this.#content.hidden = true;
    this.#summary.textContent = "";
  }

  /** @param {Place} place */
  #open(place) {
    this.#opened.push(place);
    this.#goOn();
  }

  #return() {
    this.#opened.pop();
    this.#goOn();
  }

  /** Shows what is opened now, and the keyboard goes on there. */
  #goOn() {
    void this.#desk.attempt(async () => {
      const heading = await this.#show();
      heading?.focus();
    });
  }

  /** @param {(moment: import("./moment.js").Moment, id: number) => Promise<void>} task about the value in sight */
  #ask(task) {
    const moment = this.#moment;
    const id = this.#value.id;
    if (moment && id !== null) void this.#desk.attempt(() => task(moment, id));
  }

  /** @returns {Promise<HTMLElement | null>} the heading of what is in sight; null if that is something else by now */
  async #show() {
    const wanted = ++this.#wanted;
    const graph = this.#graph;
    const moment = this.#moment;
    const place = this.#opened.at(-1) ?? "lines";
    if (!graph || !moment) return null;
    let heading = this.#linesHeading;
    /** @type {number | null} */
    let group = null;
    let name = "";
    if (place !== "lines" && "group" in place) {
      const vectors = await moment.ask("graph_vectors", place.group);
      const of = graph.groups[place.group];
      if (wanted !== this.#wanted || !of) return null;
      group = place.group;
      this.#keepFocus(this.#group, () => this.#group.show(of, vectors));
      heading = this.#group.heading;
    } else if (place !== "lines") {
      const value = await moment.ask("graph_value", place.id);
      if (wanted !== this.#wanted) return null;
      ({ group } = value);
      ({ name } = value.node);
      const telling = group === null ? 0 : (graph.groups[group]?.telling ?? 0);
      this.#keepFocus(this.#value, () => this.#value.show(value, telling));
      heading = this.#value.heading;
    }
    this.#lines.hidden = heading !== this.#linesHeading;
    this.#group.element.hidden = heading !== this.#group.heading;
    this.#value.element.hidden = heading !== this.#value.heading;
    this.#content.hidden = false;
    this.#lead(group, name);
    return heading;
  }

  /** Changes a view; where that takes away what had the keyboard, its heading has it. @param {GroupView | ValueView} view @param {() => void} change */
  #keepFocus(view, change) {
    const within = view.element.contains(document.activeElement);
    change();
    if (within && !view.element.contains(document.activeElement)) view.heading.focus();
  }

  /** @param {number | null} group @param {string} name of the value in sight, or "" */
  #lead(group, name) {
    /** @type {[string, Place][]} */
    const way = [["All lines", "lines"]];
    const of = group === null ? undefined : this.#graph?.groups[group];
    if (of && group !== null) way.push([of.name, { group }]);
    if (name) way.push([name, "lines"]);
    this.#trail.replaceChildren(
      ...way.map(([text, place], index) => {
        const item = element("li");
        if (index === way.length - 1) {
          item.append(element("span", text));
          item.ariaCurrent = "page";
          return item;
        }
        const button = element("button", text, "link");
        button.type = "button";
        button.addEventListener("click", () => this.#open(place));
        item.append(button);
        return item;
      }),
    );
    this.#back.hidden = this.#opened.length < 2;
  }

  /** @param {Graph} graph */
  #listLines({ groups }) {
    this.#linesHeading.textContent = `${counted(groups.length, "line")} of Python, in the order in which they run`;
    this.#list.replaceChildren(
      ...groups.map((group) => {
        const item = element("li");
        const button = element("button", "", "graph-line");
        button.type = "button";
        const callers = group.calls.map((call) => call.function).join(" › ");
        const telling = group.calls[group.telling]?.source ?? "";
        const innermost = group.calls.at(-1)?.source ?? "";
        button.append(element("small", callers), element("code", telling));
        if (innermost !== telling) button.append(element("code", innermost, "inner"));
        const made = `${group.name}: ${counted(group.values, "value")}, ${counted(group.edges, "edge")}`;
        button.append(element("small", `${made}, ${group.operations.map(operationWords).join(", ")}`));
        button.addEventListener("click", () => this.#open({ group: group.index }));
        item.append(button);
        return item;
      }),
    );
  }
}

/** @param {Graph} graph */
function summary(graph) {
  const line = element("b", graph.line || "the empty line");
  const size = `${counted(graph.values, "value")} and ${counted(graph.edges, "edge")}, from ${counted(graph.weights, "weight")} and ${counted(graph.numbers, "constant")}.`;
  const unused = `${grouped(graph.unused)} more were computed and the loss doesn't depend on them: probabilities of what didn't come.`;
  return [line, `: a loss of ${written(graph.loss, 6)} nats. ${size} ${unused}`];
}
