/** A page that knows the hashes of the site's files, for modules that are tested without one. */

import { createHash } from "node:crypto";
import { readdirSync, readFileSync, statSync } from "node:fs";

/** @param {string | Uint8Array} data */
export function hash(data) {
  return `sha256-${createHash("sha256").update(data).digest("base64")}`;
}

/**
 * @param {URL} site its folder
 * @param {Record<string, string>} [more] hashes of other files
 */
export function knowing(site, more = {}) {
  const integrity = Object.fromEntries(
    readdirSync(site, { recursive: true })
      .map((path) => String(path).replaceAll("\\", "/"))
      .filter((path) => statSync(new URL(path, site)).isFile())
      .map((path) => [`./${path}`, hash(readFileSync(new URL(path, site)))]),
  );
  // Pyodide's files, which the build adds, are empty here.
  for (const file of ["pyodide.mjs", "pyodide.asm.mjs"]) integrity[`./pyodide/${file}`] = hash("");
  const textContent = JSON.stringify({ integrity: { ...integrity, ...more } });
  globalThis.document = /** @type {any} */ ({ querySelector: () => ({ textContent }) });
}
