const rows = (values) => ({ at: (k) => values[k], width: 1, length: values.length });
const model = { name: "one", surprise: rows([0.5, NaN, 9]), entropy: rows([1, 1, 1]), rank: rows([1, 1, 30]), symbols: ["x", "y"],
  likeliest: { at: (k, j) => j, width: 2 }, likeliest_surprise: { at: (k, j) => j + 1, width: 2 } };
const [surprise, entropy, rank] = colourings([model]);
same([0, 1, 2].map((k) => colourClass(surprise, k)), ["s0", "", "s5"]);
same([0, 2].map((k) => colourClass(rank, k)), ["s0", "s6"]);
same(likeliest(model, 0), [{ symbol: "x", probability: 0.5 }, { symbol: "y", probability: 0.25 }]);
same(histogramOf(surprise, 3).filter(({ count }) => count).map(({ mark, kind }) => [mark, kind]), [["0.5", 0], ["9", 5]]);
const [difference] = colourings([model, { ...model, name: "other", surprise: rows([0.5, NaN, 2]) }]);
same([0, 1, 2].map((k) => colourClass(difference, k)), ["d3", "", "d6"]);
const copied = colourings([model], [{ start: 1, end: 15 }]).at(-1);
same([0, 1, 14, 15].map((k) => colourClass(copied, k)), ["s0", "s1", "s1", "s0"]);
