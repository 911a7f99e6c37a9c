// The list of runs beside a page: found by name or verdict, walked by keys, opened or picked, hidden and shown again.
const SVG = "http://www.w3.org/2000/svg";
const REPORT_AFTER = 600; // milliseconds after the last key, so that typing asks the server for nothing
const NARROW = 768; // pixels of a window in which the list lies over the page

const made = (tag, properties = {}, ...children) => {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
};

// each word is looked for as a regular expression, or as it is where it is none
const finders = (typed) =>
  typed.split(/\s+/).filter(Boolean).map((word) => {
    try {
      const pattern = new RegExp(word, "i");
      return (name) => pattern.test(name);
    } catch {
      return (name) => name.toLowerCase().includes(word.toLowerCase());
    }
  });

// a name may go over to the next line behind what parts its words
const breakable = (name) => name.split(/(?<=[-_/\u2026])|(?<=\.)(?!\d)/).flatMap((part) => [part, document.createElement("wbr")]);

const EYE = { lid: "M1.5 11Q11 -1 20.5 11Q11 23 1.5 11Z", pupil: "M11 8a3 3 0 1 0 .01 0Z" };

const drawn = (lines, size) => {
  const picture = document.createElementNS(SVG, "svg");
  picture.setAttribute("viewBox", size);
  picture.setAttribute("aria-hidden", "true");
  for (const [name, d] of Object.entries(lines)) {
    const line = document.createElementNS(SVG, "path");
    line.setAttribute("d", d);
    line.setAttribute("class", name);
    picture.append(line);
  }
  return picture;
};

const rowOf = (run, list) => {
  const { words } = list.data;
  const about = [run.verdict, run.state, run.hidden ? words.hidden : ""].filter(Boolean).join(", ");
  const swatch = made("span", { className: "swatch", ariaHidden: "true" });
  if (run.color) swatch.style.borderTop = `3px ${run.dashed ? "dashed" : "solid"} ${run.color}`;
  const open = made(
    "button",
    { className: "open", tabIndex: -1, title: `${run.name}\n${about}` },
    ...(list.data.picks ? [made("span", { className: "box", textContent: run.picked ? "\u2713" : "", ariaHidden: "true" })] : []),
    made("span", { className: `glyph ${run.tone}`, textContent: run.glyph, ariaHidden: "true" }),
    made("span", { className: "name" }, ...breakable(run.short)),
    made("span", { className: "about", textContent: `, ${about}` }),
    run.color ? swatch : drawn(run.spark || {}, "0 0 64 22"),
  );
  if (list.data.picks) {
    open.setAttribute("role", "checkbox");
    open.setAttribute("aria-checked", String(run.picked));
  } else if (run.name === list.data.chosen) {
    open.setAttribute("aria-current", "true");
  }
  open.onclick = () => list.act(run.name);
  const eye = made("button", {
    className: "eye",
    tabIndex: -1,
    title: (run.hidden ? words.show : words.hide).replace("{}", run.short),
  });
  eye.setAttribute("aria-label", eye.title);
  eye.append(drawn(run.hidden ? { ...EYE, slash: "M3 20L19 2" } : EYE, "0 0 22 22"));
  eye.onclick = () => list.send("hide", { name: run.name, hidden: !run.hidden });
  const row = made("li", { className: run.hidden ? "dim" : "" }, open, eye);
  row.dataset.name = run.name;
  if (run.tint) row.style.background = `linear-gradient(${run.tint} 0 0) left / 4px 65% no-repeat`;
  return row;
};

class RunList {
  constructor(root) {
    this.root = root;
    this.verdicts = new Set();
    this.hiddenToo = false;
    for (const part of ["search", "chips", "runs", "count", "previous", "next", "hidden"]) this[part] = root.querySelector(`.${part}`);
    this.search.oninput = () => this.filtered();
    this.search.onkeydown = (event) => {
      if (event.key === "ArrowDown") this.focus(this.shown()[0]?.name);
      else if (event.key === "Enter" && this.shown().length) this.act(this.shown()[0].name);
      else if (event.key === "Escape") this.focus(this.at());
      else return;
      event.preventDefault();
    };
    this.runs.onkeydown = (event) => this.walked(event);
    this.previous.onclick = () => this.step(-1);
    this.next.onclick = () => this.step(1);
    this.hidden.onclick = () => {
      this.hiddenToo = !this.hiddenToo;
      this.draw();
    };
    this.pressed = (event) => this.key(event);
    document.addEventListener("keydown", this.pressed);
  }

  update(data, send) {
    this.send = send;
    const text = JSON.stringify(data);
    if (text === this.text) return;
    this.text = text;
    const moved = this.data?.chosen !== data.chosen;
    this.data = data;
    if (this.root.activeElement !== this.search) this.search.value = data.find;
    this.verdicts = new Set(data.verdicts);
    this.draw();
    if (moved) this.reveal(data.chosen);
  }

  shown() {
    const found = finders(this.search.value);
    return this.data.runs.filter(
      (run) =>
        (!run.hidden || this.hiddenToo) &&
        (!this.verdicts.size || this.verdicts.has(run.key)) &&
        found.every((holds) => holds(run.name) || holds(run.short)),
    );
  }

