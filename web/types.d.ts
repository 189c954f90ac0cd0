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

interface Entry {
  name: string;
  type: "int" | "float" | "choice";
  default: number | string;
  minimum: number | null;
  maximum: number | null;
  choices: string[];
  unit: string;
  help: string;
}

/** dist/site.json, which the build makes from the Python package. */
interface Site {
  hyperparameters: Entry[];
  shape: string[];
  engines: Record<string, string>;
  maxBytes: number;
  maxSamples: number;
  presets: Preset[];
  wheel: string;
  qrWheel: string;
  maxQrCharacters: number;
  maxFileBytes: number;
  exampleHashes: Record<string, string>;
}

interface Preset {
  name: string;
  help: string;
  engine: string;
  hyperparameters: Record<string, number>;
}

interface Example {
  file: string;
  title: string;
  note: string;
  source: string;
}

interface TextReport {
  name: string;
  documents: number;
  characters: number;
  vocabulary: string;
  longest: number;
  block_size_needed: number;
  notes: string[];
}

interface RunReport {
  name: string;
  parameters: number;
  vocabulary_size: number;
  training_documents: number;
  holdout_documents: number;
  steps: number;
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
  in_training_text: boolean;
}

interface HoldoutLoss {
  loss: number;
  documents: number;
  of: number;
}

/** What a file or a link has brought. */
interface Opened {
  kind: "model" | "run" | "recipe";
  provenance: string;
  text_name: string;
  parameters: number;
  vocabulary: string;
  hyperparameters: Record<string, number | string>;
  engine: string;
  text: TextReport | null;
  run: RunReport | null;
  progress: Progress | null;
  example: string;
  seconds_expected: number;
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

/** What is kept beside a run in this browser, to be offered before Python is up. */
interface KeptRun extends RunFacts {
  /** Whether it was being trained. */
  going: boolean;
  /** When it was saved, as of Date.now(). */
  time: number;
  /** What is saved of it, without the text. */
  bytes: number;
}

/** What has become of keeping a run: done, or "full", "deleted", "closed", or a reason in words. */
type Kept = { about: KeptRun } | { problem: string };

interface SampleRequest {
  /** Comes back with each sample, so that those of an earlier request can be told apart. */
  ticket: number;
  count: number;
  temperature: number;
  prefix: string;
  original: boolean;
}

/** What the page can ask of the worker, and what comes back. */
interface Methods {
  load(data: ArrayBuffer, name: string, blockSize: number): TextReport;
  describe(blockSize: number): TextReport;
  start(
    hyperparameters: Record<string, number | string>,
    engine: string,
    fromOpened: boolean,
  ): RunReport;
  openFile(data: ArrayBuffer, name: string): Opened;
  openLink(link: string): Opened;
  openedNotes(): string[];
  startRecipe(): RunReport;
  recipeOutcome(): RecipeOutcome;
  /** The best where no length is given; null where it was called off. */
  link(site: string, maxCharacters?: number): LinkReport | null;
  stopLink(): void;
  recipe(site: string, maxCharacters: number): RecipeReport;
  /** An SVG. */
  qrCode(address: string): string;
  saveModel(): Uint8Array<ArrayBuffer>;
  saveRun(): Uint8Array<ArrayBuffer>;
  twin(): string;
  /** Whether runs are to be kept in this browser. */
  keepRuns(wanted: boolean): void;
  keepNow(): void;
  openKept(id: string): Opened & { going: boolean };
  pause(): void;
  resume(): void;
  stop(): Progress;
  sample(request: SampleRequest): void;
  useEngine(engine: string): void;
  /** Steps per second of the scalar engine on the current run. */
  scalarSpeed(): number;
  /** Compile and warm up what start will most likely be asked for. */
  prepare(hyperparameters: Record<string, number | string>, engine: string): void;
}

interface WireError {
  name: string;
  message: string;
  stack: string;
}

/** What the worker says without being asked. */
interface Events {
  loading: { bytes: number; total: number; stage: string };
  ready: Record<string, never>;
  failed: WireError;
  progress: Progress;
  glimpse: { step: number; texts: string[] };
  sampled: Sample & { ticket: number };
  holdout: HoldoutLoss;
  /** What is being done for a link. */
  linking: { doing: string };
  kept: Kept;
}

type WorkerRequest = {
  [M in keyof Methods]: { id: number; method: M; args: Parameters<Methods[M]> };
}[keyof Methods];

type WorkerMessage =
  | { id: number; result: unknown }
  | { id: number; error: WireError }
  | { [E in keyof Events]: { event: E; detail: Events[E] } }[keyof Events];
