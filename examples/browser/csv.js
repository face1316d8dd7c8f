// Reads and writes tables as RFC 4180 has it. Lines end with LF, CRLF or CR.

/** What is wrong with a line of a table. */
class LineError extends Error {
  constructor(line, message) {
    super(message);
    this.line = line;
  }
}

/**
 * Splits text into records of cells, each with the line that it begins on, from 1.
 * Empty lines are left out.
 */
function* records(text, delimiter) {
  let at = text.startsWith("\uFEFF") ? 1 : 0;
  let line = 1;
  const ends = new Set([delimiter, "\n", "\r", undefined]);
  while (at < text.length) {
    const first = line;
    const cells = [];
    for (;;) {
      let cell;
      if (text[at] === '"') {
        cell = "";
        for (at++; ; at++) {
          const quote = text.indexOf('"', at);
          if (quote < 0) {
            throw new LineError(first, "A quoted cell has no end.");
          }
          cell += text.slice(at, quote);
          at = quote + 1;
          if (text[at] !== '"') break;
          cell += '"';
        }
        line += (cell.match(/\r\n|\n|\r/g) ?? []).length;
        if (!ends.has(text[at])) {
          throw new LineError(line, `Text follows the quote that ends ${show(cell)}.`);
        }
      } else {
        const start = at;
        while (!ends.has(text[at])) at++;
        cell = text.slice(start, at);
      }
      cells.push(cell);
      if (text[at] !== delimiter) break;
      at++;
    }
    at += text.startsWith("\r\n", at) ? 2 : 1;
    line++;
    if (cells.length > 1 || cells[0] !== "") yield { line: first, cells };
  }
}

/** Shows a value in a message. */
function show(text) {
  return `“${text.length > 40 ? `${text.slice(0, 40)}…` : text}”`;
}

/**
 * Finds the delimiter under which the header line has the most of these names: a comma,
 * a tab (from a spreadsheet) or a semicolon.
 */
function delimiterOf(text, names) {
  const known = new Set(names);
  let best = ",";
  let most = 0;
  for (const delimiter of [",", "\t", ";"]) {
    let header = [];
    try {
      header = records(text, delimiter).next().value?.cells ?? [];
    } catch {
      // it is reported when the table is read
    }
    const found = header.filter((name) => known.has(name.trim())).length;
    if (found > most) [best, most] = [delimiter, found];
  }
  return best;
}

/** Writes a record. */
function csvLine(cells) {
  const quoted = cells.map((cell) =>
    /[",\n\r]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell,
  );
  return `${quoted.join(",")}\r\n`;
}
