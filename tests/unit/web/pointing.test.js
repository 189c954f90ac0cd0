/** Cells that are pointed at by pointer and keyboard. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { Pointing } from "../../../web/inside/pointing.js";

/** @param {number} rows @param {number} columns */
function picture(rows, columns) {
  const element = new EventTarget();
  /** @type {({row: number, column: number} | null)[]} */
  const [pointed, chosen] = [[], []];
  const pointing = new Pointing(element, {
    at: ({ x, y }) => ({ row: y, column: x }),
    point: (cell) => pointed.push(cell && [cell.row, cell.column]),
    choose: (cell) => chosen.push([cell.row, cell.column]),
  });
  pointing.resize(rows, columns);
  const send = (type, properties = {}) => {
    const event = Object.assign(new Event(type, { cancelable: true }), properties);
    element.dispatchEvent(event);
    return event.defaultPrevented;
  };
  return { pointing, pointed, chosen, send, press: (...keys) => keys.map((key) => send("keydown", { key })) };
}

test("arrow keys go from cell to cell and stay within", () => {
  const { pointed, press } = picture(2, 3);
  press("ArrowRight", "ArrowRight", "ArrowDown", "ArrowDown", "ArrowRight", "ArrowRight", "Home", "ArrowUp", "End");
  assert.deepEqual(pointed, [[0, 0], [0, 1], [1, 1], [1, 2], [1, 0], [0, 0], [0, 2]]);
});

test("one column is a list", () => {
  const { pointed, chosen, press } = picture(3, 1);
  assert.deepEqual(press("Enter", "ArrowUp", "ArrowDown", "ArrowDown", "End", "ArrowDown", "Home", "Enter", "x"), [...Array(8).fill(true), false]);
  assert.deepEqual(pointed, [[0, 0], [1, 0], [2, 0], [0, 0]]);
  assert.deepEqual(chosen, [[0, 0]]);
});

test("a key that means something else is left alone", () => {
  const { pointed, send } = picture(2, 2);
  assert.equal(send("keydown", { key: "ArrowRight", altKey: true }), false);
  assert.deepEqual(pointed, []);
});

test("the pointer: what is outside is nothing, and a finger that is lifted leaves what it pointed at", () => {
  const { pointing, pointed, chosen, send } = picture(2, 2);
  send("pointermove", { x: 1, y: 0 });
  send("pointermove", { x: 1, y: 0 });
  send("pointerleave", { pointerType: "touch" });
  assert.deepEqual(pointing.cell, { row: 0, column: 1 });
  send("click", { x: 1, y: 1 });
  send("click", { x: 2, y: 1 });
  send("pointermove", { x: 1, y: 2 });
  send("pointerdown", { x: 0, y: 0 });
  send("pointerleave", { pointerType: "mouse" });
  assert.deepEqual(pointed, [[0, 1], null, [0, 0], null]);
  assert.deepEqual(chosen, [[1, 1]]);
});

test("what isn't there any more isn't pointed at", () => {
  const { pointing, press } = picture(2, 2);
  press("ArrowDown", "End");
  pointing.resize(2, 2);
  assert.deepEqual(pointing.cell, { row: 1, column: 1 });
  pointing.resize(1, 2);
  assert.equal(pointing.cell, null);
});
