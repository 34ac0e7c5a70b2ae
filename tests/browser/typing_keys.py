"""A form filled and sent with the keyboard alone."""

from collections.abc import Mapping
from typing import Any

from playwright.sync_api import Page

FOCUSED = """() => {
    const one = document.activeElement;
    return {
        name: one.name || "", type: one.type || one.tagName, value: one.value, checked: one.checked,
        words: one.innerText, index: one.selectedIndex, options: [...(one.options || [])].map((o) => o.value),
    };
}"""
MOST_STOPS = 120


def send_by_keyboard(page: Page, answers: Mapping[str, str | list[str]], button: str) -> None:
    """From the top of the page: skip to its content, tab from field to field, answer, press the button with Enter.

    `answers` are by the names of the fields: what is typed, the value to choose, or those to tick. Fails where the
    button is reached, or never, with an answer left over.
    """
    left = {name: list(answer) if isinstance(answer, list) else answer for name, answer in answers.items()}
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    for _stop in range(MOST_STOPS):
        page.keyboard.press("Tab")
        focused = page.evaluate(FOCUSED)
        if focused["type"] == "submit" and focused["words"].strip() == button:
            assert not left, f"never came to {sorted(left)}"
            page.keyboard.press("Enter")
            return
        if focused["name"] in left:
            _answer(page, focused, left)
    raise AssertionError(f"never came to the button {button} of {page.url}; last at {page.evaluate(FOCUSED)}")


def _answer(page: Page, focused: dict[str, Any], left: dict[str, Any]) -> None:
    name = focused["name"]
    match focused["type"]:
        case "checkbox":
            if focused["value"] in left[name]:
                page.keyboard.press("Space")
                left[name].remove(focused["value"])
            if left[name]:
                return
        case "radio":
            _choose_radio(page, focused, left[name])
        case "select-one":
            steps = focused["options"].index(left[name]) - focused["index"]
            for _step in range(abs(steps)):
                page.keyboard.press("ArrowDown" if steps > 0 else "ArrowUp")
        case _:
            page.keyboard.press("Control+a")
            page.keyboard.type(left[name])
    del left[name]


def _choose_radio(page: Page, focused: dict[str, Any], wanted: str) -> None:
    if not focused["checked"]:
        page.keyboard.press("Space")
    for _choice in range(10):
        if page.evaluate(FOCUSED)["value"] == wanted:
            return
        page.keyboard.press("ArrowDown")
    raise AssertionError(f"no choice {wanted} in {focused['name']}")
