/**
 * Where the site lies. The only module that knows how deep it lies itself: all others
 * name files from the site's root, and may be moved.
 */

const ROOT = new URL("../", import.meta.url);

/**
 * The site's path, with a slash at both ends: part of the name of everything that is stored,
 * because several sites can share an origin, as projects of one person on GitHub do. What
 * browsers have kept is found by it, so it must stay the same from version to version.
 */
export const SITE_PATH = ROOT.pathname;

/** The full address of a file of the site, or of its root. @param {string} path from there */
export function address(path) {
  return new URL(path, ROOT).href;
}
