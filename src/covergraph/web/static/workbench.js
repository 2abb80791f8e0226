// YASGUI over this site's endpoint: the catalogue as forms, our own words for completion, a chart, and a keyboard that
// can leave the editor. Nothing here sends a request to another host; the content security policy would stop it.
"use strict";

const place = document.getElementById("workbench");

/** A new element with attributes and children. */
function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

/** An answer as bars: the first column of numbers by the first other column, else how often each first value comes. */
class Bars {
  priority = 3;
  label = "Chart";
  constructor(yasr) { this.yasr = yasr; }

  canHandleResults() {
    return (this.yasr.results?.getBindings()?.length ?? 0) > 0;
  }

  draw() {
    this.yasr.resultsEl.replaceChildren(chart(...this.pairs()));
  }

  pairs() {
    const rows = this.yasr.results.getBindings();
    const columns = this.yasr.results.getVariables();
    const isNumber = (term) => /#(integer|decimal|double|float|int|long)$/.test(term?.datatype ?? "");
    const numeric = columns.filter((c) => rows.some((row) => row[c]) && rows.every((row) => !row[c] || isNumber(row[c])));
    const named = columns.filter((c) => !numeric.includes(c));
    const text = (row, column) => row[column]?.value ?? "(none)";
    if (numeric.length && named.length) {
      const found = rows.filter((row) => row[numeric[0]]);
      return [`${numeric[0]} by ${named[0]}`, found.map((row) => [text(row, named[0]), Number(row[numeric[0]].value)])];
    }
    const counts = new Map();
    for (const row of rows) counts.set(text(row, columns[0]), (counts.get(text(row, columns[0])) ?? 0) + 1);
    return [`Rows for each ${columns[0]}`, [...counts].sort((a, b) => b[1] - a[1])];
  }

  getIcon() {
    const icon = element("span", { "aria-hidden": "true" });
    icon.textContent = "▤";
    return icon;
  }
}

const MOST_BARS = 40;

