"""The page of examples/browser in a real browser, used as people use it."""

import re
import time

import numpy as np
import pandas as pd
import pytest
from browser_example import build
from chromium import PATIENCE, Browser
from exported import close, exported, hard_rows, outputs

from sklearn_kd import MLPStudent
from sklearn_kd.export import to_c

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    started = Browser(tmp_path_factory.mktemp("browser"))
    yield started
    started.close()


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    """A function that builds the page of a model, once."""
    folder, built = tmp_path_factory.mktemp("pages"), {}

    def page(name):
        if name not in built:
            header, built[name] = folder / f"{name}.h", folder / f"{name}.html"
            to_c(exported(name)[0], path=header)
            build.build(header, built[name])
        return built[name]

    return page


@pytest.fixture
def opened(browser, pages):
    """A function that opens the page of a model; nothing may fail or be asked for."""

    def page(name):
        browser.open(pages(name))
        return browser

    yield page
    wrong = (
        "Runtime.exceptionThrown",
        "Log.entryAdded",
        "Page.javascriptDialogOpening",
    )
    assert not [event for event in browser.events if event["method"] in wrong]
    asked = {
        event["params"]["request"]["url"]
        for event in browser.events
        if event["method"] == "Network.requestWillBeSent"
    }
    assert all(url.startswith(("file:", "blob:")) for url in asked)


def text_of(browser, name):
    return browser.evaluate(f"document.getElementById('{name}').innerText")


def values_in(browser, name):
    """The numbers that are shown, with all their digits."""
    return browser.evaluate(
        f"[...document.querySelectorAll('#{name} data')].map((e) => Number(e.value))"
    )


def enter(browser, place, value):
    """Enter a value, with the keyboard: type a number, or walk to a level."""
    field = f"#field-{place}"
    if browser.evaluate(f"document.querySelector('{field}').tagName") == "INPUT":
        browser.fill(field, "" if pd.isna(value) else repr(float(value)))
        return
    options = browser.evaluate(
        f"[...document.querySelector('{field}').options].map((e) => e.text)"
    )
    shown = "(missing)" if value is None or value != value else str(value)
    browser.focus(field)
    browser.press("Home", 36)
    for _ in range(options.index(shown if shown in options else "another level")):
        browser.press("ArrowDown", 40)


def downloaded(browser):
    """Click on the link, and read what it gives."""
    path = browser.downloads / "predictions.csv"
    path.unlink(missing_ok=True)
    browser.click("#download")
    deadline = time.monotonic() + PATIENCE
    while not path.exists():
        assert time.monotonic() < deadline, "there is no download"
        time.sleep(0.02)
    return pd.read_csv(path, dtype={"prediction": str})


def check_table(given, model, rows):
    """Compare the columns behind those of a table with what the student gives."""
    expected = outputs(model, rows)
    columns = [name for name in given if re.match("(probability|quantile)_", name)]
    if hasattr(model, "predict_proba"):
        assert columns == [f"probability_{label}" for label in model.classes_]
        assert given["prediction"].tolist() == [str(k) for k in model.predict(rows)]
    columns = columns or [name for name in given if name.startswith("prediction")]
    assert close(given[columns].to_numpy(float), expected, model)


def test_a_row_that_is_typed_is_predicted_as_it_is_typed(opened):
    model, fitted = exported("mixed")
    browser, (hard, alike) = opened("mixed"), hard_rows("mixed")
    numbers = fitted.select_dtypes(float).columns
    finite = ~np.isinf(hard[numbers]).any(axis=1)  # a number field takes no infinity
    odd = hard["alcohol"].isna() | hard["job"].isin([None, "no such level"])
    odd |= hard["floor"].isin([None, 77]) | (hard["acid"] == 1e20)
    usual = [0, *np.flatnonzero(finite & odd)]
    assert 5 < len(usual) < 12
    for at in usual:
        for place, column in enumerate(hard):
            enter(browser, place, hard[column][at])
        expected = model.predict_proba(alike.iloc[[at]])
        assert np.abs(np.array(values_in(browser, "outputs")) - expected).max() < 1e-5
        assert text_of(browser, "answer") == model.predict(alike.iloc[[at]])[0]
    browser.wait_for("document.getElementById('time').textContent !== ''")
    assert re.fullmatch(r"A row takes [\d.]+ (µs|ms) here\.", text_of(browser, "time"))
    browser.click("#clear")
    empty = hard.iloc[:1].assign(**dict.fromkeys(hard, None)).astype(object)
    empty = empty.astype(dict.fromkeys(numbers, float))
    browser.wait_for("document.getElementById('field-0').value === ''")
    expected = model.predict_proba(empty)
    assert np.abs(np.array(values_in(browser, "outputs")) - expected).max() < 1e-5


