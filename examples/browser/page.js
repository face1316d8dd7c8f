// The form, the prediction beside it and the table.

/** Rows of a table that the page shows, and errors; the download has all. */
const SHOWN_ROWS = 100;
const SHOWN_ERRORS = 20;

const byId = (id) => document.getElementById(id);

/** Makes an element with attributes and children. */
function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== undefined) element.setAttribute(name, value);
  }
  element.append(...children);
  return element;
}

/** Writes a number for people; the element's value has all digits. */
function number(value, options = { maximumSignificantDigits: 6 }) {
  return make("data", { value }, value.toLocaleString("en", options));
}

function share(value) {
  return number(value, { minimumFractionDigits: 4, maximumFractionDigits: 4 });
}

/** Writes a time. */
function duration(seconds) {
  const [unit, factor] = seconds < 1e-3 ? ["µs", 1e6] : seconds < 1 ? ["ms", 1e3] : ["s", 1];
  return `${Number((seconds * factor).toPrecision(2))} ${unit}`;
}

function plural(count, word) {
  return `${count.toLocaleString("en")} ${word}${count === 1 ? "" : "s"}`;
}

/** One field of the form: a number, or a choice of levels. */
class Field {
  constructor(column, at) {
    this.column = column;
    const id = `field-${at}`;
    const label = make("label", { for: id }, column.name);
    const attributes = { id, name: column.name, "aria-describedby": `${id}-error` };
    this.input =
      column.levels === null
        ? make("input", { ...attributes, type: "number", step: "any" })
        : this.makeSelect(attributes);
    this.message = make("p", { id: `${id}-error`, class: "error", hidden: "" });
    this.element = make("div", { class: "field" }, label, this.input, this.message);
  }

  makeSelect(attributes) {
    const texts = this.column.texts.map((text) => (text === "" ? "(empty text)" : text));
    return make(
      "select",
      attributes,
      make("option", { value: "NaN" }, "(missing)"),
      ...texts.map((text, code) => make("option", { value: code }, text)),
      make("option", { value: UNKNOWN }, "another level"),
    );
  }

  /** Gives the number or code; undefined, with a message, if there is none. */
  read() {
    const wrong = this.input.validity.badInput;
    this.message.hidden = !wrong;
    this.message.textContent = wrong ? "Enter a number, or nothing if it is missing." : "";
    this.input.setAttribute("aria-invalid", wrong);
    if (wrong) return undefined;
    return this.input.value === "" ? NaN : Number(this.input.value);
  }
}

/** Shows the prediction of a row. */
class Answer {
  constructor(student) {
    this.student = student;
    this.axes = Array.from({ length: student.nTargets }, () => new Axis());
  }

  refuse(message) {
    byId("answer").replaceChildren(make("p", { class: "error" }, message));
    byId("outputs").replaceChildren();
  }

  show(result) {
    if (result === null) {
      this.refuse("No prediction: this student needs a value in every field.");
    } else if (this.student.classes !== null) {
      byId("answer").replaceChildren(result.label);
      byId("outputs").replaceChildren(this.bars(result));
    } else {
      const names = this.student.targetNames("target");
      const several = names.length > 1;
      byId("answer").replaceChildren(
        ...result.decided.map((value, at) => {
          const name = several ? [make("span", { class: "unit" }, `${names[at]}: `)] : [];
          return make("div", {}, ...name, number(value));
        }),
      );
      const levels = this.student.quantiles;
      byId("outputs").replaceChildren(
        ...(levels === null ? [] : names.map((name, at) => this.quantiles(result, name, at))),
      );
    }
  }

  /** A table of the probabilities, with a bar for each. */
  bars({ outputs, place }) {
    const rows = outputs.map((value, at) => {
      const bar = make("div", { style: `width: ${100 * value}%` });
      return make(
        "tr",
        at === place ? { class: "chosen" } : {},
        make("th", { scope: "row" }, this.student.classes[at]),
        make("td", { class: "bar", "aria-hidden": "true" }, make("div", { class: "track" }, bar)),
        make("td", { class: "number" }, share(value)),
      );
    });
    const { threshold } = this.student;
    const rule =
      threshold === null
        ? "Probabilities"
        : `Probabilities; ${labelText(threshold[0])} is predicted from ${threshold[1]} on`;
    return make("table", {}, make("caption", {}, rule), make("tbody", {}, ...rows));
  }

