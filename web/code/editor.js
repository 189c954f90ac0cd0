/**
 * An editor for Python: CodeMirror in a shadow root, where its styles are adopted sheets,
 * which the page's security policy allows, and not elements, which it forbids.
 *
 * Imported when an editor is wanted, as it is large. Not about which texts are edited, nor
 * about who finds problems in them: see code.js.
 */

import { defaultKeymap, history, historyKeymap, indentWithTab } from "../codemirror/commands.js";
import { python } from "../codemirror/lang-python.js";
import { bracketMatching, indentOnInput, indentUnit, syntaxHighlighting } from "../codemirror/language.js";
import { forEachDiagnostic, lintGutter, nextDiagnostic, setDiagnostics } from "../codemirror/lint.js";
import { search, searchKeymap } from "../codemirror/search.js";
import { Compartment, EditorState } from "../codemirror/state.js";
import { EditorView, highlightActiveLine, keymap, lineNumbers } from "../codemirror/view.js";
import { element } from "../page/dom.js";
import { colours, look } from "./editor-look.js";
import { asChange, placed } from "./places.js";

/**
 * What is wrong, and where: lines and columns from 1, columns in characters; without a
 * column, or with 0, it is the whole line.
 * @typedef {{line: number, column?: number, message: string}} Problem
 */

/** Characters of a text: more can't be kept (kept/code.js), and makes typing slow. */
export const MOST = 400_000;
const NARROW = matchMedia("(max-width: 46rem)"); // where long lines are wrapped
const APPLE = /Mac|iPhone|iPad/.test(navigator.userAgent);
const HELP = `Tab indents; to leave the editor by keyboard, press Escape, then Tab. ${APPLE ? "⌘F" : "Ctrl+F"} finds, ${APPLE ? "⌘Z" : "Ctrl+Z"} undoes, F8 goes to the next problem, ${APPLE ? "⌘" : "Ctrl"}+Enter runs.`;

/** Announces `change` whenever the text has become another, by whomever; `run` when the visitor asks for that; `refused` when it would be too long, and stays as it is. */
export class Editor extends EventTarget {
  #label;
  #readOnly = false;
  #of = { label: new Compartment(), readOnly: new Compartment(), wrapping: new Compartment() };
  /** Every text that was open, with its history and its place, by name. @type {Map<string, {state: EditorState, top: number}>} */
  #left = new Map();
  #name = "";
  #problems = element("ul");
  #view;

