"""Processes start, start others and end, with their arguments and variables, as in a virtual environment."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.e2e.harness import Machine
from tests.e2e.like_a_venv.tools_project import CHILD, COMMAND, Says, said, site_packages

PYTHON = Path(sys.executable).resolve()
PLAIN = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}


def test_python_runs_modules_files_and_folders_of_the_bundle(tools: Machine) -> None:
    python, shop = ("pyz", "exec", "python"), site_packages(tools).parent / "__project__/shop"
    assert said(tools, *python, "-m", "shop", "a", "b c") == ["shop shop.__main__ ['a', 'b c'] 4"]
    assert said(tools, *python, str(shop), "a") == [" __main__ ['a'] 4"]
    assert said(tools, *python, str(shop / "__main__.py")) == ["None None [] 4"]
    assert said(tools, *python, "-m", "django", "version") == ["5.2.19"]
    code = "import runpy; runpy.run_module('shop', run_name='__main__', alter_sys=True); runpy.run_path('{}')"
    assert len(said(tools, *COMMAND, code.format(shop / "jobs.py"))) == 1


def test_python_3_is_the_bundles_by_its_own_name_and_the_machines_for_children(tools: Machine) -> None:
    """Programs of others start with it, and need what is installed on the machine."""
    code = "import sys, shop.sums; print(sys.argv[1:])"
    for name in ("python3", "python{}.{}".format(*sys.version_info)):
        assert said(tools, "pyz", "exec", name, "-c", code, "a") == ["['a']"]
    assert tools.run("pyz", "exec", "python3.1", "-c", code).returncode == 2
    find = "import shutil; print(shutil.which('python'), shutil.which('python3'))"
    ours, others = said(tools, *CHILD, find)[0].split()
    assert ours == str(site_packages(tools) / "__bin__/python")
    assert others == shutil.which("python3", path=tools.environment["PATH"])


def test_no_child_leaves_bytecode_in_the_tree_not_even_one_of_roots(tools: Machine) -> None:
    said(tools, *CHILD, "import shop.sums, sys; print(sys.flags.dont_write_bytecode)")
    assert list(site_packages(tools).parent.rglob("__pycache__")) == []


def test_assertions_and_docstrings_go_with_optimisation(tools: Machine) -> None:
    code = """
from shop import sums
try:
    print(sums.divide.__doc__, sums.claim())
except AssertionError as error:
    print(error)
"""
    assert said(tools, *CHILD, code) == ["the shop is closed"]
    assert said(tools, *COMMAND, code, PYTHONOPTIMIZE="1") == ["Divide. None"]
    assert said(tools, *CHILD, code, PYTHONOPTIMIZE="2") == ["None None"]


def test_a_process_may_give_itself_another_title(tools: Machine) -> None:
    code = "import setproctitle; {}; print(open('/proc/self/cmdline').read().rstrip(chr(0)).replace(chr(0), ' '))"
    as_it_is, named = (
        code.format(call) for call in ("setproctitle.getproctitle()", "setproctitle.setproctitle('till 1')")
    )
    assert said(tools, *COMMAND, as_it_is) == [" ".join([str(tools.executable), *COMMAND, as_it_is])]
    assert said(tools, *COMMAND, named) == ["till 1"]
    assert said(tools, *CHILD, named) == ["till 1"]


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_functions_of_the_project_run_in_other_processes(tools: Machine, method: str) -> None:
    code = f"""
import multiprocessing
from concurrent.futures import ProcessPoolExecutor
from shop.jobs import Order, cost
context = multiprocessing.get_context({method!r})
with ProcessPoolExecutor(2, context) as executor, context.Pool(1) as pool:
    orders = [Order("apple", 2), Order("pear", 3)]
    print(list(executor.map(cost, orders)), pool.map(cost, orders))
"""
    assert said(tools, *COMMAND, code) == said(tools, *CHILD, code) == ["[6, 12] [6, 12]"]


def test_objects_of_the_project_go_round_through_pickle(says: Says) -> None:
    code = """
