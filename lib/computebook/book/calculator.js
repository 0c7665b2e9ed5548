// Brings calculators to life: a form in place of the published inputs, results beside the
// published ones. The formula is a list of steps traced from the library's own functions;
// nothing is evaluated as code. The address holds what differs from the published values.
(() => {
  "use strict";
  const operations = {
    add: (a, b) => a + b, subtract: (a, b) => a - b, multiply: (a, b) => a * b,
    divide: (a, b) => a / b, power: (a, b) => a ** b, floor_divide: (a, b) => Math.floor(a / b),
    remainder: (a, b) => a - b * Math.floor(a / b), negative: (a) => -a, absolute: Math.abs,
    sign: Math.sign, sqrt: Math.sqrt, exp: Math.exp, log: Math.log, log2: Math.log2,
    log10: Math.log10, expm1: Math.expm1, log1p: Math.log1p, floor: Math.floor, ceil: Math.ceil,
    minimum: (a, b) => Math.min(a, b), maximum: (a, b) => Math.max(a, b),
    isnan: (a) => Number.isNaN(a), isfinite: (a) => Number.isFinite(a),
    less: (a, b) => a < b, less_equal: (a, b) => a <= b, greater: (a, b) => a > b,
    greater_equal: (a, b) => a >= b, equal: (a, b) => a === b, not_equal: (a, b) => a !== b,
    logical_and: (a, b) => Boolean(a) && Boolean(b), logical_not: (a) => !a,
    logical_or: (a, b) => Boolean(a) || Boolean(b), where: (a, b, c) => (a ? b : c),
  };
  const place = (list, better) => list.reduce((at, x, i) => (better(x, list[at]) ? i : at), 0);
  const wholes = {
    argmin: (a) => place(a, (x, y) => x < y), argmax: (a) => place(a, (x, y) => x > y),
    min: (a) => a.reduce((x, y) => Math.min(x, y)), max: (a) => a.reduce((x, y) => Math.max(x, y)),
    sum: (a) => a.reduce((x, y) => x + y, 0), stack: (...values) => listed(values),
    take: (list, at) => (isList(at) ? at.map((i) => list[i]) : list[at]),
  };
  // The commonest ones have loops of their own, which engines turn into a few instructions.
  const loops = {
    add: (r, x, y) => { for (let i = 0; i < r.length; i += 1) r[i] = x[i] + y[i]; },
    subtract: (r, x, y) => { for (let i = 0; i < r.length; i += 1) r[i] = x[i] - y[i]; },
    multiply: (r, x, y) => { for (let i = 0; i < r.length; i += 1) r[i] = x[i] * y[i]; },
    divide: (r, x, y) => { for (let i = 0; i < r.length; i += 1) r[i] = x[i] / y[i]; },
    where: (r, x, y, z) => { for (let i = 0; i < r.length; i += 1) r[i] = x[i] ? y[i] : z[i]; },
  };

  // Lists go entry by entry; a number beside a list counts for each entry.
  const isList = ArrayBuffer.isView;
  const listed = (list) => (list.some((x) => typeof x === "string") ? list : Float64Array.from(list));
  const apply = (operation, given) => {
    if (operation in wholes) return wholes[operation](...given);
    const each = operations[operation];
    const long = given.find(isList);
    if (!long) return each(...given);
    const full = given.map((x) => (isList(x) ? x : new Float64Array(long.length).fill(x)));
    const result = new Float64Array(long.length);
    if (loops[operation]) loops[operation](result, ...full);
    else result.forEach((_, i) => { result[i] = each(full[0][i], full[1]?.[i], full[2]?.[i]); });
    return result;
  };

  const constant = (value) => {
    if (value === null) return NaN;
    if (typeof value !== "object") return value;
    const { of, each, times } = Array.isArray(value) ? { of: value, each: 1, times: 1 } : value;
    const once = of.flatMap((x) => Array(each).fill(constant(x)));
    return listed(Array.from({ length: times }, () => once).flat());
  };

  const compiled = ({ inputs, constants, operations: names, steps, outputs }) => {
    const fixed = constants.map(constant);
    const list = steps ? steps.split(";").map((step) => step.split(" ").map(Number)) : [];
    return (given) => {
      const known = [...inputs.map((name) => given[name]), ...fixed];
      for (const [operation, ...operands] of list) {
        known.push(apply(names[operation], operands.map((i) => known[i])));
      }
      return Object.fromEntries(Object.entries(outputs).map(([name, at]) => [name, known[at]]));
    };
  };

  // As `calculators.value_text` in Python.
  const shown = (value, { kind, absent }) => {
    if (!Number.isFinite(value)) return absent;
    const whole = kind === "count" || Math.abs(value) >= 999.5;
    const digits = whole ? { maximumFractionDigits: 0 }
      : { minimumSignificantDigits: 3, maximumSignificantDigits: 3 };
    return value.toLocaleString("en-US", value === 0 && !whole ? { minimumFractionDigits: 2 } : digits);
  };
  const written = (field, value) => (field.choices ? value
    : value.toLocaleString("en-US", { maximumSignificantDigits: 15 }));
  const make = (tag, properties, ...children) => {
    const element = Object.assign(document.createElement(tag), properties);
    element.append(...children);
    return element;
  };

  // What stands against a value, or "" if nothing does.
  const fault = (field, text, values) => {
    const value = values[field.name];
    const unit = field.unit ? ` ${field.unit}` : "";
    const number = (x) => x.toLocaleString("en-US", { maximumSignificantDigits: 15 });
    if (field.choices) return field.choices.includes(value) ? "" : `${text}: not one of the choices`;
    if (text.trim() === "" || !Number.isFinite(value)) return `A number${unit ? ` of${unit}` : ""} is needed`;
    if (field.kind === "int" && !Number.isInteger(value)) return "A whole number is needed";
    if (value < field.low || value > field.high) {
      return `Allowed: ${number(field.low)} to ${number(field.high)}${unit}`;
    }
    if (field.below && !(value < values[field.below])) {
      return `Must be below ${number(values[field.below])}${unit}`;
    }
    return "";
  };

  const start = (root) => {
    const page = JSON.parse(root.querySelector(".cb-page").textContent);
    const run = compiled(page.program);
    const [inputs, results] = root.querySelectorAll("table");
    const controls = {};
    const errors = {};
    const outputs = {};
    const own = `#${root.id}`;

    const cell = (row, at) => row.cells[at].querySelector("p") ?? row.cells[at].firstChild;
    page.fields.forEach((field, i) => {
      const row = inputs.tBodies[0].rows[i];
      const id = `${root.id}-${field.name}`;
      const hint = row.cells[1].querySelector(".cb-hint");
      const control = field.choices
        ? make("select", { id }, ...field.choices.map((value, k) => make("option", { value }, field.labels[k])))
        : make("input", { id, type: "text", inputMode: "decimal", autocomplete: "off", spellcheck: false });
      const error = make("p", { id: `${id}-error`, className: "cb-error", hidden: true });
      if (hint) hint.id = `${id}-hint`;
      control.setAttribute("aria-describedby", `${hint ? `${id}-hint ` : ""}${id}-error`);
      const unit = field.unit ? [make("span", { className: "cb-unit" }, field.unit)] : [];
      cell(row, 0).replaceWith(make("label", { htmlFor: id }, field.label));
      cell(row, 1).replaceWith(make("div", { className: "cb-control" }, control, ...unit));
      row.cells[1].append(error);
      control.addEventListener(field.choices ? "change" : "input", () => {
        if (field.choices) fill(field, control.value);
        update(true);
      });
      controls[field.name] = control;
      errors[field.name] = error;
    });
    inputs.tHead.rows[0].cells[1].textContent = "Your value";
    const head = results.tHead.rows[0];
    const yours = head.cells[1].cloneNode(true);
    yours.textContent = "Yours";
    head.cells[1].before(yours);
    page.results.forEach((result, i) => {
      const row = results.tBodies[0].rows[i];
      const output = make("output", { name: result.name });
      output.setAttribute("aria-live", "off");
      row.cells[1].before(make("td", {}, output));
      outputs[result.name] = output;
    });
    const status = make("p", { className: "cb-status" });
    status.setAttribute("role", "status");
    const reset = make("button", { type: "button", className: "cb-reset" }, "Reset to published values");
    const link = make("a", { className: "cb-link" }, "Link to these values");
    root.querySelector(".cb-calculator-tables").after(
      make("div", { className: "cb-calculator-foot" }, reset, link, status),
    );

    const fill = (field, value) => {
      const at = field.choices.indexOf(value);
      for (const [name, values] of Object.entries(field.fills ?? {})) {
        const other = page.fields.find((each) => each.name === name);
        if (values[at] !== null) controls[name].value = written(other, values[at]);
      }
    };
    const read = () => Object.fromEntries(page.fields.map((field) => {
      const text = controls[field.name].value;
      return [field.name, field.choices ? text : Number(text.replace(/[,\s_]/g, "") || NaN)];
    }));
    const address = (values) => {
      const changed = page.fields.filter((field) => values[field.name] !== field.value);
      const pairs = changed.map(({ name }) => `${name}=${encodeURIComponent(values[name])}`);
      return pairs.length ? `${own}:${pairs.join("&")}` : own;
    };
    let said;
    const say = (text) => {
      clearTimeout(said);
      said = setTimeout(() => { status.textContent = text; }, 400);
    };
    const update = (typed) => {
      const values = read();
      const wrong = page.fields.filter((field) => {
        const text = fault(field, controls[field.name].value, values);
        errors[field.name].textContent = text;
        errors[field.name].hidden = !text;
        controls[field.name].setAttribute("aria-invalid", String(Boolean(text)));
        return text;
      });
      root.dataset.state = wrong.length ? "invalid" : "ready";
      const given = Object.fromEntries(page.fields.map((field) => [
        field.name, field.choices ? field.choices.indexOf(values[field.name]) : values[field.name],
      ]));
      const found = wrong.length ? {} : run(given);
      for (const result of page.results) {
        const value = wrong.length ? NaN : Number(found[result.name]);
        outputs[result.name].value = wrong.length ? "–" : shown(value, result);
        outputs[result.name].dataset.value = String(value);
      }
      if (wrong.length) {
        if (typed) say(`Not computed: see ${wrong.map((field) => field.label).join(", ")}.`);
        return;
      }
      link.href = address(values);
      if (!typed) return;
      history.replaceState(history.state, "", link.getAttribute("href"));
      const first = page.results[0];
      const unit = Number.isFinite(Number(found[first.name])) ? first.unit : "";
      say(`${first.label}: ${outputs[first.name].value} ${unit}`.trim() + ".");
    };
    const set = (pairs) => {
      for (const field of page.fields) {
        const given = pairs.get(field.name);
        controls[field.name].value = given ?? written(field, field.value);
        // A choice that is none would leave the control empty: the published one stands instead.
        if (field.choices && !controls[field.name].value) controls[field.name].value = field.value;
        if (given !== null && !field.choices && Number.isFinite(Number(given))) {
          controls[field.name].value = written(field, Number(given));
        }
      }
    };
    const follow = () => {
      const [name, rest] = location.hash.split(/:(.*)/s);
      if (name !== own) return;
      set(new URLSearchParams(rest ?? ""));
      update(false);
      if (rest) root.scrollIntoView({ behavior: "instant" });
    };
    reset.addEventListener("click", () => {
      set(new URLSearchParams());
      update(true);
    });
    set(new URLSearchParams());
    update(false);
    follow();
    window.addEventListener("hashchange", follow);
  };

  document.querySelectorAll(".cb-calculator").forEach(start);
})();
