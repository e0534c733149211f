// What attention looks back on.
function show(data) {
  const { text, panel, legend } = backText(data, "of the attention after that character");
  const mean = unpack(data.mean);
  const points = Array.from({ length: mean.length }, (_, k) => [k, mean.at(k)]);
  const chart = lines([{ name: "mean weight", style: 1, points }], { across: "characters before", up: "mean weight", width: 460, height: 220 });
  document.getElementById("view").replaceChildren(make("p", {}, data.about), make("div", { class: "tools" }, legend),
    make("div", { class: "beside" }, text.element, make("aside", {}, panel, foldable([["How far back it looks", chart]]))));
  text.begin();
}
