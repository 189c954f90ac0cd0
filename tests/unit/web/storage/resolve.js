/** Finds for Node the libraries that the built site has beside the page's folders. */

/** @param {string} specifier @param {any} context @param {any} next */
export function resolve(specifier, context, next) {
  return next(specifier === "../idb/index.js" ? "idb" : specifier, context);
}
