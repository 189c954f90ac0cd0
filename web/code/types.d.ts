/**
 * What the build and Python say of changes of the algorithm: the same here as in tools/cards.py,
 * changes.py and gradients.py, where it is said what each is; tests/unit/web/test_types.py sees
 * to that.
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
