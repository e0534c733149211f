// How much each character of a text surprised a model, or how two models differ there.

const COPIED = [12, 20, 40, 80];
const IMPOSSIBLE = 998; // bits, from which on they stand for a probability of zero
const BITS = [1, 2, 3, 5, 8, 12], RANKS = [2, 4, 11], DIFFERENCES = [-4, -2, -0.5, 0.5, 2, 4];

// The ways to colour the text: a value of each unit, the bounds of its classes, and the style of those.
function colourings(models, copies) {
  const found = [];
  for (const model of models) {
    const of = models.length > 1 ? `, ${model.name}` : "";
    found.push({ name: `surprise${of}`, value: (k) => model.surprise.at(k), bounds: BITS, style: "s", names: classNames(BITS, " bits") });
    if (model.entropy) {
      found.push({ name: `entropy of the prediction${of}`, value: (k) => model.entropy.at(k), bounds: BITS, style: "s",
        names: classNames(BITS, " bits") });
      found.push({ name: `rank of what stands there${of}`, value: (k) => model.rank.at(k) || NaN, bounds: RANKS, style: "s",
        names: ["the likeliest", "2 or 3", "4 to 10", "11 or more"], classes: [0, 2, 4, 6] });
    }
  }
  if (models.length > 1) {
    const [one, other] = models, names = classNames(DIFFERENCES, " bits");
    found.unshift({ name: "difference", value: (k) => one.surprise.at(k) - other.surprise.at(k), bounds: DIFFERENCES, style: "d", names,
      says: `below 0: ${one.name} is less surprised; above 0: ${other.name} is` });
  }
  if (copies) {
    const lengths = new Map(copies.flatMap(({ start, end }) => Array.from({ length: end - start }, (_, j) => [start + j, end - start])));
    found.push({ name: "copied stretches", value: (k) => lengths.get(k) ?? 0, bounds: COPIED, style: "s", names: classNames(COPIED, " characters"), classes: [0, 1, 3, 5, 6],
      says: "length of the stretch that stands in the text learnt from; point at it to see where" });
  }
  return found.map((one) => ({ ...one, classes: one.classes ?? one.names.map((_, k) => k) }));
}

function colourClass(colouring, k) {
  const value = colouring.value(k);
  return Number.isNaN(value) ? "" : colouring.style + colouring.classes[classOf(value, colouring.bounds)];
}

// What stands in the panel for a unit: of each model its figures and what it held likeliest.
function likeliest(model, k) {
  const found = [];
  for (let j = 0; j < model.likeliest.width; j++) {
    const bits = model.likeliest_surprise.at(k, j);
    if (!Number.isNaN(bits)) found.push({ symbol: model.symbols[model.likeliest.at(k, j)], probability: 2 ** -bits });
  }
  return found;
}

function panelOf(models, units, copies, k) {
  if (k < 0) return [make("p", { class: "soft" }, "Point at a character, or move through the text with the arrow keys, to see what was expected there.")];
  const parts = [make("p", {}, "character ", make("b", { class: "symbol" }, seen(units[k])), `, the ${number(k + 1, 0)}. of the text`)];
  for (const model of models) {
    const bits = model.surprise.at(k);
    const figures = [bits >= IMPOSSIBLE ? "impossible" : `${number(bits)} bits (${percent(2 ** -bits)})`];
    if (model.entropy) figures.push(`rank ${number(model.rank.at(k), 0)}`, `entropy ${number(model.entropy.at(k))} bits`);
    const said = Number.isNaN(bits) ? "not predicted" : figures.join(", ");
    parts.push(make("p", {}, models.length > 1 ? make("b", {}, `${model.name}: `) : "", said));
    if (!model.likeliest || Number.isNaN(bits)) continue;
    const rows = likeliest(model, k).map(({ symbol, probability }) => make("tr", {}, make("td", { class: "symbol" }, seen(symbol)),
      make("td", { class: "number" }, percent(probability)), make("td", { class: "share-cell" }, bar(probability))));
    parts.push(make("table", { class: "likeliest" }, make("tbody", {}, ...rows)));
  }
  const copy = copies?.find(({ start, end }) => start <= k && k < end);
  if (copy) {
    const soft = (text) => make("span", { class: "soft" }, onOneLine([...text]));
    parts.push(make("p", {}, `copied, ${copy.end - copy.start} characters: `, make("span", { class: "symbol passage" },
      soft(copy.before), make("b", {}, onOneLine(units.slice(copy.start, copy.end))), soft(copy.after))));
  }
  return parts;
}

function histogramOf(colouring, count) {
  const WIDTH = 0.5, BARS = 28;
  const counts = new Array(BARS).fill(0);
  for (let k = 0; k < count; k++) {
    const bits = colouring.value(k);
    if (!Number.isNaN(bits)) counts[Math.min(BARS - 1, Math.floor(bits / WIDTH))]++;
  }
  return counts.map((count, k) => ({ count, kind: classOf(k * WIDTH, BITS), mark: String(k * WIDTH),
    name: k === BARS - 1 ? `${k * WIDTH} bits or more` : `${k * WIDTH} to ${(k + 1) * WIDTH} bits` }));
}

function show(data) {
  const view = document.getElementById("view"), units = [...data.text];
  const models = data.models.map((model) => {
    const arrays = ["surprise", "entropy", "rank", "likeliest", "likeliest_surprise"];
    return { ...model, ...Object.fromEntries(arrays.filter((name) => model[name]).map((name) => [name, unpack(model[name])])) };
  });
  const ways = colourings(models, data.copies);
  let way = ways[0];
  const panel = make("div", { class: "point", "aria-live": "polite" }), legend = make("div", { class: "legend" });
  const text = new ColouredText(units, data.sections, (k) => colourClass(way, k), (k) => panel.replaceChildren(...panelOf(models, units, data.copies, k)));
  const chosen = (k) => {
    way = ways[k];
    legend.replaceChildren(...way.names.map((name, j) => make("span", { class: way.style + way.classes[j] }, name)),
      make("p", { class: "soft" }, way.says ? `${way.name}: ${way.says}` : way.name));
    text.recolour();
  };
  const figures = models.map((model) => [model.name, number(model.characters, 0), number(model.bits_per_character, 3), number(model.perplexity, 2)]);
  const link = ({ start, end, bits }) => make("tr", {}, make("td", { class: "number" }, number(bits, 1)), make("td", {}, text.link(start, end, 60)));
  const stretches = data.stretches.map(({ title, list }) => [`${title}, in bits`,
    list.length ? make("table", { class: "stretches" }, make("tbody", {}, ...list.map(link))) : make("p", { class: "soft" }, "nothing stands out")]);
  const chart = histogram(histogramOf(ways.find((one) => one.name.startsWith("surprise")), units.length), "bits of surprise, and how many characters", { every: 4 });
  const more = foldable([[`How surprised${models.length > 1 ? ` ${models[0].name} was` : ""}`, chart], ...stretches]);
  view.replaceChildren(
    table(["model", `${data.symbol}s`, `bits per ${data.symbol}`, "perplexity"], figures, [1, 2, 3]),
    make("div", { class: "tools" }, ways.length > 1 ? select("colour:", ways.map((one) => one.name), 0, chosen) : "", legend),
    make("div", { class: "beside" }, text.element, make("aside", {}, panel, more)));
  chosen(0);
  panel.replaceChildren(...panelOf(models, units, data.copies, -1));
  text.begin();
}
