"""Files: what load and save do, and that nothing else of the machine is reached (HOSTILE H29-H33, H36)."""

from __future__ import annotations

import io
import json
import os
import pickle
import stat
import time
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gradcli import Session
from gradcli.lang.files import npy as npy_files
from gradcli.session import Failed, Shown
from tests.cli.running import gradcli


def run(program: str, sandbox: bool = False) -> tuple[list[str], list[Any]]:
    """The reprs of what is shown, and what fails."""
    shown: list[str] = []
    failed: list[Any] = []

    def emit(event: Any) -> None:
        if isinstance(event, Shown):
            shown.append(repr(event.value))
        elif isinstance(event, Failed):
            failed.append(event.diagnostic)

    Session(sandbox=sandbox).run("import numpy as np\n" + program, emit)
    return shown, failed


def answers(program: str) -> list[str]:
    shown, failed = run(program)
    assert not failed, failed[0].message
    return shown


def refusal(program: str) -> str:
    start = time.monotonic()
    shown, failed = run(program)
    assert time.monotonic() - start < 20
    assert not shown
    assert len(failed) == 1
    message: str = failed[0].message
    assert "\n" not in message
    assert "allow_pickle=True" not in message
    return message


# -- what goes in comes out ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "value", "shown"),
    [
        ("x.npy", "tensor([[1., 2.], [3., 4.]])", "tensor([[1., 2.],\n        [3., 4.]])"),
        ("x.npy", "tensor(3)", "tensor(3)"),
        ("x.npy", "zeros(0, 2)", "tensor([], size=(0, 2))"),
        ("x.npy", "np.arange(3, dtype=np.int8)", "tensor([0, 1, 2], dtype=torch.int8)"),
        ("x.npy", "tensor([1+2j])", "tensor([1.+2.j])"),
        ("x.npy", "tensor([True, False])", "tensor([ True, False])"),
        ("x.npy", "ones(2, 3).t()[1:]", "tensor([[1., 1.],\n        [1., 1.]])"),
        ("x.npy", "[1, 2.5]", "tensor([1.0000, 2.5000], dtype=torch.float64)"),
        ("x.npz", "{'a': ones(2), 'b': 3}", "{'a': tensor([1., 1.]), 'b': tensor(3)}"),
        ("x.csv", "tensor([[1, 2], [3, 4]])", "tensor([[1, 2],\n        [3, 4]])"),
        ("x.csv", "tensor([0.1, 1e-20, nan])", "tensor([[1.0000e-01],\n        [1.0000e-20],\n        [       nan]])"),
        ("x.csv", "{'a': [1, 2], 'b,c': [0.5, 1.5]}", "{'a': tensor([1, 2]), 'b,c': tensor([0.5000, 1.5000])}"),
        ("x.json", "{'a': [1, 2.5, None, True, 'text'], 'b': {}}", "{'a': [1, 2.5, None, True, 'text'], 'b': {}}"),
        ("x.json", "[tensor([1., inf]), np.float32(0.5), (1, 2)]", "[[1.0, 'inf'], 0.5, [1, 2]]"),
        ("x.JSON", "3", "3"),
    ],
)  # fmt: skip
def test_round_trip(tmp_path: Path, name: str, value: str, shown: str) -> None:
    path = str(tmp_path / name)
    assert answers(f"save({path!r}, {value}); load({path!r})") == [shown]
    assert sorted(os.listdir(tmp_path)) == [name]


def test_numpy_s_functions(tmp_path: Path) -> None:
    path = str(tmp_path / "x")
    assert answers(f"np.save({path!r}, np.eye(2)); np.load({path + '.npy'!r})") == [
        "array([[1., 0.],\n       [0., 1.]])"
    ]
    program = f"np.savez({path!r}, np.ones(1), b=[1]); z = np.load({path + '.npz'!r}); z.files, z['b'], 'arr_0' in z"
    assert answers(program) == ["(['arr_0', 'b'], array([1]), True)"]
    program = f"np.savez_compressed({path!r}, b=[1])\nwith np.load({path + '.npz'!r}) as z: print(z['b'])\nz['c']"
    assert "c is not a file in the archive" in refusal(program)
    program = (
        f"np.savetxt({path!r}, np.eye(2), fmt='%.2f', delimiter=',', header='a,b'); np.loadtxt({path!r}, delimiter=',')"
    )
    assert answers(program) == ["array([[1., 0.],\n       [0., 1.]])"]
    assert Path(path).read_text() == "# a,b\n1.00,0.00\n0.00,1.00\n"


