"""Imports point downwards only: a module may import lower layers and its own package, without cycles."""

import ast
from graphlib import TopologicalSorter
from pathlib import Path

import classifier

PACKAGE = Path(classifier.__file__).parent

# From the ground up; what stands in one line does not import its neighbours.
LAYERS = [
    {"__about__", "errors"},
    {"model", "text", "files", "waiting", "extras", "pages", "loop_thread", "proxies"},
    {"survey", "settings"},
    {"lists", "sources", "pdf", "prompting", "engines", "verdict"},
    {"connections", "arguments"},
    {"asking"},
    {"pipeline"},
    {"runs", "export", "training", "scaffold"},
    {"batch", "evaluation", "drafting"},
    {"review"},
    {"service"},
    {"assistants"},
    {"cli"},
    {"__main__"},
]
RANK = {name: rank for rank, names in enumerate(LAYERS) for name in names}


def modules() -> dict[str, Path]:
    """Dotted name -> file of every module but the package's own face."""
    found = {}
    for file in PACKAGE.rglob("*.py"):
        parts = file.relative_to(PACKAGE).with_suffix("").parts
        parts = parts[:-1] if parts[-1] == "__init__" else parts
        if parts:
            found[".".join(("classifier", *parts))] = file
    return found


def imports(file: Path, known: dict[str, Path]) -> set[str]:
    """The modules of the package that a file imports, wherever in the file it does so."""
    found = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file}: relative import; write the whole path"
            names = [f"{node.module}.{alias.name}" for alias in node.names] + [node.module or ""]
            # `from package import submodule` imports the submodule; `from module import name`, the module.
            found.add(next((name for name in names if name in known), ""))
        elif isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names if alias.name in known)
    return found - {""}


def test_every_module_has_a_layer():
    units = {name.split(".")[1] for name in modules()}
    assert units <= RANK.keys(), f"no layer for {sorted(units - RANK.keys())}"


def test_imports_point_down_only():
    known = modules()
    wrong = [
        f"{name} imports {target}"
        for name, file in known.items()
        for target in imports(file, known)
        if (unit := name.split(".")[1]) != (other := target.split(".")[1]) and RANK[other] >= RANK[unit]
    ]
    assert wrong == []


def test_no_import_cycle_between_files():
    known = modules()
    graph = {name: imports(file, known) - {name} for name, file in known.items()}
    assert len(list(TopologicalSorter(graph).static_order())) == len(known)  # raises CycleError on a circle


# Files that are a little longer than the rest, and why: docs/adr/0014-packages.md.
LONG_FILES = {"evaluation/records.py": 320, "training/trainer.py": 330}
LONGEST_FILE, LONGEST_FUNCTION = 300, 60


def test_the_top_of_the_package_is_a_short_list():
    top = [path.stem for path in PACKAGE.glob("*.py") if not path.stem.startswith("__")]
    assert len(top) <= 12, sorted(top)


def test_files_stay_short():
    lengths = {
        path.relative_to(PACKAGE).as_posix(): len(path.read_text(encoding="utf-8").splitlines())
        for path in PACKAGE.rglob("*.py")
    }
    allowed = dict.fromkeys(lengths, LONGEST_FILE) | LONG_FILES
    assert {name: lines for name, lines in lengths.items() if lines > allowed[name]} == {}
    assert LONG_FILES.keys() <= {name for name, lines in lengths.items() if lines > LONGEST_FILE}


def is_command(function: ast.AST) -> bool:
    """A function whose parameters are Typer's: their declaration is the command line's documentation."""
    return isinstance(function, ast.FunctionDef) and "typer.Option(" in ast.unparse(function.args)


def test_functions_stay_short():
    found = []
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and not is_command(node):
                length = (node.end_lineno or node.lineno) - node.lineno + 1
                if length > LONGEST_FUNCTION:
                    found.append(f"{path.relative_to(PACKAGE)}: {node.name} has {length} lines")
    assert found == []


def test_no_two_types_have_one_name():
    homes: dict[str, list[str]] = {}
    for path in PACKAGE.rglob("*.py"):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                homes.setdefault(node.name, []).append(path.relative_to(PACKAGE).as_posix())
    assert {name: files for name, files in homes.items() if len(files) > 1} == {}


def test_no_words_of_the_built_in_survey_in_the_source():
    """The taxonomy decides, the code does not: neither the tree's ids nor its subject's words stand there."""
    from classifier.survey.workspace import Workspace

    taxonomy = Workspace().taxonomy
    ids = {*taxonomy.leaves, *taxonomy.branches, *taxonomy.rules, *(q.id for q in taxonomy.questions)}
    ids |= {field.id for leaf in taxonomy.leaves.values() for field in leaf.fields}
    # Plain English words such as "other" or "environment" may stand anywhere; compound ids may not.
    names = {name for name in ids if not name.isalpha()}
    names |= {"reinforcement", "rlhf", "llm4rl", "rl4llm", "rl+llm", "human feedback", "grpo", "red team"}
    found = [
        f"{file.relative_to(PACKAGE)}: {name}"
        for file in modules().values()
        for name in names
        if name in file.read_text(encoding="utf-8").lower()
    ]
    assert found == []
