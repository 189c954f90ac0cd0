/**
 * What crosses between the page, the worker and Python, and the modules that the build
 * puts beside ours. What Python answers is the same here as in session/reports.py,
 * settings.py and presets.py, field by field; tests/unit/web/test_types.py sees to that.
 */

declare module "*/uPlot.esm.js" {
  import uPlot from "uplot";
  export default uPlot;
}

declare module "*/idb/index.js" {
  export * from "idb";
}

declare module "*/pyodide.mjs" {
  export * from "pyodide";
}

declare module "*/codemirror/state.js" {
  export * from "@codemirror/state";
}

declare module "*/codemirror/view.js" {
  export * from "@codemirror/view";
}

declare module "*/codemirror/language.js" {
  export * from "@codemirror/language";
}

declare module "*/codemirror/lezer-highlight.js" {
  export * from "@lezer/highlight";
}

declare module "*/codemirror/commands.js" {
  export * from "@codemirror/commands";
}

declare module "*/codemirror/search.js" {
  export * from "@codemirror/search";
}

declare module "*/codemirror/lint.js" {
  export * from "@codemirror/lint";
}

declare module "*/codemirror/lang-python.js" {
  export * from "@codemirror/lang-python";
}

declare module "*/diff/line.js" {
  export { diffLines } from "diff";
}

interface Entry {
  name: string;
  type: "int" | "float" | "choice";
  default: number | string;
  minimum: number | null;
  maximum: number | null;
  choices: string[];
  unit: string;
  group: string;
  help: string;
}

/** dist/site.json, which the build makes from the Python package. */
interface Site {
  hyperparameters: Entry[];
  groups: string[];
  shape: string[];
  engines: Record<string, string>;
  maxBytes: number;
  maxSamples: number;
  presets: Preset[];
  /** What else our package imports, and what else is in it. */
  later: string;
  /** The library's other modules. */
  rest: string;
  /** Our package, for those who install it elsewhere. */
  wheel: string;
  qrWheel: string;
  /** How many bytes are loaded, as is shown, until Python is up. */
  loaded: number;
  maxQrCharacters: number;
  exampleHashes: Record<string, string>;
  /** Learning from favourites: session/favourites.py says what each is. */
  favourites: { most: number; fewest: number; steps: number; least_steps: number; most_steps: number };
}

/** What Python is started of. */
interface PythonParts {
  wasm: WebAssembly.Module;
  /** What a first visit needs of Python's library, and of our package. */
  stdlib: ArrayBuffer;
  lock: import("pyodide").Lockfile;
}

/** The first that the worker hears. */
interface WorkerBeginning {
  parts: PythonParts;
  site: Site;
  /** Where the workers for other cores are started from, "" where they can't share memory. */
  helper: string;
}

interface Preset {
  name: string;
  help: string;
  engine: string;
  hyperparameters: Record<string, number>;
}

/** What isn't named has its default. */
interface Settings {
  engine: string;
  hyperparameters: Record<string, number | string>;
}

/** A built-in text, as web/examples/index.json has it. */
interface Example {
  file: string;
  title: string;
  /** What its lines are, in the plural. */
  noun: string;
  note: string;
  source: string;
  /** What to look for when it has trained, as a sentence. */
  look_for: string;
  /** Found by measurement: tests/bench/examples.py. */
  settings: Settings;
  temperature: number;
}

interface Reading {
  encoding: string;
  documents: "" | "line" | "paragraph" | "column" | "running";
  column: string;
  normalize: boolean;
  lower_case: boolean;
  most_frequent: number;
  replacement: string;
  drop_repeated: boolean;
  split_long: boolean;
}

interface ReadingProgress {
  doing: string;
  share: number;
}

interface Counted {
  text: string;
  count: number;
}

interface EncodingPreview {
  encoding: string;
  label: string;
  first: string[];
}

interface TextReport {
  name: string;
  reading: Reading;
  columns: string[];
  documents: number;
  characters: number;
  vocabulary: string;
  longest: number;
  block_size_needed: number;
  notes: string[];
  first: string[];
  longest_document: string;
  rarest: Counted[];
  repeated: Counted[];
}