def test_numpy_reads_what_is_written_and_the_other_way_round(tmp_path: Path) -> None:
    path = tmp_path / "x.npy"
    answers(f"save({str(path)!r}, arange(6.).reshape(2, 3))")
    assert np.array_equal(np.load(path), np.arange(6, dtype=np.float32).reshape(2, 3))
    for array in (np.asfortranarray(np.arange(6).reshape(2, 3)), np.arange(3, dtype=">i4"), np.array(2.5)):
        np.save(path, array)
        assert np.array_equal(npy_files.load_npy(str(path)), array)
        assert npy_files.load_npy(str(path)).dtype.isnative


def test_a_tensor_that_requires_grad_is_not_saved(tmp_path: Path) -> None:
    message = refusal(f"save({str(tmp_path / 'x.npy')!r}, ones(2, requires_grad=True))")
    assert message.startswith("Can't call numpy() on Tensor that requires grad.")
    assert os.listdir(tmp_path) == []


# -- H29: objects --------------------------------------------------------------------------------------------------


def test_h29_objects(tmp_path: Path) -> None:
    path = tmp_path / "x.npy"
    np.save(path, np.array([{}, None], dtype=object), allow_pickle=True)
    assert "object arrays are not supported" in refusal(f"load({str(path)!r})")
    assert "object arrays are not supported" in refusal(f"np.load({str(path)!r})")


def test_h29_a_pickle(tmp_path: Path) -> None:
    path = tmp_path / "x.npy"
    path.write_bytes(pickle.dumps({"a": 1}))
    assert "is not a .npy file" in refusal(f"load({str(path)!r})")
    assert "pickles can run anything" in refusal(f"load({str(tmp_path / 'x.pt')!r})")
    assert "pickles can run anything" in refusal(f"np.load({str(path)!r}, allow_pickle=True)")
    assert "pickles" in refusal("torch.load('x.pt')")
    assert "pickles" in refusal("torch.save(1, 'x.pt')")


# -- H30: headers --------------------------------------------------------------------------------------------------


def npy(header: str, data: bytes = b"", version: tuple[int, int] = (1, 0), magic: bytes = b"\x93NUMPY") -> bytes:
    text = header.encode("latin-1") + b"\n"
    return magic + bytes(version) + len(text).to_bytes(2 if version[0] == 1 else 4, "little") + text + data


def entries(descr: str = "'<f8'", order: str = "False", shape: str = "(2,)", more: str = "") -> str:
    return f"{{'descr': {descr}, 'fortran_order': {order}, 'shape': {shape}, {more}}}"


DATA = bytes(16)
HEADERS = {
    "too large": npy(entries(shape="(1000000000000,)"), DATA),
    "negative": npy(entries(shape="(-1,)"), DATA),
    "product beyond 64 bits": npy(entries(shape="(4294967296, 4294967296)"), DATA),
    "a bool as a size": npy(entries(shape="(True,)"), DATA),
    "void": npy(entries("'|V8'"), DATA),
    "date": npy(entries("'<M8[s]'"), DATA),
    "long double": npy(entries("'<f16'"), DATA),
    "structured": npy(entries("[('a', '<f8')]"), DATA),
    "text": npy(entries("'<U5'"), DATA),
    "bytes": npy(entries("'|S8'"), DATA),
    "object": npy(entries("'|O'"), DATA),
    "extra key": npy(entries(more="'more': 1, "), DATA),
    "twice": npy(entries(more="'shape': (2,), "), DATA),
    "missing key": npy("{'descr': '<f8', 'shape': (2,), }", DATA),
    "code": npy("__import__('os').system('id')", DATA),
    "long": npy(entries() + " " * 20_000, DATA),
    "version": npy(entries(), DATA, (9, 0)),
    "truncated data": npy(entries(), DATA[:-1]),
    "trailing bytes": npy(entries(), DATA + b"\0"),
    "truncated header": npy(entries(), DATA)[:30],
    "magic": npy(entries(), DATA, magic=b"\x93NUMPX"),
    "no order": npy(entries(order="1"), DATA),
    "65 dimensions": npy(entries(shape=f"({'1, ' * 65})"), DATA[:8]),
    "nested": npy(entries(shape="(" * 4000), DATA),
    "one byte": b"\x93",
    "empty": b"",
}  # fmt: skip


