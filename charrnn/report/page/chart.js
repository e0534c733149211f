// Charts in SVG.

// Some round values between low and high.
function ticks(low, high, count = 5) {
  const rough = (high - low) / count || 1, power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((value) => value >= rough);
  const found = [];
  for (let k = Math.ceil(low / step - 1e-9); k * step <= high + 1e-9 * step; k++) found.push(k * step + 0);
  const digits = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
  return found.map((value) => ({ value, said: number(value, digits) }));
}

// Bars: [{ count, kind, name }], each of a class of colour and with a name that is shown where it is pointed at.
function histogram(bars, label, { every = 1, width = 460, height = 140 } = {}) {
  const most = Math.max(1, ...bars.map((bar) => bar.count)), foot = height - 34, room = (width - 8) / bars.length;
  const parts = bars.map((bar, k) => {
    const tall = bar.count ? Math.max(1, (foot - 6) * bar.count / most) : 0;
    const title = make("title", {}, `${bar.name}: ${number(bar.count, 0)}`);
    return make("rect", { class: `bar-${bar.kind}`, x: 4 + k * room, y: foot - tall, width: Math.max(1, room - 1), height: tall }, title);
  });
  const names = bars.map((bar, k) => (k % every ? undefined : make("text", { x: 4 + k * room, y: foot + 14, class: "soft" }, bar.mark)));
  return make("svg", { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": label }, ...parts,
    make("line", { x1: 4, x2: width - 4, y1: foot, y2: foot, class: "axis" }), ...names,
    make("text", { x: width / 2, y: height - 4, "text-anchor": "middle", class: "soft" }, label));
}

// Lines over an axis: series of { name, style, points: [[x, y]], band: [[x, low, high]], dashed }; style is a number.
function lines(series, { across, up, log = false, bars = [], width = 640, height = 340 } = {}) {
  const left = 58, right = width - 12, top = 10, bottom = height - 40, scale = log ? Math.log10 : (value) => value;
  const good = (value) => Number.isFinite(value) && (!log || value > 0);
  const xs = series.flatMap((one) => one.points.map(([x]) => x)), ys = [...series.flatMap((one) => one.points.map(([, y]) => y)), ...bars.map((bar) => bar.value)].filter(good);
  const [x0, x1] = [Math.min(...xs), Math.max(...xs)], highest = Math.max(...ys);
  const lowest = Math.max(Math.min(...ys), log ? Math.min(highest, 1) * 1e-12 : -Infinity);
  const room = log ? 0 : 0.05 * (highest - lowest || 1), below = scale(lowest) - room, y0 = !log && lowest >= 0 ? Math.max(0, below) : below, y1 = scale(highest) + room;
  const px = (x) => left + (right - left) * (x - x0) / (x1 - x0 || 1);
  const py = (y) => bottom - (bottom - top) * (Math.max(y0, Math.min(y1, scale(y))) - y0) / (y1 - y0 || 1);
  const path = (points) => points.filter(([, y]) => good(y) && y >= lowest).map(([x, y], k) => `${k ? "L" : "M"}${px(x).toFixed(1)} ${py(y).toFixed(1)}`).join("");
  const parts = [];
  const marks = log ? powers(y0, y1) : ticks(y0, y1);
  for (const { value, said } of marks) {
    parts.push(make("line", { x1: left, x2: right, y1: py(log ? 10 ** value : value), y2: py(log ? 10 ** value : value), class: "grid" }),
      make("text", { x: left - 6, y: py(log ? 10 ** value : value) + 4, "text-anchor": "end" }, said));
  }
  for (const { value, said } of ticks(x0, x1, 6)) parts.push(make("text", { x: px(value), y: bottom + 16, "text-anchor": "middle" }, said));
  for (const { value, name } of bars) {
    parts.push(make("line", { x1: left, x2: right, y1: py(value), y2: py(value), class: "axis", "stroke-dasharray": "2 3" }),
      make("text", { x: right, y: py(value) - 4, "text-anchor": "end", class: "soft" }, name));
  }
  for (const one of series) {
    if (one.band) {
      // zeros have no logarithm, and are drawn at the lower edge
      const there = one.band.filter(([, low, high]) => Number.isFinite(low) && Number.isFinite(high));
      const around = [...there.map(([x, low]) => [x, low]), ...there.map(([x, , high]) => [x, high]).reverse()];
      if (there.length) parts.push(make("path", { d: `M${around.map(([x, y]) => `${px(x).toFixed(1)} ${py(y).toFixed(1)}`).join("L")}Z`, class: `band-${one.style}` }));
    }
    const d = path(one.points);
    parts.push(make("path", { d, class: `line-${one.style}`, "stroke-dasharray": one.dashed ? "5 4" : undefined }, make("title", {}, one.name)));
    if (one.points.length < 40) parts.push(...one.points.filter(([, y]) => good(y)).map(([x, y]) => make("circle", { cx: px(x), cy: py(y), r: 2.5, class: `dot-${one.style}` })));
  }
  parts.push(make("line", { x1: left, x2: right, y1: bottom, y2: bottom, class: "axis" }),
    make("text", { x: (left + right) / 2, y: height - 6, "text-anchor": "middle", class: "soft" }, across),
    make("text", { x: -(top + bottom) / 2, y: 12, transform: "rotate(-90)", "text-anchor": "middle", class: "soft" }, up));
  return make("svg", { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": `${up} over ${across}` }, ...parts);
}

// Powers of ten between two logarithms.
function powers(low, high) {
  const step = Math.max(1, Math.ceil((high - low) / 6)), found = [];
  for (let k = Math.ceil(low); k <= high; k += step) {
    found.push({ value: k, said: k >= 0 && k < 4 ? String(10 ** k) : `10${raised(k)}` });
  }
  return found;
}

// What the lines' colours stand for.
function seriesLegend(series) {
  const sample = (one) => make("svg", { viewBox: "0 0 30 8", class: "sample", "aria-hidden": true },
    make("path", { d: "M0 4L30 4", class: `line-${one.style}`, "stroke-dasharray": one.dashed ? "5 4" : undefined }));
  return make("p", { class: "legend" }, ...series.map((one) => make("span", {}, sample(one), one.name)));
}

// Dots in a square from 0 to 1: [{ x, y, name }].
function scatter(dots, across, up, { size = 240 } = {}) {
  const left = 40, bottom = size - 36, top = 8, right = size - 8;
  const px = (x) => left + (right - left) * x, py = (y) => bottom - (bottom - top) * y;
  const parts = [0, 0.5, 1].flatMap((value) => [
    make("text", { x: px(value), y: bottom + 14, "text-anchor": "middle" }, String(value)), make("text", { x: left - 5, y: py(value) + 4, "text-anchor": "end" }, String(value)),
    make("line", { x1: left, x2: right, y1: py(value), y2: py(value), class: "grid" }), make("line", { x1: px(value), x2: px(value), y1: top, y2: bottom, class: "grid" })]);
  return make("svg", { viewBox: `0 0 ${size} ${size}`, role: "img", "aria-label": `${up} over ${across}`, class: "square" }, ...parts,
    ...dots.map(({ x, y, name }) => make("circle", { cx: px(x), cy: py(y), r: 3, class: "dot-1 see-through" }, make("title", {}, name))),
    make("text", { x: (left + right) / 2, y: size - 6, "text-anchor": "middle", class: "soft" }, across),
    make("text", { x: -(top + bottom) / 2, y: 12, transform: "rotate(-90)", "text-anchor": "middle", class: "soft" }, up));
}
