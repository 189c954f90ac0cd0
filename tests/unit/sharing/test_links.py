"""Links: what comes back, what fits, and that nothing damaged or hostile gets through."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import math
import random
import re
import time
import tracemalloc
import zlib
from array import array
from collections.abc import Callable
from dataclasses import fields, replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from microgpt.engines.kinds import ENGINES
from microgpt.errors import LinkError
from microgpt.gpt.hyperparameters import Hyperparameters
from microgpt.settings import table
from microgpt.sharing.formats import NEWEST, VERSION_1, version_needed
from microgpt.sharing.links import (
    MAX_PARAMETERS,
    Recipe,
    envelope,
    model_link,
    read_link,
    recipe_link,
    text_hash,
    weight_code,
    weights_hash,
)
from microgpt.sharing.links import codec as links
from microgpt.sharing.links.entropy import NumberModel
from microgpt.sharing.links.fields import Reader, Writer
from microgpt.sharing.saved import MAX_NAME, Provenance, SavedModel, is_name, is_vocabulary
from microgpt.texts import MAX_CHARACTERS
from microgpt.weights import weight_layout

SECONDS = 1.0  # of the processor, that any link may take
SOME = settings().max_examples // 5  # each takes long
SHAPE = ("n_layer", "n_embd", "n_head", "block_size")


def model(seed: int = 1, characters: str = "abcdé", **values: int) -> SavedModel:
    hyperparameters = Hyperparameters(**{"n_embd": 4, "n_head": 2, "block_size": 3, **values})  # type: ignore[arg-type]
    stream = random.Random(seed)
    count = weight_layout(hyperparameters, len(characters) + 1).size
    weights = array("d", [stream.gauss(0, 0.1) for _ in range(count)])
    provenance = Provenance("names.txt", 5163, 1000, 2.34567, None)
    return SavedModel(hyperparameters, characters, weights, provenance)


def recipe(text: bytes | None = b"emma\nada", **values: object) -> Recipe:
    given_: dict[str, object] = {
        "hyperparameters": Hyperparameters(n_embd=32, holdout=0.05),
        "engine": "compiled",
        "steps_done": 500,
        "text_name": "my names.txt",
        "text": text,
        "example": "places.txt" if text is None else "",
        "text_hash": text_hash(text or b"places"),
        "weights_hash": weights_hash(array("d", [1.0, 2.0])),
    }
    return Recipe(**(given_ | values))  # type: ignore[arg-type]


def read_model(link: str) -> SavedModel:
    found = read_link(link)
    assert isinstance(found, SavedModel)
    return found


# What comes back


def values(entry: object) -> st.SearchStrategy[object]:
    e = next(e for e in table() if e["name"] == entry)
    if e["type"] == "choice":
        return st.sampled_from(e["choices"])
    low, high = e["minimum"], e["maximum"]
    assert low is not None
    assert high is not None
    if e["type"] == "int":
        return st.integers(int(low), int(high))
    return st.one_of(st.floats(low, high), st.sampled_from([low, high, e["default"]]))


def configurations() -> st.SearchStrategy[dict[str, object]]:
    names = [f.name for f in fields(Hyperparameters) if f.name not in SHAPE]
    return st.fixed_dictionaries({}, optional={name: values(name) for name in names})


vocabularies = st.sets(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=60).map(
    lambda found: "".join(sorted(found))
)
losses = st.floats(0, 50)


@settings(max_examples=SOME, deadline=None)
@given(
    configurations(),
    vocabularies,
    st.builds(
        Provenance,
        st.text(st.characters(exclude_categories=["Cs"]), max_size=MAX_NAME).filter(is_name),
        st.integers(0, 10**9),
        st.integers(0, 10**6),
        losses,
        st.none() | losses,
    ),
    st.integers(1, 3),
)
def test_every_configuration_comes_back(
    given_: dict[str, object], characters: str, provenance: Provenance, width: int
) -> None:
    sizes = {"n_embd": 2 * width, "n_head": 2, "block_size": 5, "n_layer": width}
    hyperparameters = Hyperparameters(**{**given_, **sizes})  # type: ignore[arg-type]
    weights = [0.01 * (i % 17 - 8) for i in range(10**5)]
    count = weight_layout(hyperparameters, len(characters) + 1).size
    original = SavedModel(hyperparameters, characters, array("d", weights[:count]), provenance)
    found = read_model(model_link(original, 40_000))
    assert found.hyperparameters == hyperparameters
    assert found.characters == characters
    assert found.provenance.text == provenance.text
    assert found.provenance.documents == provenance.documents
    assert found.provenance.steps == provenance.steps
    assert found.provenance.loss == pytest.approx(provenance.loss, abs=0.51e-4)
    assert found.provenance.holdout_loss == (
        None
        if provenance.holdout_loss is None
        else pytest.approx(provenance.holdout_loss, abs=0.51e-4)
    )
    assert max(map(abs, map(float.__sub__, found.weights, original.weights))) < 0.01


@settings(max_examples=SOME, deadline=None)
@given(
    st.sets(st.characters(exclude_categories=["Cs", "Cc"]), max_size=3000),
    st.integers(0, 2000),
)
def test_every_vocabulary_comes_back(some: set[str], run: int) -> None:
    characters = "".join(sorted(some | {chr(0x4E00 + i) for i in range(run + 1)}))
    assert is_vocabulary(characters)
    writer = Writer()
    writer.vocabulary(characters)
    code = writer.encoder.finish()
    assert Reader(code).vocabulary() == characters
    assert len(code) < 20 + 4 * len(some)


def test_letters_take_a_few_bytes() -> None:
    writer = Writer()
    writer.vocabulary("abcdefghijklmnopqrstuvwxyz")
    assert len(writer.encoder.finish()) <= 4


@pytest.mark.parametrize("loss", [math.nan, math.inf])
def test_a_loss_that_is_none(loss: float) -> None:
    original = replace(model(), provenance=Provenance("x", 1, 0, loss))
    assert math.isnan(read_model(model_link(original, 2000)).provenance.loss)


def test_a_name_too_long_is_cut() -> None:
    original = replace(model(), provenance=Provenance("é" * 500, 1, 1, 1.0))
    assert read_model(model_link(original, 2000)).provenance.text == "é" * MAX_NAME


def test_the_same_model_gives_the_same_link_and_the_link_of_a_link_is_as_good() -> None:
    original = model(n_embd=16, block_size=8)
    link = model_link(original, 1500)
    assert link == model_link(original, 1500)
    once = read_model(link)
    assert once.weights == read_model(link).weights
    twice = read_model(model_link(once, 1500))
    size = math.sqrt(sum(w * w for w in once.weights) / len(once.weights))
    changed = math.dist(once.weights, twice.weights) / math.sqrt(len(once.weights))
    assert changed < 0.2 * size


lines = st.text(st.characters(exclude_categories=["Cs", "Cc", "Zs", "Zl", "Zp"]), min_size=1)


@settings(max_examples=SOME, deadline=None)
@given(
    configurations(),
    st.sampled_from(list(ENGINES)),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=MAX_NAME).filter(is_name),
    st.none() | st.lists(lines, min_size=1, max_size=40).map("\n".join),
    st.floats(0, 1),
)
def test_every_recipe_comes_back(
    given_: dict[str, object], engine: str, name: str, text: str | None, done: float
) -> None:
    hyperparameters = Hyperparameters(**given_)  # type: ignore[arg-type]
    original = recipe(
        None if text is None else text.encode(),
        hyperparameters=hyperparameters,
        engine=engine,
        text_name=name,
        steps_done=round(done * hyperparameters.steps),
    )
    assert read_link(recipe_link(original, 40_000)) == original


def test_a_long_text_of_a_recipe_comes_back() -> None:
    original = recipe("zoë\næ".encode() * 900)
    assert read_link(recipe_link(original, 4000)) == original


# What fits


@pytest.mark.parametrize("characters", [400, 700, 1000, 2000])
def test_a_link_fills_its_room_and_no_more(characters: int) -> None:
    link = model_link(model(n_embd=16), characters)
    assert characters - 12 <= len(link) <= characters
    assert re.fullmatch(r"#m=[A-Za-z0-9_-]+", link)


def test_a_link_takes_no_characters_without_gain() -> None:
    assert model_link(model(), 20_000) == model_link(model(), 40_000)
    assert len(model_link(model(), 40_000)) < 1000


def test_the_default_size_in_2000_characters_keeps_its_weights() -> None:
    """2.7 bits a weight: an eighth of their variance is lost, where all matter alike."""
    original = model(characters="abcdefghijklmnopqrstuvwxyz", n_embd=16, n_head=4, block_size=16)
    assert len(original.weights) == 4192
    begin = time.process_time()
    found = read_model(model_link(original, 1960, [1.0] * 4192))
    assert time.process_time() - begin < SECONDS
    lost = math.dist(found.weights, original.weights) / math.hypot(*original.weights)
    assert lost**2 < 1 / 8


def test_what_cannot_fit_says_how_much_would() -> None:
    wide = model(n_embd=64)
    with pytest.raises(LinkError, match=r"don't fit into a link of 1,000 char.*[Ss]ave") as error:
        model_link(wide, 1000)
    needed = int(re.findall(r"has ([\d,]+)", str(error.value))[0].replace(",", ""))
    assert 1000 < len(model_link(wide, needed)) <= needed
    for few in (0, 20, 50):
        with pytest.raises(LinkError, match=r"don't fit.*[Ss]ave"):
            model_link(model(), few)


def test_models_too_large_for_any_link() -> None:
    with pytest.raises(LinkError, match=f"{MAX_PARAMETERS:,} weights at most.*file"):
        model_link(model(n_embd=160), 40_000)
    with pytest.raises(LinkError, match="too large"):
        model_link(replace(model(), weights=array("d", [1e300] * len(model().weights))), 2000)


def test_importance_has_to_fit() -> None:
    for wrong in ([1.0], [-1.0] * len(model().weights), [math.nan] * len(model().weights)):
        with pytest.raises(ValueError, match="importance"):
            model_link(model(), 2000, wrong)
    nothing = [0.0] * len(model().weights)  # as of an untrained model
    assert model_link(model(), 2000, nothing) == model_link(model(), 2000)


def test_a_recipe_too_long_says_how_long() -> None:
    stream = random.Random(1)
    long = recipe("\n".join(str(stream.random()) for _ in range(400)).encode())
    with pytest.raises(LinkError, match="2,000 are the most") as error:
        recipe_link(long, 2000)
    needed = int(re.findall(r"has ([\d,]+)", str(error.value))[0].replace(",", ""))
    assert len(recipe_link(long, needed)) == needed
    with pytest.raises(LinkError, match="2,000,000 bytes"):
        recipe_link(recipe(b"ab\ncdefg\n" * 222_222 + b"ab"), 40_000)


@pytest.mark.parametrize(
    "wrong",
    [{"engine": "Compiled!"}, {"text_hash": bytes(16)}, {"text": None, "example": "../secret"}],
)
def test_recipes_that_no_program_may_make(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"name|text_hash"):
        recipe_link(replace(recipe(), **wrong), 4000)  # type: ignore[arg-type]


def test_weights_hash_is_of_little_endian_doubles() -> None:
    data = bytes.fromhex("000000000000f03f0000000000000040")
    assert weights_hash(array("d", [1.0, 2.0])) == hashlib.sha256(data).digest()[:16]


# What programs do to links

LINK = model_link(model(), 2000)
CODE = LINK.removeprefix("#m=")


@pytest.mark.parametrize(
    "text",
    [
        "https://127.0.0.1:8000/a/{}",
        "https://127.0.0.1:8000/a/?x=1{}",
        "  {}\n",
        "<https://127.0.0.1:8000/{}>",
        "(see https://127.0.0.1:8000/{}).",
        "“https://127.0.0.1:8000/{}”,",
        "**https://127.0.0.1:8000/{}**",
        "{}\u200b",
    ],
)
def test_what_other_programs_put_around_a_link(text: str) -> None:
    assert read_model(text.format(LINK)) == read_model(LINK)
    assert read_model(text.format(LINK[:50] + "\r\n" + LINK[50:])) == read_model(LINK)


def test_a_fragment_without_its_mark() -> None:
    assert read_model(LINK[1:]) == read_model(LINK)
    assert read_model(f"<{LINK[1:]}>") == read_model(LINK)


# Damage


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "not a link from this page"),
        ("https://127.0.0.1:8000/", "not a link from this page"),
        ("https://127.0.0.1:8000/#x=abc", "not a link from this page"),
        ("#m=", "cut.*0 characters"),
        ("#m=AQ", "cut.*2 characters"),
        (LINK[:-1], f"cut.*{len(CODE) - 1:,} of {len(CODE):,}"),
        (LINK[:200], f"cut.*197 of {len(CODE):,}"),
        (LINK + "A", f"damaged.*{len(CODE) + 1:,}.*{len(CODE):,}"),
        (LINK + LINK, r"damaged: '#'"),
        (LINK[:103] + "%20" + LINK[103:], r"'%' at character 101 "),
        (LINK[:103] + "é" + LINK[104:], r"'é' at character 101 "),
        (LINK[:103] + ("A" if LINK[103] != "A" else "B") + LINK[104:], "checksum"),
        (LINK.swapcase().replace("#M", "#m"), "damaged"),
        (LINK.replace("#m", "#r"), "checksum"),
        ("#m=" + "A" * 42_000, "more than 42,000"),
    ],
)
def test_damage_is_named(text: str, words: str) -> None:
    with pytest.raises(LinkError, match=words):
        read_link(text)


def damaged(stream: random.Random, first: str, second: str) -> str:
    """One of the things that happen to links."""
    alphabet = "ABCxyz019_-" * 3 + "#=%+/é\0"
    at, to = sorted(stream.sample(range(3, len(first)), 2))
    some = "".join(stream.choices(alphabet, k=stream.randint(1, 5)))
    return stream.choice(
        [
            first[:at],
            first[:at] + some + first[at:],
            first[:at] + some + first[at + len(some) :],
            first[:at] + first[to:],
            first[:at] + first[at:to][::-1] + first[to:],
            first[:at] + second[at:],
            first[:at] + second[to:],
            first[:at] + first[at:].swapcase(),
            first[:at] + first[at:to] + first[at:],
            second[:2] + first[2:],
            "".join(stream.choices(alphabet, k=at)),
            f"#{first[1]}=" + "".join(stream.choices(alphabet[:11], k=at)),
        ]
    )


def test_damaged_links_are_refused_at_once(deep: bool) -> None:
    stream = random.Random(5)
    whole = [
        *(model_link(model(seed), 300 + 100 * seed) for seed in range(4)),
        recipe_link(recipe(), 2000),
        recipe_link(recipe(None), 2000),
    ]
    refused = 0
    slowest = 0.0
    while refused < (10_000 if deep else 600):
        first, second = stream.sample(whole, 2)
        text = damaged(stream, first, second)
        if "".join(text.split()).rstrip("#=%+/é\0") in whole:
            continue
        begin = time.process_time()
        with pytest.raises(LinkError):
            read_link(text)
        slowest = max(slowest, time.process_time() - begin)
        refused += 1
    assert slowest < SECONDS


# Hostility: the checksum is right


def code_of(link: str) -> tuple[str, bytes]:
    kind, code, _ = envelope.unseal(link)
    return kind, code


def sealed(kind: str, code: bytes) -> str:
    return envelope.seal(kind, code, 1)


def test_changed_links_with_a_right_checksum_are_read_or_refused(deep: bool) -> None:
    stream = random.Random(6)
    count = 6000 if deep else 500
    whole = [code_of(model_link(model(s), 500)) for s in range(3)]
    whole += [code_of(recipe_link(recipe(), 2000)), code_of(recipe_link(recipe(None), 2000))]
    refused = 0
    for _ in range(count):
        kind, code = stream.choice(whole)
        changed = bytearray(code)
        for _ in range(stream.randint(1, 3)):
            changed[int(len(code) * stream.random() ** 3)] = stream.randrange(256)
        cut = stream.choice([len(code), stream.randrange(len(code))])
        begin = time.process_time()
        try:
            version = stream.randint(1, NEWEST)
            found = read_link(envelope.seal(kind, bytes(changed[:cut]), version))
        except LinkError:
            refused += 1
        else:
            assert isinstance(found, SavedModel | Recipe)
        assert time.process_time() - begin < SECONDS
    assert refused > count / 3


def test_random_bytes_with_a_right_checksum_are_read_or_refused(deep: bool) -> None:
    stream = random.Random(7)
    for _ in range(4000 if deep else 300):
        data = stream.randbytes(int(1000 ** stream.random()))
        begin = time.process_time()
        with contextlib.suppress(LinkError):
            read_link(envelope.seal(stream.choice("mr"), data, stream.randint(1, NEWEST)))
        assert time.process_time() - begin < SECONDS


@pytest.mark.parametrize(
    ("version", "words"),
    [
        (NEWEST + 1, r"newer version of this page: it has format 3.*Reload"),
        (255, r"newer version of this page: it has format 255.*Reload"),
        (0, "format 0, which never existed"),
    ],
)
def test_versions_that_cannot_be_read_say_so(version: int, words: str) -> None:
    data = bytearray(base64.urlsafe_b64decode(CODE + "=" * (-len(CODE) % 4)))
    data[0] = version
    data[-4:] = zlib.crc32(b"m" + data[:-4]).to_bytes(4, "big")
    link = "#m=" + base64.urlsafe_b64encode(data).decode().rstrip("=")
    with pytest.raises(LinkError, match=words):
        read_link(link)


def defaults(writer: Writer, **changes: Callable[[], None]) -> None:
    """Hyperparameters, of which some are written in another way."""
    for row in VERSION_1:
        writer.bits(row.name in changes, 1)
        if row.name in changes:
            changes[row.name]()


def nothing(writer: Writer) -> None:
    defaults(writer)


def too_many_weights(writer: Writer) -> None:
    defaults(writer, n_embd=lambda: writer.number(255), n_layer=lambda: writer.number(7))
    writer.vocabulary("abc")
    writer.provenance(Provenance("x", 1, 1, 1.0))


def too_wide(writer: Writer) -> None:
    defaults(writer, n_embd=lambda: writer.number(2**32))


def wider_still(writer: Writer) -> None:
    defaults(writer, n_embd=lambda: writer.number(2**64 - 1))


def no_number(writer: Writer) -> None:
    def nan() -> None:
        writer.bits(0, 1)
        writer.raw(b"\x7f\xf8" + bytes(6))

    defaults(writer, beta1=nan)


def no_stream(writer: Writer) -> None:
    defaults(writer, random_stream=lambda: writer.number(7))


def runs(*pairs: tuple[int, int]) -> Callable[[Writer], None]:
    def write(writer: Writer) -> None:
        defaults(writer)
        writer.number(len(pairs))
        gaps, lengths = NumberModel(), NumberModel()
        for gap, length in pairs:
            writer.encoder.number(gaps, gap)
            writer.encoder.number(lengths, length)

    return write


def many_runs(writer: Writer) -> None:
    defaults(writer)
    writer.number(2**63)


def name_of(data: bytes, size: int | None = None) -> Callable[[Writer], None]:
    def write(writer: Writer) -> None:
        defaults(writer)
        writer.vocabulary("abc")
        writer.number(len(data) if size is None else size)
        writer.raw(data)

    return write


def steps(count: int) -> Callable[[Writer], None]:
    def write(writer: Writer) -> None:
        defaults(writer)
        writer.vocabulary("abc")
        writer.name("x")
        writer.number(1)
        writer.number(count)

    return write


@pytest.mark.parametrize(
    ("write", "words"),
    [
        (nothing, "ends too soon|no sense"),
        (too_many_weights, r"6,\d\d\d,\d\d\d weights, and 250,000"),
        (too_wide, "n_embd must be"),
        (wider_still, "n_embd = "),
        (no_number, "beta1 must be"),
        (no_stream, "random_stream"),
        (runs((97, MAX_CHARACTERS)), "characters"),
        (runs((97, 4), (2**64 - 1, 2**64 - 1)), "characters"),
        (runs((0xD7FF, 10)), "characters"),
        (runs((9, 5)), "characters"),
        (runs(*[(1, 4000)] * 4000), "characters"),
        (runs(), "characters"),
        (many_runs, "runs"),
        (name_of(b"\xff\xfe"), "isn't text"),
        (name_of(b"a" * (MAX_NAME + 1)), "name"),
        (name_of(b"", 2**64 - 1), "name"),
        (steps(2**64 - 1), "steps"),
    ],
)
def test_hostile_models(write: Callable[[Writer], None], words: str) -> None:
    writer = Writer()
    write(writer)
    refused(sealed("m", writer.encoder.finish()), words)


@pytest.mark.parametrize(
    ("settings_", "words"),
    [
        (b'{"no_such_row":0.1}', "newer version.*the setting no_such_row, which this page"),
        (b'{"\\u001b[2J":1}', r"newer version.*the setting \\x1b\[2J, which"),
        (b'{"random_stream":"lava lamp"}', "newer version.*random_stream must be python or"),
        (b'{"n_layer":9}', "newer version.*n_layer must be a whole number from 1 to 8, not 9"),
        (b'{"n_embd":1152921504606846976}', "newer version.*n_embd must be"),
        (b'{"steps":true}', "newer version.*steps must be"),
        (b'{"steps":null}', "newer version.*steps must be"),
        (b'{"beta1":NaN}', "settings that can't be read"),
        (b'{"steps":' + b"9" * 4400 + b"}", "settings that can't be read"),
        (b'{"steps":[9]}', "settings that can't be read"),
        (b'{"steps":1,"steps":2}', "settings that can't be read"),
        (b'{"a":' * 50, "settings that can't be read"),
        (b"[]", "settings that can't be read"),
        (b'"', "settings that can't be read"),
        (b"\xff", "settings that can't be read"),
        (b"", "settings that can't be read"),
        (b" " * 10_001, "bytes of settings = 10,001"),
    ],
    ids=lambda value: str(value)[:30],
)
@pytest.mark.parametrize("kind", ["m", "r"])
def test_settings_that_version_2_says_by_name(kind: str, settings_: bytes, words: str) -> None:
    writer = Writer()
    defaults(writer)
    writer.number(len(settings_))
    writer.raw(settings_)
    refused(envelope.seal(kind, writer.encoder.finish(), 2), words)


def refused(link: str, words: str) -> None:
    """In a second, and in 20 MB."""
    begin = time.process_time()
    with pytest.raises(LinkError, match=words):
        read_link(link)
    assert time.process_time() - begin < SECONDS
    tracemalloc.start()
    with pytest.raises(LinkError):
        read_link(link)
    assert tracemalloc.get_traced_memory()[1] < 20e6
    tracemalloc.stop()


def packed_recipe(packed: bytes, size: int | None = None) -> str:
    writer = Writer()
    defaults(writer)
    writer.name("compiled")
    writer.number(3)
    writer.name("x")
    writer.raw(bytes(16))
    writer.bits(1, 1)
    writer.number(len(packed) if size is None else size)
    writer.raw(packed)
    return sealed("r", writer.encoder.finish())


@pytest.mark.parametrize(
    ("packed", "words"),
    [
        (links._deflate(b"a\n" * 14_000_000), "more than 1,000,000 bytes"),
        (links._deflate(b"abc")[:-1], "cut"),
        (b"", "cut"),
        (b"\xff" * 50, "unpacked"),
        (links._deflate(b""), "blank lines"),
        (links._deflate(b"\n" * 900_000), "blank lines"),
        (links._deflate(b"ab\xff"), "not UTF-8"),
        (links._deflate(b"ab\0"), "control characters"),
    ],
)
def test_hostile_texts(packed: bytes, words: str) -> None:
    refused(packed_recipe(packed), words)


def test_a_text_that_announces_more_than_there_is() -> None:
    refused(packed_recipe(b"", 2**64 - 1), "bytes of text")
    refused(packed_recipe(b"", envelope.MAX_FRAGMENT), "ends too soon")


def test_the_slowest_link_takes_a_second_at_most() -> None:
    """As many weights as there can be, each with as many decisions as there are bits for."""
    hyperparameters = Hyperparameters(n_embd=136, n_head=8)
    count = weight_layout(hyperparameters, 4).size
    assert 0.9 * MAX_PARAMETERS < count < MAX_PARAMETERS
    matrices = weight_code.groups(hyperparameters, 4)
    for value, some in ((0, 0), (1, 50_000), (2, 40_000), (2**39, 5_000)):
        writer = Writer()
        writer.hyperparameters(hyperparameters)
        writer.vocabulary("abc")
        writer.provenance(Provenance("x", 1, 1, 1.0))
        exponents = [0] * sum(map(len, matrices))
        integers = [value] * some + [0] * (count - some)
        quantised = weight_code.Quantised(0, [0] * len(matrices), exponents, integers)
        weight_code.write(writer.encoder, quantised, matrices)
        code = writer.encoder.finish()
        link = envelope.seal("m", code, version_needed(hyperparameters))
        assert len(link) < envelope.MAX_FRAGMENT
        begin = time.process_time()
        read_link(link)
        assert time.process_time() - begin < SECONDS


def test_of_several_links_the_one_of_least_loss_is_taken() -> None:
    original = model(n_embd=16)
    tried: list[array[float]] = []

    def loss(weights: array[float]) -> float:
        tried.append(weights)
        return [2.0, 1.0, 3.0][len(tried) - 1]

    def measure(weights: array[float]) -> list[float]:
        return [w * w for w in weights]

    link = model_link(original, 700, None, measure, loss)
    assert len(tried) == 3
    assert read_model(link).weights == tried[1]
    assert read_model(model_link(original, 700, None, measure)).weights == tried[2]
