"use strict";
(() => {
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];
  const fold = (text) => text.normalize("NFKC").toLowerCase();
  const tools = document.querySelector(".tools");
  const find = tools.querySelector("input");
  const selects = all("select", tools);
  const status = tools.querySelector(".status");
  const entries = all(".quote[data-d], tr[data-d]:not(.entry-group)");
  const groups = all(".entry-group");
  const words = new Map(entries.map((e) => [e, fold(e.textContent)]));
  const titles = new Map(groups.map((g) => [g, fold((g.querySelector("th, h3") || g).textContent)]));

  // Whether an entry has what the lists say; what it does not tell of leaves it alone.
  const fits = (entry, wanted) => wanted.every(([key, value]) => {
    const has = entry.getAttribute("data-" + key);
    return has === null || (key === "d" ? has.split(" ").includes(value) : has === value);
  });

  const apply = () => {
    const wanted = selects.filter((s) => s.value).map((s) => [s.dataset.key, s.value]);
    const query = fold(find.value.trim());
    let shown = 0;
    for (const entry of entries) {
      const group = entry.closest(".entry-group");
      const said = !query || words.get(entry).includes(query) || (group !== null && titles.get(group).includes(query));
      entry.hidden = !(said && fits(entry, wanted));
      shown += !entry.hidden;
    }
    for (const group of groups) {
      const within = all(".quote", group);
      const open = within.length ? within.some((e) => !e.hidden) : !query || titles.get(group).includes(query);
      group.hidden = !(open && fits(group, wanted));
    }
    const active = query !== "" || wanted.length > 0;
    const counts = { "#": shown, "##": entries.length };
    status.textContent = active ? status.dataset.text.replace(/##?/g, (mark) => counts[mark].toLocaleString("en")) : "";
  };

  const clear = () => {
    find.value = "";
    for (const select of selects) select.value = "";
  };

  find.addEventListener("input", apply);
  for (const select of selects) select.addEventListener("change", apply);
  tools.querySelector(".clear").addEventListener("click", () => { clear(); apply(); find.focus(); });
  // A driver's tile, or a channel, language or product of a change, leads to the words behind it.
  for (const link of all("a.drill")) {
    link.addEventListener("click", () => {
      clear();
      for (const select of selects) {
        const value = link.getAttribute("data-" + select.dataset.key);
        if (value && all("option", select).some((o) => o.value === value)) select.value = value;
      }
      apply();
    });
  }

  const value = (row, column, numeric) => {
    const cell = row.cells[column];
    const text = cell.dataset.v || cell.textContent.trim();
    if (!numeric) return text;
    const number = text.replace(/[,\s]/g, "").replace("\u2212", "-").match(/-?\d+(\.\d+)?/);
    return number ? parseFloat(number[0]) : -Infinity;
  };
  for (const th of all("table.sortable th[data-sort]")) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "sort";
    button.append(...th.childNodes);
    th.append(button);
    button.addEventListener("click", () => {
      const numeric = th.dataset.sort === "num";
      const up = th.hasAttribute("aria-sort") ? th.getAttribute("aria-sort") === "descending" : !numeric;
      for (const other of all("[aria-sort]", th.parentNode)) other.removeAttribute("aria-sort");
      th.setAttribute("aria-sort", up ? "ascending" : "descending");
      const body = th.closest("table").tBodies[0];
      const keyed = [...body.rows].map((row) => [value(row, th.cellIndex, numeric), row]);
      const order = (a, b) => (numeric ? a[0] - b[0] || 0 : a[0].localeCompare(b[0], document.documentElement.lang));
      body.append(...keyed.sort((a, b) => (up ? order(a, b) : order(b, a))).map((pair) => pair[1]));
    });
  }
  tools.hidden = false;
})();