  /** The quantiles of a target: an interval on an axis, and a table. */
  quantiles({ outputs, decided }, name, target) {
    const levels = this.student.quantiles;
    const own = outputs.slice(target * levels.length, (target + 1) * levels.length);
    const rows = own.map((value, at) =>
      make(
        "tr",
        value === decided[target] ? { class: "chosen" } : {},
        make("th", { scope: "row" }, String(levels[at])),
        make("td", { class: "number" }, number(value)),
      ),
    );
    const caption = this.student.nTargets > 1 ? `Quantiles of ${name}` : "Quantiles";
    return make(
      "div",
      {},
      ...this.axes[target].draw(own, decided[target]),
      make("table", {}, make("caption", {}, caption), make("tbody", {}, ...rows)),
    );
  }
}

/** An axis that has room for all intervals so far, so that they can be compared. */
class Axis {
  constructor() {
    this.low = Infinity;
    this.high = -Infinity;
  }

  draw(values, middle) {
    const [first, last] = [values[0], values[values.length - 1]];
    const room = (last - first || Math.abs(last) || 1) / 4;
    this.low = Math.min(this.low, first - room);
    this.high = Math.max(this.high, last + room);
    const place = (value) => (100 * (value - this.low)) / (this.high - this.low);
    const boxes = [];
    for (let at = 0; at < Math.floor(values.length / 2); at++) {
      const [left, right] = [place(values[at]), place(values[values.length - 1 - at])];
      boxes.push(make("div", { style: `left: ${left}%; width: ${right - left}%` }));
    }
    boxes.push(make("div", { class: "middle", style: `left: ${place(middle)}%` }));
    const shown = (value) => value.toLocaleString("en", { maximumSignificantDigits: 3 });
    return [
      make("div", { class: "interval", "aria-hidden": "true" }, ...boxes),
      make(
        "div",
        { class: "ends", "aria-hidden": "true" },
        make("span", {}, shown(this.low)),
        make("span", {}, shown(this.high)),
      ),
    ];
  }
}

/** The form, which predicts at every change. */
function setUpForm(student) {
  const fields = student.columns.map((column, at) => new Field(column, at));
  const answer = new Answer(student);
  byId("fields").append(...fields.map((field) => field.element));
  const update = () => {
    const values = fields.map((field) => field.read());
    const wrong = fields.find((field, at) => values[at] === undefined);
    if (wrong === undefined) answer.show(student.predict(values));
    else answer.refuse(`No prediction: ${show(wrong.column.name)} is not a number.`);
  };
  byId("one").addEventListener("input", update);
  byId("clear").addEventListener("click", () => {
    byId("one").reset();
    update();
  });
  byId("one").addEventListener("submit", (event) => event.preventDefault());
  update();
}

/** The table, which is predicted when it is pasted, dropped or opened. */
class Table {
  constructor(student) {
    this.student = student;
    byId("table").addEventListener("input", () => {
      clearTimeout(this.timer);
      this.timer = setTimeout(() => this.predict(byId("table").value), 150);
    });
    byId("file").addEventListener("change", ({ target }) => {
      if (target.files.length > 0) this.read(target.files[0]);
      target.value = "";
    });
    const drag = (event, isOver) => {
      event.preventDefault();
      document.body.classList.toggle("dropping", isOver);
    };
    document.addEventListener("dragover", (event) => drag(event, true));
    document.addEventListener("dragleave", (event) => drag(event, false));
    document.addEventListener("drop", (event) => {
      drag(event, false);
      const { files } = event.dataTransfer;
      const text = event.dataTransfer.getData("text/plain");
      if (files.length > 0) this.read(files[0]);
      else if (text !== "") {
        byId("table").value = text;
        this.predict(text);
      }
    });
  }

  async read(file) {
    this.clear();
    byId("table").value = "";
    let text;
    try {
      text = new TextDecoder("utf-8", { fatal: true }).decode(await file.arrayBuffer());
    } catch {
      this.fail([`${file.name}: the file is not text in UTF-8.`]);
      return;
    }
    this.predict(text, file.name);
  }

  predict(text, name) {
    this.clear();
    if (text.trim() === "") return;
    try {
      const start = performance.now();
      const table = predictTable(this.student, text);
      this.show(table, (performance.now() - start) / 1000, name);
    } catch (error) {
      if (!(error instanceof LineError)) throw error;
      this.fail([`Line ${error.line}: ${error.message}`]);
    }
  }

