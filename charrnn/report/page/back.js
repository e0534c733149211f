// What each prediction rests on: where a character is pointed at, those before it are coloured by a weight.

const SHARES = [0.01, 0.03, 0.1, 0.2, 0.4, 0.7];

// The weights of what lies before unit k: [[unit, weight]], the nearest first.
function weightsBefore(weights, k) {
  const found = [];
  for (let j = 0; j < weights.width && j <= k; j++) {
    const weight = weights.at(k, j);
    if (!Number.isNaN(weight)) found.push([k - j, weight]);
  }
  return found;
}

function backText(data, legendSays, pointed = () => undefined) {
  const units = [...data.text], weights = unpack(data.weights), shown = new Map();
  const panel = make("div", { class: "point", "aria-live": "polite" });
  const text = new ColouredText(units, data.sections, (k) => (shown.has(k) ? `s${classOf(shown.get(k), SHARES)}` : ""), (k) => {
    shown.clear();
    weightsBefore(weights, k).forEach(([unit, weight]) => shown.set(unit, weight));
    const most = [...shown].sort(([, one], [, other]) => other - one).slice(0, 5);
    panel.replaceChildren(make("p", {}, data.says, " ", make("b", { class: "symbol" }, onOneLine(units.slice(Math.max(0, k - 12), k + 1)))),
      make("table", {}, make("tbody", {}, ...most.map(([unit, weight]) => make("tr", {}, make("td", { class: "symbol" }, seen(units[unit])),
        make("td", { class: "soft" }, k === unit ? "just read" : `${k - unit} before`),
        make("td", { class: "number" }, percent(weight)), make("td", { class: "share-cell" }, bar(weight)))))));
    pointed(k);
    text.recolour();
  });
  panel.replaceChildren(make("p", { class: "soft" }, "Point at a character, or move through the text with the arrow keys: those before it are coloured."));
  const names = classNames(SHARES.map((one) => one * 100), " %");
  const legend = make("div", { class: "legend" }, ...names.map((name, k) => make("span", { class: `s${k}` }, name)), make("p", { class: "soft" }, legendSays));
  return { text, panel, legend };
}