  /**
   * @param {HTMLElement} parent without a shadow root so far
   * @param {{label: string}} options what it is called, for those who don't see it
   */
  constructor(parent, { label }) {
    super();
    this.#label = label;
    const root = parent.attachShadow({ mode: "open" });
    this.#view = new EditorView({ root, state: this.#newState("") });
    root.append(this.#view.dom, this.#problemsBox(), this.#help());
    NARROW.addEventListener("change", () => this.#setUp());
  }

  get text() {
    return this.#view.state.doc.toString();
  }

  /** As one change, which can be undone. */
  set text(text) {
    if (text !== this.text) this.#view.dispatch({ changes: asChange(this.text, text) });
  }

  get readOnly() {
    return this.#readOnly;
  }

  set readOnly(readOnly) {
    this.#readOnly = readOnly;
    this.#setUp();
  }

  get label() {
    return this.#label;
  }

  set label(label) {
    this.#label = label;
    this.#setUp();
  }

  /**
   * Another text, which has a history of its own and opens where it was left.
   * @param {string} name
   * @param {string} text
   */
  open(name, text) {
    if (this.#name) this.#left.set(this.#name, { state: this.#view.state, top: this.#view.scrollDOM.scrollTop });
    const left = this.#left.get(name);
    this.#name = name;
    this.#view.setState(left?.state ?? this.#newState(text));
    this.#setUp(); // which may have changed since it was left
    this.text = text;
    this.#view.scrollDOM.scrollTop = left?.top ?? 0;
    this.#list();
  }

  /** Marks lines, in place of those that are marked. @param {Problem[]} problems */
  problems(problems) {
    const { state } = this.#view;
    const diagnostics = problems.map((problem) => {
      return { ...placed(state.doc, problem), severity: /** @type {const} */ ("error"), message: problem.message };
    });
    this.#view.dispatch(setDiagnostics(state, diagnostics.sort((a, b) => a.from - b.from)));
    this.#list();
  }

  /** Puts the cursor there, in sight. @param {number} line from 1 @param {boolean} [focus] whether the keyboard follows */
  goTo(line, focus = true) {
    const { from } = placed(this.#view.state.doc, { line });
    this.#view.dispatch({ selection: { anchor: from }, effects: EditorView.scrollIntoView(from, { y: "center" }) });
    if (focus) this.#view.focus();
  }

  focus() {
    this.#view.focus();
  }

  /** @param {string} text */
  #newState(text) {
    return EditorState.create({
      doc: text,
      extensions: [
        [lineNumbers(), lintGutter(), highlightActiveLine(), bracketMatching(), history(), search({ top: true })],
        [python(), indentUnit.of("    "), indentOnInput(), syntaxHighlighting(colours), look],
        this.#of.label.of(this.#attributes),
        this.#of.readOnly.of(EditorState.readOnly.of(this.#readOnly)),
        this.#of.wrapping.of(NARROW.matches ? EditorView.lineWrapping : []),
        this.#keys(),
        EditorState.changeFilter.of(({ startState, newDoc }) => {
          if (newDoc.length <= Math.max(MOST, startState.doc.length)) return true;
          this.dispatchEvent(new Event("refused"));
          return false;
        }),
        EditorView.updateListener.of((update) => {
          if (!update.docChanged) return;
          update.view.setTabFocusMode(false);
          this.#list(); // lines have moved
          this.dispatchEvent(new Event("change"));
        }),
      ],
    });
  }

  #keys() {
    return [
      keymap.of([
        // CodeMirror's own way out lasts two seconds, which isn't enough for everybody.
        { key: "Escape", run: (view) => (view.setTabFocusMode(true), false) },
        { key: "F8", run: nextDiagnostic },
        { key: "Mod-Enter", run: () => (this.dispatchEvent(new Event("run")), true) },
        ...searchKeymap,
        ...historyKeymap,
        ...defaultKeymap,
        indentWithTab,
      ]),
      EditorView.domEventHandlers({
        blur: (_event, view) => view.setTabFocusMode(false),
        drop: (event) => event.dataTransfer?.types.includes("Files") ?? false, // the page takes files
      }),
    ];
  }

  get #attributes() {
    return EditorView.contentAttributes.of({
      "aria-label": this.#label,
      "aria-describedby": "help problem-list",
      tabindex: "0", // not all tools know that what can be edited can be focused
    });
  }

  /** As it is to be now. */
  #setUp() {
    this.#view.dispatch({
      effects: [
        this.#of.label.reconfigure(this.#attributes),
        this.#of.readOnly.reconfigure(EditorState.readOnly.of(this.#readOnly)),
        this.#of.wrapping.reconfigure(NARROW.matches ? EditorView.lineWrapping : []),
      ],
    });
  }

  #help() {
    const help = element("p", HELP);
    help.id = "help";
    help.part.add("help");
    return help;
  }

  #problemsBox() {
    const box = element("div");
    this.#problems.id = "problem-list";
    this.#problems.part.add("problem-list");
    box.role = "status";
    box.ariaLabel = "Problems";
    box.append(this.#problems);
    return box;
  }

  /** Says what is marked, each with a button that leads there. */
  #list() {
    const { state } = this.#view;
    /** @type {{line: number, message: string}[]} */
    const found = [];
    forEachDiagnostic(state, ({ message }, from) => void found.push({ line: state.doc.lineAt(from).number, message }));
    const shown = JSON.stringify(found);
    if (this.#problems.dataset.shown === shown) return; // else it would be read out at each letter
    this.#problems.dataset.shown = shown;
    this.#problems.hidden = found.length === 0;
    this.#problems.replaceChildren(
      ...found.map(({ line, message }) => {
        const item = element("li");
        const button = element("button", `Line ${line}`);
        button.type = "button";
        button.part.add("to-problem");
        button.addEventListener("click", () => this.goTo(line));
        item.append(button, `: ${message}`);
        return item;
      }),
    );
  }
}
