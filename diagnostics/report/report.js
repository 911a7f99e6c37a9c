for (const [column, heading] of document.querySelectorAll(".runs th").entries()) {
  const button = heading.querySelector("button");
  if (!button) continue;
  button.addEventListener("click", () => {
    const direction = heading.getAttribute("aria-sort") === "ascending" ? "descending" : "ascending";
    document.querySelectorAll(".runs th").forEach((other) => other.removeAttribute("aria-sort"));
    heading.setAttribute("aria-sort", direction);
    const sign = direction === "ascending" ? 1 : -1;
    const body = document.querySelector(".runs tbody");
    const value = (row) => row.cells[column].dataset.value;
    const compare = (a, b) => {
      const [x, y] = [value(a), value(b)];
      if (x === "" || y === "") return (x === "") - (y === ""); // rows without a number come last either way
      return sign * (isNaN(x) || isNaN(y) ? x.localeCompare(y, undefined, { numeric: true }) : x - y);
    };
    body.append(...[...body.rows].sort(compare));
  });
}
