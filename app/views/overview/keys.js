// The table of all runs is a canvas with keys of its own: they move, and tick by Shift+Space. These open, tick and walk.
const TABLE = "[data-testid=stDataFrame]";
const SETTLED = 500; // milliseconds after which a move is over, even one that led nowhere
const WALKS = { j: ["ArrowDown", 40], k: ["ArrowUp", 38] };

const press = (target, key, code, keyCode, shiftKey = false) =>
  target.dispatchEvent(new KeyboardEvent("keydown", { key, code, keyCode, shiftKey, bubbles: true, cancelable: true }));

// the name in the row of the cell on which the keyboard is, as screen readers get it
const nameAt = (table) => {
  const row = table?.querySelector("td[aria-selected=true]")?.closest("tr");
  return row?.cells[0].textContent;
};

export default function ({ setTriggerValue }) {
  // screen readers get the new row a moment after the move
  let from, at = -Infinity, waiting;
  const moves = (table) => { from = nameAt(table); at = performance.now(); };
  const open = (table) => {
    clearTimeout(waiting);
    const name = nameAt(table);
    if (name === from && performance.now() - at < SETTLED) waiting = setTimeout(open, 20, table);
    else if (name) setTriggerValue("enter", name);
  };
  const pointed = ({ target }) => { if (target.closest?.(TABLE)) moves(target.closest(TABLE)); };
  const pressed = (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.shiftKey || !event.isTrusted) return;
    const { target } = event;
    if (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName)) return;
    const table = target.closest(TABLE);
    const walk = WALKS[event.key];
    if (!table && !(walk && target === document.body)) return;
    if (event.key !== "Enter" && event.key !== " ") moves(table ?? document.querySelector(TABLE));
    if (walk && !table) document.querySelector(`${TABLE} canvas`)?.focus();
    else if (walk) press(target, walk[0], walk[0], walk[1]);
    else if (event.key === " ") press(target, " ", "Space", 32, true);
    else if (event.key === "Enter") open(table);
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  document.addEventListener("keydown", pressed, true);
  document.addEventListener("pointerdown", pointed, true);
  return () => {
    clearTimeout(waiting);
    document.removeEventListener("keydown", pressed, true);
    document.removeEventListener("pointerdown", pointed, true);
  };
}
