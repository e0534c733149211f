// What attention looks back on.
const SOURCE_END = "\t", MOST_CELLS = 10_000;

// The line that unit k is in, and where its source ends: { begin, tab, end }, the end being its line break or the text's;
// nothing where it is no line of source, tab and target, or one that is too long to be drawn.
function pairAt(units, k) {
  const begin = k === 0 ? 0 : units.lastIndexOf("\n", k - 1) + 1, found = units.indexOf("\n", begin);
  const end = found < 0 ? units.length : found, tab = units.indexOf(SOURCE_END, begin);
  return tab > begin && tab < end - 1 && (tab - begin) * (end - tab) <= MOST_CELLS ? { begin, tab, end } : undefined;
}

// Of a pair, what each target character, and the end after the last, made of the source before it was written: rows of
// weights, one for each source character.
function crossing(weights, { begin, tab, end }) {
  const rows = [];
  for (let j = tab; j < end; j++) { // the state after character j, from which the next one is predicted
    rows.push(Array.from({ length: tab - begin }, (_, k) => (j - begin - k < weights.width ? weights.at(j, j - begin - k) : NaN)));
  }
  return rows;
}

// The picture of it: source from left to right, target from top to bottom.
function crossingGrid(units, weights, pair) {
  const source = units.slice(pair.begin, pair.tab), target = [...units.slice(pair.tab + 1, pair.end), "\n"], cell = 16, left = 24, top = 22;
  const rows = crossing(weights, pair), parts = [];
  source.forEach((symbol, x) => parts.push(make("text", { x: left + (x + 0.5) * cell, y: top - 6, "text-anchor": "middle" }, seen(symbol))));
  rows.forEach((row, y) => {
    parts.push(make("text", { x: left - 6, y: top + (y + 0.75) * cell, "text-anchor": "end" }, seen(target[y])));
    row.forEach((weight, x) => {
      const name = make("title", {}, `${seen(source[x])} for ${seen(target[y])}: ${Number.isNaN(weight) ? "too far back" : percent(weight)}`);
      parts.push(make("rect", { x: left + x * cell, y: top + y * cell, width: cell - 1, height: cell - 1, class: `bar-${classOf(weight, SHARES)}` }, name));
    });
  });
  const width = left + source.length * cell, height = top + rows.length * cell, what = "Weights of the source's characters for each of the target's";
  const grid = make("svg", { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": what }, ...parts);
  grid.style.maxWidth = `${1.5 * width}px`;
  return grid;
}

function show(data) {
  const crossed = make("div"), units = [...data.text], weights = unpack(data.weights);
  let drawn;
  const { text, panel, legend } = backText(data, "of the attention after that character", (k) => {
    const pair = pairAt(units, k);
    if (pair?.begin === drawn) return;
    drawn = pair?.begin;
    crossed.replaceChildren(...(pair ? [make("h2", {}, "Source across, target down"), crossingGrid(units, weights, pair)] : []));
  });
  const mean = unpack(data.mean);
  const points = Array.from({ length: mean.length }, (_, k) => [k, mean.at(k)]);
  const chart = lines([{ name: "mean weight", style: 1, points }], { across: "characters before", up: "mean weight", width: 460, height: 220 });
  document.getElementById("view").replaceChildren(make("p", {}, data.about), make("div", { class: "tools" }, legend),
    make("div", { class: "beside" }, text.element, make("aside", {}, panel, crossed, foldable([["How far back it looks", chart]]))));
  text.begin();
}
