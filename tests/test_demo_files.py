"""Tables as strangers have them: what separates fields, encodings, other formats."""

import bz2
import gzip
import lzma
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from pyarrow import feather

from sklearn_kd._demo.error import DemoError
from sklearn_kd._demo.reading.table import read_table


@pytest.fixture(autouse=True)
def _here(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def frame():
    generator = np.random.default_rng(0)
    return pd.DataFrame(
        {
            "size": generator.normal(size=40).round(3),
            "count": generator.integers(9, size=40),
            "kind": generator.choice(["new, boxed", "used; worn", "odd|\ttab"], 40),
            "label": np.where(np.arange(40) % 2, "dear", "cheap"),
        }
    )


def _same(table, frame, target="label"):
    """Compare what was read, and what its code reads, with the frame."""
    expected = frame.drop(columns=target)
    again = eval(table.code, {"pandas": pd})[table.X.columns.tolist()]
    for got in (table.X, again):
        assert got.columns.tolist() == expected.columns.tolist()
        assert got.to_numpy().tolist() == expected.to_numpy().tolist()
    assert table.y.tolist() == frame[target].tolist()


def _write(name, text, encoding="utf-8"):
    Path(name).write_bytes(text.encode(encoding))
    return name


def _refused(*arguments):
    with pytest.raises(DemoError) as error:
        read_table(*arguments)
    assert "\n" not in str(error.value)
    return str(error.value)


def _labelled(*rows, separator=","):
    """Write rows with a label behind each, four times over."""
    lines = [separator.join([*row, label]) for row in rows for label in "uv"]
    return "\n".join(lines * 4) + "\n"


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize("name", ["t.csv", "t.tsv", "t.txt", "t.data"])
def test_the_separator_is_found_whatever_the_name(separator, name, frame):
    frame.to_csv(name, sep=separator, index=False)
    table = read_table(name, "label")
    assert table.notes == []
    _same(table, frame)


@pytest.mark.parametrize("separator", [";", "\t", "|"])
def test_decimal_commas_are_numbers(separator, frame):
    frame.to_csv("t.csv", sep=separator, decimal=",", index=False)
    table = read_table("t.csv", "label")
    assert table.notes == ["numbers have a decimal comma"]
    assert table.kinds == ["numeric", "numeric", "nominal"]
    _same(table, frame)


def test_a_comma_may_separate_thousands():
    tabs = "x\tt\n1,234\tu\n1,234\tu\n\tv\n56,789\tv\n"
    assert read_table(_write("t.csv", tabs), "t").X["x"].tolist()[0] == "1,234"
    semicolons = "x;t\n1,234;u\n1,234;u\n5,678;v\n5,678;v\n"
    assert read_table(_write("s.csv", semicolons), "t").X["x"].tolist()[0] == 1.234
    with_points = "x;z;t\n1,25;0.5;u\n1,25;0.5;u\n2,25;1.5;v\n3,75;1.5;v\n"
    assert read_table(_write("p.csv", with_points), "t").X["x"].tolist()[0] == "1,25"


def test_the_header_with_the_target_decides():
    text = "a,b;t\n" + "1,2;u\n1,3;v\n" * 4
    table = read_table(_write("t.csv", text), "t")
    assert table.X.columns.tolist() == ["a,b"]
    table = read_table(_write("t.csv", text.replace("t\n", "t\n", 1)), "b;t")
    assert table.X.columns.tolist() == ["a"]


def test_more_commas_in_texts_than_separators():
    rows = [["one, two, three", "1"], ["four, five, six", "2"]]
    text = "words;n;t\n" + _labelled(*rows, separator=";")
    table = read_table(_write("t.csv", text), "t")
    assert set(table.X["words"]) == {"one, two, three", "four, five, six"}


def test_quoted_fields_hold_separators_quotes_and_lines(frame):
    frame["kind"] = frame["kind"] + ' "quoted"\nsecond line'
    for separator in ",;\t":
        frame.to_csv("t.csv", sep=separator, index=False)
        _same(read_table("t.csv", "label"), frame)


def test_a_separator_that_is_named(frame):
    frame.to_csv("t.csv", sep="^", index=False)
    said = _refused("t.csv", "label")
    assert "one column only" in said
    assert "--separator" in said
    _same(read_table("t.csv", "label", separator="^"), frame)
    assert "there is no '$' in its first line" in _refused("t.csv", "label", (), "$")
    frame.to_parquet("t.parquet")
    assert "--separator is for text" in _refused("t.parquet", "label", (), ";")


@pytest.mark.parametrize(
    ("encoding", "noted"),
    [
        ("utf-8", False),
        ("utf-8-sig", False),
        ("utf-16", False),
        ("cp1252", True),
        ("latin-1", True),
    ],
)
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_encodings_and_ends_of_lines(encoding, noted, end, frame):
    frame = frame.rename(columns={"size": "Größe"}).assign(kind="weiß")
    text = frame.to_csv(index=False, sep=";", lineterminator=end)
    table = read_table(_write("t.csv", text, encoding), "label")
    _same(table, frame)
    assert table.notes == [
        "read as cp1252, since it is not UTF-8: convert it if letters look odd"
    ] * bool(noted)


def test_packed_files(frame):
    text = frame.to_csv(index=False, sep="\t").encode()
    for ending, pack in (
        ("gz", gzip.compress),
        ("bz2", bz2.compress),
        ("xz", lzma.compress),
    ):
        Path(f"t.tsv.{ending}").write_bytes(pack(text))
        _same(read_table(f"t.tsv.{ending}", "label"), frame)
    with zipfile.ZipFile("t.tsv.zip", "w") as archive:
        archive.writestr("inside.tsv", text)
    _same(read_table("t.tsv.zip", "label"), frame)
    with zipfile.ZipFile("t.tsv.zip", "a") as archive:
        archive.writestr("other.tsv", text)
    assert "Multiple files found in ZIP" in _refused("t.tsv.zip", "label")
    Path("t.csv").write_bytes(gzip.compress(text, mtime=0))
    assert "is no text: it holds zero bytes" in _refused("t.csv", "label")


def test_feather_and_json(frame):
    frame.to_feather("t.feather")
    _same(read_table("t.feather", "label"), frame)
    frame.to_json("t.json", orient="records")
    frame.to_json("t.jsonl", orient="records", lines=True)
    frame.to_json("lines.json", orient="records", lines=True)
    frame.to_json("t.jsonl.gz", orient="records", lines=True)
    text = Path("t.json").read_text()
    _write("marked.json", text, "utf-8-sig")
    for name in ("t.json", "marked.json", "t.jsonl", "lines.json", "t.jsonl.gz"):
        _same(read_table(name, "label"), frame)
    text = '[{"code": "01", "t": "u"}, {"code": "02", "t": "v"}]'
    with pytest.raises(DemoError, match="single row"):
        read_table(_write("few.json", text), "t")
    assert "a list of objects" in _refused(_write("t.json", "{,"), "t")
    assert "t.json is empty" in _refused(_write("t.json", " "), "t")


def test_strings_of_a_json_file_stay_strings():
    rows = ",".join(f'{{"code": "0{i % 2}", "t": {i % 2}}}' for i in range(8))
    assert set(read_table(_write("t.json", f"[{rows}]"), "t").X["code"]) == {"00", "01"}


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("t.xls", b"x", "is a spreadsheet, which is not read here: save the sheet"),
        ("t.pkl", b"x", "is a pickle, which is not read here, since it could run code"),
        ("t.dta", b"x", "t.dta: expected a file that ends in .csv, .tsv"),
        ("table", b"x", "table: expected a file that ends in .csv, .tsv"),
        ("t.parquet.gz", b"x", "t.parquet.gz: expected a file that ends in"),
        ("t.csv", b"a,t\n\x81\x8d,1\n", "is no text in UTF-8, in UTF-16 with a"),
        ("t.csv", b"a,t\n\x00\x01\x02,1\n", "is no text: it holds zero bytes"),
        ("t.csv", b"", "t.csv is empty"),
        ("t.csv", b" \n\n", "t.csv is empty"),
        ("t.csv", b"\xff\xfe", "t.csv is empty"),
        ("t.csv", b"a,t\n", "t.csv has no rows"),
        ("t.csv", b"t\n1\n2\n", "has no column besides 't'"),
        ("t.csv", b"a\n1\n2\n", "has one column only, 'a'"),
        ("t.csv", b"a,a,t\n1,2,3\n", "has two columns 'a': rename one"),
        ("t.csv", b"a,t,t\n1,2,3\n", "has two columns 't': rename one"),
        ("t.csv", b"a,T\n1,2\n", "no column 't': did you mean 'T'?"),
        ("t.csv", b"a,b, t\n1,2,3\n", "no column 't': did you mean ' t'?"),
        ("t.csv", b"5.1,3.5,setosa\n4.9,3,setosa\n", "looks like a row of the table"),
        ("t.csv", b"a,t\n1,2\n1,2,3\n", "Expected 2 fields in line 3, saw 3. Put fiel"),
        ("t.csv", b"a,t\n1,2,3\n1,2\n", "has rows with more fields than its first"),
        ("t.csv", b"a,t\n1,2,3,4\n", "has rows with more fields than its first"),
        ("t.json", b"[]", "t.json has no columns"),
        ("t.json", b'[{"1": 2, "2": 3}]', "no column 't': it has '1', '2'"),
        ("t.json", b'[{"a": [1], "T": 3}]', "no column 't': did you mean 'T'?"),
        ("t.csv", b'a,t\n1,"2\n3,4\n', "t.csv cannot be read: EOF inside string"),
        ("t.csv", b'"a,t\n1,2\n3,4\n', "a quote in it is never closed"),
        ("t.csv.xz", b"a,t\n", "t.csv.xz cannot be read: "),
        ("t.csv.zip", b"a,t\n", "t.csv.zip cannot be read: "),
        ("t.feather", b"a,t\n", "t.feather cannot be read: "),
    ],
)
def test_files_that_are_refused_say_what_to_do(name, content, message):
    Path(name).write_bytes(content)
    assert message in _refused(name, "t")


