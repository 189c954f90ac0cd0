"""Where weights stand, against the model that draws them."""

from hypothesis import given
from hypothesis import strategies as st

from microgpt.gpt.hyperparameters import Hyperparameters
from microgpt.gpt.model import Model
from microgpt.gpt.random_streams import PythonStream
from microgpt.weights import weight_layout

SMALL = st.integers(1, 3)


@given(layers=SMALL, width=SMALL, block=SMALL, vocabulary=st.integers(2, 5))
def test_every_row_is_where_the_model_draws_it(
    layers: int, width: int, block: int, vocabulary: int
) -> None:
    h = Hyperparameters(n_layer=layers, n_embd=width, n_head=1, block_size=block)
    model = Model(h, vocabulary, PythonStream(1))
    weights = [parameter.data for parameter in model.parameters]
    layout = weight_layout(h, vocabulary)
    assert layout.size == len(weights)
    assert [matrix.full_name for matrix in layout.matrices] == list(model.weights)
    for matrix in layout.matrices:
        assert layout.named(matrix.name, matrix.layer) is matrix
        rows = model.weights[matrix.full_name]
        assert matrix.shape == (len(rows), len(rows[0]))
        for index, row in enumerate(rows):
            assert [weights[i] for i in matrix.row(index)] == [value.data for value in row]


def test_groups_have_every_weight_once_and_a_hidden_unit_has_all_of_its_own() -> None:
    layout = weight_layout(Hyperparameters(n_layer=2, n_embd=4), 6)
    groups = [group for matrix in layout.matrices for group in matrix.groups()]
    assert sorted(i for group in groups for i in group) == list(range(layout.size))
    fc1, fc2 = layout.named("mlp_fc1", 1), layout.named("mlp_fc2", 1)
    assert fc1.groups()[3] == range(fc1.offset + 3 * 4, fc1.offset + 4 * 4)
    assert list(fc2.groups()[3]) == [fc2.offset + 3 + 16 * output for output in range(4)]