import copy, pickle, zope.tills
from shop.jobs import Order, cost
thing = [Order("pear", 2), cost, zope.tills.Till]
print(pickle.loads(pickle.dumps(thing)) == thing, copy.deepcopy(thing) == thing)
"""
    assert says(code) == ["True True"]


def test_sys_executable_is_a_python_with_the_code(says: Says) -> None:
    code = """
import subprocess, sys
code = "import django, sys, zope.tills, shop.prices; print(django.VERSION[0], shop.prices.read(), sys.argv)"
for arguments in (["-c", code, "a b", ""], ["-m", "shop", "a b", ""], ["-", "a b"]):
    subprocess.run([sys.executable, *arguments], check=True, input=code, text=True)
"""
    prices = "{'apple': 3, 'pear': 4}"
    assert says(code) == [
        f"5 {prices} ['-c', 'a b', '']",
        "shop shop.__main__ ['a b', ''] 4",
        f"5 {prices} ['-', 'a b']",
    ]


def test_programs_of_the_system_start_the_bundle_and_its_python(says: Says, tools: Machine) -> None:
    code, bundle = "import shop.prices; print(shop.prices.read())", str(tools.executable)
    commands = [
        ["timeout", "600", bundle, *COMMAND, code],
        ["sh", bundle, *COMMAND, code],
        ["sh", "-c", '"$@"', "sh", bundle, *COMMAND, code],
        ["timeout", "600", "python", bundle, *COMMAND, code],
        ["timeout", "600", "python", "-c", code, bundle],
        ["sh", "-c", 'python -c "$1" "$0"', bundle, code],
    ]
    start = f"import subprocess\nfor command in {commands}: subprocess.run(command, check=True)"
    assert says(start) == ["{'apple': 3, 'pear': 4}"] * len(commands)


def test_the_builtins_for_people_are_there(says: Says) -> None:
    # __interactivehook__ is what gives `shell` its completion and its history.
    code = """
import builtins, sys
print([hasattr(builtins, name) for name in ("exit", "quit", "help", "copyright", "credits", "license")])
print(hasattr(sys, "__interactivehook__"), len(str(copyright)) > 100, repr(exit)[:10])
try:
    quit(3)
except SystemExit as error:
    print(error.code)
"""
    assert says(code) == [str([True] * 6), "True True Use exit()", "3"]


STATE = """
import faulthandler, json, sys
flags = {name: getattr(sys.flags, name) for name in dir(sys.flags) if not name.startswith("_") and name != "no_site"}
flags = {name: value for name, value in flags.items() if not callable(value) and name != "dont_write_bytecode"}
print(json.dumps([flags, sys.warnoptions, sys._xoptions, sys.base_prefix, faulthandler.is_enabled()]))
print(sys.stdout.encoding, sys.stdout.write_through, sys.stderr.errors, sys.getfilesystemencoding())
"""
"""What Python says of how it was started; that `site`, which sets the prefix of a virtual environment, was imported by
itself or later is not looked at, nor whether bytecode is written, which children of a bundle never do."""


@pytest.mark.parametrize(
    "variables",
    [
        {
            **{"PYTHONDEVMODE": "1", "PYTHONHASHSEED": "7", "PYTHONSAFEPATH": "1", "PYTHONINTMAXSTRDIGITS": "5000"},
            **{"PYTHONUNBUFFERED": "1", "PYTHONNOUSERSITE": "1", "PYTHONWARNINGS": "ignore::ImportWarning"},
        },
        {
            **{"PYTHONFAULTHANDLER": "1", "PYTHONIOENCODING": "latin-1", "PYTHONUTF8": "1"},
            **{"PYTHONDONTWRITEBYTECODE": "1", "PYTHONHASHSEED": "0"},
        },
    ],
    ids=["some", "others"],
)
def test_python_s_variables_are_honoured(says: Says, variables: dict[str, str]) -> None:
    plain = {**PLAIN, "LANG": "C.UTF-8", **variables}
    done = subprocess.run([PYTHON, "-c", STATE], env=plain, check=True, capture_output=True, text=True)
    assert says(STATE, **variables) == done.stdout.splitlines()


def test_options_are_given_to_a_child(tools: Machine) -> None:
    code = "import sys; print(sys.flags.optimize, sys.flags.dev_mode, sys.warnoptions, sys._xoptions, sys.argv[1:])"
    options = ("-O", "-W", "error::ImportWarning", "-X", "dev", "-X", "tracemalloc=2", "-u")
    expected = "1 True ['default', 'error::ImportWarning'] {'dev': True, 'tracemalloc': '2'} ['-O', '']"
    assert said(tools, "pyz", "exec", "python", *options, "-c", code, "-O", "") == [expected]


def test_all_is_done_at_the_end(says: Says) -> None:
    code = """
