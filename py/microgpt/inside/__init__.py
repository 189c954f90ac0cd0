"""What is inside of a model: what it has learned, and what each part of it is worth.

`inside` is what a session hands out: one object for a model at one moment, whose answers are
in `reports`. Every other module answers one kind of question. Not about how anything is
drawn, nor about training and sampling as such (`session`).
"""

from microgpt.inside.inside import Inside
from microgpt.inside.subject import Subject

__all__ = ["Inside", "Subject"]
