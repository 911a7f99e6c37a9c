"""Faults: what is wrong with a page as it stands in the browser, each as a sentence that names it."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import ConsoleMessage, Page

from tests.app_server import PATIENCE

# what Streamlit itself does on the console: behind a page's address it first asks whether it is served from there
ASKS_FOR_ITSELF = ("/_stcore/health", "/_stcore/host-config")
# what a server writes that has nothing to complain about
STARTED = re.compile(r"server started on |You can now view your Streamlit app|^ +URL: |Stopping\.\.\.")
LOOKS = 5  # before what is wrong with a page is taken for more than the moment it is drawn anew
NOT_THERE = "Failed to load resource: the server responded with a status of 404 (Not Found)"

# Every piece of visible text, and every chart, table and picture, with the part of it that is not clipped; whichever
# two overlap though neither lies in the other. Inside of a chart is Vega's. What is scrolled out of sight counts.
LOOK = """() => {
  const faults = []
  const main = document.querySelector('[data-testid=stMain]')
  for (const [name, box] of [['the page', document.documentElement], ['its main part', main]])
    if (box && box.scrollWidth > box.clientWidth + 1)
      faults.push(`${name} is ${box.scrollWidth} px wide in ${box.clientWidth}`)
  for (const failed of document.querySelectorAll('[data-testid=stException], .stVegaLiteChart .vega-error'))
    faults.push('an exception: ' + failed.innerText.slice(0, 200))

  const WHOLE = '[data-testid=stVegaLiteChart], [data-testid=stDataFrame], [data-testid=stImage] img, canvas'
  const OTHER = 'svg, script, style, noscript, .katex-mathml, '
  const clipped = (box, element) => {
    let {left, top, right, bottom} = box
    for (let up = element; up && up !== document.body; up = up.parentElement) {
      if (getComputedStyle(up).overflow === 'visible' || up.contains(main)) continue
      const edge = up.getBoundingClientRect()
      left = Math.max(left, edge.left); right = Math.min(right, edge.right)
      top = Math.max(top, edge.top); bottom = Math.min(bottom, edge.bottom)
    }
    return {left, top, right, bottom}
  }
  const seen = element => element.checkVisibility({opacityProperty: true, visibilityProperty: true})
    && !element.closest('[role=tooltip], [data-testid=stTooltipContent], .vg-tooltip, [data-testid=stToast]')
  const boxes = []
  const add = (element, name, box) =>
    boxes.push({element, name, formula: element.closest('.katex'), ...clipped(box, element)})
  for (const element of document.querySelectorAll(WHOLE))
    if (seen(element) && !element.parentElement.closest(WHOLE))
      add(element, element.dataset.testid || element.tagName, element.getBoundingClientRect())
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
  for (let text = texts.nextNode(); text; text = texts.nextNode()) {
    const element = text.parentElement
    if (!text.data.trim() || !element || element.closest(OTHER + WHOLE) || !seen(element)) continue
    const range = document.createRange()
    range.selectNodeContents(text)
    for (const line of range.getClientRects())
      add(element, text.data.trim().slice(0, 60), line)
  }
  const drawn = boxes.filter(box => box.right - box.left > 2 && box.bottom - box.top > 2)
  for (let i = 0; i < drawn.length; i++)
    for (let j = 0; j < i; j++) {
      const [a, b] = [drawn[i], drawn[j]]
      const wide = Math.min(a.right, b.right) - Math.max(a.left, b.left)
      const high = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top)
      if (wide <= 3 || high <= 3 || a.element.contains(b.element) || b.element.contains(a.element)) continue
      if (a.formula && a.formula === b.formula) continue
      faults.push(`"${a.name}" overlaps "${b.name}" by ${Math.round(wide)} x ${Math.round(high)} px`)
    }
  return faults.slice(0, 20)
}"""


# Resolves once nothing has moved for three looks in a row, or after five seconds: what is live may never rest.
REST = """async () => {
  await document.fonts.ready
  const until = performance.now() + 5000
  let before = '', same = 0
  while (performance.now() < until && same < 3) {
    await new Promise(done => setTimeout(done, 100))
    const busy = document.querySelectorAll('[data-testid=stSkeleton], [data-testid=stAppSkeleton]').length
    const height = document.querySelector('[data-testid=stMain]')?.scrollHeight
    const now = [busy, document.body.innerText.length, height].join()
    same = now === before && !busy ? same + 1 : 0
    before = now
  }
}"""


def repeat(page: Page, act: Callable[[], object], condition: str) -> None:
    """Do it until it shows, as what is done to a chart that is just made anew is lost."""
    deadline = time.monotonic() + PATIENCE
    while not page.evaluate(condition):
        assert time.monotonic() < deadline, condition
        act()
        page.evaluate(REST)


def listen(page: Page) -> list[str]:
    """Everything the page complains about on the console from now on, one entry a complaint."""
    heard: list[str] = []

    def said(message: ConsoleMessage) -> None:
        asked_for_itself = message.text == NOT_THERE and message.location["url"].endswith(ASKS_FOR_ITSELF)
        if message.type == "error" and not asked_for_itself:
            heard.append(f"console: {message.text} {message.location['url']}")

    page.on("console", said)
    page.on("pageerror", lambda error: heard.append(f"script: {error}"))
    return heard


def complaints(log: Path) -> list[str]:
    """What the server wrote beside that it started and where: warnings, errors, tracebacks; a line each."""
    return [line for line in log.read_text(encoding="utf-8").splitlines() if line.strip() and not STARTED.search(line)]


def faults(page: Page) -> list[str]:
    """What is wrong with how the page looks once it rests: exceptions, what is wider than the window, what overlaps.

    What is gone at another look was being drawn.
    """
    for _ in range(LOOKS):
        page.evaluate(REST)
        found: list[str] = page.evaluate(LOOK)
        if not found:
            break
    return found