def test_files_that_are_not_there(frame, monkeypatch):
    frame.to_csv("shop.csv", index=False)
    assert _refused("shp.csv", "t") == "shp.csv does not exist."
    assert _refused("shop.csv/x.csv", "t") == "shop.csv/x.csv does not exist."
    assert "got an empty one" in _refused("", "t")
    assert "File name too long" in _refused("x" * 3000 + ".csv", "t")

    def refuse(*_, **__):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("builtins.open", refuse)
    assert _refused("shop.csv", "t") == "shop.csv cannot be read: Permission denied"


def test_near_names_are_offered():
    text = "price_eur,Price_EUR_old,other,t\n1,2,3,4\n"
    said = _refused(_write("t.csv", text), "price eur")
    assert "did you mean 'price_eur' or 'Price_EUR_old'?" in said


def test_rows_that_end_in_a_separator(frame):
    header, _, rest = frame.to_csv(index=False, sep=";").partition("\n")
    text = rest.replace("\n", ";\n")
    _same(read_table(_write("t.csv", f"{header}\n{text}"), "label"), frame)


def test_row_names(frame):
    text = frame.to_csv().removeprefix(",")  # as R writes it
    table = read_table(_write("t.csv", text), "label")
    assert table.notes == [
        "the first field of each row has no name: taken for a row name"
    ]
    _same(table, frame)


