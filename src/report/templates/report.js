"use strict";
(() => {
  const results = JSON.parse(document.getElementById("results").textContent);
  const form = document.getElementById("filter");
  const rows = [...document.querySelectorAll("#requirements tbody tr")];
  const dialog = document.getElementById("detail");

  // Everything shown is a text node: an answer of the target is never read as markup.
  const make = (tag, properties, ...children) => {
    const element = Object.assign(document.createElement(tag), properties);
    element.append(...children.filter((child) => child !== null));
    return element;
  };

  const chosen = (name) => new Set([...form.querySelectorAll(`[name=${name}]:checked`)].map((box) => box.value));

  const filter = () => {
    const verdicts = chosen("verdict");
    const levels = chosen("level");
    const words = form.elements.text.value.trim().toLowerCase();
    let shown = 0;
    for (const row of rows) {
      let any = false;
      for (const button of row.querySelectorAll("button")) {
        button.hidden = !verdicts.has(button.dataset.verdict);
        any = any || !button.hidden;
      }
      const ids = [...row.querySelectorAll("button")].map((button) => button.title).join(" ");
      const text = `${row.textContent} ${ids}`.toLowerCase();
      row.hidden = !(any && levels.has(row.dataset.level) && text.includes(words));
      shown += row.hidden ? 0 : 1;
    }
    document.getElementById("shown").textContent = `${shown} of ${rows.length} requirements`;
  };

  const message = (headers, body) => make("pre", {}, headers.map(([name, value]) => `${name}: ${value}`).join("\n") + (body ? `\n\n${body}` : ""));

  const exchange = (one) =>
    make("details", { open: one.telling },
      make("summary", { className: one.telling ? "telling" : "" }, `#${one.seq} ${one.line} (${one.sender}, ${one.millis})`),
      message(one.request_headers, one.request_body),
      one.status === null ? null : message([["status", one.status], ...one.response_headers], one.response_body));

  // The words of a requirement, without the verdict that stands before them.
  const words = (row) => {
    const copy = row.querySelector("th").cloneNode(true);
    copy.querySelector(".word").remove();
    return copy.textContent.replace(/\s+/g, " ").trim();
  };

  const open = (index) => {
    const one = results[index];
    const row = rows.find((candidate) => candidate.querySelector(`[data-result="${index}"]`));
    const facts = make("dl", {});
    const fact = (name, value) => value && facts.append(make("dt", {}, name), make("dd", {}, value));
    fact("verdict", one.verdict);
    fact("requirement", row ? words(row) : one.requirement);
    fact("broken", one.what);
    fact("reason", one.what ? "" : one.reason);
    for (const [says, clause] of one.readings) fact("reading", `${says} (${clause})`);
    fact("covered", one.covered.join(", "));
    fact("also found by", one.also.join(", "));
    fact("source", one.source);
    fact("explain", `scimulate explain ${one.id}`);
    for (const [name, value] of one.measurements) fact(name, value);
    const diff = make("pre", {}, ...one.diff.map(([mark, line]) =>
      make("span", { className: mark === "-" ? "minus" : mark === "+" ? "plus" : "" }, `${mark} ${line}\n`)));
    const close = make("button", { type: "button", className: "close" }, "×");
    close.setAttribute("aria-label", "Close");
    close.addEventListener("click", () => dialog.close());
    dialog.replaceChildren(
      close,
      make("h2", { id: "detail-title" }, `${one.id}${one.profile ? ` ${one.profile}` : ""}`),
      make("p", {}, one.title),
      facts,
      ...(one.diff.length ? [make("h3", {}, "Expected (−) and actual (+)"), diff] : []),
      ...(one.curl ? [make("h3", {}, "Reproduce"), make("pre", {}, one.curl)] : []),
      make("h3", {}, `Transcript (${one.exchanges.length})`),
      ...one.exchanges.map(exchange));
    dialog.showModal();
    dialog.scrollTop = 0;
    if (location.hash !== `#${index}`) history.replaceState(null, "", `#${index}`);
  };

  form.addEventListener("input", filter);
  form.addEventListener("submit", (event) => event.preventDefault());
  document.querySelector("#requirements").addEventListener("click", (event) => {
    const button = event.target.closest("button[data-result]");
    if (button) open(Number(button.dataset.result));
  });
  dialog.addEventListener("close", () => history.replaceState(null, "", location.pathname + location.search));
  filter();
  const linked = location.hash.slice(1);
  if (linked in results) open(Number(linked));
})();