import atexit, threading, weakref
class Thing: pass
thing = Thing()
weakref.finalize(thing, print, "finalized")
threading.thing = thing
atexit.register(print, "at exit")
threading.Thread(target=lambda: [threading.main_thread().join(), print("from a thread")]).start()
print("no newline", end="")
"""
    assert says(code) == ["no newlinefrom a thread", "at exit", "finalized"]


def test_a_program_knows_its_name_and_has_no_script(tools: Machine) -> None:
    code = """
import __main__, os, sys
print(sys.argv, hasattr(__main__, "__file__"), __main__.__spec__, __name__ == "__main__", "" in sys.path)
print(os.getpid(), os.path.basename(sys.orig_argv[0]))
"""
    command = [str(tools.executable), *COMMAND, code]
    environment, pipe = tools.environment, subprocess.PIPE
    with subprocess.Popen(command, cwd=tools.elsewhere, env=environment, stdout=pipe, text=True) as process:
        first, second = process.communicate()[0].splitlines()
    assert first == f"{command} False None False False"
    pid, python = second.split()
    assert int(pid) == process.pid, "signals and systemd's notes must reach Python itself"
    assert python.startswith("python")


def test_odd_paths_and_arguments_arrive_as_they_are(tools: Machine, tmp_path: Path) -> None:
    folder = tmp_path / 'it\'s a "new" $HOME; `place` \\ -é\n'
    folder.mkdir()
    program = folder / "-x & co.pyz"
    shutil.copy2(tools.executable, program)
    environment = {**tools.environment, "PATH": f"{folder}{os.pathsep}{tools.environment['PATH']}"}

    def run(*command: str) -> str:
        done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
        assert (done.returncode, done.stderr) == (0, "")
        return done.stdout

    for called in (str(program), f"./{program.name}", program.name):
        assert run(called, *COMMAND, "import sys; print(sys.argv[0])") == f"{program}\n"
    odd = ["", " ", "a  b", "it's", '"', "$HOME", "`id`", "\\n", "line\nline", "*", "-c", "é", "\udcff"]
    assert json.loads(run(program.name, *CHILD, "import json, sys; print(json.dumps(sys.argv))", *odd)) == ["-c", *odd]


def test_every_variable_arrives_whatever_its_value(tools: Machine) -> None:
    odd = {"VALUE": "é\n$HOME'\udcff", "ENV": "/dev/null", "PS1": "$", "OLDPWD": "/x"}
    code = f"import os; print(ascii([os.environ.get(name) for name in {list(odd)}]))"
    assert said(tools, *COMMAND, code, **odd) == [ascii(list(odd.values()))]


@pytest.mark.parametrize("cache", ["warm", "cold"])
def test_modules_in_the_current_folder_are_not_run(tools: Machine, tmp_path: Path, cache: str) -> None:
    for name in ("django", "json", "zipfile", "shop", "encodings", "django_pyz_runtime", "sitecustomize", "__main__"):
        (tmp_path / f"{name}.py").write_text(f"raise SystemExit('planted {name}')")
    trees = {"CACHE_DIRECTORY": str(tmp_path / "cache")} if cache == "cold" else {}
    command = [str(tools.executable), "check"]
    done = subprocess.run(command, cwd=tmp_path, env={**tools.environment, **trees}, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")


def test_the_file_given_to_python_is_the_same(tools: Machine) -> None:
    code = f"{STATE}\nimport builtins\nprint(dir(builtins), sys.argv, sys.path, sys.executable)"
    command = [str(PYTHON), str(tools.executable), *COMMAND, code]
    done = subprocess.run(command, cwd=tools.elsewhere, env=tools.environment, capture_output=True, text=True)
    assert done.stdout.splitlines() == said(tools, *COMMAND, code)


def test_a_child_may_have_the_path_of_the_bundle_among_its_arguments(tools: Machine) -> None:
    """And one that is the bundle itself is that, by another path too."""
    code = """
