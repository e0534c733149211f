"use strict";
// What every view needs: its data, elements, classes of values, and words for numbers.

// Arrays come as little-endian integers in base64: value = low + step × integer; the largest integer stands for none.
function unpack(packed) {
  const text = atob(packed.base64), bytes = new Uint8Array(text.length);
  for (let k = 0; k < text.length; k++) bytes[k] = text.charCodeAt(k);
  const raw = new { u1: Uint8Array, u2: Uint16Array, u4: Uint32Array }[packed.type](bytes.buffer);
  const none = packed.none ? 2 ** (8 * raw.BYTES_PER_ELEMENT) - 1 : -1;
  return {
    length: packed.shape[0],
    width: packed.shape[1] ?? 1,
    at(row, column = 0) {
      const value = raw[row * this.width + column];
      return value === none ? NaN : packed.low + packed.step * value;
    },
  };
}

// The number of the class that a value lies in: of ascending bounds, how many it reaches.
function classOf(value, bounds) {
  let found = 0;
  while (found < bounds.length && value >= bounds[found]) found++;
  return found;
}

// What the classes between bounds are called.
function classNames(bounds, unit = "") {
  const said = (value) => String(value).replace("-", "−");
  const between = bounds.slice(1).map((high, k) => `${said(bounds[k])} to ${said(high)}`);
  return [`below ${said(bounds[0])}`, ...between, `${said(bounds.at(-1))} or more${unit}`];
}

function number(value, digits = 2) {
  if (!Number.isFinite(value)) return "–";
  return value.toLocaleString("en", { minimumFractionDigits: digits, maximumFractionDigits: digits }).replace("-", "−");
}

function percent(probability) {
  if (probability < 1e-7) return "0 %";
  if (probability >= 0.0995) return `${(100 * probability).toFixed(0)} %`;
  if (probability >= 0.00095) return `${(100 * probability).toPrecision(2)} %`;
  const [factor, exponent] = probability.toExponential(1).split("e");
  return `${factor} · 10${raised(exponent)}`;
}

// A whole number as it stands in an exponent.
function raised(exponent) {
  return [...String(exponent)].map((one) => (one === "-" ? "⁻" : "⁰¹²³⁴⁵⁶⁷⁸⁹"[one])).join("");
}

// A character as it can be seen: blanks and line ends by signs, what cannot be printed by its number.
function seen(symbol) {
  const signs = { "\n": "⏎", " ": "␣", "\t": "⇥", "\r": "␍" };
  if (symbol in signs) return signs[symbol];
  if (/^[\p{C}\p{Z}]$/u.test(symbol)) return `U+${symbol.codePointAt(0).toString(16).toUpperCase().padStart(4, "0")}`;
  return symbol;
}

// Text on one line.
function onOneLine(symbols) {
  return symbols.map((one) => (one === "\n" ? "⏎" : one)).join("");
}

// A bar of a share of the room.
function bar(share) {
  const element = make("span", { class: "share" });
  element.style.width = `${100 * share}%`;
  return element;
}

// Parts of a page, [[title, element]], to be opened and closed; open at first where there is room.
function foldable(parts) {
  const open = window.matchMedia("(min-width: 60rem)").matches;
  return make("div", { class: "more" }, ...parts.map(([title, shown]) => make("details", { open }, make("summary", {}, title), shown)));
}

// An element: make("a", { href: "#x", onclick }, "text", another). Attributes that are functions are listeners.
function make(tag, attributes = {}, ...children) {
  const svg = ["svg", "g", "path", "line", "rect", "text", "circle", "title"].includes(tag);
  const element = svg ? document.createElementNS("http://www.w3.org/2000/svg", tag) : document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") element.addEventListener(name.slice(2), value);
    else if (value !== undefined && value !== false) element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.filter((child) => child !== undefined));
  return element;
}

function table(head, rows, numeric = []) {
  const cell = (tag, value, column) => make(tag, numeric.includes(column) ? { class: "number" } : {}, value);
  return make("div", { class: "wide" }, make("table", {},
    make("thead", {}, make("tr", {}, ...head.map((value, column) => cell("th", value, column)))),
    make("tbody", {}, ...rows.map((row) => make("tr", {}, ...row.map((value, column) => cell("td", value, column)))))));
}

function select(label, names, chosen, onchange) {
  const options = names.map((name, k) => make("option", { value: k, selected: k === chosen }, name));
  const list = make("select", { onchange: () => onchange(Number(list.value)) }, ...options);
  return make("label", {}, `${label} `, list);
}
