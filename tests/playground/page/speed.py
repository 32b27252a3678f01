"""Measure the page's latency with a long channel open: ``python -m tests.playground.page.speed``.

The command runs in a process, the page in a real browser. Measured are the times from a key press to its glyph and
from Enter to the answer; nothing else should run on the machine. Exit status 1 above the limits.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import sys
import time

from playwright.sync_api import Page, sync_playwright

from .process import playground

KEY_LIMIT = 100.0  # milliseconds
ANSWER_LIMIT = 500.0
# Seconds between questions: the bot posts at most one message a second in a channel
INTERVAL = 1.2

_KEYS = """() => {
  window.keys = [];
  document.querySelector("#conversation textarea").addEventListener("keydown", (event) => {
    requestAnimationFrame(() => {
      // The frame has been drawn when the next task runs
      const channel = new MessageChannel();
      channel.port1.onmessage = () => window.keys.push(performance.now() - event.timeStamp);
      channel.port2.postMessage(null);
    });
  });
}"""
_ANSWER = """(asked) => new Promise((resolve) => {
  let begun = null;
  document.addEventListener("keydown", (event) => { begun ??= event.timeStamp; }, { capture: true, once: true });
  const look = () => {
    const articles = document.querySelectorAll("#thread article");
    const isThere = articles.length === 2 && articles[0].textContent.includes(asked);
    if (isThere && articles[1].querySelector("blockquote")) {
      setTimeout(() => resolve(performance.now() - begun));
    } else {
      requestAnimationFrame(look);
    }
  };
  requestAnimationFrame(look);
})"""
_FILL = """async (count) => {
  const { runAction } = await import("/static/actions.js");
  const { current } = await import("/static/state.js");
  for (let number = 1; number <= count; number += 1) {
    const text = `message ${number}: the *ministers* spoke on <https://articles.example/|day ${number}> and went on`;
    await runAction("say", { channel: current.channel, text });
  }
}"""


def time_keys(tab: Page, count: int) -> list[float]:
    """Return the milliseconds from a key press to the frame that shows it, for ``count`` keys."""
    message_box = tab.get_by_role("textbox").first
    message_box.focus()
    tab.evaluate(_KEYS)
    for _ in range(count):
        tab.keyboard.press("a")
    tab.wait_for_function("count => window.keys.length >= count", arg=count)
    message_box.fill("")
    times: list[float] = tab.evaluate("window.keys")
    return times


def time_answers(tab: Page, count: int) -> list[float]:
    """Return the milliseconds from Enter to the frame that shows the answer, for ``count`` questions."""
    times = []
    for number in range(count):
        message_box = tab.get_by_role("textbox").first
        message_box.fill(f"@Pullquote what was agreed on GCAP ({number})")
        tab.evaluate("([script, asked]) => { window.answer = eval?.(script)(asked); }", [_ANSWER, f"GCAP ({number})"])
        message_box.press("Enter")
        times.append(float(tab.evaluate("window.answer")))
        time.sleep(INTERVAL)
    return times


def report(name: str, times: list[float], limit: float) -> bool:
    """Print statistics; returns whether the 95th percentile is within the limit."""
    ordered = sorted(times)
    p95 = ordered[min(len(ordered) - 1, int(len(ordered) * 0.95))]
    sys.stdout.write(
        f"{name}: median {statistics.median(times):.0f} ms, p95 {p95:.0f} ms, most {ordered[-1]:.0f} ms"
        f" of {len(times)}; limit {limit:.0f} ms\n"
    )
    return p95 <= limit


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, default=500)
    parser.add_argument("--keys", type=int, default=60)
    parser.add_argument("--questions", type=int, default=15)
    chosen = parser.parse_args()
    with playground() as running, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        tab = browser.new_context(viewport={"width": 1280, "height": 800}).new_page()
        tab.goto(running.address)
        tab.get_by_role("textbox").first.wait_for()
        tab.evaluate(_FILL, chosen.messages)
        shown = tab.locator("#conversation article").count()
        sys.stdout.write(f"{shown} messages in the channel\n")
        results = [
            report("key to glyph", time_keys(tab, chosen.keys), KEY_LIMIT),
            report("question to answer", time_answers(tab, chosen.questions), ANSWER_LIMIT),
        ]
        browser.close()
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