import os, subprocess, sys
bundle = os.environ["TOOLS__EXECUTABLE"]
show = "import sys, shop.prices; print(shop.prices.read(), sys.argv[1:] == [%r])" % bundle
for arguments in (["-c", show, bundle], ["-m", "shop", bundle], [os.path.relpath(bundle), "help", "divide"]):
    done = subprocess.run([sys.executable, *arguments], capture_output=True, text=True)
    print(done.returncode, done.stderr, done.stdout.splitlines()[0])
"""
    prices = "{'apple': 3, 'pear': 4}"
    first, second, third = said(tools, *COMMAND, code)
    assert first == f"0  {prices} True"
    assert second == f"0  shop shop.__main__ ['{tools.executable}'] 4"
    assert third.startswith("0  usage: ")


def test_a_python_of_one_build_says_what_to_start_instead(tools: Machine, tree: Path) -> None:
    """As a crontab may start it, with no variable of the bundle. The advice is taken."""
    command = ["-c", "import shop.prices; print(shop.prices.read())"]
    python = tree / "__bin__/python"
    done = subprocess.run([python, *command], env={"PATH": tools.environment["PATH"]}, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, "{'apple': 3, 'pear': 4}\n")
    assert done.stderr == (
        "tools: __bin__/python was started by its path inside the tree of one build, which later builds remove: "
        "in a crontab, a unit or a script write `tools pyz exec python` instead\n"
    )
    advised = tools.run("pyz", "exec", "python", *command)
    assert (advised.returncode, advised.stderr, advised.stdout) == (0, "", done.stdout)


def test_a_child_without_the_variables_of_its_parent_has_nothing_to_say(tools: Machine) -> None:
    code = """
import subprocess, sys
for variables in ({}, {"PATH": "/usr/bin"}):
    done = subprocess.run([sys.executable, "-c", "import shop.prices"], env=variables, capture_output=True, text=True)
    print(done.returncode, done.stderr)
"""
    path = f"TOOLS__PYTHON={PYTHON}"
    assert said(tools, "shell", "-v", "0", "-c", code.replace("{}", str(dict([path.split("=")])))) == ["0 ", "0 "]


@pytest.mark.parametrize(
    "fail",
    [
        "sys.exit(3)",
        "sys.exit('no project here')",
        "raise CommandError('no project here')",
    ],
)
def test_a_command_that_finds_no_file_of_the_project_where_it_runs_is_told_where_it_is(
    tools: Machine, tree: Path, fail: str
) -> None:
    """The advice is taken."""
    code = f"""
import os, sys
from django.core.management import CommandError
if not os.path.exists("plugins/cash.py"):
    {fail}
"""
    done = tools.run("shell", "-v", "0", "-c", code)
    assert done.returncode
    folder = tree.parent / "__project__"
    hint = f"plugins/cash.py is in the project's folder, not in {tools.elsewhere}: try the command in {folder}"
    assert f"{tools.executable.name}: {hint}\n" in done.stderr
    command: list[str | Path] = [tools.executable, "shell", "-v", "0", "-c", code]
    there = subprocess.run(command, cwd=folder, env=tools.environment, capture_output=True, text=True)
    assert (there.returncode, there.stderr) == (0, "")


def test_other_failures_have_no_such_hint(tools: Machine) -> None:
    done = tools.run("shell", "-v", "0", "-c", "import sys; names = ['shop', 'plugins/none.py']; sys.exit(3)")
    assert (done.returncode, done.stderr) == (3, "")
