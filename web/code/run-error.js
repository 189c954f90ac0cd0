/** What went wrong with changed code: the sentence, its line, what was kept, and all that Python says. */

import { byId } from "../page/dom.js";
import { KEPT } from "./confined.js";

const box = byId("code-run-error");
const problem = byId("code-run-problem");
const line = byId("code-run-line");
const left = byId("code-run-left");
const traceback = byId("code-run-traceback");
const details = /** @type {HTMLDetailsElement} */ (traceback.closest("details"));

export class RunError {
  #code;
  #at = { file: "", line: 0 };

  /** @param {import("./code.js").CodeView} code */
  constructor(code) {
    this.#code = code;
    line.addEventListener("click", () => code.open(this.#at.file, this.#at.line));
  }

  clear() {
    box.hidden = true;
    if (this.#at.file) this.#code.problems(this.#at.file, []);
    this.#at = { file: "", line: 0 };
  }

  /**
   * @param {Partial<import("./confined.js").CodeError> & Error} error
   * @param {Record<string, string>} ran the changed files, as they ran
   */
  show(error, ran) {
    const { file = "", line: number = 0, traceback: all = "" } = error;
    this.#at = { file, line: number };
    problem.textContent = sentence(error, file, number);
    left.textContent = KEPT;
    const same = this.#code.texts[file] === ran[file];
    line.hidden = !(file && number && same);
    line.textContent = `Go to line ${number} of ${file}`;
    if (!line.hidden) this.#code.problems(file, [{ line: number, message: error.message || error.name }]);
    traceback.textContent = all;
    details.hidden = !all;
    details.open = false;
    box.hidden = false;
  }
}

/**
 * @param {Error} error
 * @param {string} file
 * @param {number} line
 */
function sentence({ name, message }, file, line) {
  const isSentence = ["MicrogptError", "Late", "Error"].includes(name);
  const what = isSentence ? message : `${name}${message ? `: ${message}` : ""}`;
  const where = file ? ` (${file}${line ? `, line ${line}` : ""})` : "";
  return `${what.replace(/\.$/, "")}${where}.`;
}