def test_quantiles_are_shown_as_an_interval(opened):
    model, fitted = exported("quantiles, mixed")
    browser = opened("quantiles, mixed")
    for at in (0, 1):
        for place, column in enumerate(fitted):
            enter(browser, place, fitted[column].iloc[at])
        row = fitted.iloc[[at]]
        got = np.array(values_in(browser, "outputs"))
        assert close(got, model.predict_quantiles(row), model)
        answer = values_in(browser, "answer")
        assert close(np.array(answer), model.predict(row), model)
    width = "document.querySelector('.interval div').getBoundingClientRect().width"
    assert browser.evaluate(width) > 20


@pytest.mark.parametrize(
    "name",
    [
        *("mixed", "two classes", "threshold", "absent class", "standard scaler"),
        *("quantiles, mixed", "quantiles of two", "two outputs"),
    ],
)
def test_a_table_that_is_pasted_is_predicted(opened, name):
    model, _ = exported(name)
    hard, alike = hard_rows(name)
    if not isinstance(hard, pd.DataFrame):
        hard = pd.DataFrame(hard, columns=[f"x{i}" for i in range(hard.shape[1])])
    browser = opened(name)
    order = [*hard.columns[::-1]]
    browser.paste(
        "#table", hard.assign(note="a, b")[[*order, "note"]].to_csv(index=False)
    )
    browser.wait_for("!document.getElementById('predictions').hidden")
    assert "Not used: “note”." in text_of(browser, "summary")
    given = downloaded(browser)
    assert given.columns[: len(order) + 1].tolist() == [*order, "note"]
    check_table(given, model, alike)
    shown = browser.evaluate(
        "document.querySelectorAll('#predictions tbody tr').length"
    )
    assert shown == min(100, len(hard))


def test_a_file_that_is_dropped_is_predicted(opened, tmp_path):
    model, fitted = exported("quantiles, mixed")
    path = tmp_path / "many.csv"
    rows = pd.concat([fitted] * 3, ignore_index=True)
    rows.to_csv(path, index=False, sep=";", encoding="utf-8-sig", lineterminator="\r\n")
    browser = opened("quantiles, mixed")
    browser.drop(path)
    browser.wait_for("!document.getElementById('predictions').hidden")
    summary = text_of(browser, "summary")
    assert f"many.csv: {len(rows):,} rows read and predicted in" in summary
    assert "The first 100 are shown" in summary
    check_table(downloaded(browser), model, rows)
    path.write_bytes("âge\n1\n".encode("latin-1"))
    browser.drop(path)
    browser.wait_for("!document.getElementById('errors').hidden")
    assert text_of(browser, "errors") == "many.csv: the file is not text in UTF-8."
    assert text_of(browser, "summary") == ""


HEADER = "alcohol,acid,ash,job,floor,smoker,same,one"
RIGHT = "13,2,1,cook,2.0,true,same,1"


@pytest.mark.parametrize(
    ("lines", "errors"),
    [
        (
            [HEADER, RIGHT, "13,two,1,cook,,,,"],
            ["Line 3: “two” in column “acid” is not"],
        ),
        ([HEADER, RIGHT, "13,2", RIGHT], ["Line 3: 2 cells, where the header has 8."]),
        (
            [HEADER, '1,2,3,"a\n\n""b""\nc",,,,', "1,2,3x,cook,,,,", ",,", RIGHT],
            ["Line 6: “3x” in column “ash”", "Line 7: 3 cells"],
        ),
        (
            [HEADER, RIGHT, '1,2,3,"cook,,,,', RIGHT],
            ["Line 3: A quoted cell has no end."],
        ),
        ([HEADER, RIGHT, '1,2,3,"cook"s,,,,'], ["Line 3: Text follows the quote"]),
        (
            ["alcohol,acid,job", "1,2,x"],
            ["Line 1: The header has no column “ash”, “fl"],
        ),
        (
            [f"{HEADER},ash", f"{RIGHT},1"],
            ["Line 1: The header has the column “ash” mo"],
        ),
    ],
)
def test_what_is_wrong_with_a_table_is_told_by_line(opened, lines, errors):
    browser = opened("mixed")
    browser.paste("#table", "\n".join(lines))
    browser.wait_for("!document.getElementById('errors').hidden")
    told = text_of(browser, "errors").splitlines()
    assert len(told) == len(errors)
    assert all(map(str.startswith, told, errors)), told
    assert browser.evaluate("document.getElementById('table').ariaInvalid") == "true"
    browser.paste("#table", f"{HEADER}\n{RIGHT}\n")
    browser.wait_for("document.getElementById('errors').hidden")
    assert "1 row read and predicted" in text_of(browser, "summary")


