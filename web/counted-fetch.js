/**
 * Counts the bytes that arrive through fetch, for a progress bar, turns a missing
 * file into an error that names it, and lets nothing be fetched from elsewhere.
 *
 * Pyodide fetches its own files and tells nobody how far it is, and where one is
 * missing its promise never settles (pyodide#6288).
 */

/** @param {(bytes: number) => void} onBytes told the sum so far, each time that it grows */
export function countFetches(onBytes) {
  const plainFetch = self.fetch.bind(self);
  let bytes = 0;
  self.fetch = async (input, options) => {
    const url = new URL(String(input instanceof Request ? input.url : input), self.location.href);
    const file = url.pathname.split("/").pop();
    // The page's security policy doesn't bind a worker; this is its share of the promise.
    if (url.origin !== self.location.origin) return missing(`${url.origin} is not this site.`);
    /** @type {Response} */
    let response;
    try {
      response = await plainFetch(input, options);
    } catch (error) {
      return missing(`${file} could not be loaded: ${/** @type {Error} */ (error).message}.`);
    }
    if (!response.ok) return missing(`${file} could not be loaded (HTTP ${response.status}).`);
    // A copy is counted: browsers keep compiled WebAssembly only for the response itself.
    void count(response.clone()).catch(() => missing(`The connection broke while loading ${file}.`));
    return response;
  };

  /** @param {Response} response */
  async function count(response) {
    const reader = response.body?.getReader();
    for (let chunk = await reader?.read(); chunk && !chunk.done; chunk = await reader?.read()) {
      bytes += chunk.value.length;
      onBytes(bytes);
    }
  }
}

/**
 * Throws where the caller sees it, and once more where nobody catches it: whoever
 * waits for loadPyodide would else never hear of it.
 * @param {string} message
 * @returns {never}
 */
function missing(message) {
  const error = new Error(message);
  void Promise.reject(error);
  throw error;
}