/** What a run would be, before it begins. */
interface Plan {
  parameters: number;
  memory: number;
  seconds: number | null;
  goes_round: number;
  learning_rate: number;
  problem: string;
  field: string;
}

interface RunReport {
  name: string;
  parameters: number;
  vocabulary_size: number;
  training_documents: number;
  holdout_documents: number;
  step: number;
  steps: number;
  began_at: number;
  hyperparameters: Record<string, number | string>;
  engine: string;
  note: string;
  flop_per_step: number;
  follows_recipe: boolean;
}

interface Progress {
  step: number;
  steps: number;
  losses: Float64Array;
  seconds: number;
  steps_per_second: number;
  seconds_left: number;
  ending: "" | "finished" | "stopped" | "diverged";
  problem: string;
}

interface Sample {
  text: string;
  in_text: "" | "line" | "beginning";
}

interface Wish {
  count: number;
  temperature: number;
  prefix: string;
  suffix: string;
  contains: string;
  without: string;
  min_length: number;
  max_length: number;
  new: boolean;
  unique: boolean;
  min_edits: number;
  written: "as_is" | "title" | "upper";
  likeliest: boolean;
}

/** A new document, and what is known of it: session/reports.py says what. */
interface Made {
  text: string;
  in_text: "" | "line" | "beginning";
  surprises: Float64Array;
  one_in: number;
  nearest: string;
  edits: number;
  typical: number;
  distinctive: number;
}

interface Making {
  made: Made[];
  found: number;
  draws: number;
  accepted: number;
  method: "draw" | "weigh" | "search";
  complete: boolean;
  reason: string;
}

type Order = "typical" | "distinctive" | "like" | "far" | "alphabet";

interface Novelty {
  probability: number;
  documents: number;
  complete: boolean;
}

interface Favourites {
  liked: string[];
  blocked: string[];
}

/** What could come next: a character, or "" for the line's end. */
interface Guess {
  character: string;
  probability: number;
}

/** The loss on lines that a run has not learned from, at the steps that were kept of it. */
interface Learning {
  steps: number[];
  holdout: Float64Array;
  documents: number;
  kept_out: boolean;
  learned: boolean;
  complete: boolean;
  guess: number;
  letters: number | null;
  pairs: number | null;
}

/** A sentence on a run, and what could be done about it. */
interface Remark {
  text: string;
  action: "" | "train_more" | "keep_best" | "whole_lines" | "hold_out" | "lower_rate";
  value: number;
  label: string;
}

/** What a file or a link has brought. */
interface ChangedFile {
  name: string;
  text: string;
}

interface ChangedCode {
  files: ChangedFile[];
  difference: string;
  problem: string;
  goes_on: boolean;
}

/** How far a file is that is being read, from 0 to 1. */
interface Opening {
  share: number;
}

interface Opened {
  kind: "model" | "run" | "recipe";
  changed: ChangedCode | null;
  provenance: string;
  text_name: string;
  /** What can't be done with a model of its size, or "". */
  note: string;
  parameters: number;
  vocabulary: string;
  hyperparameters: Record<string, number | string>;
  engine: string;
  text: TextReport | null;
  run: RunReport | null;
  progress: Progress | null;
  example: string;
  seconds_expected: number;
  longest_wait: number;
}

interface LinkReport {
  address: string;
  characters: number;
  provenance: string;
  loss: number | null;
  loss_in_link: number | null;
  documents: number;
  unseen: boolean;
  measured_on: string;
  faithful: boolean;
  samples: string[];
  own_samples: string[];
  n_embd: number;
  own_n_embd: number;
}

interface RecipeReport {
  address: string;
  characters: number;
  example: string;
}

interface RecipeOutcome {
  same: boolean;
  step: number;
}

interface RunFacts {
  name: string;
  step: number;
  steps: number;
  parameters: number;
  over: boolean;
  origin: string;
}

/** A curve in few points: nats at ascending steps. */
interface Points {
  steps: number[];
  nats: number[];
}

/** Hyperparameters, and the engine. */
type AllSettings = Record<string, number | string>;

