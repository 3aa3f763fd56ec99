"""The house has one direction: an import points up-stream, as docs/architecture.md says."""

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "src" / "crossent"

# Each room with the rooms it may import; every room may import the errors, the words of a hint and, for the version,
# the package itself.
ROOMS = {
    "_errors": set[str](),
    "_nearest": set[str](),
    "_kernels": set[str](),
    "functional": {"_kernels"},
    "nn": {"functional"},
    "simulate": set[str](),
    "_labels": set[str](),
    "_multilabel": {"_labels"},
    "_shapes": set[str](),
    "_task": {"functional", "_labels", "_multilabel", "_shapes"},
    "_files": set[str](),
    "_seed": set[str](),
    "data": {"_files"},
    "models": {"data"},
    "training": {"_files", "_task", "data", "functional", "models"},
    "members": {"_files", "_seed", "_task", "data", "functional", "models", "training"},
    "calibration": {"_seed", "_task"},
    "evaluation": {"_files", "_kernels", "_labels", "_seed", "_shapes", "_task"},
    "decisions": {"_seed", "_task", "_labels", "evaluation"},
    "classifier": {
        "_labels",
        "_task",
        "data",
        "models",
        "training",
        "members",
        "calibration",
        "evaluation",
        "decisions",
        "functional",
    },
    "estimator": {"_labels", "classifier", "data", "models", "training"},
    "export": {"_files", "calibration", "classifier", "data", "decisions", "members", "models"},
    "explanation": {"_seed", "_task", "classifier", "data", "evaluation", "training"},
    "inspection": {"_task", "data", "evaluation"},
    "report": {"_files", "_labels", "_task", "evaluation", "decisions", "explanation", "inspection", "training"},
}
# `cli` sees the public names, as a user does, and so may import any room.


def rooms() -> list[str]:
    return sorted(
        {path.relative_to(PACKAGE).parts[0].removesuffix(".py") for path in PACKAGE.rglob("*.py")} - {"__init__"}
    )


def imported_rooms(room: str) -> set[str]:
    """The other rooms of crossent that a room's files import, under TYPE_CHECKING or not."""
    rooms = {module.split(".")[1] for module in imported_modules(room)}
    return rooms - {room, "_errors", "_nearest", "__version__"}


def imported_modules(room: str) -> set[str]:
    """What a room's files import of crossent, as `crossent.room.file.name`."""
    files = [PACKAGE / f"{room}.py"] if (PACKAGE / f"{room}.py").exists() else list((PACKAGE / room).rglob("*.py"))
    found: set[str] = set()
    for file in files:
        package = ("crossent", *file.relative_to(PACKAGE).parts[:-1])
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Import):
                modules = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and node.level:
                base = ".".join((*package[: len(package) - node.level + 1], *filter(None, [node.module])))
                modules = [f"{base}.{alias.name}" for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                modules = [f"{node.module}.{alias.name}" for alias in node.names]
            else:
                continue
            found |= {module for module in modules if module.startswith("crossent.")}
    return found


@pytest.mark.parametrize("room", sorted(ROOMS))
def test_a_room_imports_only_what_stands_before_it(room: str) -> None:
    assert imported_rooms(room) <= ROOMS[room]


@pytest.mark.parametrize("room", sorted({*ROOMS, "cli"}))
def test_no_room_imports_a_private_file_of_another(room: str) -> None:
    files = [(each.split(".")[1], each.split(".")[2:]) for each in imported_modules(room)]
    assert [(other, parts) for other, parts in files if other != room and parts and parts[0].startswith("_")] == []


def test_every_room_has_its_place() -> None:
    assert set(rooms()) == set(ROOMS) | {"cli"}


def test_only_losses_and_evaluation_see_the_kernels_and_only_the_command_line_the_report() -> None:
    assert [room for room in rooms() if "_kernels" in imported_rooms(room)] == ["evaluation", "functional"]
    assert [room for room in rooms() if "report" in imported_rooms(room)] == []
