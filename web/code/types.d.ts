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
interface ConfinedFiles extends PythonParts {
  later: ArrayBuffer;
  rest: ArrayBuffer;
}

/** What is to be run. */
interface ChangedRun {
  /** The changed files of gpt/, by name, as "model.py"; the others are as they are. */
  sources: Record<string, string>;
  /** As `Methods.load` takes it. */
  text: { data: Uint8Array<ArrayBuffer>; name: string; reading?: Partial<Reading> };
  settings: Settings;
  /** The link of a recipe, which is followed: settings, and perhaps the text, are its own. */
  recipe?: string;
}

/** A saved run that is to go on, with its own text and settings. */
interface ContinuedRun {
  /** As of a ChangedRun: those that it was made by, or it can't be read. */
  sources: Record<string, string>;
  /** The file. */
  saved: Uint8Array<ArrayBuffer>;
  /** As the file has them, for whoever compares; what runs is what the file says. */
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
  begin(run: ChangedRun | ContinuedRun): RunReport;
  pause(): void;
  resume(): void;
  sample(request: SampleRequest): void;
  /** As the page's own worker has it, each; of links only the fragments are believed. */
  saveRun(): Uint8Array<ArrayBuffer>;
  twin(): string;
  recipe(address: string, maxCharacters: number, examples: Record<string, string>): RecipeReport;
  link(address: string): LinkReport | null;
  /** Whether a run that follows a recipe has come to the very same weights. */
  recipeOutcome(): RecipeOutcome;
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
  linking: { doing: string };
  /** Of the run that `again` trains. */
  again: Progress;
  /** The code has printed a line. */
  printed: { line: string };
  /** Nothing was said for so long; 0: now something was. From the page's side, not from the worker. */
  quiet: { seconds: number };
}