@pytest.mark.parametrize("what", HEADERS)
def test_h30_headers(tmp_path: Path, what: str) -> None:
    path = tmp_path / "x.npy"
    path.write_bytes(HEADERS[what])
    assert refusal(f"load({str(path)!r})")


def test_h30_a_good_header_is_read(tmp_path: Path) -> None:
    path = tmp_path / "x.npy"
    for version in ((1, 0), (2, 0), (3, 0)):
        path.write_bytes(npy(entries(), DATA, version))
        assert answers(f"load({str(path)!r})") == ["tensor([0., 0.], dtype=torch.float64)"]
    path.write_bytes(npy("{'shape': (2L,), 'fortran_order': True, 'descr': '>i8'}", DATA))
    assert answers(f"load({str(path)!r})") == ["tensor([0, 0])"]


# -- H31: archives -------------------------------------------------------------------------------------------------


def archive(path: Path, members: list[tuple[str, bytes]], method: int = zipfile.ZIP_DEFLATED) -> None:
    with zipfile.ZipFile(path, "w", method) as file:
        for name, data in members:
            file.writestr(name, data)


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_h31_archives(tmp_path: Path) -> None:
    path = tmp_path / "x.npz"
    good = npy(entries(), DATA)
    program = f"load({str(path)!r})"
    archive(path, [("a.npy", good), ("a.npy", good)])
    assert "two members named 'a.npy'" in refusal(program)
    archive(path, [("a.txt", b"text")])
    assert "no array: 'a.txt'" in refusal(program)
    archive(path, [("../../evil.npy", good)])
    assert answers(program) == ["{'../../evil': tensor([0., 0.], dtype=torch.float64)}"]
    assert os.listdir(tmp_path) == ["x.npz"]
    archive(path, [("a.npy", HEADERS["object"])])
    assert "object arrays are not supported" in refusal(program)
    archive(path, [("a.npy", good)], zipfile.ZIP_BZIP2)
    assert "packed in a way" in refusal(program)
    path.write_bytes(b"no archive")
    assert "not an archive" in refusal(program)
    archive(path, [("a.npy", good)], zipfile.ZIP_STORED)
    path.write_bytes(path.read_bytes().replace(DATA, bytes([1]) * 16))
    assert "not an archive that can be read" in refusal(program)  # the sum is wrong


def test_h31_names_are_escaped(tmp_path: Path) -> None:
    path = tmp_path / "x.npz"
    archive(path, [("\x1b[31mred.npy", npy(entries(), DATA)), ("\x1b[31mred", b"")])
    ran = gradcli("-e", f"load({str(path)!r})")
    assert ran.returncode == 1
    assert "\x1b" not in ran.stderr + ran.stdout


def test_h31_a_bomb(tmp_path: Path) -> None:
    path = tmp_path / "x.npz"
    size = 100 << 20
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file, file.open("a.npy", "w") as member:
        member.write(npy(entries("'|u1'", shape=f"({size},)")))
        for _ in range(size >> 20):
            member.write(bytes(1 << 20))
    assert path.stat().st_size < size / 500
    assert "would unpack" in refusal(f"load({str(path)!r})")


