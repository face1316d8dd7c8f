// The student in the module: its columns, how cells are read, and predictions.

const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;
const INFINITE = /^([+-]?)inf(inity)?$/i;
/** The code of a level that did not occur when the student was fitted. */
const UNKNOWN = -1;

/** A column of the rows. */
class Column {
  constructor(name, levels) {
    this.name = name;
    // In the order of their codes; null for a column of numbers.
    this.levels = levels?.filter((level) => level !== null) ?? null;
    this.texts = this.levels?.map(labelText) ?? [];
    this.codes = new Map(this.texts.map((text, code) => [text, code]));
    this.holdsStrings = this.levels?.every((level) => typeof level === "string");
    this.holdsFlags = this.levels?.every((level) => typeof level === "boolean");
  }

  /** Gives the number that stands for a cell in a row; NaN for a missing value. */
  read(cell) {
    if (cell === "") return NaN;
    return this.levels === null ? this.readNumber(cell) : this.readLevel(cell);
  }

  readNumber(cell) {
    const text = cell.trim();
    if (NUMBER.test(text)) return Number(text);
    if (INFINITE.test(text)) return text.startsWith("-") ? -Infinity : Infinity;
    if (text === "" || text.toLowerCase() === "nan") return NaN;
    throw new Error(`${show(cell)} in column ${show(this.name)} is not a number.`);
  }

  readLevel(cell) {
    if (this.codes.has(cell)) return this.codes.get(cell);
    if (this.holdsStrings) return UNKNOWN;
    let text = cell.trim();
    if (NUMBER.test(text) && !this.codes.has(text)) text = String(Number(text));
    if (this.holdsFlags) {
      text = { true: "True", false: "False", 1: "True", 0: "False" }[text.toLowerCase()];
    }
    return this.codes.get(text) ?? UNKNOWN;
  }
}

/** Writes a label or level as Python does. */
function labelText(value) {
  if (typeof value === "boolean") return value ? "True" : "False";
  return String(value);
}

/** Gives a probability, a float, in the digits that it has. */
function shortest(value) {
  const short = Number(value.toPrecision(7));
  return Math.fround(short) === value ? short : Number(value.toPrecision(9));
}

class Student {
  /** Compiles a module from base64. */
  static async load(base64) {
    const bytes = Uint8Array.from(atob(base64.trim()), (each) => each.charCodeAt(0));
    const { instance } = await WebAssembly.instantiate(bytes);
    return new Student(instance.exports);
  }

  constructor(module) {
    this.module = module;
    const about = JSON.parse(this.readMetadata(), keepDigits);
    this.version = about.sklearn_kd_version;
    const levels = new Map(Object.entries(about.feature_levels));
    this.columns = about.feature_names.map(
      (name) => new Column(name, levels.get(name)),
    );
    this.classes = about.classes?.map(labelText) ?? null;
    this.threshold = about.threshold ?? null;
    this.quantiles = about.quantiles ?? null;
    const memory = module.memory.buffer;
    this.row = new Float32Array(memory, module.row(), this.columns.length);
    this.nTargets = this.classes === null ? module.predict() : 1;
    const perTarget = this.classes?.length ?? this.quantiles?.length ?? 1;
    const nOutputs = this.nTargets * perTarget;
    this.outputs = new Float64Array(memory, module.outputs(), nOutputs);
    if (this.classes === null) {
      this.decided = new Float64Array(memory, module.decided(), this.nTargets);
    }
  }

  /** Joins the pieces of the metadata, up to a null pointer. */
  readMetadata() {
    const bytes = new Uint8Array(this.module.memory.buffer);
    const pointers = new Uint32Array(this.module.memory.buffer);
    let text = "";
    for (let at = this.module.metadata() / 4; pointers[at] !== 0; at++) {
      const start = pointers[at];
      text += new TextDecoder().decode(bytes.subarray(start, bytes.indexOf(0, start)));
    }
    return text;
  }

  /**
   * Predicts a row of numbers and codes: all outputs, the label of a classifier, and the
   * numbers that are predicted otherwise. Null where a scaled column has no value.
   */
  predict(values) {
    this.row.set(values);
    const place = this.module.predict();
    const outputs = Array.from(this.outputs, this.classes === null ? Number : shortest);
    if (!outputs.every(Number.isFinite)) return null;
    if (this.classes === null) return { outputs, decided: Array.from(this.decided) };
    return { outputs, place, label: this.classes[place] };
  }

