"""The check of gradients tells right from wrong, and comes back from nonsense with a sentence."""

from __future__ import annotations

import subprocess
import sys

import pytest

from changing import ORIGINALS, sources
from microgpt.gpt import autograd
from microgpt.gradients import check, check_text

ORIGINAL = ORIGINALS["autograd.py"]
PLACE = "    def __neg__(self) -> Value:\n"
TANH = "    def tanh(self):\n        data = math.tanh(self.data)\n"


def with_method(code: str) -> str:
    assert ORIGINAL.count(PLACE) == 1
    return ORIGINAL.replace(PLACE, f"{code}\n{PLACE}")


def said(code: str) -> list[str]:
    """What is said of a text with one more method."""
    return [finding["words"] for finding in check_text(with_method(code), ORIGINAL)]


def test_every_operation_of_the_algorithm_agrees() -> None:
    findings = {finding["name"]: finding for finding in check(autograd)}
    assert {"a + b", "a * b", "a ** b", "2 / a", "-a", "exp", "log", "relu"} <= findings.keys()
    assert {"dot", "total", "backward"} <= findings.keys()
    assert {finding["verdict"] for finding in findings.values()} == {"agrees"}
    assert "__repr__" not in findings


def test_a_new_operation_is_found_and_its_digits_are_counted() -> None:
    [finding] = check_text(sources("tanh")["autograd.py"], ORIGINAL)
    assert (finding["name"], finding["verdict"]) == ("tanh", "agrees")
    assert finding["words"] in {
        f"tanh: gradient agrees to {digits} digits" for digits in range(9, 14)
    }
    assert check_text(ORIGINAL, ORIGINAL) == []


@pytest.mark.parametrize(
    ("local", "message"),
    [
        ("1 - data", "at 0.7312 it passes on 0.376201, and differences give 0.610875"),
        ("data**2 - 1", "passes on -0.610875"),
        ("math.nan", "passes on nan"),
        ("(1 - data**2) * 1.00001", "wrong: at 0.7312"),
        ("'steep'", "there is no gradient: TypeError"),
    ],
)
def test_a_wrong_gradient_is_named_with_a_point(local: str, message: str) -> None:
    [words] = said(f"{TANH}        return Value(data, (self,), ({local},))")
    assert words.startswith("tanh: wrong: at 0.7312")
    assert message in words


@pytest.mark.parametrize(
    ("before", "after", "wrong"),
    [
        ("(other.data, self.data))", "(self.data, other.data))", "a * b"),
        ("exponent * self.data **", "self.data **", "a ** b"),
        ("(*right_data, *left_data))", "(*left_data, *right_data))", "dot"),
        ("(1.0,) * len(values))", "(1.0,) + (0.0,) * (len(values) - 1))", "total"),
        ("child.grad += local", "child.grad = local", "backward"),
    ],
)
def test_a_mistake_in_what_is_there_is_found(before: str, after: str, wrong: str) -> None:
    assert ORIGINAL.count(before) == 1
    findings = check_text(ORIGINAL.replace(before, after), ORIGINAL)
    assert wrong in {finding["name"] for finding in findings if finding["verdict"] == "wrong"}


@pytest.mark.parametrize(
    "code",
    [
        "    def both(self, a, b):\n        return self * a + b",
        "    def scale(self, by):\n        return Value(self.data * by, (self,), (by,))",
        "    def all(self, others):\n        return total([self * other for other in others])",
        "    def some(self, *others):\n        return total([self, *others])",
        "    def half(self, share=0.5):\n        return self * share",
        "    def root(self):\n        return Value(math.sqrt(self.data), (self,), "
        "(0.5 / math.sqrt(self.data),))",
        "    def quick(self):\n        return Value(math.sin(60 * self.data), (self,), "
        "(60 * math.cos(60 * self.data),))",
    ],
)
def test_what_an_operation_is_called_with_is_found_out(code: str) -> None:
    [words] = said(code)
    assert "gradient agrees to" in words


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("while True:\n            pass", "not checked: it comes to no end"),
        ("while True: pass", "not checked: it comes to no end"),
        ("return self.odd()", "not checked: RecursionError"),
        ("return Value(math.nan, (self,), (1.0,))", "gave no number wherever it was tried"),
        ("return Value('a', (self,), (1.0,))", "TypeError: what it makes holds no number"),
        ("import random; return self * random.random()", "another number each time"),
        ("raise SystemExit", "not checked: SystemExit"),
        ("return self * float(input())", "not checked: EOFError"),
        ("return self.data['x']", "not checked: TypeError"),
        ("return self + nowhere", "not checked: NameError: name 'nowhere' is not defined"),
    ],
)
def test_nonsense_is_answered_with_a_sentence(body: str, message: str) -> None:
    [words] = said(f"    def odd(self):\n        {body}")
    assert words.startswith("odd: not checked: ")
    assert message in words


def test_what_is_no_operation_is_left_out(capsys: pytest.CaptureFixture[str]) -> None:
    assert said("    def words(self):\n        print(self)\n        return 'a number'") == []
    assert said("    def _own(self):\n        return self.exp()") == []
    assert (
        "isn't clear what to call it with"
        in said("    def odd(self, a, b, c, d):\n        return self")[0]
    )
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x = (", "autograd.py can't be read: '(' was never closed, line 1."),
        ("x = 1 / 0", "autograd.py can't be run: ZeroDivisionError: division by zero."),
        ("import nothing_such", "autograd.py can't be run: ModuleNotFoundError"),
        ("while True: pass", "autograd.py comes to no end."),
        ("x = 1", "autograd.py has no class Value."),
        ("class Value: pass", None),
        ("x = '\0'", "autograd.py can't be"),
    ],
)
def test_a_file_that_is_none_is_answered_with_a_sentence(text: str, message: str | None) -> None:
    findings = check_text(text, ORIGINAL)
    assert all(finding["verdict"] != "agrees" for finding in findings)
    if message:
        assert [finding["verdict"] for finding in findings] == ["unknown"]
        assert findings[0]["words"].startswith(message)


def test_also_a_value_itself_can_go_on_for_ever() -> None:
    text = ORIGINAL.replace(
        "        self.grad = 0.0 ", "        while True: pass\n        self.grad = 0.0 "
    )
    assert text != ORIGINAL
    findings = check_text(text, ORIGINAL)
    assert len(findings) > 10
    assert all("no end" in finding["words"] for finding in findings)


def test_who_traces_goes_on_tracing() -> None:
    """As debuggers and measures of coverage do. In a process of its own: this one may, too."""
    code = f"""if True:
        import sys
        from microgpt.gradients import check_text
        trace = lambda *_: None
        sys.settrace(trace)
        check_text({with_method("    def odd(self):" + chr(10) + "        while True: pass")!r})
        assert sys.gettrace() is trace
    """
    subprocess.run([sys.executable, "-c", code], check=True)