/** What is kept beside a run in this browser, to be shown before Python is up. */
interface KeptRun extends RunFacts {
  /** Whether it was being trained. */
  going: boolean;
  /** When it was saved, as of Date.now(). */
  time: number;
  /** What is saved of it, without the text. */
  bytes: number;
  text_bytes: number;
  /** What the visitor calls it, or "". */
  title: string;
  /** Whether the visitor has said that it isn't to be offered when the page opens. */
  declined: boolean;
  /** How long it has trained; null where that isn't known. */
  seconds: number | null;
  settings: AllSettings | null;
  /** The run that this tab had before. */
  before: { name: string; settings: AllSettings } | null;
  /** Nats: the mean over the last steps. */
  loss: number | null;
  /** Means over equally many steps. */
  curve: Points;
  /** The loss on lines that it has not learned from. */
  unseen: Points;
  samples: string[];
}

/** What has become of keeping a run: done, or "full", "deleted", "closed", or a reason in words. */
type Kept = { id: string; about: KeptRun } | { problem: string };

interface SampleRequest {
  /** Comes back with each sample, so that those of an earlier request can be told apart. */
  ticket: number;
  count: number;
  temperature: number;
  prefix: string;
  original: boolean;
}

/** A file of the algorithm: session/code.py. */
interface SourceFile {
  name: string;
  about: string;
  text: string;
  lines: number;
}

interface SourceProblem {
  line: number;
  column: number;
  message: string;
}

/** What another session needs to train as the page's does. */
interface TextBeside {
  name: string;
  data: Uint8Array<ArrayBuffer>;
  reading: Reading;
  hyperparameters: Record<string, number | string>;
  of_run: boolean;
}

interface Unseen {
  documents: number;
  loss: number;
}

/** A run beside the page's own: the original's, for a changed one, or that with another seed. */
type WhichBeside = "original" | "again";

/** What the page can ask of the worker, and what comes back. */
/** What was opened, and its text as another session can load it. */
type Brought = Opened & { own: TextBeside | null };

