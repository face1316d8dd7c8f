"""What a C header says: names, codes of levels, strings, and what it refuses."""

import hashlib
import re

import numpy as np
import pandas as pd
import pytest
from c_headers import COMPILER, CPP_COMPILER, STRICT, ZIG, build, succeed
from exported import KINDS, NAMES, WINE, classifier, exported, regressor
from processes import printed_by, run
from sklearn.preprocessing import StandardScaler

import sklearn_kd
from sklearn_kd import MLPStudent
from sklearn_kd.export import to_c
from sklearn_kd.export._c.text import distinct_names, floats, quoted, remark, whole
from sklearn_kd.export._program import program_of

#: Levels and names of columns that C could misread.
NASTY = ['q"uo\\te', "end */ of", "/* begin", "a??/b", "new\nline", "tab\t", "ünï", ""]
NASTY.append("long'\\ " * 1000)
LEAST = -(2**63)


def nasty_frame(n_rows=200):
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(
        {
            name: pd.Categorical.from_codes(rng.integers(0, len(NASTY), n_rows), NASTY)
            for name in ["a b", "a_b", "ü", "*/ x = 1; /*", "line\nend \\"]
        }
    )
    codes = [LEAST, -5, 0, 7, 2**63 - 1]
    frame["code"] = pd.Categorical.from_codes(rng.integers(-1, 5, n_rows), codes)
    frame["yes"] = rng.random(n_rows) < 0.5
    return frame.assign(same="same")


@pytest.fixture(scope="module")
def nasty():
    frame = nasty_frame()
    labels = np.array(NASTY[:3])[np.arange(len(frame)) % 3]
    return MLPStudent(4, max_iter=3, random_state=0).fit(frame, labels)


def asserting(*claims):
    """A program that returns the number of the first claim that does not hold."""
    lines = [
        f"    if (!({claim})) return {at};" for at, claim in enumerate(claims, start=1)
    ]
    return "\n".join(["int main(void) {", *lines, "    return 0;", "}"])


def check(folder, headers, claims, *more, compiler=COMPILER, **sources):
    """Compile headers strictly, and check what they claim."""
    files = {f"{name}.h": text for name, text in headers.items()}
    includes = "".join(f'#include "{name}"\n' for name in files)
    main = {"main.c": f"#include <string.h>\n{includes}" + asserting(*claims)}
    program = build(folder, files | main | sources, *more, compiler=compiler)
    done = run([program])
    assert done.returncode == 0, claims[done.returncode - 1]


def test_codes_of_levels_that_c_could_misread(tmp_path, nasty):
    claims = []
    names = ["a_b_0", "a_b_1", "column_2", "x_1", "line_end"]
    for at, name in enumerate(names):
        for code, level in enumerate(sorted(NASTY)):
            long = f"student_text_{code}_of_levels_{name}"
            literal = quoted(level) if len(level) < 100 else long
            claims += [
                f"student_code_{name}({literal}) == {code}.0f",
                f"student_code({at}, {literal}) == {code}.0f",
            ]
        claims += [
            f'student_code_{name}("none") == -1.0f',
            f'student_code_{name}("q") == -1.0f',
            f"isnan(student_code_{name}(NULL))",
        ]
    for code, level in enumerate([LEAST, -5, 0, 7, 2**63 - 1]):
        claims.append(f"student_code_code({whole(level)}) == {code}.0f")
    claims += [
        "student_code_code(1) == -1.0f",
        "student_number_code(5, 7) == 3.0f",
        "student_number_code(6, 1) == 1.0f",
        "student_code_yes(0) == 0.0f",
        'student_code_same("same") == -1.0f',
        'isnan(student_code(6, "x"))',
        f"strcmp(student_feature_names[4], {quoted(nasty.feature_names_in_[4])}) == 0",
        f"strcmp(student_classes[1], {quoted(nasty.classes_[1])}) == 0",
    ]
    check(tmp_path, {"student": to_c(nasty)}, claims, *STRICT)


