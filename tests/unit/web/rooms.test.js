/** The page's rooms: which may know of which. */

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join, posix } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const WEB = fileURLToPath(new URL("../../../web/", import.meta.url));

// Each folder, and what its modules may import besides each other.
const MAY_KNOW = {
  page: [],
  kept: ["page/site.js", "idb"],
  panels: ["page", "kept", "uplot"],
  inside: ["page", "panels/explained.js", "panels/figures.js"],
  code: ["page", "kept", "panels/undo.js", "panels/losses.js", "panels/run-curves.js", "panels/share-words.js", "codemirror", "diff"],
  worker: ["page/site.js", "page/queue.js", "page/format.js", "kept", "pyodide"],
};

for (const [folder, known] of Object.entries(MAY_KNOW)) {
  test(`${folder} knows only ${[folder, ...known].join(", ")}`, () => {
    const modules = readdirSync(join(WEB, folder)).filter((name) => name.endsWith(".js"));
    assert.ok(modules.length > 0);
    for (const name of modules) {
      const code = readFileSync(join(WEB, folder, name), "utf8").replace(/^\s*\/?\*.*$/gm, "");
      for (const [, path] of code.matchAll(/(?:from |import\()"([^"]+)"/g)) {
        const imported = posix.join(folder, path);
        const allowed = [folder, ...known].some((room) => imported === room || imported.startsWith(`${room}/`));
        assert.ok(allowed, `${folder}/${name} imports ${imported}`);
      }
    }
  });
}

test("what is tested here without a browser names no part of a page", () => {
  for (const name of ["states.js", "queue.js", "requests.js", "site.js", "format.js", "characters.js"]) {
    const code = readFileSync(join(WEB, "page", name), "utf8");
    assert.doesNotMatch(code, /\b(document|window|navigator)\./, name);
  }
});
