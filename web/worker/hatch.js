/**
 * The first script of the worker that runs changed code. That worker's origin is nobody's,
 * so it can load nothing: this takes the modules that it is handed and puts them together.
 * Not about what they do: confined.js. It imports nothing itself, and is not imported.
 */

/** @typedef {{path: string, text: string, imports: [specifier: string, path: string][]}} Linked */

self.onmessage = async ({ data: { modules, files }, ports: [port] }) => {
  self.onmessage = null;
  /** @type {Map<string, string>} */
  const addresses = new Map();
  let entry = "";
  for (const { path, text, imports } of /** @type {Linked[]} */ (modules)) {
    let code = text;
    for (const [specifier, imported] of imports) {
      code = code.replaceAll(`from "${specifier}"`, () => `from "${addresses.get(imported)}"`);
    }
    // Written in the address itself: a blob's would be nobody's in WebKit, which lets no one have it.
    entry = `data:text/javascript;charset=utf-8,${encodeURIComponent(`${code}\n//# sourceURL=${path}`)}`;
    addresses.set(path, entry);
  }
  try {
    const { main } = await import(entry); // the last: it imports the others
    await main(files, port);
  } catch (error) {
    const { name, message, stack = "" } = /** @type {Error} */ (error);
    port?.postMessage({ event: "failed", detail: { name, message, field: "", file: "", line: 0, traceback: stack } });
  }
};
