// What the page can do without this file it does with less reloading with it: dropping a file on it, adding and removing
// rows in place, arrow keys on the drawing of levels, and copying the request for information.
"use strict";

const drop = document.getElementById("drop");
if (drop) {
  const file = document.getElementById("file");
  for (const type of ["dragover", "drop", "dragleave"]) {
    document.addEventListener(type, (event) => {
      if (!event.dataTransfer?.types.includes("Files")) return;
      event.preventDefault();
      drop.classList.toggle("over", type === "dragover");
      if (type === "drop" && event.dataTransfer.files.length) {
        file.files = event.dataTransfer.files;
        drop.requestSubmit(drop.querySelector("[value=paste]"));
      }
    });
  }
}

// Buttons that change the form itself: the page comes back with the new form, and only that is put in place.
document.addEventListener("submit", async (event) => {
  const does = event.submitter?.value ?? "";
  if (!event.target.matches("#case") || !/^(add|remove|concept|update|more)/.test(does)) return;
  event.preventDefault();
  const form = event.target;
  const body = new URLSearchParams(new FormData(form, event.submitter));
  const answer = await fetch("/check", { method: "POST", body });
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const next = page.getElementById("case");
  if (!next) return form.submit();
  const open = [...form.querySelectorAll("details[open]")].map((d) => d.id).filter(Boolean);
  form.replaceWith(next);
  for (const id of open) document.getElementById(id)?.setAttribute("open", "");
  const focus = next.querySelector("[autofocus]")
    ?? [...next.querySelectorAll(`[id="${CSS.escape(does.replace(/^more:/, ""))}"] input`)].at(-1) ?? next.querySelector(`[value="${CSS.escape(does)}"]`)
    ?? next.querySelector(`[value="add:${does.split(/[:.]/)[1]}"]`);
  focus?.focus();
});

// Up and down move between the levels of a drawing; Tab does so too.
document.addEventListener("keydown", (event) => {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  const column = step && event.target.closest?.(".column");
  if (!column) return;
  const boxes = [...column.querySelectorAll("input")];
  boxes[boxes.indexOf(event.target) + step]?.focus();
  event.preventDefault();
});

// The closed list of levels of a finding says which are chosen.
document.addEventListener("change", (event) => {
  const details = event.target.closest?.("details.levels");
  if (!details) return;
  const chosen = [...details.querySelectorAll("input:checked")].map((box) => box.value);
  const summary = details.querySelector("summary");
  summary.textContent = `${summary.textContent.split(":")[0]}: ${chosen.join(", ") || "whole patient"}`;
});

for (const button of document.querySelectorAll("[data-copies]")) {
  button.hidden = false;
  const status = button.parentElement.querySelector("[role=status]");
  button.addEventListener("click", async () => {
    const text = document.getElementById(button.dataset.copies).value;
    try {
      await navigator.clipboard.writeText(text);
      status.textContent = "Copied.";
    } catch {
      const details = document.getElementById(button.dataset.copies).closest("details");
      details.open = true;
      document.getElementById(button.dataset.copies).select();
      status.textContent = "The browser does not let the page copy: the text is selected, copy it with Ctrl+C.";
    }
  });
}

document.getElementById("errors")?.focus();
