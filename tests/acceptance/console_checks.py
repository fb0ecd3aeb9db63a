"""What can be measured of a page's accessibility without a library [WCAG 2.2: 1.4.3, 1.4.10, 2.5.8, 4.1.2]."""

from __future__ import annotations

from playwright.async_api import Page

from tests import browser, tools

FLAGS = (
    "--no-sandbox",
    "--headless=new",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)

_OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"

# Each text against the first opaque background behind it; large text may have 3:1.
_CONTRASTS = """
() => {
  const rgba = (text) => { const n = text.match(/[\\d.]+/g).map(Number); return n.length > 3 ? n : [...n, 1]; };
  const linear = (c) => (c /= 255) <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  const luminance = ([r, g, b]) => 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);
  const behind = (element) => {
    for (let e = element; e; e = e.parentElement) {
      const colour = rgba(getComputedStyle(e).backgroundColor);
      if (colour[3] === 1) return colour;
    }
    return [255, 255, 255, 1];
  };
  const found = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    if (!walker.currentNode.textContent.trim() || !element.checkVisibility({ visibilityProperty: true })) continue;
    if (element.closest("script, noscript, option, :disabled")) continue;
    const style = getComputedStyle(element);
    const ink = rgba(style.color);
    if (ink[3] === 0) continue;  // kept for screen readers, drawn as a dot
    const [a, b] = [luminance(ink), luminance(behind(element))];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    const size = parseFloat(style.fontSize);
    const large = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
    const text = walker.currentNode.textContent.trim().slice(0, 30);
    if (ratio < (large ? 3 : 4.5)) found.push(`${ratio.toFixed(2)} ${text}`);
  }
  return found;
}
"""

_INTERACTIVE = "button, select, summary, a[href], input:not([type=hidden])"

_SMALL_TARGETS = f"""
() => [...document.querySelectorAll("{_INTERACTIVE}")]
  .filter((e) => e.checkVisibility() && !e.matches(".skip"))
  .map((e) => [e, e.getBoundingClientRect()])
  .filter(([, box]) => box.width < 24 || box.height < 24)
  .map(([e, box]) => `${{e.id || e.textContent}} ${{box.width}}x${{box.height}}`)
"""

_UNNAMED = f"""
() => [...document.querySelectorAll("{_INTERACTIVE}, section, aside, [role=group]")]
  .filter((e) => e.checkVisibility())
  .filter((e) => {{
    const ids = (e.getAttribute("aria-labelledby") ?? "").split(" ");
    const by = ids.map((id) => document.getElementById(id)?.textContent);
    const own = e.matches("button, summary, a") ? e.textContent : "";
    const labels = [...(e.labels ?? [])].map((label) => label.textContent);
    return ![e.getAttribute("aria-label"), own, ...by, ...labels].some((text) => text?.trim());
  }})
  .map((e) => e.outerHTML.slice(0, 80))
"""


def chromium() -> str:
    """The browser on this machine."""
    return str(tools.chromium())


async def overflow_px(page: Page) -> int:
    """How far the page scrolls sideways."""
    return int(await page.evaluate(_OVERFLOW))


async def low_contrasts(page: Page) -> list[str]:
    return list(await page.evaluate(_CONTRASTS))


async def small_targets(page: Page) -> list[str]:
    """What is to be pressed and smaller than 24 by 24 CSS pixels."""
    return list(await page.evaluate(_SMALL_TARGETS))


async def unnamed(page: Page) -> list[str]:
    """Controls and regions a screen reader has no name for."""
    return list(await page.evaluate(_UNNAMED))


_AXE = """
async () => {
  const found = await axe.run(document, { resultTypes: ["violations"] });
  return found.violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html.slice(0, 120)).join(" | ")}`);
}
"""


async def axe_findings(page: Page) -> list[str]:
    """What axe-core has against the page as it stands: every rule, best practice included."""
    if not await page.evaluate("typeof axe === 'object'"):
        await page.evaluate(browser.axe())
    return list(await page.evaluate(_AXE))
