// Small services of every page: tables sort by a click or a key, the print button prints.
(() => {
  const collator = new Intl.Collator("en", { numeric: true, sensitivity: "base" });
  const arrows = { ascending: "\u2191", descending: "\u2193" };

  // A cell reads as a number where it begins with one: "3.5 to 4", "$1,200", "−5%", "< 0.1".
  const numberIn = (text) => {
    const found = text.replace(/,/g, "").match(/^[^\d\u2212-]{0,3}\s*([\u2212-]?\d*\.?\d+(?:e[+-]?\d+)?)/i);
    return found ? Number(found[1].replace("\u2212", "-")) : NaN;
  };

  const keyOf = (row, column) => row.cells[column]?.textContent.trim() ?? "";

  const compared = (rows, column) => {
    const filled = rows.map((row) => keyOf(row, column)).filter((text) => text && text !== "\u2013");
    const numeric = filled.length > 0 && filled.every((text) => !Number.isNaN(numberIn(text)));
    return numeric
      ? (a, b) => numberIn(keyOf(a, column)) - numberIn(keyOf(b, column))
      : (a, b) => collator.compare(keyOf(a, column), keyOf(b, column));
  };

  const isEmpty = (row, column) => ["", "\u2013"].includes(keyOf(row, column));

  const sort = (table, header, direction) => {
    const body = table.tBodies[0];
    const column = header.cellIndex;
    const rows = [...body.rows];
    const order = compared(rows, column);
    const sign = direction === "descending" ? -1 : 1;
    // Gaps stay last in both directions; equal rows keep the order in which they stand.
    rows.sort((a, b) => isEmpty(a, column) - isEmpty(b, column) || sign * order(a, b));
    body.append(...rows);
    for (const other of table.tHead.rows[0].cells) {
      other.removeAttribute("aria-sort");
      const mark = other.querySelector(".cb-sort-mark");
      if (mark) mark.textContent = "";
    }
    header.setAttribute("aria-sort", direction);
    header.querySelector(".cb-sort-mark").textContent = arrows[direction];
  };

  const makeSortable = (table) => {
    if (!table.tHead || table.tBodies.length !== 1 || table.tBodies[0].rows.length < 2) return;
    for (const header of table.tHead.rows[0].cells) {
      const content = header.querySelector("p") ?? header;
      const button = Object.assign(document.createElement("button"), { type: "button", className: "cb-sort" });
      const mark = Object.assign(document.createElement("span"), { className: "cb-sort-mark" });
      mark.setAttribute("aria-hidden", "true");
      button.append(...content.childNodes);
      button.append(mark);
      content.append(button);
      button.addEventListener("click", () => {
        sort(table, header, header.getAttribute("aria-sort") === "ascending" ? "descending" : "ascending");
      });
    }
  };

  const start = () => {
    document.querySelectorAll("table.cb-table").forEach(makeSortable);
    document.querySelectorAll(".cb-print, .btn-download-pdf-button").forEach((button) => {
      button.addEventListener("click", () => window.print());
    });
  };
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
  else start();
})();
