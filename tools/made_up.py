"""Names and program lines that are nobody's: put together here from parts, by rules.

No name of a book, film or game is to come out. Those that did are in `TAKEN`; the
monsters were compared with the 1,025 of Pokémon in English, German, French and Spanish.
Each list is the same on every machine: the random numbers have a fixed seed. Not about
facts and texts that come from elsewhere: see `make_examples`.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable

# For each people: what a name begins with, has in its middle, and ends in.
PEOPLES = [
    (
        "ae cal elu fae ilu lia mir nae ora que ryn sel thae vae yla".split(),
        "la lio na ra ri sha the via".split(),
        "dan driel lith lor mis nor riel ra thas vyn wen".split(),
    ),
    (
        "bal bor brun dag dor gar grim hal kor mor nor rag thar tor und".split(),
        "a da di ga gra ka ri u".split(),
        "bek bur dak dim gar grun kin lek mund nar rik run".split(),
    ),
    (
        "azh dro gaz ghu kra mok nag og rok shu skar ul vrak yag zug".split(),
        "a ba ga gu ma o ra u".split(),
        "bash dug gash gor kash kul luk mak nok rath zak zul".split(),
    ),
]
FANTASY_NAMES = 400  # of each people

# What a monster is of, and what animal it is.
ELEMENTS = (
    "acorn amb ash blaz bliz bolt bramb brook cind clov coal coral dusk emb fern flick flint fog "
    "frost gal glac glim gloom gran gust hail icic leaf lum magm mist moss mud neb nettl peb petal "
    "quartz rain rust sand shad silv snow sol spark star steam storm swamp thorn thund tid torr "
    "twig vap vent vin volt wisp zeph"
).split()
ANIMALS = (
    "badger bear bee bison boar bug calf carp cat colt crab crane crow deer drake eel fawn finch "
    "fish fly fox frog gecko goat goose gull hare hawk hen hound ibis jay lamb lark lynx mole moth "
    "mouse newt orca otter owl ox rat raven ray rook seal shrew slug snail stag swan toad trout "
    "vole wasp wolf worm yak"
).split()
LINKS = "aiou"  # between the two, so that what comes out is no word
MONSTERS = 1500

TAKEN = {"caladan", "lumivole"}  # a planet in a novel, a monster in French

VARIABLES = "abcdnxyz"
LONGEST_STATEMENT = 31  # characters: with the end of the line, a block_size of 32
STATEMENTS = 3000


def fantasy_names() -> list[str]:
    """Names of three peoples who don't exist, each people with its own sounds, in turn."""
    return [name for three in zip(*map(_names_of, PEOPLES), strict=True) for name in three]


def _names_of(people: tuple[list[str], list[str], list[str]]) -> list[str]:
    numbers = random.Random(f"names {people[0][0]}")
    return _different(lambda: _joined(map(numbers.choice, people)), FANTASY_NAMES)


def monster_names() -> list[str]:
    """Monsters as in games in which one collects them: an element and an animal in one word."""
    numbers = random.Random("monster names")

    def name() -> str:
        element, link, animal = map(numbers.choice, (ELEMENTS, LINKS, ANIMALS))
        return element + ("" if animal[0] in "aeiou" else link) + animal

    return _different(name, MONSTERS)


def statements() -> list[str]:
    """Statements of a small programming language; after `let `, all of it is also Python."""
    numbers = random.Random("statements")

    def statement() -> str:
        while len(line := _statement(numbers)) > LONGEST_STATEMENT:
            pass
        return line

    return _different(statement, STATEMENTS)


def _different(make: Callable[[], str], count: int) -> list[str]:
    """So many that differ from each other, none of them taken."""
    made: dict[str, None] = {}
    while len(made) < count:
        if (name := make()) not in TAKEN:
            made[name] = None
    return list(made)


def _joined(parts: Iterable[str]) -> str:
    """The parts as one word, without the letter that two of them share where they meet."""
    word = ""
    for part in parts:
        word += part[1:] if word.endswith(part[:1]) else part
    return word


def _statement(numbers: random.Random) -> str:
    assignment = f"{numbers.choice(VARIABLES)} = {_expression(numbers)}"
    form = numbers.choice(["let", "let", "let", "print", "if", "while"])
    if form == "let":
        return f"let {assignment}"
    if form == "print":
        return f"print({_expression(numbers)})"
    condition = f"{numbers.choice(VARIABLES)} {numbers.choice('<>')} {_number(numbers)}"
    return f"{form} {condition}: {assignment}"


def _expression(numbers: random.Random) -> str:
    terms = [_term(numbers) for _ in range(numbers.choice([1, 2, 2, 3]))]
    return _chain(numbers, terms)


def _term(numbers: random.Random) -> str:
    if numbers.random() < 0.2:
        return f"({_chain(numbers, [_operand(numbers), _operand(numbers)])})"
    return _operand(numbers)


def _operand(numbers: random.Random) -> str:
    return numbers.choice([numbers.choice(VARIABLES), _number(numbers)])


def _chain(numbers: random.Random, terms: list[str]) -> str:
    return "".join(f"{term} {numbers.choice('+-*')} " for term in terms[:-1]) + terms[-1]


def _number(numbers: random.Random) -> str:
    return str(numbers.choice([numbers.randrange(10), numbers.randrange(100)]))
