/**
 * What a first visit can do without, of Python's library and of our package: brings it when a
 * module of it is imported. Not about which modules those are, nor about how Python finds
 * them: tools/tab/.
 */

import { address } from "../page/site.js";
import { LATER, REST } from "./archives.js";

/** @typedef {import("pyodide").PyodideAPI} PyodideAPI */

/**
 * Lets Python have them when it first needs one. An import can't wait, so they come while it
 * stands still; after a visit from what is kept.
 * @param {PyodideAPI} python
 * @param {Site} site
 */
export function bringWhenNeeded(python, { later, rest }) {
  /** @type {Record<string, string>} */
  const addresses = { [LATER]: later, [REST]: rest };
  const { finder } = python.pyimport("fetched_later");
  finder.bring = (/** @type {string} */ archive) => {
    python.FS.writeFile(archive, load(addresses[archive] ?? ""));
  };
  finder.destroy();
}

/** @param {string} path */
function load(path) {
  const request = new XMLHttpRequest();
  request.open("GET", address(path), false);
  request.responseType = "arraybuffer";
  request.send();
  if (request.status !== 200) throw new Error(`${path.split("?")[0]} did not come (HTTP ${request.status}).`);
  return new Uint8Array(request.response);
}

/**
 * What our package may import soon, while there is time.
 * @param {PyodideAPI} python
 * @param {Site} site
 */
export async function bringLater(python, site) {
  if (python.FS.analyzePath(LATER).exists) return;
  const response = await fetch(address(site.later));
  if (!response.ok) return; // it is asked for again, and told, when it is needed
  const bytes = new Uint8Array(await response.arrayBuffer());
  python.FS.writeFile(LATER, bytes);
}
