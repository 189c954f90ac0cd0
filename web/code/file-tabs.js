/** The files of the algorithm as tabs, with what each is about and how it is. Not about their texts. */

import { byId, element } from "../page/dom.js";
import { Tabs } from "../page/tabs.js";

const list = byId("code-files");
const panel = byId("code-file");

/** @typedef {{tab: HTMLButtonElement, marks: HTMLElement, changed: boolean, wrong: boolean}} FileTab */

export class FileTabs {
  #select;
  /** @type {Map<string, FileTab>} */
  #files = new Map();
  /** @type {Tabs | null} */
  #tabs = null;

  /** @param {(file: string) => void} select the visitor wants another one */
  constructor(select) {
    this.#select = select;
  }

  /** @param {SourceFile[]} files */
  offer(files) {
    this.#files = new Map(files.map((file, index) => [file.name, fileTab(file, index)]));
    const tabs = [...this.#files.values()].map(({ tab }) => tab);
    list.replaceChildren(...tabs.map((tab, index) => withAbout(tab, files[index]?.about ?? "")));
    this.#tabs = new Tabs(tabs, (index) => this.#select(files[index]?.name ?? ""));
  }

  /** @param {string} file that is shown */
  select(file) {
    const index = [...this.#files.keys()].indexOf(file);
    this.#tabs?.mark(index);
    panel.setAttribute("aria-labelledby", `code-tab-${index}`);
  }

  /**
   * @param {string} file
   * @param {{changed?: boolean, wrong?: boolean}} marks those that are other than before
   */
  mark(file, marks) {
    const found = this.#files.get(file);
    if (!found) return;
    Object.assign(found, marks);
    found.tab.classList.toggle("changed", found.changed);
    found.tab.classList.toggle("wrong", found.wrong);
    const words = [found.changed && "changed", found.wrong && "error"].filter(Boolean).join(", ");
    if (found.marks.textContent !== words) found.marks.textContent = words;
  }
}

/**
 * @param {SourceFile} file
 * @param {number} index
 * @returns {FileTab}
 */
function fileTab({ name }, index) {
  const tab = element("button");
  tab.type = "button";
  tab.role = "tab";
  tab.id = `code-tab-${index}`;
  tab.setAttribute("aria-controls", panel.id);
  const marks = element("span", "", "file-marks");
  tab.append(element("span", name, "file-name"), " ", marks);
  return { tab, marks, changed: false, wrong: false };
}

/**
 * A tab with a text beside it that describes it, and isn't a part of what it is called.
 * @param {HTMLElement} tab
 * @param {string} about
 */
function withAbout(tab, about) {
  const box = element("div", "", "file-box");
  const described = element("p", about, "file-about");
  described.id = `${tab.id}-about`;
  tab.setAttribute("aria-describedby", described.id);
  box.append(tab, described);
  return box;
}
