/**
 * How many cores a large model may use, where the browser lets several work on one.
 * Not about what they do: worker/cores.js.
 */

import { chosenCores, rememberCores } from "../kept/cores.js";
import { byId } from "../page/dom.js";

const MOST = 8; // a batch is shared out in no more parts

/** @param {import("../page/client.js").Client} client */
export function offerCores(client) {
  const there = Math.min(MOST, navigator.hardwareConcurrency);
  if (!crossOriginIsolated || there < 2) return;
  const field = /** @type {HTMLSelectElement} */ (byId("cores"));
  const counts = Array.from({ length: there }, (_, i) => String(i + 1));
  field.append(new Option("Automatic", ""), ...counts.map((count) => new Option(count, count)));
  const tell = () => void client.call("allowCores", field.value ? Number(field.value) : null);
  const chosen = chosenCores();
  if (chosen) {
    field.value = String(Math.min(chosen, there));
    tell();
  }
  client.addEventListener("restarted", tell);
  field.addEventListener("change", () => {
    rememberCores(field.value ? Number(field.value) : null);
    tell();
  });
  byId("cores-field").hidden = false;
}