def test_what_a_header_says_of_itself(tmp_path):
    names = {"mixed": "m", "quantiles of two": "q", "two classes": "t", "numbers": "n"}
    headers = {own: to_c(exported(name)[0], own) for name, own in names.items()}
    version = sklearn_kd.__version__
    claims = [
        f'strcmp(M_VERSION, "{version}") == 0',
        "M_N_FEATURES == 8 && M_N_OUTPUTS == 3 && M_N_CLASSES == 3",
        'strcmp(m_feature_names[3], "job") == 0',
        'strcmp(n_feature_names[12], "x12") == 0',
        'strcmp(m_classes[2], "\\303\\247") == 0',
        "Q_N_OUTPUTS == 8 && Q_N_TARGETS == 2 && Q_N_QUANTILES == 4",
        "q_quantiles[2] == 0.7",
        "t_classes[0] == 0 && t_classes[1] == 1 && sizeof t_classes[0] == sizeof(int)",
        "n_classes[2] == 2 && sizeof n_classes[0] == sizeof(long long)",
    ]
    check(tmp_path, headers, claims, *STRICT)
    assert 'x[3] "job": m_code_job(const char *level)' in headers["m"]
    assert '3 "ünï"' in headers["m"]
    assert "out[6] the quantile 0.7 of target 1" in headers["q"]


def test_bytes_of_tables_and_of_the_stack_are_what_they_are(tmp_path):
    for name in ("mixed", "quantiles", "standard scaler"):
        for quantize in (False, True):
            text = to_c(exported(name)[0], quantize=quantize)
            before = text[: text.index("student_feature_names[")]
            tables = re.findall(
                r"^static const \S.* (student_\w+)\[\d+\] = ", before, re.M
            )
            total = " + ".join(f"sizeof {table}" for table in tables)
            stack = sum(map(int, re.findall(r"^    float [ab]\[(\d+)\];", text, re.M)))
            flash = re.search(r"reads (\d+) bytes of tables", text)[1]
            assert f"take {4 * stack}\n" in text
            check(tmp_path, {"student": text}, [f"{total} == {flash}"], *STRICT)


def test_two_students_in_two_files_of_one_program(tmp_path):
    headers = {"one": to_c(exported("mixed")[0], "one")}
    headers["two"] = to_c(exported("regression")[0], "two", quantize=True)
    other = (
        '#include "one.h"\n#include "one.h"\n#include "two.h"\n'
        "float other(const float *x);\n"
        "float other(const float *x) {\n    float out[3];\n    double number[1];\n"
        "    one_predict(x, out);\n    two_predict(x, number);\n    return out[0];\n}\n"
    )
    main = "\n".join(
        [
            '#include "two.h"\n#include "one.h"',
            "float other(const float *x);",
            "int main(void) {",
            "    const float x[10] = {0.0f};",
            "    float out[3];",
            "    one_predict(x, out);",
            "    return other(x) == out[0] ? 0 : 1;",
            "}",
        ]
    )
    files = {f"{name}.h": text for name, text in headers.items()}
    succeed([build(tmp_path, files | {"main.c": main, "other.c": other}, *STRICT)])
    # and in C++
    strict = [each for each in STRICT if not each.startswith("-std")]
    files |= {"main.cpp": main, "other.cpp": other}
    succeed([build(tmp_path, files, *strict, "-std=c++11", compiler=CPP_COMPILER)])


def test_clang_has_nothing_to_remark(tmp_path):
    lines = []
    for name in ("mixed", "quantiles of two", "threshold", "constants", "sparse"):
        own = f"m{NAMES.index(name)}"
        text = to_c(exported(name)[0], own, quantize=name == "mixed")
        (tmp_path / f"{own}.h").write_text(text, encoding="utf-8")
        lines.append(f'#include "{own}.h"')
    (tmp_path / "main.c").write_text("\n".join([*lines, asserting()]))
    succeed([*ZIG, "cc", *STRICT, "-c", tmp_path / "main.c", "-o", tmp_path / "main.o"])


def test_flags_that_take_away_nan_are_refused(tmp_path):
    (tmp_path / "main.c").write_text(to_c(exported("numbers")[0]) + asserting())
    command = [*COMPILER, "-ffast-math", "-fsyntax-only", str(tmp_path / "main.c")]
    done = run(command)
    assert "compile without -ffast-math" in done.stderr