def test_h31_a_size_that_is_a_lie(tmp_path: Path) -> None:
    """The directory says few bytes: no more than that are read."""
    path = tmp_path / "x.npz"
    archive(path, [("a.npy", npy(entries("'|u1'", shape="(1000000,)"), bytes(1_000_000)))])
    data = path.read_bytes()
    length = len(npy(entries("'|u1'", shape="(1000000,)"))) + 1_000_000
    path.write_bytes(data.replace(length.to_bytes(4, "little"), (200).to_bytes(4, "little")))
    assert refusal(f"load({str(path)!r})")


# -- H32: what is no file ------------------------------------------------------------------------------------------


def test_h32_what_is_no_regular_file(tmp_path: Path) -> None:
    for kind in ("npy", "npz", "csv", "json"):
        fifo = tmp_path / f"fifo.{kind}"
        os.mkfifo(fifo)
        assert "Not a regular file" in refusal(f"load({str(fifo)!r})")
        folder = tmp_path / f"folder.{kind}"
        folder.mkdir()
        assert "Is a directory" in refusal(f"load({str(folder)!r})")
        (tmp_path / f"zero.{kind}").symlink_to("/dev/zero")
        assert "Not a regular file" in refusal(f"load({str(tmp_path / f'zero.{kind}')!r})")
        assert "No such file" in refusal(f"load({str(tmp_path / f'none.{kind}')!r})")
        assert "null" in refusal(f"load('a\\0b.{kind}')")
        (tmp_path / f"empty.{kind}").touch()
        assert refusal(f"load({str(tmp_path / f'empty.{kind}')!r})")
    assert ".npy, .npz, .csv or .json" in refusal("load('/dev/stdin')")
    assert "the name of a file is text" in refusal("load(3)")


def test_h32_a_name_with_a_line_feed_is_escaped() -> None:
    ran = gradcli("-e", "load('a\\n\\x1b[31m.npy')")
    assert ran.returncode == 1
    assert "\x1b" not in ran.stderr
    assert "a\\n" in ran.stderr


# -- H33: writing --------------------------------------------------------------------------------------------------


def test_h33_the_old_file_stays_when_writing_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "x.npy"
    np.save(path, np.ones(1))
    before = path.read_bytes()

    def full(number: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    assert "No space left" in refusal(f"save({str(path)!r}, zeros(3))")
    assert path.read_bytes() == before
    assert os.listdir(tmp_path) == ["x.npy"]


def test_h33_interrupted_midway(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "x.npy"
    np.save(path, np.ones(1))
    before = path.read_bytes()

    def interrupt(number: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", interrupt)
    with pytest.raises(KeyboardInterrupt):
        run(f"save({str(path)!r}, zeros(3))")
    assert path.read_bytes() == before
    assert os.listdir(tmp_path) == ["x.npy"]


def test_h33_permissions(tmp_path: Path) -> None:
    path = tmp_path / "x.npy"
    old = os.umask(0o027)
    try:
        answers(f"save({str(path)!r}, ones(1))")
    finally:
        os.umask(old)
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    path.chmod(0o604)
    answers(f"save({str(path)!r}, ones(2))")
    assert stat.S_IMODE(path.stat().st_mode) == 0o604


def test_h33_a_link_is_followed(tmp_path: Path) -> None:
    (tmp_path / "inner").mkdir()
    target, link = tmp_path / "inner" / "x.npy", tmp_path / "link.npy"
    np.save(target, np.zeros(1))
    link.symlink_to(target)
    answers(f"save({str(link)!r}, ones(2))")
    assert link.is_symlink()
    assert np.array_equal(np.load(target), np.ones(2))


def test_h33_what_cannot_be_replaced(tmp_path: Path) -> None:
    folder = tmp_path / "folder.npy"
    folder.mkdir()
    assert "Is a directory" in refusal(f"save({str(folder)!r}, ones(1))")
    assert "No such file" in refusal(f"save({str(tmp_path / 'none' / 'x.npy')!r}, ones(1))")
    (tmp_path / "null.npy").symlink_to("/dev/null")
    assert "Not a regular file" in refusal(f"save({str(tmp_path / 'null.npy')!r}, ones(1))")


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("x.npz", "ones(1)", "save a dict"),
        ("x.npz", "{'../a': ones(1)}", "no name for an array"),
        ("x.npz", "{1: ones(1)}", "no name for an array"),
        ("x.npy", "print", "object arrays are not supported"),
        ("x.npy", "['text']", "texts are not saved as arrays"),
        ("x.csv", "ones(2, 2, 2)", "two dimensions"),
        ("x.csv", "{'a': [1], 'b': [1, 2]}", "of one length"),
        ("x.csv", "tensor([1j])", "complex"),
        ("x.json", "print", "no values of type"),
        ("x.json", "{1: 2}", "are texts"),
        ("x.json", "1j", "no values of type"),
        ("x.txt", "1", ".npy, .npz, .csv or .json"),
    ],
)
def test_what_does_not_fit(tmp_path: Path, name: str, value: str, message: str) -> None:
    assert message in refusal(f"save({str(tmp_path / name)!r}, {value})")
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("x.csv", "1,2\n3\n", "row 2 has 1 columns"),
        ("x.csv", "a,b\n1,x\n", "'x' is no number"),
        ("x.csv", "\n\n", "is empty"),
        ("x.csv", b"\xff\xfe", "is not UTF-8"),
        ("x.csv", '"a\n', ""),
        ("x.json", "{", "is not JSON"),
        ("x.json", "[" * 100_000, "nested too deeply"),
        ("x.json", "[" * 150 + "]" * 150, "nested too deeply"),
        ("x.json", "9" * 5000, "integer too large"),
        ("x.json", b"\xff", "is not UTF-8"),
    ],
)
def test_damaged_texts(tmp_path: Path, name: str, text: str | bytes, message: str) -> None:
    path = tmp_path / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    if message:
        assert message in refusal(f"load({str(path)!r})")
    else:
        run(f"load({str(path)!r})")


