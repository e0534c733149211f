const PRINTED = 200; // blocks, on paper

// A text whose units (characters) are coloured by class, of which only what is near the window is drawn. One of them is
// pointed at, by pointer or by keyboard, and a span is marked, as text is selected or by shift and the arrow keys.
class ColouredText {
  // units: strings; sections: [{ name, start }] in order; colour(k): the class of unit k, or ""; onpoint(k) and, where
  // spans mean something, onmark(start, end) are told.
  constructor(units, sections, colour, onpoint, onmark) {
    Object.assign(this, { units, sections, colour, onpoint, onmark, at: -1, anchor: -1 });
    this.element = make("div", { class: "text", tabindex: 0, role: "group", "aria-label": "text; arrow keys move through it",
      onpointerover: (event) => this.#pointed(event), onpointerdown: (event) => this.#pointed(event),
      onkeydown: (event) => this.#key(event) });
    this.blocks = [];
    const starts = new Map(sections.map((section) => [section.start, section.name]));
    for (let start = 0; start < units.length;) {
      const end = this.#blockEnd(start, starts);
      if (starts.get(start)) this.element.append(make("div", { class: "name" }, starts.get(start)));
      const element = make("div", { class: "block" });
      this.blocks.push({ start, end, element, drawn: false });
      this.element.append(element);
      start = end;
    }
    this.watcher = new IntersectionObserver((seen) => seen.forEach((each) => {
      const block = this.blocks[each.target.dataset.block];
      each.isIntersecting ? this.#draw(block) : this.#leave(block);
    }), { rootMargin: "1200px 0px" });
    this.blocks.forEach((block, k) => { block.element.dataset.block = k; });
    this.#prepareForPaper();
    let waiting;
    document.addEventListener("selectionchange", () => { clearTimeout(waiting); waiting = setTimeout(() => this.#selected(), 200); });
  }

  // Once the element is in the page: heights are guessed from its width until a block has been drawn.
  begin() {
    const probe = make("span", { class: "unit" }, "x");
    this.element.append(probe);
    const { width, height } = probe.getBoundingClientRect(), line = height * 1.25;
    probe.remove();
    const fitting = Math.max(8, Math.floor(this.element.clientWidth / width));
    for (const block of this.blocks) {
      let lines = 0, length = 0;
      for (let k = block.start; k < block.end; k++) {
        length++;
        if (this.units[k] === "\n" || length === fitting) { lines++; length = 0; }
      }
      block.element.style.height = `${Math.ceil((lines + (length > 0)) * line)}px`;
      this.watcher.observe(block.element);
    }
  }

  recolour() {
    for (const block of this.blocks) {
      if (!block.drawn) continue;
      [...block.element.children].forEach((span, k) => { span.className = this.#classes(block.start + k); });
    }
  }

  // Point at a unit; with `show`, bring it into view.
  point(k, show = false) {
    k = Math.max(0, Math.min(this.units.length - 1, k));
    const before = this.#span(this.at);
    this.at = k;
    if (before) before.className = this.#classes(Number(before.dataset.k));
    if (show) {
      const block = this.#blockOf(k);
      this.#draw(block);
      block.element.children[k - block.start].scrollIntoView({ block: "nearest" });
    }
    const span = this.#span(k);
    if (span) span.className = this.#classes(k);
    this.onpoint(k);
  }

  // A button that leads to a stretch of the text and shows it, its first `most` units, between what stands on either side.
  link(start, end, most = Infinity) {
    const shown = (from, to) => onOneLine(this.units.slice(Math.max(0, from), to));
    return make("button", { class: "link symbol", title: "go there", onclick: () => this.point(start, true) },
      make("span", { class: "soft" }, shown(start - 12, start)),
      make("b", {}, end - start > most ? `${shown(start, start + most)}…` : shown(start, end)),
      make("span", { class: "soft" }, shown(end, end + 8)));
  }

  // On paper stand the first blocks, and where there are more, a line that says so.
  #prepareForPaper() {
    const shown = this.blocks.slice(0, PRINTED), left = this.blocks.slice(PRINTED);
    if (left.length) this.element.append(make("p", { class: "cut" }, `The first ${number(left[0].start, 0)} of ${number(this.units.length, 0)} characters.`));
    left.forEach((block) => block.element.classList.add("unprinted"));
    let drawn = [];
    window.addEventListener("beforeprint", () => { drawn = shown.filter((block) => !block.drawn); drawn.forEach((block) => this.#draw(block)); });
    window.addEventListener("afterprint", () => drawn.forEach((block) => this.#leave(block)));
  }

  // A block ends after a line, or within a long one, and where a section begins.
  #blockEnd(start, starts) {
    let end = start;
    while (end < this.units.length && (end === start || !starts.has(end))) {
      end++;
      if (end - start >= 1500 || (end - start >= 500 && this.units[end - 1] === "\n")) break;
    }
    return end;
  }

  #blockOf(k) {
    let low = 0, high = this.blocks.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.blocks[middle].start <= k) low = middle; else high = middle - 1;
    }
    return this.blocks[low];
  }

  #span(k) {
    if (k < 0) return null;
    const block = this.#blockOf(k);
    return block.drawn ? block.element.children[k - block.start] : null;
  }

  #classes(k) {
    return `unit ${this.colour(k)}${this.units[k] === "\n" ? " newline" : ""}${k === this.at ? " here" : ""}`;
  }

  #draw(block) {
    if (block.drawn) return;
    const spans = [];
    for (let k = block.start; k < block.end; k++) {
      spans.push(make("span", { class: this.#classes(k), "data-k": k }, this.units[k]));
    }
    block.element.append(...spans);
    block.element.style.height = "";
    block.drawn = true;
  }

  #leave(block) {
    if (!block.drawn) return;
    block.element.style.height = `${block.element.offsetHeight}px`;
    block.element.replaceChildren();
    block.drawn = false;
  }

  #pointed(event) {
    const place = `${event.clientX} ${event.clientY}`;
    if (event.type === "pointerover" && place === this.pointer) return; // the text moved, not the pointer
    this.pointer = place;
    const span = event.target.closest(".unit");
    if (span) this.point(Number(span.dataset.k));
  }

  #key(event) {
    const from = Math.max(this.at, 0);
    const lineStart = (k) => { while (k > 0 && this.units[k - 1] !== "\n") k--; return k; };
    const next = (k) => { while (k < this.units.length && this.units[k] !== "\n") k++; return k + 1; };
    const moves = {
      ArrowRight: () => from + (this.at >= 0), ArrowLeft: () => from - 1,
      ArrowDown: () => Math.min(next(from) + from - lineStart(from), next(next(from)) - 1),
      ArrowUp: () => Math.min(lineStart(lineStart(from) - 1) + from - lineStart(from), lineStart(from) - 1),
      Home: () => (event.ctrlKey ? 0 : lineStart(from)), End: () => (event.ctrlKey ? this.units.length - 1 : next(from) - 1),
    };
    if (!(event.key in moves) || event.altKey || event.metaKey) return;
    event.preventDefault();
    if (!event.shiftKey) this.anchor = -1;
    else if (this.anchor < 0) this.anchor = from;
    this.point(moves[event.key](), true);
    if (this.onmark && this.anchor >= 0) this.onmark(Math.min(this.anchor, this.at), Math.max(this.anchor, this.at) + 1);
  }

  #selected() {
    const selection = document.getSelection();
    if (!this.onmark || selection.isCollapsed) return;
    const { startContainer, startOffset, endContainer, endOffset } = selection.getRangeAt(0);
    const unit = (node) => Number(node.parentElement?.closest(".unit")?.dataset.k ?? NaN);
    const start = unit(startContainer) + (startOffset === startContainer.length ? 1 : 0), end = unit(endContainer) + (endOffset ? 1 : 0);
    if (start < end && this.element.contains(startContainer)) this.onmark(start, end);
  }
}
