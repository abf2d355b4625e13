"""What WCAG 2.2 and the HTML standard ask of a page, as axe-core and the W3C validator read them: what ours lacked."""

from __future__ import annotations

from typing import Any

_FAULTS = r"""() => {
  const faults = [];
  const all = (selector) => [...document.querySelectorAll(selector)];
  const wrong = (what, one) => faults.push(`${what}: ${one.outerHTML.slice(0, 120)}`);
  const isShown = (one) => one.checkVisibility({visibilityProperty: true}) && !one.closest("[aria-hidden=true]");
  if (!document.documentElement.lang) faults.push("the page has no language");
  if (!document.title) faults.push("the page has no title");
  if (all("main").length !== 1) faults.push(`required one main part, found ${all("main").length}`);
  if (all("h1").length !== 1) faults.push(`required one heading of the page, found ${all("h1").length}`);
  all("main header, main nav").forEach((one) => wrong("the head is in the main part", one));
  all(":is(h1, h2, .ls-header button) div").forEach((one) => wrong("a block in a heading or a button", one));
  all("th:not([scope])").forEach((one) => wrong("a heading of nothing", one));
  all(".ls-line a:not(.ls-tag)").filter((one) => !getComputedStyle(one).textDecoration.includes("underline"))
    .forEach((one) => wrong("a link that only its colour shows", one));
  all("*").filter((one) => one.scrollWidth > one.clientWidth && getComputedStyle(one).overflowX === "auto")
    .filter((one) => one.tabIndex < 0).forEach((one) => wrong("the keyboard cannot scroll it", one));

  const rgb = (text) => (text.match(/[\d.]+/g) || [0, 0, 0, 0]).map(Number);
  const light = (colour) => {
    const [r, g, b] = colour.map((x) => (x / 255 <= 0.04045 ? x / 255 / 12.92 : ((x / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const contrast = (one, two) => {
    const [more, less] = [light(one), light(two)].sort((x, y) => y - x);
    return (more + 0.05) / (less + 0.05);
  };
  const behind = (one) => {
    for (; one; one = one.parentElement) {
      const colour = rgb(getComputedStyle(one).backgroundColor);
      if (colour.length === 3 || colour[3] === 1) return colour;
    }
    return [255, 255, 255];
  };
  const hasWords = (one) => [...one.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim());
  for (const one of all("body *").filter((one) => isShown(one) && hasWords(one))) {
    const style = getComputedStyle(one);
    const found = contrast(rgb(one instanceof SVGElement ? style.fill : style.color), behind(one));
    if (found < 4.5) wrong(`words of contrast ${found.toFixed(2)}`, one);
  }
  const ring = document.createElement("p");
  ring.style.color = "var(--ls-focus)";
  document.body.append(ring);
  const found = contrast(rgb(getComputedStyle(ring).color), behind(ring));
  ring.remove();
  if (found < 3) faults.push(`what shows the focus has contrast ${found.toFixed(2)}`);
  return faults;
}"""


def faults(tab: Any) -> list[str]:
    """Give what is wrong with a page as it is shown now, each with the element that has it."""
    found: list[str] = tab.evaluate(_FAULTS)
    return found
