// What models are and how their training went, one or several beside each other.

// The log of a run as lines of a chart: x one of "predictions", "seconds", "step".
function curve(model, x, y, factor = 1) {
  return model.log.filter((line) => Number.isFinite(line[y])).map((line) => [line[x], line[y] * factor]);
}

function show(data) {
  const view = document.getElementById("view"), models = data.models, several = models.length > 1;
  const rows = [...new Set(models.flatMap((model) => model.rows.map(([name]) => name)))];
  const cell = (model, name) => model.rows.filter(([one]) => one === name).map(([, value]) => value).join("\n");
  const trained = models.filter((model) => model.log.length);
  const going = trained.length ? curves(trained) : [];
  const facts = table(["", ...models.map((model) => model.name)], rows.map((name) => [name, ...models.map((model) => make("span", name === "held-out" ? { class: "figures" } : {}, cell(model, name)))]));
  view.replaceChildren(...(several ? [...going, make("h2", {}, "What they are"), facts] : [facts, ...going]));
  if (several && data.options.length) {
    view.append(make("h2", {}, "Options that differ"),
      table(["option", ...models.map((model) => model.name)], data.options.map(({ name, values }) => [name, ...values])));
  }
  const written = trained.filter((model) => model.samples.length);
  if (written.length) {
    view.append(make("h2", {}, "What was written along the way"), ...written.flatMap((model) => [
      several ? make("h3", {}, model.name) : "",
      ...model.samples.map(({ step, text }) => make("figure", { class: "sample" }, make("figcaption", {}, `step ${number(step, 0)}`), make("pre", {}, text)))]));
  }
  for (const model of models) {
    if (model.map) view.append(make("h2", {}, `Its embedding, in two principal components${several ? `: ${model.name}` : ""}`), map(model.map));
    if (model.symbols) view.append(make("h2", {}, `Its vocabulary${several ? `: ${model.name}` : ""}`), vocabulary(model.symbols));
  }
}

function curves(models) {
  const several = models.length > 1;
  const axes = [["predictions", `${models[0].seen} learnt from`], ["seconds", "seconds"], ["step", "steps"]];
  const place = make("div", { class: "charts" });
  const series = (x, y, factor, more = {}) => models.map((model, k) => ({ name: model.name, style: (k % 5) + 1, points: curve(model, x, y, factor), ...more }));
  const draw = (k) => {
    const [x, across] = axes[k], factor = models[0].factor;
    const unit = models.every((model) => model.unit === models[0].unit) ? models[0].unit : "bits";
    const held = series(x, "held_out", factor), training = series(x, "training", factor, { dashed: true });
    const bars = models.filter((model) => model.baseline).slice(0, 1).map((model) => ({ value: model.baseline * factor, name: several ? `${model.baseline_name} of ${model.name}` : model.baseline_name }));
    const charts = [["learning_rate", "learning rate"], ["gradient_norm", "norm of the gradient"], ["clipped", "share of clipped steps"]]
      .filter(([name]) => models.some((model) => curve(model, x, name).length))
      .map(([name, up]) => make("figure", {}, lines(series(x, name), { across, up, width: 460, height: 240 })));
    place.replaceChildren(make("figure", { class: "main" }, lines([...held, ...training], { across, up: unit, bars })), ...charts);
  };
  draw(0);
  const named = [...models.map((model, k) => ({ name: `${model.name}, held out`, style: (k % 5) + 1 })), { name: "training", style: 1, dashed: true }];
  return [make("h2", {}, "How the training went"), make("div", { class: "tools" }, select("over:", axes.map(([, name]) => name), 0, draw)), seriesLegend(named), place];
}

// Symbols as points, each drawn as itself, of a colour for its kind.
function map(points) {
  const kinds = ["vowel", "consonant", "capital", "digit", "other"], size = 460, edge = 16;
  const range = (k) => { const values = points.map((point) => point.place[k]); return [Math.min(...values), Math.max(...values)]; };
  const [[x0, x1], [y0, y1]] = [range(0), range(1)], at = (value, low, high) => edge + (size - 2 * edge) * (value - low) / (high - low || 1);
  const drawn = points.map(({ symbol, kind, place }) => make("text", { x: at(place[0], x0, x1), y: at(place[1], y0, y1), "text-anchor": "middle",
    class: `text-${kinds.indexOf(kind) + 1}` }, seen(symbol)));
  const legend = make("p", { class: "legend" }, ...kinds.filter((kind) => points.some((point) => point.kind === kind)).map((kind) =>
    make("span", { class: `text-${kinds.indexOf(kind) + 1}` }, kind)));
  return make("figure", {}, make("svg", { viewBox: `0 0 ${size} ${size}`, role: "img", "aria-label": "map of the embedding", class: "map" }, ...drawn), legend);
}

function vocabulary(symbols) {
  const most = Math.max(...symbols.map(({ count }) => count ?? 0));
  return make("div", { class: "symbols" }, ...symbols.map(({ symbol, count }) =>
    make("div", { title: count === null ? symbol : `${seen(symbol)}: ${number(count, 0)}` }, make("span", { class: "symbol" }, seen(symbol)),
      bar(count ? Math.max(0.02, count / most) : 0))));
}
