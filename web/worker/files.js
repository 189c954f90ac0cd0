/**
 * Files for Python, piece by piece: large ones are never whole in this worker's memory.
 * Not about what is in them.
 */

import { taken } from "./python.js";

/** A file from the visitor's disk, which Python asks for parts of. */
export class OnDisk {
  #blob;
  #reader = new FileReaderSync();

  /** @param {Blob} blob */
  constructor(blob) {
    this.#blob = blob;
  }

  get size() {
    return this.#blob.size;
  }

  /**
   * @param {number} begin
   * @param {number} end
   * @returns {Uint8Array | undefined} undefined, which is None in Python, where it has been changed, moved or removed since it was chosen
   */
  read(begin, end) {
    try {
      return new Uint8Array(this.#reader.readAsArrayBuffer(this.#blob.slice(begin, end)));
    } catch {
      return undefined;
    }
  }
}

/** The same of what is in memory already, of which Python would else have another copy. */
export class Held {
  #bytes;

  /** @param {Uint8Array} bytes */
  constructor(bytes) {
    this.#bytes = bytes;
  }

  get size() {
    return this.#bytes.length;
  }

  /** @param {number} begin @param {number} end */
  read(begin, end) {
    return this.#bytes.subarray(begin, end);
  }
}

/**
 * All pieces that Python gives, as a file; each is the browser's as soon as it is there.
 * @param {any} pieces Python's iterator, which is then let go
 */
export function gathered(pieces) {
  /** @type {Blob[]} */
  const parts = [];
  try {
    for (let next = pieces.next(); !next.done; next = pieces.next()) parts.push(new Blob([taken(next.value)]));
    return new Blob(parts);
  } finally {
    pieces.destroy();
  }
}