  /** Names the outputs, in order, as a table has them. */
  outputNames() {
    if (this.classes !== null) return this.classes.map((each) => `probability_${each}`);
    if (this.quantiles === null) return [];
    const targets = this.targetNames("");
    return targets.flatMap((target) =>
      this.quantiles.map((level) => `quantile_${level}${target}`),
    );
  }

  /** Names the numbers that are predicted. */
  targetNames(word = "prediction") {
    if (this.nTargets === 1) return [word];
    return Array.from({ length: this.nTargets }, (_, at) => `${word}_${at}`);
  }

  /** Measures the seconds of a prediction of these values, in some milliseconds. */
  time(values) {
    this.row.set(values);
    for (let rows = 16; ; rows *= 2) {
      const start = performance.now();
      for (let i = 0; i < rows; i++) this.module.predict();
      const seconds = (performance.now() - start) / 1000;
      if (seconds > 0.004) return seconds / rows;
    }
  }
}

/** Keeps whole numbers that a double does not hold. */
function keepDigits(key, value, context) {
  const isWide = typeof value === "number" && !Number.isSafeInteger(value);
  return isWide && /^-?\d+$/.test(context?.source ?? "") ? BigInt(context.source) : value;
}

/**
 * Reads a table, whose header names the columns in any order, and predicts its rows.
 *
 * Gives `header`, and `rows` with `line`, `cells`, and `result` or `error`; `unknown` has
 * the number of unknown levels by column, and `ignored` the columns that are not used.
 */
function predictTable(student, text) {
  const names = student.columns.map((column) => column.name);
  const lines = records(text, delimiterOf(text, names));
  const header = (lines.next().value?.cells ?? []).map((name) =>
    names.includes(name) ? name : name.trim(),
  );
  const absent = names.filter((name) => !header.includes(name));
  if (absent.length > 0) {
    throw new LineError(1, `The header has no column ${absent.map(show).join(", ")}.`);
  }
  const twice = names.find((name) => header.indexOf(name) !== header.lastIndexOf(name));
  if (twice !== undefined) {
    throw new LineError(1, `The header has the column ${show(twice)} more than once.`);
  }
  const places = names.map((name) => header.indexOf(name));
  const unknown = new Map();
  const rows = [];
  const values = new Float64Array(names.length);
  for (const { line, cells } of lines) {
    const row = { line, cells };
    rows.push(row);
    try {
      if (cells.length !== header.length) {
        throw new Error(`${cells.length} cells, where the header has ${header.length}.`);
      }
      student.columns.forEach((column, at) => {
        values[at] = column.read(cells[places[at]]);
      });
    } catch (error) {
      row.error = error.message;
      continue;
    }
    student.columns.forEach((column, at) => {
      if (column.texts.length > 0 && values[at] === UNKNOWN) {
        unknown.set(column.name, (unknown.get(column.name) ?? 0) + 1);
      }
    });
    row.result = student.predict(values);
    if (row.result === null) row.error = "No prediction: a value is missing or too large.";
  }
  const ignored = header.filter((name) => !names.includes(name));
  return { header, rows, unknown, ignored };
}

/** Writes the rows with their predictions as CSV. */
function predictionsAsCsv(student, { header, rows }) {
  const added = [...student.targetNames(), ...student.outputNames()];
  const lines = [csvLine([...header, ...added])];
  for (const { cells, result } of rows) {
    if (result === undefined || result === null) {
      lines.push(csvLine([...fitted(cells, header.length), ...added.map(() => "")]));
      continue;
    }
    const numbers = student.outputNames().length > 0 ? result.outputs : [];
    const decided = result.label === undefined ? result.decided.map(String) : [result.label];
    lines.push(csvLine([...cells, ...decided, ...numbers.map(String)]));
  }
  return lines.join("");
}

/** Brings a record that is too short or too long to the length of the header. */
function fitted(cells, length) {
  return Array.from({ length }, (_, at) => cells[at] ?? "");
}