def test_numbers_as_text_are_refused_before_the_work():
    rows = "".join(f"about {i}.5,u\n{i}.25 kg,v\n" for i in range(30))
    text = "a,t\n" + rows.replace("about ", "").replace(" kg", "")
    text = text.replace("0.5,u", "low,u", 1)
    said = _refused(_write("t.csv", text), "t")
    assert "numbers as text" in said
    assert "--nominal COLUMN" in said
    assert read_table("t.csv", "t", ["a"]).kinds == ["nominal"]


def test_a_column_of_keys_is_told_of():
    text = "key,a,t\n" + "".join(f"k{i},{i % 5},{i % 2}\n" for i in range(60))
    table = read_table(_write("t.csv", text), "t")
    assert "Column 'key' is nominal with mostly different values" in table.notes[0]
    assert table.warned == {"key"}


@pytest.mark.parametrize("ending", ["json", "jsonl"])
@pytest.mark.parametrize(
    "text",
    [
        "[[1, 2], [3, 4]]",
        "[1, 2]\n[3, 4]",
        "5",
        '"t"',
        '["a", "t"]',
        '[{"a": 1, "t": 2}, 3]',
        '{"a": 1, "t": 2}\n3',
        '{"0": {"a": 1, "t": 2}, "1": {"a": 3, "t": 4}}',
        '{"columns": ["a", "t"], "index": [0], "data": [[1, 2]]}',
        '{"data": [{"a": 1, "t": 2}]}',
    ],
)
def test_json_that_holds_no_objects(text, ending):
    said = _refused(_write(f"t.{ending}", text), "t")
    assert f"t.{ending} cannot be read: expected a list of objects, one a row" in said


