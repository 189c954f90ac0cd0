/**
 * A module of the site with all that it imports, each checked, for workers: browsers check the
 * modules of a page, but not theirs. As texts for a worker that can put them together and load
 * nothing (worker/hatch.js), or put together here. Only what this site's own modules do:
 * importing from a relative address.
 */

import { checkedText } from "./checked.js";
import { address } from "./site.js";

/** @typedef {import("../worker/hatch.js").Linked} Linked */

/**
 * @param {string} entry its path from the site's root
 * @param {(bytes: number) => void} [onBytes] told how many more have come
 * @returns {Promise<Linked[]>} each after all that it imports
 */
export async function linked(entry, onBytes) {
  /** @type {Map<string, Promise<Linked>>} */
  const modules = new Map();
  /** @param {string} path */
  const collect = async (path) => {
    if (modules.has(path)) return;
    const module = read(path, onBytes);
    modules.set(path, module);
    await Promise.all((await module).imports.map(([, imported]) => collect(imported)));
  };
  await collect(entry);
  return inOrder(entry, await all(modules));
}

/**
 * @param {string} path
 * @param {(bytes: number) => void} [onBytes]
 */
async function read(path, onBytes) {
  // Where it lies it will not be able to tell from its own address.
  const text = (await checkedText(path, onBytes)).replaceAll("import.meta.url", () => JSON.stringify(address(path)));
  const found = [...text.matchAll(/\bfrom "(\.{1,2}\/[^"]+)"/g)].map(([, specifier = ""]) => specifier);
  /** @type {Linked["imports"]} */
  const imports = [...new Set(found)].map((specifier) => [specifier, resolved(specifier, path)]);
  return { path, text, imports };
}

/**
 * @param {string} specifier
 * @param {string} path of the module in which it stands
 */
function resolved(specifier, path) {
  return new URL(specifier, `file:///${path}`).pathname.slice(1);
}

/** @param {Map<string, Promise<Linked>>} modules */
async function all(modules) {
  return new Map((await Promise.all(modules.values())).map((module) => [module.path, module]));
}

/**
 * @param {string} entry
 * @param {Map<string, Linked>} modules
 */
function inOrder(entry, modules) {
  /** @type {Set<Linked>} */
  const ordered = new Set();
  /** @param {string} path */
  const add = (path) => {
    const module = /** @type {Linked} */ (modules.get(path));
    if (ordered.has(module)) return;
    for (const [, imported] of module.imports) add(imported);
    ordered.add(module);
  };
  add(entry);
  return [...ordered];
}

/**
 * @param {string} entry its path from the site's root
 * @param {(bytes: number) => void} [onBytes] told how many more have come
 * @returns {Promise<string>} an address under which it can be started, for as long as the page is there
 */
export async function assembled(entry, onBytes) {
  /** @type {Map<string, string>} */
  const addresses = new Map();
  for (const { path, text, imports } of await linked(entry, onBytes)) {
    let code = text;
    for (const [specifier, imported] of imports) {
      code = code.replaceAll(`from "${specifier}"`, () => `from "${addresses.get(imported)}"`);
    }
    // By that name errors and developer tools tell of it.
    const named = [code, `\n//# sourceURL=${address(path)}\n`];
    addresses.set(path, URL.createObjectURL(new Blob(named, { type: "text/javascript" })));
  }
  return addresses.get(entry) ?? "";
}
