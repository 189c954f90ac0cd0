/**
 * What a worker says that runs changed code, taken only where it has the shape that it must
 * have: who has found a way around Python's walls finds the page as careful as before.
 */

const MOST = 100_000; // characters of a string
const MOST_BYTES = 400_000_000; // of a saved run, which is whole in memory here
const MOST_OF_TWIN = 30_000_000; // characters: a text, and its program
const MOST_OF_LINK = 40_000; // characters
const MOST_LISTED = 1000;
/** Losses of a run: no plan has more steps. */
export const MOST_STEPS = 1_000_000;

/** @typedef {(value: any) => any} Check gives what is taken, or throws */

/** @param {string} type @returns {Check} */
function kind(type) {
  return (value) => {
    if (typeof value !== type) throw new TypeError(`not a ${type}`);
    return value;
  };
}

const number = kind("number");
const boolean = kind("boolean");
/** What can be shown as a length or a place. @type {Check} */
const count = (value) => {
  if (!Number.isSafeInteger(value) || value < 0) throw new TypeError("not a count");
  return value;
};
/** @type {Check} */
const string = (value) => {
  if (kind("string")(value).length > MOST) throw new TypeError("too long a string");
  return value;
};
/** @type {Check} */
const maybe = (value) => (value === null ? null : number(value));
/** @param {number} most @returns {Check} */
const floats = (most) => (value) => {
  if (!(value instanceof Float64Array) || value.length > most) throw new TypeError("not an array of numbers");
  return value;
};
/** @type {Check} */
const numbers = (value) => {
  // Its length first: a list can be long with nothing in it.
  if (!Array.isArray(value) || value.length > MOST_LISTED) throw new TypeError("not a list of so many");
  return value.map(number);
};
/** @type {Check} */
const settings = (value) => {
  if (Object.getPrototypeOf(value) !== Object.prototype || Object.keys(value).length > MOST_LISTED) throw new TypeError("no settings");
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, typeof each === "string" ? string(each) : number(each)]));
};

/** @type {{[F in keyof Progress]: Check}} */
const PROGRESS = {
  ...{ step: count, steps: count, losses: floats(MOST_STEPS), seconds: number, steps_per_second: number },
  ...{ seconds_left: number, ending: string, problem: string },
};

/** @type {{[E in Exclude<keyof ConfinedEvents, "quiet">]: {[F in keyof ConfinedEvents[E]]: Check}}} */
const EVENTS = {
  up: {},
  printed: { line: string },
  progress: PROGRESS,
  sampled: { text: string, in_text: string, ticket: number },
  learning: {
    ...{ steps: numbers, holdout: floats(MOST_LISTED), documents: count, kept_out: boolean, learned: boolean },
    ...{ complete: boolean, guess: number, letters: maybe, pairs: maybe },
  },
  linking: { doing: string },
  failed: { name: string, message: string, field: string, file: string, line: number, traceback: string },
  again: PROGRESS,
};

/** @type {{[F in keyof Finding]: Check}} */
const FINDING = { name: string, verdict: string, words: string };

/** @type {{[F in keyof Unseen]: Check}} */
const UNSEEN = { documents: count, loss: number };

/** @type {{[F in keyof RunReport]: Check}} */
const RUN = {
  ...{ name: string, parameters: count, vocabulary_size: count, training_documents: count },
  ...{ holdout_documents: count, step: count, steps: count, began_at: count, hyperparameters: settings },
  ...{ engine: string, note: string, flop_per_step: number, follows_recipe: boolean },
};

/**
 * @param {Record<string, Check>} shape
 * @param {any} value
 */
function taken(shape, value) {
  return Object.fromEntries(Object.entries(shape).map(([field, check]) => [field, check(value[field])]));
}

/**
 * @param {string} event
 * @param {unknown} detail
 * @returns {any} the detail, and nothing else
 */
export function heard(event, detail) {
  if (!Object.hasOwn(EVENTS, event)) throw new TypeError(`no such event: ${event}`);
  return taken(EVENTS[/** @type {keyof typeof EVENTS} */ (event)], detail);
}

/** @param {unknown} report @returns {RunReport} */
export function heardRun(report) {
  return /** @type {any} */ (taken(RUN, report));
}

/** @param {Check} check @returns {Check} */
function listed(check) {
  return (value) => {
    if (!Array.isArray(value)) throw new TypeError("not a list");
    return value.slice(0, MOST_LISTED).map(check);
  };
}

/** None of several, where it was called off. @param {Record<string, Check>} shape @returns {Check} */
function orNull(shape) {
  return (value) => (value === null ? null : taken(shape, value));
}

/** @type {Check} */
const nothing = () => undefined;

/** @type {Check} */
const bytes = (value) => {
  if (!(value instanceof Uint8Array) || value.byteLength > MOST_BYTES) throw new TypeError("not a file");
  return value;
};

/** @type {Check} */
const program = (value) => {
  if (kind("string")(value).length > MOST_OF_TWIN) throw new TypeError("too long for a program");
  return value;
};

/** What stands behind the # of a link, and nothing of where that leads. @param {"m" | "r"} letter @returns {Check} */
function fragment(letter) {
  return (value) => {
    const found = string(value).split("#")[1] ?? "";
    if (!RegExp(`^${letter}=[\\w-]{10,${MOST_OF_LINK}}$`).test(found)) throw new TypeError("not a link");
    return `#${found}`;
  };
}

/** @type {{[F in keyof RecipeReport]: Check}} */
const RECIPE = { address: fragment("r"), characters: number, example: string };

/** @type {{[F in keyof LinkReport]: Check}} */
const LINK = {
  ...{ address: fragment("m"), characters: number, provenance: string, loss: maybe, loss_in_link: maybe },
  ...{ documents: count, unseen: boolean, measured_on: string, faithful: boolean, samples: listed(string) },
  ...{ own_samples: listed(string), n_embd: count, own_n_embd: count },
};

/** @type {{[M in keyof ConfinedMethods]: Check}} */
const ANSWERS = {
  ...{ begin: heardRun, pause: nothing, resume: nothing, sample: nothing, stopAgain: nothing },
  ...{ unseen: orNull(UNSEEN), again: orNull(PROGRESS), againUnseen: orNull(UNSEEN) },
  checkGradients: listed((each) => taken(FINDING, each)),
  ...{ saveRun: bytes, twin: program, recipe: (value) => taken(RECIPE, value), link: orNull(LINK) },
  recipeOutcome: (value) => taken({ same: boolean, step: count }, value),
};

/**
 * @template {keyof ConfinedMethods} M
 * @param {M} method that was called
 * @param {unknown} answer
 * @returns {any} it, and nothing else
 */
export function heardAnswer(method, answer) {
  return ANSWERS[method](answer);
}

/** @param {unknown} problem @returns {CodeProblem} */
export function heardProblem(problem) {
  return heard("failed", problem);
}
