/** Numbers, times and names of files as the page writes them; in English, like all of it. */

/** @param {number} number */
export function grouped(number) {
  return number.toLocaleString("en-US");
}

/**
 * @param {number} number
 * @param {string} noun
 */
export function counted(number, noun) {
  return `${grouped(number)} ${noun}${number === 1 ? "" : "s"}`;
}

/** Three figures, enough to compare: 1,240, 88.1 or 0.52. @param {number} perSecond */
export function speed(perSecond) {
  return perSecond >= 100 ? grouped(Math.round(perSecond)) : perSecond.toPrecision(3);
}

/** As 1:02:03 or 2:03. @param {number} seconds */
export function duration(seconds) {
  if (!Number.isFinite(seconds)) return "–";
  const all = Math.round(seconds);
  const rest = String(all % 60).padStart(2, "0");
  const minutes = Math.floor(all / 60) % 60;
  const hours = Math.floor(all / 3600);
  return hours ? `${hours}:${String(minutes).padStart(2, "0")}:${rest}` : `${minutes}:${rest}`;
}

/** With its sign, a real minus: +0.065. @param {number} number @param {number} digits after the point */
export function signed(number, digits) {
  const written = Math.abs(number).toFixed(digits);
  return `${number < 0 && Number(written) ? "−" : "+"}${written}`;
}

/** How long something took: 0.021 s, 4.2 s, then as minutes. @param {number} seconds */
export function elapsed(seconds) {
  return seconds < 10 ? `${seconds.toPrecision(2)} s` : duration(seconds);
}

/** As "3 minutes ago", or "just now". @param {number} seconds */
export function ago(seconds) {
  if (seconds < 1) return "just now";
  /** @type {[Intl.RelativeTimeFormatUnit, number][]} */
  const units = [["day", 86_400], ["hour", 3600], ["minute", 60]];
  const [unit, length] = units.find(([, length]) => seconds >= length) ?? ["second", 1];
  return new Intl.RelativeTimeFormat("en").format(-Math.max(0, Math.floor(seconds / length)), unit);
}

/** @param {number} bytes */
export function megabytes(bytes) {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}

/** In round figures: 2 MB, 740 MB, 1.2 GB. @param {number} bytes */
export function size(bytes) {
  return bytes < 999.5e6 ? `${Math.max(1, Math.round(bytes / 1e6))} MB` : `${(bytes / 1e9).toFixed(1)} GB`;
}

/**
 * A name that every system takes: letters and digits of the text, at most 60.
 * @param {string} text may end in an extension, which is left out
 * @param {string} extension
 */
export function fileName(text, extension) {
  const words = text.replace(/\.\w+$/, "").match(/[\p{L}\p{N}]+/gu) ?? ["microgpt"];
  return `${words.join("-").toLowerCase().slice(0, 60)}.${extension}`;
}