def test_long_texts_are_refused_before_they_are_read(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    with path.open("wb") as file:
        file.truncate(1 << 40)
    assert "string too long" in refusal(f"load({str(path)!r})")
    path = tmp_path / "x.npy"
    with path.open("wb") as file:
        file.write(npy(entries("'|u1'", shape=f"({1 << 40},)")))
        file.truncate(file.tell() + (1 << 40))
    assert "the limit is" in refusal(f"load({str(path)!r})")


def test_tables_with_empty_cells_and_windows_lines(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_bytes(b"\xef\xbb\xbfa,b\r\n1,\r\n3,4.5\r\n")
    assert answers(f"load({str(path)!r})") == ["{'a': tensor([1, 3]), 'b': tensor([   nan, 4.5000])}"]


# -- H36: without files --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "call",
    [
        "load('../../secret.npy')",
        "save('x.npy', 1)",
        "np.load('../../secret.npy')",
        "np.save('x', 1)",
        "np.savez('x', 1)",
        "np.savetxt('x', [1])",
        "np.loadtxt('/etc/passwd')",
    ],
)
def test_h36_sandbox(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str) -> None:
    monkeypatch.chdir(tmp_path)
    shown, (failed,) = run(call, sandbox=True)
    assert not shown
    assert failed.message.startswith("files are not available with --sandbox: ")
    assert os.listdir(tmp_path) == []


def test_h36_the_flag() -> None:
    ran = gradcli("--sandbox", "-e", "load('../../\\x1b[31msecret.npy')")
    assert ran.returncode == 1
    assert "files are not available with --sandbox" in ran.stderr
    assert "\x1b" not in ran.stderr


def test_a_sandbox_ends_with_its_session(tmp_path: Path) -> None:
    path = str(tmp_path / "x.json")
    run("1", sandbox=True)
    assert answers(f"save({path!r}, 1); load({path!r})") == ["1"]
    assert json.loads(Path(path).read_text()) == 1


def test_the_writer_is_numpy_s() -> None:
    stream = io.BytesIO()
    np.lib.format.write_array(stream, np.zeros(2), allow_pickle=False)
    assert stream.getvalue().endswith(DATA)
