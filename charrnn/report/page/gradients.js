// How far back gradients reach, and what each prediction owes to what was read before.
function show(data) {
  const series = data.models.flatMap((model, k) => ["trained", "fresh"].map((when) => {
    const { median, low, high } = model[when];
    return { name: `${model.name}${when === "fresh" ? `, ${data.fresh}` : ""}`, style: (k % 5) + 1, dashed: when === "fresh",
      points: median.map((value, j) => [j + 1, value]), band: when === "trained" ? median.map((_, j) => [j + 1, low[j], high[j]]) : undefined };
  }));
  const far = ({ reach, explodes }) => explodes ? "explodes" : reach === null ? `more than ${number(data.back, 0)}` : number(reach, 0);
  const view = document.getElementById("view");
  view.replaceChildren(make("p", {}, data.about),
    make("figure", {}, lines(series, { across: "characters back", up: "norm of the gradient", log: true }), seriesLegend(series),
      make("figcaption", {}, "median over places of the text; the band holds eight tenths of them")),
    make("h2", {}, "How far back until the gradient falls to a hundredth"),
    table(["model", "trained", data.fresh], data.models.map((model) => [model.name, far(model.trained), far(model.fresh)]), [1, 2]));
  if (!data.weights) return;
  const { text, panel, legend } = backText(data, "of the largest");
  view.append(make("h2", {}, `What each prediction of ${data.models[0].name} owes to what was read before`), make("div", { class: "tools" }, legend),
    make("div", { class: "beside" }, text.element, make("aside", {}, panel)));
  text.begin();
}
