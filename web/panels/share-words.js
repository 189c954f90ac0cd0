/**
 * What is said of a link that was made: what it costs, what is in it, where it fits. Not about
 * making it, nor about where that is shown.
 */

import { element } from "../page/dom.js";
import { counted, grouped } from "../page/format.js";

/** How many characters a message can have, by the programs' own documentation. */
const PROGRAMS = [
  { name: "Discord", characters: 2000 },
  { name: "Slack", characters: 4000 },
  { name: "Telegram", characters: 4096 },
  { name: "WhatsApp", characters: 65_536 },
];
/** Of a recipe's link: browsers take far more, people and programs don't. */
export const RECIPE_CHARACTERS = 32_000;
const DIGITS = 4; // of a loss in nats: what the measuring is good for
const UNSEEN = 0.005; // nats that nobody could tell from none

/** @param {LinkReport} report */
export function costs(report) {
  const { faithful, loss, n_embd, own_n_embd, provenance } = report;
  const lines = [element("p", verdict(report), faithful || loss == null ? "" : "warning")];
  if (n_embd !== own_n_embd) {
    const what = `It is a smaller model, ${n_embd} wide in place of ${own_n_embd}, which was trained on the same text for this link.`;
    lines.push(element("p", what));
  }
  if (loss != null) lines.push(element("p", measured(report)));
  lines.push(element("p", `It says where it comes from: “${provenance}”. The text is not in it.`));
  return lines;
}

/** What is lost, as one would say it. @param {LinkReport} report */
function verdict({ loss, loss_in_link, faithful }) {
  if (loss == null || loss_in_link == null) {
    return "What it costs can't be measured: there is no text here that the model can read.";
  }
  if (!Number.isFinite(loss)) return "Its loss can't be computed any more: training has spoilt this model.";
  const lost = loss_in_link - loss;
  if (lost < -UNSEEN) {
    return "The model in this link does better on these lines than this one, which hasn't learned enough yet. Go on training it first.";
  }
  if (faithful) {
    return lost < UNSEEN
      ? "The model in this link is as good as this one."
      : "The model in this link is nearly as good as this one: what is lost is too little to be seen.";
  }
  const torn = (/** @type {number} */ nats) => Math.exp(nats).toFixed(1);
  return (
    `⚠ The model in this link is worse than this one: before each character it wavers between ${torn(loss_in_link)} ` +
    `on average, this one between ${torn(loss)}. Choose more characters, the recipe, or a file.`
  );
}

/** @param {LinkReport} report */
function measured({ loss, loss_in_link, documents, unseen, measured_on }) {
  const whose = measured_on ? `of ${measured_on}${unseen ? " that it never learned from" : ""}` : "that it made up itself";
  const [here, there] = [loss, loss_in_link].map((nats) => Number(nats).toFixed(DIGITS));
  return `Loss on ${counted(documents, "line")} ${whose}: ${here} as it is, ${there} in the link.`;
}

/** @param {RecipeReport} report */
export function contents({ example }) {
  return [
    element("p", "The page trains the same model again, to the last bit: it keeps all of it."),
    element(
      "p",
      example
        ? "The text is one of this page's examples, so the link has only its name."
        : "The text itself is in it: whoever has the link can read it.",
    ),
  ];
}

/** @param {number} characters */
export function length(characters) {
  const fits = PROGRAMS.filter((program) => characters <= program.characters);
  const not = PROGRAMS.filter((program) => characters > program.characters);
  const names = (/** @type {typeof PROGRAMS} */ programs) =>
    programs.map((p) => `${p.name} (${grouped(p.characters)})`).join(", ");
  const line = element("p");
  line.append(element("strong", `${counted(characters, "character")}.`));
  if (fits.length) line.append(` Fits a message in ${names(fits)}.`);
  if (not.length) line.append(` Too long for ${names(not)}.`);
  return line;
}