def test_values_that_are_not_known_are_counted(opened):
    browser = opened("mixed")
    rows = ["13,2,1,COOK,2,1,x,", "13,2,1,cook ,9,False,y,", "13,2,1,,x,no,,"]
    browser.paste("#table", "\n".join([HEADER, *rows]))
    browser.wait_for("!document.getElementById('predictions').hidden")
    summary = text_of(browser, "summary")
    assert "“job” has 2 values that the student does not know." in summary
    assert "“floor” has 2 values" in summary
    assert "“smoker” has 1 value that" in summary
    assert "“same”" not in summary  # it has one level, and does not count


def test_levels_that_a_double_does_not_hold_are_told_apart(browser, tmp_path):
    codes = 2**53 + np.arange(4)
    rows = pd.DataFrame({"code": pd.Categorical(np.tile(codes, 50))})
    labels = np.tile(codes % 3 > 0, 50)
    model = MLPStudent((4,), max_iter=5, random_state=0).fit(rows, labels)
    to_c(model, path=tmp_path / "wide.h")
    build.build(tmp_path / "wide.h", tmp_path / "wide.html")
    browser.open(tmp_path / "wide.html")
    browser.paste("#table", rows[:4].to_csv(index=False))
    browser.wait_for("!document.getElementById('predictions').hidden")
    given = downloaded(browser)
    assert given["probability_True"].nunique() == 4
    check_table(given, model, rows[:4])


def test_what_is_wrong_with_a_field_is_told_at_the_field(opened):
    browser = opened("mixed")
    browser.fill("#field-1", "1e")
    assert browser.evaluate("document.getElementById('field-1').ariaInvalid") == "true"
    assert text_of(browser, "field-1-error").startswith("Enter a number")
    assert "“acid” is not a number" in text_of(browser, "answer")
    assert values_in(browser, "outputs") == []
    browser.type("-1")
    assert browser.evaluate("document.getElementById('field-1').ariaInvalid") == "false"
    assert text_of(browser, "field-1-error") == ""
    assert len(values_in(browser, "outputs")) == 3


def test_a_scaler_needs_every_field(opened):
    model, fitted = exported("standard scaler")
    browser = opened("standard scaler")
    assert "needs a value in every field" in text_of(browser, "answer")
    for place, value in enumerate(fitted[0]):
        browser.fill(f"#field-{place}", repr(float(value)))
    expected = model.predict_proba(fitted[:1])
    assert np.abs(np.array(values_in(browser, "outputs")) - expected).max() < 1e-5


def test_every_control_has_a_name_and_is_reached_by_the_keyboard(opened):
    browser = opened("mixed")
    browser.paste("#table", f"{HEADER}\n{RIGHT}\n")
    browser.wait_for("!document.getElementById('predictions').hidden")
    browser.show(1200, 900, "light")
    browser.click("h1")  # the keyboard goes on from there
    columns = exported("mixed")[1].columns
    reached = []
    for _ in range(len(columns) + 6):
        browser.press("Tab", 9)
        reached.append(browser.evaluate("document.activeElement.id"))
    fields = [f"field-{place}" for place in range(len(columns))]
    wanted = ["clear", *fields, "table", "file", "download", "predictions"]
    assert reached[: len(wanted)] == wanted
    tree = browser.send("Accessibility.getFullAXTree")["nodes"]
    roles = ("spinbutton", "combobox", "textbox", "button", "link", "region")
    names = [
        node["name"]["value"]
        for node in tree
        if node["role"]["value"] in roles and not node["ignored"]
    ]
    assert set(columns) < set(names)
    assert "" not in names


@pytest.mark.parametrize("width", [390, 1200])
def test_the_page_fits_its_window_in_light_and_dark(opened, width):
    browser, grounds = opened("mixed"), []
    for scheme in ("light", "dark"):
        browser.show(width, 800, scheme)
        assert browser.evaluate("document.documentElement.scrollWidth") <= width
        ground = "getComputedStyle(document.body).backgroundColor"
        grounds.append(re.findall(r"\d+", browser.evaluate(ground)))
    light, dark = np.array(grounds, dtype=int)
    assert light.min() > 200
    assert dark.max() < 60


def test_a_page_whose_module_is_broken_says_so(browser, pages, tmp_path):
    page = pages("mixed").read_text(encoding="utf-8")
    broken = tmp_path / "broken.html"
    start = page.index('wasm">') + len('wasm">')
    broken.write_text(page[:start] + "AAAA" + page[start + 4 :], encoding="utf-8")
    browser.send("Page.navigate", url=broken.as_uri())
    browser.wait_for("document.getElementById('failure')?.hidden === false")
    assert "cannot be started" in text_of(browser, "failure")
    assert browser.evaluate("document.getElementById('main').hidden")