def test_names_of_a_json_file_that_look_like_numbers(frame):
    frame.columns = ["007", "1", "2020", "0"]
    for lines in (False, True):
        frame.to_json("t.json", orient="records", lines=lines)
        _same(read_table("t.json", "0"), frame, "0")
        Path("t.json").rename("t.jsonl")
        _same(read_table("t.jsonl", "0"), frame, "0")


@pytest.mark.parametrize(
    ("labels", "padded"),
    [
        (["01", "1"], "'01'"),
        (["007", "8"], "'007'"),
        (["-01", "-1"], "'-01'"),
        (["00", "0"], "'00'"),
        (["0", "1"], None),
        (["0.0", "1.0"], None),
        (["10", "-20"], None),
    ],
)
@pytest.mark.parametrize("separator", [",", ";"])
def test_labels_with_leading_zeros_are_strings(labels, padded, separator):
    lines = [f"01{separator}{label}" for label in [*labels, ""] * 5]
    text = "\n".join([f"a{separator}t", *lines]) + "\n"
    table = read_table(_write("t.csv", text), "t")
    again = eval(table.code, {"pandas": pd})["t"].dropna()
    expected = labels * 5 if padded else [float(label) for label in labels] * 5
    assert table.y.tolist() == again.tolist() == expected
    assert table.X["a"].tolist() == [1] * 10
    said = [note for note in table.notes if "leading zeros" in note]
    assert len(said) == bool(padded)
    assert all(padded in note for note in said)


@pytest.mark.parametrize("ending", ["parquet", "feather"])
def test_a_named_index_is_a_column(ending, frame):
    def store(indexed):
        if ending == "parquet":
            indexed.to_parquet("t.parquet")
        else:  # that of pandas takes no index
            feather.write_feather(indexed, "t.feather")
        return read_table(f"t.{ending}", "label")

    first = frame[["kind", "size", "count", "label"]]
    table = store(frame.set_index("kind"))
    _same(table, first)
    assert table.notes == [
        "the index of the frame in the file, 'kind', is a column here"
    ]
    _same(store(frame.set_index("label")), frame)
    _same(store(frame.set_index(["kind", "size"])), first)
    half = frame.set_index(["kind", "size"]).rename_axis(["kind", None])
    _same(store(half), first.drop(columns="size"))
    unnamed = store(frame.set_index("kind").rename_axis(None))
    _same(unnamed, frame.drop(columns="kind"))
    assert unnamed.notes == []
    with pytest.raises(DemoError, match="has two columns 'kind': rename one"):
        store(frame.set_index("kind", drop=False))


def test_one_class_beside_rows_without_one():
    said = _refused(_write("t.csv", "a,t\n" + "1,yes\n2,None\n" * 5), "t")
    assert "has one class only: 'yes'. Name a column with two or more. 5 rows" in said
    assert "NA, NaN, None, null and empty fields" in said


def test_advice_is_about_the_file_and_the_command():
    rows = "".join(f"{i}.5,u\n{i}.25,v\n" for i in range(30)).replace("7.5", "low")
    said = _refused(_write("t.csv", f"a,t\n{rows}"), "t")
    assert "Convert in the file what is a number to a plain number" in said
    assert "astype" not in said
    days = pd.DataFrame({"a": pd.date_range("2020", periods=4), "t": [0, 1] * 2})
    days.to_parquet("t.parquet")
    assert "Turn it into numbers in the file" in _refused("t.parquet", "t")
