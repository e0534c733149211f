// What the units of a network follow: the text coloured by one of them, and for a marked span the units that are on there.

const VALUES = [-0.6, -0.3, -0.1, 0.1, 0.3, 0.6];

// The units that are on at every character of a span, as bits; on.at(k, j) holds bits 8 j to 8 j + 7, the highest first.
function onThroughout(on, start, end) {
  const found = [];
  for (let j = 0; j < on.width; j++) {
    let bits = 255;
    for (let k = start; k < end; k++) bits &= on.at(k, j);
    found.push(bits);
  }
  return found;
}

function countBits(bits) {
  return bits.reduce((sum, byte) => { while (byte) { sum += byte & 1; byte >>= 1; } return sum; }, 0);
}

function unitsOf(bits) {
  return bits.flatMap((byte, j) => [0, 1, 2, 3, 4, 5, 6, 7].filter((k) => byte & (128 >> k)).map((k) => 8 * j + k));
}

// Where else most of these units are on for as long: the best places, none overlapping.
function alike(on, bits, start, end, count) {
  const length = end - start, scores = [];
  for (let k = 0; k + length <= on.length; k++) {
    if (k < end && k + length > start) continue;
    let together = bits;
    for (let t = k; t < k + length && together.some(Boolean); t++) together = together.map((byte, j) => byte & on.at(t, j));
    const score = countBits(together);
    if (score) scores.push([score, k]);
  }
  scores.sort((one, other) => other[0] - one[0] || one[1] - other[1]);
  const found = [];
  for (const [score, k] of scores) {
    if (found.every((each) => Math.abs(each.start - k) >= Math.max(length, 20))) found.push({ start: k, score });
    if (found.length === count) break;
  }
  return found;
}

function show(data) {
  const view = document.getElementById("view"), units = [...data.text];
  const activations = unpack(data.activations), on = unpack(data.on);
  const named = (unit) => `unit ${unit.unit}${data.layers > 1 ? ` of layer ${unit.layer}` : ""}`;
  const titles = data.units.map((unit) => `${named(unit)}: ${unit.follows ? `${unit.follows} ${number(unit.correlation)}` : "changes most"}`);
  let column = 0;
  const panel = make("div", { class: "point", "aria-live": "polite" }), marked = make("div", {});
  const text = new ColouredText(units, data.sections, (k) => `d${classOf(activations.at(k, column), VALUES)}`, (k) => pointed(k), (start, end) => mark(start, end));
  const pointed = (k) => panel.replaceChildren(make("p", {}, "character ", make("b", { class: "symbol" }, seen(units[k])), `: ${named(data.units[column])} is at ${number(activations.at(k, column))} once it has been read`));
  const about = make("p", { class: "soft cut" }); // on paper, where the list is not
  const chosen = (k) => { column = k; text.recolour(); about.textContent = `coloured by ${titles[k]}`; if (text.at >= 0) pointed(text.at); };
  const nameOf = (number) => (data.layers > 1 ? `${number % data.hidden} of layer ${Math.floor(number / data.hidden) + 1}` : `${number}`);
  const mark = (start, end) => {
    const bits = onThroughout(on, start, end), before = start ? onThroughout(on, start - 1, start) : bits.map(() => 0);
    const fresh = unitsOf(bits.map((byte, j) => byte & ~before[j])), all = unitsOf(bits);
    const places = alike(on, bits, start, end, 8);
    marked.replaceChildren(make("p", {}, "marked: ", make("b", { class: "symbol passage" }, onOneLine(units.slice(start, end)))),
      make("p", {}, `${number(all.length, 0)} units are on throughout (above ${data.threshold})${fresh.length ? `, of them not just before: ${fresh.slice(0, 12).map(nameOf).join(", ")}` : ""}`),
      places.length ? make("table", { class: "stretches" }, make("tbody", {}, ...places.map(({ start: at, score }) => make("tr", {},
        make("td", { class: "number" }, `${score}`), make("td", {}, text.link(at, at + end - start)))))) : make("p", { class: "soft" }, "no other place has any of them on for as long"));
  };
  const features = table(["what is followed", "unit", "correlation"], data.features.map((feature) => [feature.name,
    make("span", {}, ...feature.best.map((unit) => make("button", { class: "link", onclick: () => choose(unit.number) }, nameOf(unit.number))).flatMap((one) => [one, " "])),
    number(feature.best[0].correlation)]), [2]);
  const list = select("unit:", titles, 0, chosen);
  const choose = (number) => { const k = data.units.findIndex((one) => one.number === number); list.querySelector("select").value = k; chosen(k); };
  const gates = data.gates.flatMap((layer, k) => Object.entries(layer).map(([name, gate]) => {
    const closed = unpack(gate.closed), open = unpack(gate.open);
    const dots = Array.from({ length: closed.length }, (_, j) => ({ x: closed.at(j), y: open.at(j), name: `unit ${j}: closed ${percent(closed.at(j))}, open ${percent(open.at(j))} of the time` }));
    return make("figure", {}, scatter(dots, "nearly closed", "nearly open"), make("figcaption", {}, `${name} gate${data.layers > 1 ? `, layer ${k + 1}` : ""}`));
  }));
  const parts = [["What the units follow", features], ["The marked span", make("div", {}, make("p", { class: "soft" }, "Mark a span of the text, or move with shift and the arrow keys, to see the units that are on there and the passages where they are on as well."), marked)]];
  if (gates.length) parts.push(["How often the gates are nearly closed, below 0.1, and nearly open, above 0.9", make("div", { class: "squares" }, ...gates)]);
  const names = classNames(VALUES);
  view.replaceChildren(
    make("p", {}, data.about),
    make("div", { class: "tools" }, list, make("div", { class: "legend" }, ...names.map((name, k) => make("span", { class: `d${k}` }, name))), about),
    make("div", { class: "beside" }, text.element, make("aside", {}, panel, foldable(parts))));
  panel.replaceChildren(make("p", { class: "soft" }, "Point at a character, or move through the text with the arrow keys."));
  chosen(0);
  text.begin();
}
