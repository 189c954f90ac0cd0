/**
 * A module of the site with all that it imports, as texts, for a worker that can't load them
 * itself. Only what this site's own modules do: importing from a relative address. Not about how
 * they are put together there: worker/hatch.js.
 */

import { address } from "../page/site.js";

/** @typedef {import("../worker/hatch.js").Linked} Linked */

/**
 * @param {string} entry its path from the site's root
 * @returns {Promise<Linked[]>} each after all that it imports
 */
export async function linked(entry) {
  /** @type {Map<string, Promise<Linked>>} */
  const modules = new Map();
  /** @param {string} path */
  const collect = async (path) => {
    if (modules.has(path)) return;
    const module = read(path);
    modules.set(path, module);
    await Promise.all((await module).imports.map(([, imported]) => collect(imported)));
  };
  await collect(entry);
  return inOrder(entry, await all(modules));
}

/** @param {string} path */
async function read(path) {
  const text = await (await fetched(path)).text();
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

/** A file of the site, or an error that names it. @param {string} path */
export async function fetched(path) {
  const response = await fetch(address(path)).catch(() => null);
  if (!response?.ok) throw new Error(`${path} could not be loaded${response ? ` (HTTP ${response.status})` : ""}.`);
  return response;
}
