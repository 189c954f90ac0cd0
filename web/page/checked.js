/**
 * A file of the site as the build has made it, or an error that names it. What comes is held
 * against the hash that index.html has of it, and where it isn't that, fetched once more,
 * past whatever keeps files on the way. Modules and styles of the page are checked by the
 * browser itself, by the same hashes; where one fails, guard.js says so.
 */

import { address } from "./site.js";

/** In which service-worker.js says what it has found a file to be when it kept it. */
const KEPT_AS = "Kept-As";

/** From "./" and a path to "sha256-" and a hash. @type {Record<string, string> | null} */
let known = null;

function hashes() {
  const map = document.querySelector("script[type=importmap]")?.textContent;
  return (known ??= /** @type {Record<string, string>} */ (JSON.parse(map || "{}").integrity ?? {}));
}

/**
 * @template T
 * @param {string} path from the site's root; a query may follow, of which nothing depends
 * @param {(response: Response) => Promise<T>} use what is made of it, which nobody gets unless it is whole
 * @param {(bytes: number) => void} [onBytes] told how many more have come
 * @returns {Promise<T>}
 */
export async function checked(path, use, onBytes = () => {}) {
  try {
    return await once(path, "default", use, onBytes);
  } catch {
    return once(path, "reload", use, onBytes);
  }
}

/**
 * @param {string} path
 * @param {(bytes: number) => void} [onBytes]
 */
export function checkedText(path, onBytes) {
  return checked(path, (response) => response.text(), onBytes);
}

/** @param {string} path */
export function readJson(path) {
  return checked(path, (response) => response.json());
}

/**
 * @template T
 * @param {string} path
 * @param {RequestCache} cache
 * @param {(response: Response) => Promise<T>} use
 * @param {(bytes: number) => void} onBytes
 */
async function once(path, cache, use, onBytes) {
  const name = path.split("?")[0] ?? path;
  const expected = hashes()[`./${name}`] ?? "";
  // On plain http browsers hash nothing for us, but what they fetch they check, and say no more.
  const integrity = crypto.subtle ? "" : expected;
  const response = await fetch(address(path), { cache, integrity }).catch(() => null);
  if (!response?.ok) throw new Error(`${name} could not be loaded${response ? ` (HTTP ${response.status})` : ""}.`);
  const copy = response.clone(); // browsers keep compiled WebAssembly only for the response itself
  const used = use(response);
  used.catch(() => {}); // what isn't whole may make no sense: the hash tells why
  const bytes = await arrived(copy, name, onBytes);
  const isKnown = integrity || response.headers.get(KEPT_AS) === expected;
  if (!isKnown && (await hash(bytes)) !== expected) {
    throw new Error(`${name} has arrived damaged, or is of another version of this page.`);
  }
  return used;
}

/**
 * @param {Response} response
 * @param {string} name of the file
 * @param {(bytes: number) => void} onBytes
 */
async function arrived({ body }, name, onBytes) {
  /** @type {Uint8Array<ArrayBuffer>[]} */
  const chunks = [];
  try {
    const reader = body?.getReader();
    for (let chunk = await reader?.read(); chunk && !chunk.done; chunk = await reader?.read()) {
      chunks.push(chunk.value);
      onBytes(chunk.value.length);
    }
  } catch {
    throw new Error(`The connection broke while ${name} was loading.`);
  }
  return chunks;
}

/** @param {Uint8Array<ArrayBuffer>[]} chunks */
async function hash(chunks) {
  const digest = await crypto.subtle.digest("SHA-256", await new Blob(chunks).arrayBuffer());
  return `sha256-${btoa(String.fromCharCode(...new Uint8Array(digest)))}`;
}
