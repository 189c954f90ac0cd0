/**
 * Counts the bytes that arrive through fetch, for a progress bar, turns a file that
 * is missing or cut short into an error that names it, and lets nothing be fetched
 * from elsewhere.
 *
 * Pyodide fetches its own files and tells nobody how far it is, and where one is
 * missing its promise never settles (pyodide#6288).
 */

import { address } from "../page/site.js";

/** What went wrong with a file, which says more than what Python makes of it. @type {Error | null} */
export let fetchProblem = null;

/** Whether Python is still loading: nobody must wait for that in vain, see `broken`. */
let loading = true;

/** Python is up: from here on whoever fetches hears of a failure, and nobody else has to. */
export function loaded() {
  loading = false;
}

/**
 * @param {Record<string, number>} files the bytes of those that are expected, by path
 * @param {(bytes: number) => void} onBytes told the sum so far, each time that it grows
 */
export function countFetches(files, onBytes) {
  const plainFetch = self.fetch.bind(self);
  let bytes = 0;
  self.fetch = async (input, options) => {
    const url = new URL(String(input instanceof Request ? input.url : input), self.location.href);
    const path = url.href.replace(address(""), "").replace(url.search, "");
    // The page's security policy doesn't bind a worker; this is its share of the promise.
    if (url.origin !== self.location.origin) return broken(`${url.origin} is not this site.`);
    /** @type {Response} */
    let response;
    try {
      response = await plainFetch(input, options);
    } catch (error) {
      return broken(`${path} could not be loaded: ${/** @type {Error} */ (error).message}.`);
    }
    if (!response.ok) return broken(`${path} could not be loaded (HTTP ${response.status}).`);
    if (!loading) return response;
    // A copy is counted: browsers keep compiled WebAssembly only for the response itself.
    void count(response.clone()).then(
      (length) => {
        const expected = files[path] ?? length;
        if (length !== expected) broken(`${path} arrived with ${length} of ${expected} bytes.`);
      },
      () => broken(`The connection broke while ${path} was loading.`),
    );
    return response;
  };

  /** @param {Response} response */
  async function count(response) {
    let length = 0;
    const reader = response.body?.getReader();
    for (let chunk = await reader?.read(); chunk && !chunk.done; chunk = await reader?.read()) {
      length += chunk.value.length;
      bytes += chunk.value.length;
      onBytes(bytes);
    }
    return length;
  }
}

/**
 * Throws where the caller sees it, and once more where nobody catches it: otherwise
 * whoever waits for loadPyodide would never hear of it.
 * @param {string} message
 * @returns {never}
 */
function broken(message) {
  const problem = new Error(message);
  if (!loading) throw problem;
  fetchProblem ??= problem;
  void Promise.reject(fetchProblem);
  throw fetchProblem;
}