  clear() {
    byId("summary").replaceChildren();
    byId("errors").hidden = byId("predictions").hidden = byId("download").hidden = true;
    URL.revokeObjectURL(byId("download").href);
    byId("table").setAttribute("aria-invalid", "false");
  }

  fail(messages) {
    if (messages.length > SHOWN_ERRORS) {
      const more = messages.length - SHOWN_ERRORS;
      messages = [...messages.slice(0, SHOWN_ERRORS), `and ${plural(more, "more line")}.`];
    }
    byId("errors").replaceChildren(...messages.map((each) => make("li", {}, each)));
    byId("errors").hidden = messages.length === 0;
    byId("table").setAttribute("aria-invalid", messages.length > 0);
  }

  show(table, seconds, name) {
    const { rows, unknown, ignored } = table;
    const wrong = rows.filter((row) => row.error !== undefined);
    this.fail(wrong.map(({ line, error }) => `Line ${line}: ${error}`));
    const from = name === undefined ? "" : `${name}: `;
    const done = plural(rows.length - wrong.length, "row");
    const notes = [`${from}${done} read and predicted in ${duration(seconds)}.`];
    if (wrong.length > 0) notes.push(`${plural(wrong.length, "line")} could not be read.`);
    for (const [column, count] of unknown) {
      notes.push(`${show(column)} has ${plural(count, "value")} that the student does not know.`);
    }
    if (ignored.length > 0) {
      notes.push(`Not used: ${ignored.map(show).join(", ")}.`);
    }
    if (rows.length > SHOWN_ROWS) {
      notes.push(`The first ${SHOWN_ROWS} are shown; the download has all.`);
    }
    byId("summary").replaceChildren(...notes.map((note) => make("p", { class: "hint" }, note)));
    if (rows.length === 0) return;
    byId("predictions").replaceChildren(this.draw(rows.slice(0, SHOWN_ROWS)));
    const csv = predictionsAsCsv(this.student, table);
    byId("download").href = URL.createObjectURL(new Blob([csv], { type: "text/csv" }));
    byId("predictions").hidden = byId("download").hidden = false;
  }

  draw(rows) {
    const outputs = this.student.outputNames();
    const isLabel = this.student.classes !== null;
    const head = (name, isNumber) =>
      make("th", { scope: "col", class: isNumber ? "number" : undefined }, name);
    const header = make(
      "tr",
      {},
      head("line", true),
      ...this.student.targetNames().map((name) => head(name, !isLabel)),
      ...outputs.map((name) => head(name.replace("_", " "), true)),
    );
    const cell = (value) => make("td", { class: "number" }, value);
    const body = rows.map(({ line, result, error }) => {
      const first = make("th", { scope: "row", class: "number" }, String(line));
      if (error !== undefined) {
        const span = this.student.nTargets + outputs.length;
        return make("tr", {}, first, make("td", { class: "error", colspan: span }, error));
      }
      const decided = isLabel
        ? [make("td", {}, result.label)]
        : result.decided.map((value) => cell(number(value)));
      const numbers = outputs.length > 0 ? result.outputs : [];
      const write = isLabel ? share : number;
      return make("tr", {}, first, ...decided, ...numbers.map((value) => cell(write(value))));
    });
    return make("table", {}, make("thead", {}, header), make("tbody", {}, ...body));
  }
}

/** Shows the best time of a row so far: the browser optimizes the module while it runs. */
function showTime(student, best = Infinity, turns = 10) {
  best = Math.min(best, student.time(student.columns.map(() => 0)));
  byId("time").textContent = `A row takes ${duration(best)} here.`;
  if (turns > 1) setTimeout(showTime, 100, student, best, turns - 1);
}

async function start() {
  try {
    const student = await Student.load(byId("module").textContent);
    const what =
      student.classes === null
        ? plural(student.nTargets, "number")
        : plural(student.classes.length, "class").replace("classs", "classes");
    byId("about").prepend(
      `A student for ${what} from ${plural(student.columns.length, "column")}, fitted by ` +
        `sklearn_kd ${student.version}. `,
    );
    byId("main").hidden = false;
    setUpForm(student);
    new Table(student);
    setTimeout(showTime, 100, student);
  } catch (error) {
    byId("failure").textContent = `The student cannot be started: ${error.message}`;
    byId("failure").hidden = false;
  }
}

start();
