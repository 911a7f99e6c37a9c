// Loads the script that draws charts while a person reads a page that has none.
export default function ({ data }) {
  const own = document.querySelector("script[type=module][src*='static/js/']");
  if (!own || window.fitwatchAhead) return;
  window.fitwatchAhead = setTimeout(() => {
    const load = () => import(new URL(data.script, own.src).href).catch(() => {}); // the first chart loads it, too
    (window.requestIdleCallback ?? setTimeout)(load);
  }, data.pause);
}
