/**
 * The words of the field, each with a short explanation that opens at a press of its button.
 * `<button class="term" data-term="loss">loss</button>` in index.html is enough for one.
 */

import { element } from "./dom.js";

/** @type {Record<string, string>} */
const EXPLANATIONS = {
  attention:
    "The part that looks back. For each character it finds those before it that matter now, and mixes what they say.",
  bos: "The mark for the beginning of a line, and for its end. The model begins with it, and is done when it writes it.",
  embedding: "The numbers that stand for a character. Characters that behave alike end up with similar numbers.",
  gradient: "For each weight: how much the loss would change if that weight were a little larger. It says which way to nudge.",
  head: "One of several small attentions side by side. Each can look for something of its own.",
  "held-out loss": "The loss on lines that the model never learned from. If it rises while the other falls, lines are being learned by heart.",
  layer: "One round of looking back (attention) and thinking it over (MLP). Large models have a hundred of them.",
  logits: "The model's raw scores, one for each character that could come next. Softmax turns them into probabilities.",
  loss: "How surprised the model is, on average, by the character that really comes next. Lower is better.",
  MLP: "The part that thinks over what was found: a small network of neurons, for each position by itself.",
  nats: "The unit of the loss: the natural logarithm of the number of characters that the model is torn between. 3.30 nats is ln 27: no idea which of 27.",
  neuron: "One number within the MLP. It is 0 until what it answers to comes up, and then adds something of its own to the stream.",
  "principal components":
    "The directions in which the points differ most. Drawn along the first two, many dimensions become a map that loses least.",
  "residual stream":
    "The numbers that go along at each position. They begin as the embedding; attention and MLP each add to them, and at the end they become the logits.",
  seed: "The number that all random numbers follow from. The same seed, text and settings give the same model, to the last digit.",
  softmax: "Turns scores into probabilities: all become positive, and together they make 100 %.",
  temperature: "How daring the choice of the next character is. Near 0 the likeliest always wins; at 1 each comes as often as the model thinks; above that, the unlikely ones gain.",
  token: "What the model reads and writes, one at a time. Here a character; in large models a piece of a word.",
  weights: "The numbers that the model consists of, also called parameters. Learning changes them, and nothing else.",
};

let made = 0;

/**
 * Lets a button open an explanation, which stands after it.
 * @param {HTMLButtonElement} button
 * @param {...(string | Node)} content
 * @returns {HTMLElement} the explanation, to be named as a description
 */
export function explainedBy(button, ...content) {
  const explanation = element("span", "", "explanation");
  explanation.id = `explanation-${++made}`;
  explanation.popover = "auto";
  explanation.append(...content);
  button.type = "button";
  button.popoverTargetElement = explanation;
  button.after(explanation);
  return explanation;
}

/**
 * A small button with a question mark.
 * @param {string} about for those who don't see beside what it stands
 */
export function questionMark(about) {
  const button = element("button", "?", "why");
  button.append(element("span", ` about ${about}`, "hidden"));
  return button;
}

/** Gives every button with a `data-term` its explanation. */
export function explainTerms() {
  for (const button of /** @type {NodeListOf<HTMLButtonElement>} */ (document.querySelectorAll("button[data-term]"))) {
    const term = button.dataset.term ?? "";
    const text = EXPLANATIONS[term];
    if (!text) throw new Error(`The glossary has no ${term}.`);
    explainedBy(button, element("strong", term === "bos" ? "BOS" : term), " ", text);
  }
}