  draw() {
    const { data } = this, { words } = data, shown = this.shown();
    this.search.placeholder = words.find;
    this.search.setAttribute("aria-label", words.find);
    this.search.title = words.about;
    this.previous.title = words.previous;
    this.next.title = words.next;
    for (const button of [this.previous, this.next]) {
      button.setAttribute("aria-label", button.title);
      button.hidden = data.picks;
    }
    this.chips.setAttribute("aria-label", words.filter);
    this.chips.replaceChildren(...data.counts.map((chip) => this.chip(chip)));
    this.runs.setAttribute("aria-label", words.runs);
    const top = this.runs.scrollTop, within = this.runs.contains(this.root.activeElement) ? this.at() : null;
    this.runs.replaceChildren(...shown.map((run) => rowOf(run, this)));
    this.runs.scrollTop = top;
    const hidden = data.runs.filter((run) => run.hidden).length;
    this.count.textContent = this.counted(shown.length, data.runs.length - (this.hiddenToo ? 0 : hidden));
    this.hidden.textContent = this.hiddenToo ? words.lessHidden : words.moreHidden.replace("{}", hidden);
    this.hidden.hidden = !hidden;
    this.rove(within ?? data.chosen);
    if (within) this.focus(within);
  }

  counted(shown, all) {
    const { words } = this.data;
    if (!shown) return words.none;
    if (shown < all) return words.count.replace("{}", shown).replace("{}", all);
    return all === 1 ? words.one : words.all.replace("{}", all);
  }

  chip({ key, glyph, tone, word, count }) {
    const chip = made("button", { className: "chip", title: word }, made("span", { className: `glyph ${tone}`, textContent: glyph, ariaHidden: "true" }), String(count));
    chip.setAttribute("aria-label", `${word}: ${count}`);
    chip.setAttribute("aria-pressed", String(this.verdicts.has(key)));
    chip.onclick = () => {
      if (!this.verdicts.delete(key)) this.verdicts.add(key);
      this.filtered();
      this.chips.children[this.data.counts.findIndex((other) => other.key === key)].focus();
    };
    return chip;
  }

  filtered() {
    this.draw();
    clearTimeout(this.timer);
    const filter = { find: this.search.value, verdicts: [...this.verdicts] };
    this.timer = setTimeout(() => this.send("filter", filter), REPORT_AFTER);
  }

  act(name) {
    if (this.data.picks) {
      this.send("pick", name);
      return;
    }
    this.runs.querySelector("[aria-current]")?.removeAttribute("aria-current");
    this.button(name)?.setAttribute("aria-current", "true");
    this.data.chosen = name;
    this.text = "";
    this.rove(name);
    this.reveal(name);
    this.send("open", name);
    if (window.innerWidth < NARROW) document.querySelector("[data-testid=stSidebarCollapseButton] button")?.click();
  }

  step(by) {
    const names = this.shown().map((run) => run.name), place = names.indexOf(this.data.chosen);
    const name = names[place < 0 ? 0 : place + by];
    if (name !== undefined) this.act(name);
  }

  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    const target = event.composedPath()[0];
    if (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName)) return;
    const by = { j: 1, k: -1 }[event.key];
    if (event.key === "/") this.search.focus();
    else if (by && (this.data.picks || this.runs.contains(this.root.activeElement))) this.move(by);
    else if (by) this.step(by);
    else if (event.key === "x" && this.data.picks && this.runs.contains(this.root.activeElement)) this.act(this.at());
    else return;
    event.preventDefault();
  }

  walked(event) {
    const by = { ArrowDown: 1, ArrowUp: -1, PageDown: 10, PageUp: -10, Home: -1e9, End: 1e9 }[event.key];
    if (by) this.move(by);
    else if (event.key === "ArrowRight") this.root.activeElement.nextElementSibling?.focus();
    else if (event.key === "ArrowLeft") this.root.activeElement.previousElementSibling?.focus();
    else return;
    event.preventDefault();
  }

  move(by) {
    const names = this.shown().map((run) => run.name), place = names.indexOf(this.at());
    this.focus(names[Math.max(0, Math.min(names.length - 1, this.runs.contains(this.root.activeElement) ? place + by : 0))]);
  }

  at() {
    const row = this.root.activeElement?.closest?.("li") ?? this.runs.querySelector("[tabindex='0']")?.closest("li");
    return row?.dataset.name;
  }

  button(name) {
    return [...this.runs.children].find((row) => row.dataset.name === name)?.querySelector(".open");
  }

  focus(name) {
    this.rove(name);
    this.button(name)?.focus();
  }

  // one stop of the tab key for the whole list: the run that is shown, or that was walked to
  rove(name) {
    for (const button of this.runs.querySelectorAll("[tabindex='0']")) button.tabIndex = -1;
    const button = this.button(name) ?? this.runs.querySelector(".open");
    if (!button) return;
    button.tabIndex = 0;
    button.nextElementSibling.tabIndex = 0;
  }

  reveal(name) {
    this.button(name)?.scrollIntoView({ block: "nearest" });
  }
}

const lists = new WeakMap();

export default function ({ parentElement, data, setTriggerValue }) {
  if (!lists.has(parentElement)) lists.set(parentElement, new RunList(parentElement));
  const list = lists.get(parentElement);
  list.update(data, setTriggerValue);
  return () => {
    clearTimeout(list.timer);
    document.removeEventListener("keydown", list.pressed);
    lists.delete(parentElement);
  };
}
