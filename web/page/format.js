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

/** Digits after the point, of nats: of a letter or a line … */
export const NATS = 2;
/** … and of a mean over lines, or a change of it, where little things are to be told apart. */
export const FINE_NATS = 4;

/** With a real minus: −0.42; "–" of what is no number. @param {number} number @param {number} [digits] after the point */
export function fixed(number, digits = NATS) {
  if (!Number.isFinite(number)) return "–";
  const written = Math.abs(number).toFixed(digits);
  return `${number < 0 && Number(written) ? "−" : ""}${written}`;
}

/** The same with its sign: +0.065. @param {number} number @param {number} [digits] after the point */
export function signed(number, digits = NATS) {
  const written = fixed(number, digits);
  if (/^[−–]/.test(written)) return written;
  return `${Number(written) ? "+" : "±"}${written}`; // what is too little to have a sign has both
}

/** So many figures, enough to compare: 0.05120, −3.142, 12,400. @param {number} number @param {number} [count] */
export function figures(number, count = 4) {
  if (!Number.isFinite(number)) return "–";
  if (Number.isInteger(number) && Math.abs(number) < 1e6) return grouped(number + 0).replace("-", "−"); // no −0
  const large = Math.abs(number) >= 10 ** count && Math.abs(number) < 1e6;
  return (large ? grouped(Math.round(number)) : number.toPrecision(count)).replaceAll("-", "−");
}

/** The same with its sign. @param {number} number */
export function signedFigures(number) {
  const written = figures(number);
  return /^[−–]/.test(written) ? written : `+${written}`;
}

/** As "34 %", "4.1 %". @param {number} share */
export function percent(share) {
  if (!Number.isFinite(share)) return "–";
  if (share > 0 && share < 0.0005) return "< 0.1 %";
  return `${share >= 0.0995 || share === 0 ? Math.round(100 * share) : (100 * share).toFixed(1)} %`;
}

/** @param {string} sentence */
export function capital(sentence) {
  return sentence.charAt(0).toUpperCase() + sentence.slice(1);
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
