"""The page in a real browser, on a small folder."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from accessible import faults
from browsing import PHONE, Visit, chromium
from serve_rows import STRANGE
from serving import Serving, serving, until_level

TOKEN = "a-token-of-some-length"
PAGES = {
    "overview": ("/", "Segments, live"),
    "segment": ("/segments/newsletter", "Newsletter"),
    "user": ("/users/u0", "u0"),
    "clusters": ("/clusters", "Clusters, learned from the stream"),
    "predictions": ("/predictions", "Predictions, learned from the stream"),
    "dead-letters": ("/dead-letters", "Dead letters: what could not be applied, and why"),
}


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as found:
        yield found


@pytest.fixture
def visit(browser: Any, server: Serving) -> Iterator[Visit]:
    found = Visit(browser, server.address)
    yield found
    found.context.close()
    assert found.errors == []
    assert found.hosts <= {server.address.removeprefix("http://")}


@pytest.mark.parametrize("name", PAGES)
def test_each_page_shows_what_it_is_about(visit: Visit, name: str) -> None:
    path, heading = PAGES[name]
    tab = visit.go(path)
    assert tab.inner_text("h1") == heading
    assert "Loading" not in tab.inner_text("main")
    assert faults(tab) == []
    visit.keep(name)


@pytest.mark.parametrize("name", PAGES)
def test_each_page_fits_a_phone(browser: Any, server: Serving, name: str) -> None:
    visit = Visit(browser, server.address, viewport=PHONE, color_scheme="dark")
    tab = visit.go(PAGES[name][0])
    assert tab.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    assert tab.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(18, 23, 28)"
    assert faults(tab) == []
    visit.keep(f"{name}-phone-dark")
    visit.context.close()
    assert visit.errors == []


def test_the_overview_lists_segments_by_their_titles_and_says_which_day_is_today(visit: Visit) -> None:
    tab = visit.go("/")
    titles = tab.locator("section[aria-label='Segments'] tbody tr td:first-child").all_inner_texts()
    assert titles == sorted(titles, key=str.lower)
    assert len(titles) > 2
    assert "Today is 2023-11-16, the day of the newest change." in tab.inner_text("main")
    tab.click("section[aria-label='Segments'] a:text-is('Newsletter')")
    tab.wait_for_selector("h1:has-text('Newsletter')")
    tab.wait_for_selector("section[aria-label='Why people entered'] >> text=time passed")


def test_links_lead_from_the_overview_to_a_segment_to_a_user_and_back(visit: Visit) -> None:
    tab = visit.go("/")
    tab.click("section[aria-label='Segments'] a:text-is('Newsletter')")
    tab.wait_for_selector("h1:has-text('Newsletter')")
    tab.click("section[aria-label='Members'] a:text-is('u1')")
    tab.wait_for_selector("h1:has-text('u1')")
    tab.click("section[aria-label='Segments: why in, why not'] a:text-is('Newsletter')")
    tab.wait_for_selector("h1:has-text('Newsletter')")
    tab.click("nav a:text-is('Dead letters')")
    tab.click("section[aria-label='The newest'] a:text-is('u0')")
    tab.wait_for_selector("h1:has-text('u0')")


def test_a_user_is_explained_in_and_out(visit: Visit) -> None:
    rows = visit.go("/users/u0").locator("section[aria-label='Segments: why in, why not'] tbody tr")
    inside = rows.filter(has=visit.tab.locator("a:text-is('High value')")).inner_text()
    assert "✓ in" in inside
    outside = rows.filter(has=visit.tab.locator("a:text-is('Newsletter')")).inner_text()
    assert "– out" in outside
    assert "orders == 1" in outside  # the clause of the newest change, with its value
    assert "orders = 1" in outside


def test_each_cluster_is_shown_with_the_medians_of_its_members(visit: Visit) -> None:
    tab = visit.go("/clusters")
    rows = [row.inner_text().split("\t") for row in tab.locator("section[aria-label='engagement'] tbody tr").all()]
    assert [[cell.strip() for cell in (row[0], row[3])] for row in rows] == [
        ["Seldom here", "0.00"],
        ["Often here", "1.00"],
    ]
    assert "medians of the members" in tab.inner_text("section[aria-label='engagement']")


def test_a_prediction_is_shown_with_how_good_it_was(visit: Visit) -> None:
    told = visit.go("/predictions").inner_text("section[aria-label='buys_again_30d']")
    assert "AUC" in told
    assert "0.781" in told


def test_times_are_in_the_readers_zone_with_utc_on_hover(visit: Visit) -> None:
    time = visit.go("/users/u0").locator("section[aria-label='History'] time").first
    assert time.inner_text() == "2023-11-16 17:13:20"
    assert time.get_attribute("title") == "2023-11-16 22:13:20.001 UTC"


def test_it_can_be_used_with_the_keyboard_alone(visit: Visit) -> None:
    tab = visit.go("/")
    tab.keyboard.press("Tab")
    assert tab.evaluate("document.activeElement.textContent") == "to the content"
    for _ in range(6):
        tab.keyboard.press("Tab")
    assert tab.evaluate("document.activeElement.tagName") == "INPUT"
    tab.keyboard.type("u7")
    tab.keyboard.press("Enter")
    tab.wait_for_selector("h1:has-text('u7')")
    tab.focus("th button")
    tab.keyboard.press("Enter")
    assert tab.locator("th[aria-sort]").count() == 1


def test_on_a_phone_the_buttons_that_sort_are_where_the_keyboard_finds_them(browser: Any, server: Serving) -> None:
    visit = Visit(browser, server.address, viewport=PHONE)
    tab = visit.go("/users/u0")
    tab.focus("th button:text('Segment')")
    box = tab.locator("th button:text('Segment')").bounding_box()
    assert 0 <= box["x"] < PHONE["width"]
    visit.context.close()


def test_a_script_in_an_id_a_trait_and_a_dead_letter_stays_text(visit: Visit) -> None:
    tab = visit.go(f"/users/{quote(STRANGE, safe='')}")
    assert tab.inner_text("h1") == STRANGE
    assert "<img src=x onerror=alert(2)>" in tab.inner_text("section[aria-label='Profile']")
    tab.click("section[aria-label='Segments: why in, why not'] a:text-is('High value')")
    tab.wait_for_selector(f"a:text-is({STRANGE!r})" if '"' not in STRANGE else "section[aria-label='Members'] a")
    assert STRANGE in tab.inner_text("section[aria-label='Members']")
    tab.click(f"section[aria-label='Members'] a[href='/users/{quote(STRANGE, safe='')}']")
    tab.wait_for_selector("section[aria-label='History']")
    assert tab.inner_text("h1") == STRANGE
    visit.go("/dead-letters")
    assert "<script>alert(3)</script>" in tab.inner_text("section[aria-label='The newest']")


def test_the_policy_forbids_scripts_that_are_not_ours(visit: Visit) -> None:
    tab = visit.go("/")
    tab.evaluate("document.body.append(Object.assign(document.createElement('script'), {textContent: 'stolen = 1'}))")
    tab.evaluate(  # until the image has failed: what the browser says of it comes before, and not after the test
        """() => new Promise(done => {
            document.body.insertAdjacentHTML('beforeend', '<img src=x onerror="window.stolen = 1">')
            document.body.lastElementChild.addEventListener('error', () => done())
        })"""
    )
    assert tab.evaluate("window.stolen") is None
    assert any("Content Security Policy" in error for error in visit.errors)
    visit.errors.clear()


def test_who_is_not_in_the_store_is_told_of(visit: Visit) -> None:
    tab = visit.go("/users/visitor")
    tab.click("a:text-is('u1')")
    tab.wait_for_selector("h1:has-text('u1')")
    assert "never seen, or erased" in visit.go("/users/gone").inner_text("main")
    assert "No segment of this name" in visit.go("/segments/none").inner_text("main")


def test_with_a_token_the_page_comes_after_a_login(browser: Any, folder: Any) -> None:
    with serving("--out", str(folder), token=TOKEN) as server:
        visit = Visit(browser, server.address)
        tab = visit.go("/")
        assert tab.url.endswith("/login")
        visit.keep("login")
        tab.wait_for_function("window.socket && window.socket.connected")  # it hears no key before
        tab.fill("input", "not the token")
        tab.keyboard.press("Enter")
        tab.wait_for_selector("text=This is not the token")
        assert faults(tab) == []
        tab.emulate_media(color_scheme="dark", reduced_motion="reduce")
        tab.wait_for_selector("body.body--dark")
        assert faults(tab) == []
        tab.fill("input", TOKEN)
        tab.keyboard.press("Enter")
        tab.wait_for_selector("h1:has-text('Segments, live')")
        [cookie] = visit.context.cookies()
        assert (cookie["httpOnly"], cookie["sameSite"]) == (True, "Strict")
        visit.go("/users/u1")
        assert tab.inner_text("h1") == "u1"
        visit.context.close()
        assert not any(TOKEN in line for line in server.said)


def test_a_user_is_explained_by_the_events_of_the_run(visit: Visit) -> None:
    tab = visit.go("/users/u0")
    tab.wait_for_function("window.socket && window.socket.connected")
    tab.click('button:has-text("Replay this user\'s events")')
    row = tab.locator("section[aria-label='Explained by the events'] tbody tr").filter(
        has=tab.locator("a:text-is('Men')")
    )
    row.wait_for()
    assert "At the end of the events" in tab.inner_text("section[aria-label='Explained by the events'] [role=status]")
    assert "✓ in" in row.inner_text()
    assert 'gender == "male"' in row.inner_text()


def test_a_store_that_does_not_answer_is_told_of_until_it_does(browser: Any, folder: Any, tmp_path: Path) -> None:
    store = tmp_path / "store.db"
    with serving("--out", str(folder), "--store", str(store)) as server, closing(sqlite3.connect(store)) as broken:
        until_level(server)
        broken.execute("ALTER TABLE segments RENAME TO lost")
        visit = Visit(browser, server.address)
        tab = visit.go("/")
        tab.wait_for_selector("text=This cannot be shown now")
        visit.keep("broken")
        assert server.client.get("/v1/segments").json()["status"] == 500
        broken.execute("ALTER TABLE lost RENAME TO segments")
        tab.wait_for_selector("text=This cannot be shown now", state="hidden")
        tab.wait_for_selector("section[aria-label='Segments'] a:text-is('Newsletter')")
        visit.context.close()
