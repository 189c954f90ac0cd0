/**
 * What a first visit can do without, of Python's library and of our package: brings it when a
 * module of it is imported. Not about which modules those are, nor about how Python finds and
 * checks them: tools/tab/.
 */

import { address } from "../page/site.js";
import { LATER, REST } from "./archives.js";
import { withModule } from "./python.js";

/** @typedef {import("pyodide").PyodideAPI} PyodideAPI */

/** @type {PyodideAPI} */
let python;

/**
 * Lets Python have them when it first needs one. An import can't wait, so they come while it
 * stands still; after a visit from what is kept.
 * @param {PyodideAPI} started
 * @param {Site} site
 */
export function bringWhenNeeded(started, { later, rest }) {
  python = started;
  /** @type {Record<string, string>} */
  const addresses = { [LATER]: later, [REST]: rest };
  const { finder } = python.pyimport("fetched_later");
  finder.bring = (/** @type {string} */ archive, /** @type {boolean} */ again) => {
    python.FS.writeFile(archive, load(addresses[archive] ?? "", again));
  };
  finder.destroy();
}

/**
 * @param {string} path
 * @param {boolean} again past whatever keeps files on the way
 */
function load(path, again) {
  const request = new XMLHttpRequest();
  request.open("GET", address(path), false);
  if (again) request.setRequestHeader("Cache-Control", "no-cache");
  request.responseType = "arraybuffer";
  request.send();
  if (request.status !== 200) throw new Error(`${path.split("?")[0]} did not come (HTTP ${request.status}).`);
  return new Uint8Array(request.response);
}

/**
 * What our package may import soon, while there is time.
 * @param {Site} site
 */
export async function bringLater(site) {
  if (python.FS.analyzePath(LATER).exists) return;
  const response = await fetch(address(site.later)).catch(() => null);
  if (!response?.ok) return; // it is asked for again, and told, when it is needed
  const bytes = new Uint8Array(await response.arrayBuffer());
  python.FS.writeFile(LATER, bytes);
}

/**
 * Installs what few visitors need.
 * @param {string} wheel its path from the site's root
 */
export async function install(wheel) {
  const packages = await python.loadPackage("micropip", { messageCallback: () => {} });
  if (!packages.some(({ name }) => name === "micropip")) {
    throw new Error("micropip could not be loaded: its file is missing or was changed.");
  }
  return withModule("micropip", (micropip) => micropip.install(address(wheel)));
}
