/** Where Python looks for what it imports later: tools/tab/fetched_later.py. Not about how it comes there. */

/** Of Python's library what our package imports, and what else is in that. */
export const LATER = "/lib/later.zip";
/** What our package never imports. */
export const REST = "/lib/rest.zip";
