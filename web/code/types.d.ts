/**
 * What the build and Python say of changes of the algorithm: the same here as in tools/cards.py,
 * changes.py, changed.py and gradients.py, where it is said what each is; tests/unit/web/
 * test_types.py sees to that. And what crosses between the page and the worker that runs changed
 * code.
 */

interface Edit {
  file: string;
  before: string;
  after: string;
}

/** One of dist/code/cards.json. */
interface Card {
  id: string;
  name: string;
  explains: string;
  expect: string;
  edits: Edit[];
  difference: string;
}

interface Finding {
  name: string;
  verdict: "agrees" | "wrong" | "unknown";
  words: string;
}

declare module "*/pyodide.asm.mjs" {
  const createPyodideModule: (settings?: any) => Promise<any>;
  export default createPyodideModule;
}

/** All that the worker has; it can load nothing itself. */
interface ConfinedFiles {
  wasm: WebAssembly.Module;
  stdlib: ArrayBuffer;
  lock: import("pyodide").Lockfile;
  wheel: ArrayBuffer;
}

/** What is to be run. */
interface ChangedRun {
  /** The changed files of gpt/, by name, as "model.py"; the others are as they are. */
  sources: Record<string, string>;
  /** As `Methods.load` takes it. */
  text: { data: Uint8Array<ArrayBuffer>; name: string; reading?: Partial<Reading> };
  settings: Settings;
}

/** What went wrong, and where in the changed files: microgpt/changed.py says what each is. */
interface CodeProblem {
  name: string;
  message: string;
  field: string;
  file: string;
  line: number;
  traceback: string;
}

interface ConfinedMethods {
  begin(run: ChangedRun): RunReport;
  pause(): void;
  resume(): void;
  sample(request: SampleRequest): void;
  /** Of a text of autograd.py: whether each operation's gradient agrees with its differences. */
  checkGradients(text: string): Finding[];
  /** The loss on lines that the run has not learned from; as many as there is time for, where `most` is 0. */
  unseen(most: number): Unseen | null;
  /** Another run of the same code on the same text, to its end, beside the one that is here. */
  again(settings: Settings): Progress | null;
  againUnseen(most: number): Unseen | null;
  stopAgain(): void;
}

interface ConfinedEvents {
  /** Python is up, and every way out is closed. */
  up: Record<string, never>;
  progress: Progress;
  sampled: Sample & { ticket: number };
  learning: Learning;
  failed: CodeProblem;
  /** Of the run that `again` trains. */
  again: Progress;
  /** The code has printed a line. */
  printed: { line: string };
  /** Training has said nothing for so long. From the page's side, not from the worker. */
  quiet: { seconds: number };
}