interface Methods {
  /** Answered as soon as anything is. */
  isThere(): void;
  /** Null where something was opened meanwhile, and brought its own text. */
  load(data: ArrayBuffer, name: string, blockSize: number, reading: Partial<Reading>): TextReport | null;
  /** The bytes that came last, also those that were refused, read in another way. */
  readAgain(reading: Partial<Reading>, blockSize: number): TextReport | null;
  /** The bytes that came last, as each encoding that they could be in reads them. */
  encodingPreviews(): EncodingPreview[];
  describe(blockSize: number): TextReport;
  start(
    hyperparameters: Record<string, number | string>,
    engine: string,
    fromOpened: boolean,
    keep: boolean,
  ): RunReport;
  /** Reads it piece by piece; null where it was called off. */
  openFile(file: Blob, name: string): Brought | null;
  stopOpening(): void;
  openLink(link: string): Brought;
  openedNotes(): string[];
  startRecipe(keep: boolean): RunReport;
  recipeOutcome(): RecipeOutcome;
  /** The best where no length is given; null where it was called off. */
  link(site: string, maxCharacters?: number): LinkReport | null;
  stopLink(): void;
  recipe(site: string, maxCharacters: number): RecipeReport;
  /** An SVG. */
  qrCode(address: string): string;
  saveModel(): Blob;
  saveRun(): Blob;
  twin(): string;
  /** Whether runs are to be kept in this browser. */
  keepRuns(wanted: boolean): void;
  /** How many cores runs may use that begin from now on; null for what is good for this machine. */
  allowCores(count: number | null): void;
  keepNow(): void;
  /** The run that is here is kept from now on, although the page began it by itself. */
  keepThis(): void;
  /** The visitor deletes what is kept of the run that is here. */
  dropThis(): void;
  /** What was deleted is back: the run that is here is kept again. */
  keepAgain(): void;
  openKept(id: string): (Brought & { going: boolean }) | null;
  pause(): void;
  resume(): void;
  stop(): Progress;
  sample(request: SampleRequest): void;
  /** What comes of it is told by the event `made`; done when that is complete, or another wish came. */
  make(wish: Wish & { ticket: number }): void;
  /** What is being made is called off; what has come of it stays. */
  stopMaking(): void;
  /** A line that exists or is typed, with what is known of it. */
  explain(text: string): Made;
  /** When there is time: else the first look inside waits for it. */
  importInside(): void;
  /** What is inside of the model at the kept step nearest to this one: see inside/asking.js. */
  inside(step: number, what: keyof InsideMethods, args: unknown[]): unknown;
  /** The indices of lines in an order that a person means; `like` only for "like". */
  order(lines: string[], by: Order, like: string): number[];
  /** Measures for a moment: call again until it is complete. */
  novelty(temperature: number): Novelty;
  favourites(): Favourites;
  setFavourites(favourites: Favourites): void;
  learnFavourites(steps: number): RunReport;
  /** What could follow a beginning of a line, the likeliest first. */
  nextCharacters(prefix: string): Guess[];
  useEngine(engine: string): void;
  /** Steps per second of the scalar engine on the current run. */
  scalarSpeed(): number;
  /** What a run would be, told at once and so without its seconds; null while a run goes on. */
  plan(hyperparameters: Record<string, number | string>, engine: string): Plan | null;
  /** Compile and warm up what start will most likely be asked for; null while a run goes on. */
  prepare(hyperparameters: Record<string, number | string>, engine: string): Plan | null;
  /** Samples come from the kept step nearest to this one, which is returned, until training goes on. */
  lookAt(step: number): number;
  /** From measured figures; best after the event `learning` was complete. */
  verdict(): Remark[];
  /** The run goes on from where it ended, for so many steps more. */
  trainMore(steps: number): RunReport;
  /** The run goes back to the kept step with the lowest held-out loss, and is ended there. */
  keepBest(): Progress;
  /** The files of the algorithm as the package has them. */
  sources(): SourceFile[];
  /** What Python's compiler has against a text, which is not run; null where that is nothing. */
  checkSource(file: string, text: string): SourceProblem | null;
  /** The text that is loaded, and the settings of the run that is here; else those given. */
  textBeside(hyperparameters: Record<string, number | string>): TextBeside;
  /** A run of the original from its beginning to its end; with all losses, null where it was stopped. */
  beside(which: WhichBeside, settings: Settings): Progress | null;
  /** Its loss on so many lines that it has not learned from; null where it was stopped. */
  besideUnseen(which: WhichBeside, most: number): Unseen | null;
  sampleBeside(request: SampleRequest): void;
  stopBeside(which: WhichBeside): void;
}

/** Of workers alone, and not among the types of pages. */
declare class FileReaderSync {
  readAsArrayBuffer(blob: Blob): ArrayBuffer;
}

interface WireError {
  name: string;
  message: string;
  stack: string;
  /** The hyperparameter, or the part of a request for samples, that it is about, if it is about one. */
  field?: string;
  /** Where in changed code, for the worker that runs it: code/types.d.ts. */
  file?: string;
  line?: number;
}

/** What the worker says without being asked. */
interface Events {
  loading: { bytes: number; total: number; stage: string };
  ready: Record<string, never>;
  failed: WireError;
  progress: Progress;
  sampled: Sample & { ticket: number };
  made: Making & { ticket: number };
  learning: Learning;
  /** Of the original's run beside the page's own. */
  beside: Progress;
  sampledBeside: Sample & { ticket: number };
  /** How far the reading of a text has come. */
  reading: ReadingProgress;
  /** How far the reading of a saved model has come. */
  opening: Opening;
  /** What is being done for a link. */
  linking: { doing: string };
  kept: Kept;
  /** The id under which the run that is here is kept; "" where it isn't, or not yet. */
  keeping: string;
  /** Older runs that had to make room. */
  madeRoom: (KeptRun | null)[];
}

type WorkerRequest = {
  [M in keyof Methods]: { id: number; method: M; args: Parameters<Methods[M]> };
}[keyof Methods];

type WorkerMessage =
  | { id: number; result: unknown }
  | { id: number; error: WireError }
  | { [E in keyof Events]: { event: E; detail: Events[E] } }[keyof Events];
