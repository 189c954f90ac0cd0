/**
 * The page's side of service-worker.js: registers it once Python is up, and says in
 * one line what has come of it. Not about what is kept and served: that is there.
 */

import { element } from "./dom.js";
import { address } from "./site.js";

/**
 * Where there can be no service worker (http on a local network, some private
 * windows), or where its files don't come, the page is what it was, only not offline.
 * @param {HTMLElement} note where the line stands
 */
export async function keepForOffline(note) {
  const { serviceWorker } = navigator;
  if (!serviceWorker) return;
  try {
    const script = address("service-worker.js");
    const registration = await serviceWorker.register(script, { updateViaCache: "none" });
    const button = element("button", "Reload", "quiet");
    button.type = "button";
    button.addEventListener("click", () => {
      serviceWorker.addEventListener("controllerchange", () => location.reload());
      registration.active?.postMessage("renew");
    });
    serviceWorker.addEventListener("message", () => {
      note.replaceChildren("A new version is ready. Close the other tabs with this page, then: ", button);
    });
    const show = () => void describe(registration, note, button);
    registration.addEventListener("updatefound", () => {
      registration.installing?.addEventListener("statechange", show);
    });
    registration.installing?.addEventListener("statechange", show);
    show();
  } catch {
    // Nothing that the visitor asked for has failed.
  }
}

/**
 * @param {ServiceWorkerRegistration} registration
 * @param {HTMLElement} note
 * @param {HTMLElement} button
 */
async function describe({ waiting, active }, note, button) {
  if (waiting && active) {
    // It doesn't take over by itself while a page is open: a run would be lost.
    note.replaceChildren("A new version is ready. ", button);
  } else if (active && (await caches.match(address("manifest.json")))) {
    note.textContent = "It works offline now, too.";
  }
}
