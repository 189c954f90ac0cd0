/** The link in the page's address: what stands behind the #, if that is one. */

/** The link, or "" where there is none, or only the name of a place on this page. */
export function linkInAddress() {
  const link = decoded(location.hash);
  return document.getElementById(link.slice(1)) ? "" : link;
}

/** Takes it out of the address: there it would be a false name for another model. */
export function forgetLink() {
  if (location.hash) history.replaceState(null, "", location.pathname + location.search);
}

/**
 * Browsers write what can't stand in an address as %…; chat programs add such things to links.
 * @param {string} hash
 */
function decoded(hash) {
  try {
    return decodeURIComponent(hash);
  } catch {
    return hash;
  }
}