def test_another_process_writes_the_same_bytes(tmp_path):
    code = (
        "import hashlib, exported; from sklearn_kd.export import to_c\n"
        "for name in ('mixed', 'quantiles, mixed'):\n"
        "    text = to_c(exported.exported(name)[0], quantize=True)\n"
        "    print(hashlib.sha256(text.encode()).hexdigest())"
    )
    lines = printed_by("-c", code, PYTHONHASHSEED="7").split()
    for name, line in zip(("mixed", "quantiles, mixed"), lines, strict=True):
        model, _ = exported(name)
        text = to_c(model, path=tmp_path / "s.h", quantize=True)
        assert hashlib.sha256(text.encode()).hexdigest() == line
        assert (tmp_path / "s.h").read_bytes() == text.encode()


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("my student", "got 'my student'.*name=\"student\""),
        ("1st", "behind a letter"),
        ("", "behind a letter"),
        ("_s", "behind a letter"),
        ("größe", "ASCII letters"),
        ("class", 'a word of C or C.*name="class_model"'),
        ("int", "a word of C"),
        ("student.h", r"Pass the file as path='student\.h'"),
        ("out/student", "Pass the file as path="),
    ],
)
def test_names_that_c_does_not_have_are_refused(name, says):
    with pytest.raises(ValueError, match=says):
        to_c(exported("numbers")[0], name)


def test_what_a_header_cannot_hold_is_refused(tmp_path):
    model, rows = exported("numbers")
    with pytest.raises(TypeError, match=r"name must be a str.*got 5"):
        to_c(model, 5)
    with pytest.raises(TypeError, match="quantize must be"):
        to_c(model, quantize="int8")
    with pytest.raises(ValueError, match="is a folder"):
        to_c(model, path=tmp_path)
    far = classifier(encoder=StandardScaler()).fit(rows * 1e50, KINDS)
    with pytest.raises(ValueError, match="cannot be written in float32"):
        to_c(far)
    labels = np.array(["a\0b", "c", "d"])[KINDS]
    with pytest.raises(ValueError, match="a null character"):
        to_c(classifier().fit(WINE, labels.astype(object)))
    halves = pd.DataFrame({"half": pd.Categorical(KINDS / 2), "x": WINE[:, 0]})
    with pytest.raises(TypeError, match="to_c does not cover the levels of column"):
        to_c(classifier().fit(halves, KINDS))
    wide = halves.assign(half=pd.Categorical.from_codes(KINDS, [1, 2, 2**63]))
    with pytest.raises(ValueError, match=r"to_c cannot write the level 92.*int64"):
        to_c(classifier().fit(wide, KINDS))
    with pytest.raises(ValueError, match="in float32"):
        floats(np.array([1.0, 1e300]))


def test_numbers_in_columns_that_float32_rounds_are_warned_of():
    seconds = 1.7e9 + np.arange(len(WINE))[:, None] * 0.5
    model = classifier().fit(seconds, (np.arange(len(WINE)) > 80).astype(int))
    with pytest.warns(UserWarning, match="The C header reads numbers as float32"):
        to_c(model)


def test_strings_names_and_remarks():
    assert quoted('a"\\?ü\n') == '"a\\"\\\\\\?\\303\\274\\012"'
    with pytest.raises(ValueError, match="half of a surrogate pair"):
        quoted("\ud800")
    assert remark("a */ b /* c ??/ \n") == "a * / b / * c ? ?/ \\n"
    assert floats([0.1, 1, -0.0, 1e-45, 3.4028235e38]) == [
        "0.1f",
        "1.0f",
        "-0.0f",
        "1e-45f",
        "3.4028235e+38f",
    ]
    labels = {0: "a b", 1: "a.b", 2: "a_b_0", 3: "é", 4: "A"}
    names = distinct_names(labels)
    assert names == {0: "a_b_0", 1: "a_b_1", 2: "a_b_0_2", 3: "column_3", 4: "A"}


def test_a_quarter_of_the_weights():
    model = regressor().fit(np.random.default_rng(0).normal(size=(200, 4)), range(200))
    sizes = [
        int(re.search(r"reads (\d+) bytes", to_c(model, quantize=bits))[1])
        for bits in (False, True)
    ]
    steps = program_of(model, "test").steps
    n_weights = sum(step.coef.size for step in steps if hasattr(step, "coef"))
    assert sizes[0] - sizes[1] > 2.5 * n_weights