function chart(caption, pairs) {
  const shown = pairs.slice(0, MOST_BARS);
  const greatest = Math.max(...shown.map(([, number]) => number), 0) || 1;
  const svg = (name, attributes, ...children) => {
    const made = document.createElementNS("http://www.w3.org/2000/svg", name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    made.append(...children);
    return made;
  };
  const rows = shown.flatMap(([label, number], place) => {
    const width = Math.max(0, (number / greatest) * 380);
    const title = svg("title", {}, label);
    const name = svg("text", { x: 0, y: place * 24 + 17 }, label.length > 42 ? `${label.slice(0, 41)}…` : label);
    name.append(title);
    return [
      name,
      svg("rect", { class: "bar", x: 310, y: place * 24 + 3, width, height: 18, rx: 2 }),
      svg("text", { x: width + 317, y: place * 24 + 17 }, String(number)),
    ];
  });
  const height = shown.length * 24 + 4;
  const left = pairs.length > MOST_BARS ? ` (the first ${MOST_BARS} of ${pairs.length})` : "";
  const said = `${caption}: ${shown.slice(0, 10).map(([label, number]) => `${label} ${number}`).join("; ")}`;
  return element(
    "div", {},
    element("p", {}, caption + left),
    element("div", { class: "scroll", role: "region", "aria-label": "Chart", tabindex: "0" },
      svg("svg", { class: "chart", role: "img", "aria-label": said, viewBox: `0 0 760 ${height}`, width: 760, height }, ...rows)),
  );
}

/** What this site's own vocabulary offers, in place of the services that the editor would ask. */
function completers(words) {
  const own = (from, name, list) =>
    Yasgui.Yasqe.forkAutocompleter(from, {
      name,
      bulk: true,
      persistenceId: null,
      get: () => list,
    });
  own("prefixes", "own-prefixes", Object.entries(words.prefixes).map(([name, base]) => `${name}: <${base}>`));
  own("class", "own-classes", words.classes);
  own("property", "own-properties", words.properties);
  return ["own-prefixes", "own-classes", "own-properties", "variables"];
}

/** Names and roles for what the editor leaves without, so that a screen reader has something true to say. */
function nameParts(root) {
  const set = (selector, attribute, value) => {
    for (const found of root.querySelectorAll(selector)) {
      if (found.getAttribute(attribute) !== value) found.setAttribute(attribute, value);
    }
  };
  set(".CodeMirror textarea", "aria-label", "SPARQL query");
  set(".tabsList input", "aria-label", "Name of the tab");
  set(".autocomplete", "aria-label", "Endpoint");
  set(".tableFilter", "aria-label", "Filter the rows");
  set(".tableSizer", "aria-label", "Rows on a page");
  // A list of tabs may hold tabs only. The button for a new one stands among them; ours, above, does the same.
  set(".addTab", "tabindex", "-1");
  set(".tabsList > :has(.addTab)", "aria-hidden", "true");
  for (const title of root.querySelectorAll(".yasr th .dt-column-title:empty")) title.textContent = "#";
}

/** An IRI of an answer as HTML: things of this project lead to their pages here, and only http and https are links. */
function iriLink(iri, prefixes, base) {
  const [name, namespace] = Object.entries(prefixes ?? {}).find(([, start]) => iri.startsWith(start)) ?? [];
  const shown = namespace === undefined ? iri : `${name}:${iri.slice(namespace.length)}`;
  const href = iri.startsWith(base) ? `/${iri.slice(base.length)}` : iri;
  if (!/^(https?:\/\/|\/(?![/\\]))/.test(href)) return element("span", {}, shown).outerHTML;
  return element("a", { class: "iri", target: "_blank", rel: "noreferrer", href }, shown).outerHTML;
}

function setUp(words) {
  const endpoint = new URL(place.dataset.endpoint, location.href).href;
  const { Yasqe, Yasr } = Yasgui;
  Object.assign(Yasqe.defaults, { value: words.starter, autocompleters: completers(words), resizeable: false });
  Object.assign(Yasqe.defaults.extraKeys, { Tab: false, "Shift-Tab": false });
  Yasr.registerPlugin("bars", Bars);
  Yasr.plugins.table.prototype.getUriLinkFromBinding = (term, prefixes) => iriLink(term.value, prefixes, words.base);
  Object.assign(Yasr.defaults, { prefixes: words.prefixes, pluginOrder: ["table", "bars", "response"] });
  const yasgui = new Yasgui(place, {
    autofocus: false,
    requestConfig: { endpoint, method: "POST" },
    endpointCatalogueOptions: { getData: () => [{ endpoint }], keys: [] },
    // A shared link may name any endpoint; only this one is asked.
    populateFromUrl: (tab) => ({ ...tab, requestConfig: { ...tab.requestConfig, endpoint } }),
  });
  document.getElementById("without").hidden = true;
  document.getElementById("keys").hidden = false;
  nameParts(place);
  new MutationObserver(() => nameParts(place)).observe(place, { childList: true, subtree: true });
  const plain = document.getElementById("plain");
  plain.addEventListener("click", () => {
    const text = yasgui.getTab()?.getYasqe().getValue() ?? "";
    plain.href = `/query?${new URLSearchParams({ query: text })}`;
  });
  readyQuestions(words.questions, yasgui);
}

/** The catalogue: a question, its parameters as fields, and a new tab with the query that the server makes of them. */
function readyQuestions(questions, yasgui) {
  const form = document.getElementById("ready");
  const chosen = document.getElementById("question");
  const fields = document.getElementById("fields");
  const refusal = document.getElementById("refusal");
  const show = () => {
    const question = questions[chosen.value];
    document.getElementById("about").textContent = question.description;
    refusal.textContent = "";
    fields.replaceChildren(...question.fields.map((field) => {
      const input = element("input", { id: `p-${field.name}`, name: field.name, type: field.type, value: field.value });
      input.required = field.required;
      return element("div", { class: "field" },
        element("label", { for: `p-${field.name}` }, field.name + (field.required ? " (needed)" : "")),
        element("p", { class: "hint" }, field.text), input);
    }));
  };
  const newTab = (name) => yasgui.addTab(true, {
    ...Yasgui.Tab.getDefaults(yasgui), name, yasr: { settings: { pluginsConfig: { table: { compact: true } } }, response: undefined },
  });
  document.getElementById("new-tab").addEventListener("click", () => newTab(yasgui.createTabName()));
  chosen.addEventListener("change", show);
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const given = [...new FormData(form)].filter(([, value]) => value !== "");
    const answer = await fetch(`/query/${chosen.value}.rq?${new URLSearchParams(given)}`, { headers: { Accept: "text/plain, application/json" } });
    if (!answer.ok) {
      refusal.textContent = (await answer.json()).detail;
      return;
    }
    refusal.textContent = "";
    const tab = newTab(chosen.value);
    tab.setQuery(await answer.text());
    tab.query().catch(() => {}); // the answer area says what was wrong
  });
  show();
  form.hidden = false;
}

fetch(place.dataset.words).then((answer) => answer.json()).then(setUp);
