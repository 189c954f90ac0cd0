"""A trained model, or the recipe for one, in the fragment of an address.

Read it in this order: `codec` says what a link has in it and puts it together;
`envelope` is around that, so that damage is found and named; `fields` are its
parts except the weights; `weight_code` is how weights are written, `quantisation`
chooses which ones, `sensitivity` measures how much each matters, `adaptation` trains a
model on as a link has it; `entropy` is the arithmetic coder below all of it.
Not about what a visitor is told: see `session.links`.
"""

from microgpt.sharing.links.codec import (
    MANY,
    MAX_PARAMETERS,
    Draft,
    Recipe,
    bits_for_weights,
    drafts,
    fits,
    fragment,
    model_link,
    read_link,
    recipe_link,
    sealed,
    text_hash,
    weights_hash,
)

__all__ = [
    "MANY",
    "MAX_PARAMETERS",
    "Draft",
    "Recipe",
    "bits_for_weights",
    "drafts",
    "fits",
    "fragment",
    "model_link",
    "read_link",
    "recipe_link",
    "sealed",
    "text_hash",
    "weights_hash",
]
