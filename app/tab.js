// What the browser is told of a page: its language, by which it breaks lines and reads aloud. On a phone the sidebar
// lies over the page: it closes once another page was chosen in it.
const NARROW = 768; // pixels of a window
const shown = (window.fitwatchTab ??= {});

export default function ({ data }) {
  document.documentElement.lang = data.language;
  const before = shown.page;
  shown.page = data.page;
  if (before === undefined || before === data.page || window.innerWidth >= NARROW) return;
  if (document.querySelector("[data-testid=stExpandSidebarButton]")) return; // it is closed
  document.querySelector("[data-testid=stSidebarCollapseButton] button")?.click();
}
