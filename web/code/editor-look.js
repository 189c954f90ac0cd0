/** How the editor looks, in the page's own colours: custom properties reach into its shadow root. */

import { HighlightStyle } from "../codemirror/language.js";
import { tags } from "../codemirror/lezer-highlight.js";
import { EditorView } from "../codemirror/view.js";

export const colours = HighlightStyle.define([
  { tag: [tags.keyword, tags.operatorKeyword, tags.controlKeyword, tags.definitionKeyword], color: "var(--code-keyword)" },
  { tag: [tags.modifier, tags.self, tags.bool, tags.null], color: "var(--code-keyword)" },
  { tag: [tags.string, tags.docString, tags.special(tags.string)], color: "var(--code-string)" },
  { tag: tags.comment, color: "var(--ink-soft)", fontStyle: "italic" },
  { tag: tags.number, color: "var(--code-number)" },
  { tag: [tags.definition(tags.variableName), tags.function(tags.definition(tags.variableName))], color: "var(--code-definition)" },
  { tag: [tags.definition(tags.className), tags.className, tags.meta], color: "var(--code-definition)" },
  { tag: tags.invalid, color: "var(--warn)" },
]);

export const look = EditorView.theme({
  "&": {
    border: "1px solid var(--field-line)",
    borderRadius: "var(--radius)",
    background: "var(--field)",
    color: "var(--ink)",
    fontSize: "var(--code-size)",
  },
  "&.cm-focused": { outline: "3px solid var(--accent)", outlineOffset: "2px" },
  ".cm-scroller": { maxHeight: "var(--code-height)", fontFamily: "var(--mono)", lineHeight: "1.5" },
  ".cm-content": { caretColor: "var(--ink)", padding: "0.5rem 0" },
  ".cm-gutters": {
    border: "0",
    borderRadius: "var(--radius) 0 0 var(--radius)",
    background: "var(--field)",
    color: "var(--ink-soft)",
  },
  ".cm-activeLine": { background: "var(--code-line)" },
  ".cm-line::selection, .cm-line ::selection": { background: "var(--code-selection)" },
  "&.cm-focused .cm-matchingBracket": { background: "none", outline: "1px solid var(--accent)" },
  "&.cm-focused .cm-nonmatchingBracket": { background: "none", outline: "1px solid var(--warn)" },
  ".cm-searchMatch": { background: "var(--badge-soft)", outline: "1px solid var(--badge)" },
  ".cm-searchMatch.cm-searchMatch-selected": { background: "var(--badge-soft)", outline: "2px solid var(--badge)" },
  ".cm-selectionMatch": { background: "var(--badge-soft)" },
  ".cm-panels": { background: "var(--panel)", color: "var(--ink)" },
  ".cm-panels-top": { borderBottom: "1px solid var(--line)" },
  ".cm-panel.cm-search": { padding: "0.5rem 2.5rem 0.5rem 0.5rem", fontFamily: "var(--sans)" },
  ".cm-panel.cm-search label": { fontSize: "var(--small)" },
  ".cm-panel.cm-search input[type=checkbox]": { width: "1.2rem", height: "1.2rem", verticalAlign: "middle", accentColor: "var(--accent)" },
  ".cm-textfield": {
    minHeight: "2rem",
    border: "1px solid var(--field-line)",
    borderRadius: "var(--radius)",
    background: "var(--field)",
    color: "var(--ink)",
    fontSize: "var(--code-size)",
  },
  ".cm-button": {
    minHeight: "2rem",
    border: "1px solid var(--field-line)",
    borderRadius: "var(--radius)",
    background: "var(--panel)",
    backgroundImage: "none",
    color: "var(--ink)",
    fontSize: "var(--small)",
  },
  ".cm-panel.cm-search [name=close]": { top: "0.25rem", right: "0.25rem", minWidth: "2rem", minHeight: "2rem", color: "var(--ink)", fontSize: "1.2rem" },
  ".cm-tooltip": { border: "1px solid var(--line)", background: "var(--panel)", color: "var(--ink)" },
  ".cm-diagnostic": { borderLeft: "4px solid var(--warn)", fontFamily: "var(--sans)" },
});
