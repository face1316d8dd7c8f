"""The page of examples/browser: its module computes what the student does."""

import json
import os
import re
import sys

import numpy as np
import pytest
import wasmtime
from browser_example import EXAMPLE, build
from c_headers import rows_of
from exported import close, exported, hard_rows, outputs
from processes import run

from sklearn_kd.export import to_c
from sklearn_kd.export._program import program_of
from sklearn_kd.export._program.metadata import metadata_of

#: By the name of the header: labels and tanh, a threshold, numbers and quantiles.
MODELS = {
    "student": "mixed",
    "labels_2": "threshold",
    "prices": "logarithms of two",
    "range": "quantiles, mixed",
}


class Module:
    """A module, and what is called in it."""

    def __init__(self, wasm):
        engine = wasmtime.Engine()
        module = wasmtime.Module(engine, wasm)
        self.imports = module.imports
        self.names = [each.name for each in module.exports]
        self.store = wasmtime.Store(engine)
        self.exports = wasmtime.Instance(self.store, module, []).exports(self.store)

    def call(self, name):
        return self.exports[name](self.store)

    def read(self, start, n_bytes):
        return self.exports["memory"].read(self.store, start, start + n_bytes)

    def metadata(self):
        """The metadata, of which the module has pieces up to a null pointer."""
        text, at = b"", self.call("metadata")
        while pointer := int.from_bytes(self.read(at, 4), "little"):
            text += bytes(self.read(pointer, 3000)).split(b"\0")[0]
            at += 4
        return json.loads(text)

    def predict(self, rows, n_outputs):
        """All outputs, and what is returned and decided for each row."""
        given, returned, decided = [], [], []
        row, outputs = self.call("row"), self.call("outputs")
        for values in rows:
            self.exports["memory"].write(self.store, values.tobytes(), row)
            returned.append(self.call("predict"))
            given.append(np.frombuffer(self.read(outputs, 8 * n_outputs)))
            if "decided" in self.names:
                own = self.read(self.call("decided"), 8 * returned[-1])
                decided.append(np.frombuffer(own))
        return np.array(given), np.array(returned), np.array(decided)


@pytest.fixture(scope="module")
def headers(tmp_path_factory):
    """Files of headers, by their names in C."""
    folder = tmp_path_factory.mktemp("headers")
    paths = {name: folder / f"{name}-header.h" for name in MODELS}
    for name, model in MODELS.items():
        to_c(exported(model)[0], name, path=paths[name])
    return paths


@pytest.fixture(scope="module")
def modules(headers):
    """Compiled modules, by the names of their headers."""
    return {
        name: Module(build.compile_header(path, "ziglang"))
        for name, path in headers.items()
    }


@pytest.mark.parametrize("name", MODELS)
def test_a_module_computes_what_the_student_does(modules, name):
    model, fitted = exported(MODELS[name])
    hard, alike = hard_rows(MODELS[name])
    expected = np.vstack([outputs(model, fitted), outputs(model, alike)])
    rows = np.vstack([rows_of(model, fitted), rows_of(model, hard)])
    module = modules[name]
    got, returned, decided = module.predict(rows, expected.shape[1])
    assert close(got, expected, model)
    if program_of(model, "test").classes is not None:
        labels = model.classes_[returned[: len(fitted)]]
        np.testing.assert_array_equal(labels, model.predict(fitted))
    else:
        predicted = model.predict(fitted).reshape(len(fitted), -1)
        assert (returned == predicted.shape[1]).all()
        np.testing.assert_allclose(decided[: len(fitted)], predicted, rtol=1e-5)


@pytest.mark.parametrize("name", MODELS)
def test_a_module_knows_its_columns_and_asks_for_nothing(modules, name):
    program = program_of(exported(MODELS[name])[0], "test")
    expected = metadata_of(program)
    for key in expected.keys() - {"sklearn_kd_version", "task"}:
        expected[key] = json.loads(expected[key])
    got = modules[name].metadata()
    levels = got.pop("feature_levels")
    assert {column: set(own) for column, own in levels.items()} == {
        column: set(own) for column, own in expected.pop("feature_levels").items()
    }
    for own in levels.values():  # in the order of their codes
        known = [level for level in own if level is not None]
        assert own[: len(known)] == sorted(known)
    assert got == expected
    assert modules[name].imports == []


def test_one_file_holds_the_page_and_names_no_other_host(headers, tmp_path):
    target = tmp_path / "page.html"
    command = [sys.executable, EXAMPLE / "build.py", headers["student"], target]
    environment = {**os.environ, "HOME": str(tmp_path), "PYTHONPATH": ""}
    command += ["--title", "Bread & <wine>"]
    done = run(command, env=environment, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert [each.name for each in tmp_path.iterdir()] == ["page.html"]
    assert str(target.stat().st_size) in done.stdout
    page = target.read_text(encoding="utf-8")
    assert "<h1>Bread &amp; &lt;wine&gt;</h1>" in page
    assert "default-src 'none'" in page
    code = re.sub('(?<=wasm">)[^<]+', "", page)
    assert len(code) < 40_000 < len(page)
    assert not re.search(r"https?:|//\w|@import|url\(|\bsrc=|\bfetch\(", code)
    assert "{{" not in code


def test_the_same_header_gives_the_same_page(headers, tmp_path):
    pages = []
    for name in ("a.html", "b.html"):
        build.build(headers["range"], tmp_path / name, compiler="ziglang")
        pages.append((tmp_path / name).read_bytes())
    assert pages[0] == pages[1]


def test_what_is_wrong_is_told_in_a_line(headers, tmp_path, monkeypatch):
    def message(*arguments, **options):
        with pytest.raises(build.BuildError) as raised:
            build.build(*arguments, **options)
        return str(raised.value)

    other = tmp_path / "other.h"
    assert "Cannot read" in message(other, tmp_path / "page.html")
    other.write_text("int predict(void);")
    assert "sklearn_kd.export.to_c" in message(other, tmp_path / "page.html")
    assert ".html or .wasm" in message(headers["range"], tmp_path / "page.htm")
    other.write_text(headers["range"].read_text() + "\n#error no such luck\n")
    failed = message(other, tmp_path / "page.html", compiler="ziglang")
    assert "ziglang failed" in failed
    assert "no such luck" in failed
    target = tmp_path / "no such folder" / "student.wasm"
    assert "Cannot write" in message(headers["range"], target, compiler="ziglang")
    monkeypatch.setattr(build, "is_installed", lambda name: False)
    assert "pip install ziglang" in message(headers["range"], tmp_path / "page.html")


def test_the_command_tells_it_without_a_traceback(tmp_path):
    command = [sys.executable, EXAMPLE / "build.py", "none.h", "page.html"]
    done = run(command, cwd=tmp_path)
    assert done.returncode == 1
    assert done.stderr.startswith("build.py: Cannot read none.h")
    assert "Traceback" not in done.stderr


def test_the_first_compiler_that_is_installed_is_taken(monkeypatch):
    installed = {"clang", "zig"}
    monkeypatch.setattr(build, "is_installed", installed.__contains__)
    assert build.choose_compiler() == "zig"
    installed.remove("zig")
    assert build.choose_compiler() == "clang"
