/** What one tab tells the others of what is kept: that something has changed, or that what was deleted is back. */

import { SITE_PATH } from "../page/site.js";

/** @typedef {"changed" | "back"} News */

const channel = "BroadcastChannel" in globalThis ? new BroadcastChannel(`microgpt-in-a-tab ${SITE_PATH}`) : null;

/** @param {News} news */
export function announce(news) {
  channel?.postMessage(news);
}

/** @param {(news: News) => void} listener for what other tabs announce */
export function onNews(listener) {
  channel?.addEventListener("message", ({ data }) => listener(data));
}
