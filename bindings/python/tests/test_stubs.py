"""The stubs say what the compiled module has."""

import ast
import inspect
from pathlib import Path

import slotcast as sc
from slotcast import _slotcast

STUB = ast.parse(Path(_slotcast.__file__).with_name("_slotcast.pyi").read_text())
#: What Python itself adds to classes, or names differently.
IMPLIED = {"__doc__", "__module__", "__new__", "__repr__", "__str__", "__hash__", "__eq__", "__buffer__", "__weakref__", "__ne__"} | {"__release_buffer__"}
#: Comparisons that Python fills in with `__eq__`.
IMPLIED |= {"__lt__", "__le__", "__gt__", "__ge__"}
#: What `__getattr__` is in compiled classes.
IMPLIED |= {"__getattr__", "__getattribute__"}


def test_names_of_the_module() -> None:
    described = {node.name for node in STUB.body if isinstance(node, ast.ClassDef | ast.FunctionDef)}
    assert described == {name for name in dir(_slotcast) if not name.startswith("__")}


def test_members_of_the_classes() -> None:
    for node in STUB.body:
        if isinstance(node, ast.ClassDef):
            cls = getattr(_slotcast, node.name)
            described = {member.name for member in node.body if isinstance(member, ast.FunctionDef)} - IMPLIED
            actual = set(vars(cls)) - IMPLIED if not issubclass(cls, Exception) else set()
            assert described == actual, node.name
            assert [base.id for base in node.bases if isinstance(base, ast.Name)] == [
                base.__name__ for base in cls.__bases__ if base is not object
            ]


def test_keywords_and_defaults() -> None:
    classes = (_slotcast.SubscriberHandle, _slotcast.PublisherHandle, _slotcast.ValueWriterHandle, _slotcast.ValueReaderHandle,
                _slotcast.ClientHandle, _slotcast.ServerHandle)  # fmt: skip
    for cls in classes:
        node = next(node for node in STUB.body if isinstance(node, ast.ClassDef) and node.name == cls.__name__)
        new = next(member for member in node.body if isinstance(member, ast.FunctionDef) and member.name == "__new__")
        described = {argument.arg: ast.literal_eval(default) for argument, default in zip(new.args.kwonlyargs, new.args.kw_defaults) if default}
        parameters = inspect.signature(cls).parameters.values()
        assert described == {each.name: each.default for each in parameters if each.kind is each.KEYWORD_ONLY}


def test_all_that_is_exported_exists_and_is_documented() -> None:
    for name in sc.__all__:
        exported = getattr(sc, name)
        if inspect.isclass(exported) or inspect.isfunction(exported):
            assert exported.__doc__, name
