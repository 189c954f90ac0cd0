/** Tables as CSV (RFC 4180), for spreadsheets too. Not about what is in them. */

/** @param {(string | number)[][]} rows */
export function csv(rows) {
  return rows.map((row) => `${row.map(quoted).join(",")}\n`).join("");
}

/** @param {string | number} value */
export function quoted(value) {
  // A spreadsheet would take a name with such a beginning for a formula.
  const text = typeof value === "string" ? value.replace(/^[=+\-@\t\r]/, "'$&") : String(value);
  return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
