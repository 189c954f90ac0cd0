"""The same steps as the scalar engine's, as loops over flat arrays.

Forward and backward of each operation stand side by side. A document's positions
are done together: the rows of a matrix are positions, x[t·width + i] is number i
of position t. A name that begins with d is the gradient of the loss with respect
to what follows. Backward functions that say "adds" add to what is there.

This is Python, and `compiler` makes WebAssembly of it; nothing here knows of that.
Which array lies where is the business of `shape`, and nothing here knows why a
`rows` or `lanes` helps: see `compiler.language` for what they promise.
"""

from __future__ import annotations

from math import inf, sqrt

from microgpt.compiler.language import (
    Floats,
    Ints,
    Size,
    exponent,
    float_bits,
    fraction,
    lanes,
    nearest,
    power_of_two,
    rows,
)
from microgpt.kernels.layout import Shape

# Functions of one number. Like the C library's to 2 units in the last place.

LOG2_E = 1.4426950408889634
LN2 = 0.6931471805599453
# ln 2 in two parts; the first has so few digits that its whole multiples are exact.
LN2_HIGH, LN2_LOW = 0.693147180369123816490, 1.90821492927058770002e-10
LN2_HIGH_32, LN2_LOW_32 = 0.693359375, -2.12194440054690582767e-4
SQRT2 = 1.4142135623730951


def exp(x: float) -> float:
    """e^x: 2^n · e^r with n whole and |r| at most half of ln 2, so that few terms suffice."""
    double = float_bits() == 64
    # Beyond these the result is infinite or 0 anyway.
    bounded = min(max(x, -746.0 if double else -104.0), 710.0 if double else 89.0)
    n = nearest(bounded * LOG2_E)
    r = bounded - n * (LN2_HIGH if double else LN2_HIGH_32)
    r = r - n * (LN2_LOW if double else LN2_LOW_32)
    result = exp_near_0_double(r) if double else exp_near_0_single(r)
    # In two factors, because 2^n alone can be too large or too small for a number.
    half = nearest(n * 0.5)
    return result * power_of_two(half) * power_of_two(n - half)


def exp_near_0_double(r: float) -> float:
    """e^r for |r| <= 0.35: the Taylor series to r^13."""
    p = r * (1 / 6227020800) + 1 / 479001600
    p = p * r + 1 / 39916800
    p = p * r + 1 / 3628800
    p = p * r + 1 / 362880
    p = p * r + 1 / 40320
    p = p * r + 1 / 5040
    p = p * r + 1 / 720
    p = p * r + 1 / 120
    p = p * r + 1 / 24
    p = p * r + 1 / 6
    p = p * r + 0.5
    return 1.0 + (r + r * r * p)


def exp_near_0_single(r: float) -> float:
    """The same to r^7, which is enough for 24 bits."""
    p = r * (1 / 5040) + 1 / 720
    p = p * r + 1 / 120
    p = p * r + 1 / 24
    p = p * r + 1 / 6
    p = p * r + 0.5
    return 1.0 + (r + r * r * p)


def log(x: float) -> float:
    """ln x for x > 0: x = 2^n · f with f near 1, and ln f = 2 artanh((f-1)/(f+1))."""
    double = float_bits() == 64
    tiny = x < (2.3e-308 if double else 1.2e-38)  # denormal: not 2^n · f with 1 <= f < 2
    scaled = x * (18014398509481984.0 if double else 33554432.0) if tiny else x  # 2^54, 2^25
    n = exponent(scaled) - ((54.0 if double else 25.0) if tiny else 0.0)
    f = fraction(scaled)
    n = n + (1.0 if f > SQRT2 else 0.0)
    f = f * (0.5 if f > SQRT2 else 1.0) - 1.0
    s = f / (f + 2.0)
    z = s * s
    series = log_series_double(z) if double else log_series_single(z)
    square = f * f * 0.5
    high = n * (LN2_HIGH if double else LN2_HIGH_32)
    low = n * (LN2_LOW if double else LN2_LOW_32)
    result = high - ((square - (s * (square + series) + low)) - f)
    # Infinity and NaN stay what they are; the logarithm of 0 is -infinity.
    result = x if x - x != 0.0 else result
    return -inf if x == 0.0 else result


def log_series_double(z: float) -> float:
    """Of ln((1+s)/(1-s)) - 2s over s, for z = s²: 2z/3 + 2z²/5 + ..., fitted to end early."""
    p = z * 1.479819860511658591e-01 + 1.531383769920937332e-01
    p = p * z + 1.818357216161805012e-01
    p = p * z + 2.222219843214978396e-01
    p = p * z + 2.857142874366239149e-01
    p = p * z + 3.999999999940941908e-01
    return z * (p * z + 6.666666666666735130e-01)


def log_series_single(z: float) -> float:
    """The same for 24 bits."""
    p = z * 0.24279078841 + 0.28498786688
    p = p * z + 0.40000972152
    return z * (p * z + 0.66666662693)


# Matrix products


def multiply(
    out: Floats,
    a: Floats,
    b: Floats,
    height: int,
    inner: int,
    columns: Size,
    a_width: Size,
    add: Size,
) -> None:
    """out = a · b, or out += a · b where add is 1.

    Args:
        out: (height, columns).
        a: (height, inner), in rows of a_width numbers.
        b: (inner, columns).
    """
    for c in lanes(0, columns, 4):
        for r in rows(0, height, 2):
            total = out[r * columns + c] if add else 0.0
            for k in range(inner):
                total += a[r * a_width + k] * b[k * columns + c]
            out[r * columns + c] = total


def multiply_transposed(
    out: Floats, a: Floats, b: Floats, inner: int, height: Size, columns: Size, a_width: Size
) -> None:
    """out += aᵀ · b, for a (inner, height) in rows of a_width numbers, and b (inner, columns)."""
    for c in lanes(0, columns, 4):
        for r in rows(0, height, 2):
            total = out[r * columns + c]
            for k in range(inner):
                total += a[k * a_width + r] * b[k * columns + c]
            out[r * columns + c] = total


def transpose(out: Floats, a: Floats, height: Size, width: Size, out_width: Size) -> None:
    """out[i][j] = a[j][i], for a (height, width) and out (width, out_width)."""
    for j in range(height):
        for i in rows(0, width, 4):
            out[i * out_width + j] = a[j * width + i]


def transpose_weights(memory: Floats, shape: Shape) -> None:
    """Copies of the weights for the forward products, whose rows are then inputs."""
    width = shape.width
    transpose(
        memory[shape.lm_head_t :],
        memory[shape.lm_head :],
        shape.vocabulary,
        width,
        shape.logits_width,
    )
    for layer in range(shape.layers):
        at = layer * shape.layer_weights
        weights, copies = memory[shape.layer_0 + at :], memory[shape.layer_0_t + at :]
        transpose(copies, weights, 3 * width, width, 3 * width)
        transpose(copies[shape.wo :], weights[shape.wo :], width, width, width)
        transpose(copies[shape.fc1 :], weights[shape.fc1 :], 4 * width, width, 4 * width)
        transpose(copies[shape.fc2 :], weights[shape.fc2 :], width, 4 * width, width)


def linear(
    out: Floats, x: Floats, weight_t: Floats, count: int, inputs: Size, outputs: Size, add: Size
) -> None:
    """out (+)= x · weightᵀ for x (count, inputs), weight_t (inputs, outputs)."""
    multiply(out, x, weight_t, count, inputs, outputs, inputs, add)


def linear_backward(
    dx: Floats,
    dweight: Floats,
    dout: Floats,
    x: Floats,
    weight: Floats,
    count: int,
    inputs: Size,
    outputs: Size,
    out_width: Size,
) -> None:
    """dx = dout · weight; adds doutᵀ · x to dweight. A row of dout has out_width numbers."""
    multiply(dx, dout, weight, count, outputs, inputs, out_width, 0)
    multiply_transposed(dweight, dout, x, count, outputs, inputs, out_width)


def copy(out: Floats, x: Floats, count: int) -> None:
    """out = x."""
    for i in lanes(0, count, 4):
        out[i] = x[i]


# RMSNorm


def rmsnorm(out: Floats, scales: Floats, x: Floats, count: int, width: Size) -> None:
    """Each row over its root mean square; scales is what each was multiplied by."""
    for t in range(count):
        squares = 0.0
        for i in lanes(0, width):
            number = x[t * width + i]
            squares += number * number
        scale = 1.0 / sqrt(squares / width + 1e-5)
        scales[t] = scale
        for i in lanes(0, width, 4):
            out[t * width + i] = x[t * width + i] * scale


def rmsnorm_backward(
    dx: Floats, dout: Floats, out: Floats, scales: Floats, count: int, width: Size, add: Size
) -> None:
    """dx (+)= scale · (dout - out · mean(dout · out))."""
    for t in range(count):
        dot = 0.0
        for i in lanes(0, width):
            dot += dout[t * width + i] * out[t * width + i]
        mean = dot / width
        scale = scales[t]
        for i in lanes(0, width, 4):
            before = dx[t * width + i] if add else 0.0
            gradient = dout[t * width + i] - out[t * width + i] * mean
            dx[t * width + i] = before + scale * gradient


# Embedding


def embed(
    x: Floats, tokens: Ints, wte: Floats, wpe: Floats, first: int, count: int, width: Size
) -> None:
    """x[t] = wte[token] + wpe[position], for positions from first on."""
    for t in range(count):
        token = tokens[t]
        for i in lanes(0, width, 4):
            x[t * width + i] = wte[token * width + i] + wpe[(first + t) * width + i]


def embed_backward(
    dwte: Floats, dwpe: Floats, tokens: Ints, dx: Floats, count: int, width: Size
) -> None:
    """Adds dx[t] to both rows that x[t] was made of."""
    for t in range(count):
        token = tokens[t]
        for i in lanes(0, width, 4):
            gradient = dx[t * width + i]
            dwte[token * width + i] += gradient
            dwpe[t * width + i] += gradient


# Causal attention. A row of qkv holds a position's query, key and value for all heads.


def attend(
    out: Floats,
    weights: Floats,
    qkv: Floats,
    first: int,
    count: int,
    heads: Size,
    head: Size,
    block: Size,
) -> None:
    """Each head's mean of the values so far, weighted by how well key and query agree.

    Args:
        out: (positions, heads · head).
        weights: (heads, block, block), by head, position and position looked back at.
        qkv: (positions, 3 · heads · head).
        first: position to begin with; what is before must have been done already.
    """
    for h in range(heads):
        for t in range(first, first + count):
            at = (h * block + t) * block
            attention_weights(weights[at:], qkv, h * head, t, heads * head, head)
            attention_mean(out, weights[at:], qkv, h * head, t, heads * head, head)


def attention_weights(
    weights: Floats, qkv: Floats, column: int, t: int, width: Size, head: Size
) -> None:
    """The softmax of query · key / √head over the positions up to t."""
    query, scale = qkv[t * 3 * width + column :], 1.0 / sqrt(head)
    biggest = -1e30
    for s in range(t + 1):
        score = 0.0
        for j in lanes(0, head):
            score += query[j] * qkv[s * 3 * width + width + column + j]
        score = score * scale
        weights[s] = score
        biggest = max(biggest, score)
    total = 0.0
    for s in lanes(0, t + 1):
        weight = exp(weights[s] - biggest)
        weights[s] = weight
        total += weight
    share = 1.0 / total
    for s in lanes(0, t + 1):
        weights[s] *= share


def attention_mean(
    out: Floats, weights: Floats, qkv: Floats, column: int, t: int, width: Size, head: Size
) -> None:
    """The values up to position t, weighted."""
    for j in lanes(0, head, 4):
        value = 0.0
        for s in range(t + 1):
            value += weights[s] * qkv[s * 3 * width + 2 * width + column + j]
        out[t * width + column + j] = value


def attend_backward(
    dqkv: Floats,
    dweights: Floats,
    dout: Floats,
    weights: Floats,
    qkv: Floats,
    count: int,
    heads: Size,
    head: Size,
    block: Size,
) -> None:
    """The gradient of all queries, keys and values; dweights is scratch for one row."""
    width = heads * head
    for i in lanes(0, count * 3 * width):
        dqkv[i] = 0.0
    for h in range(heads):
        for t in range(count):
            at = (h * block + t) * block
            column = h * head
            gradient, row = dout[t * width + column :], qkv[t * 3 * width + column :]
            values, dvalues = qkv[2 * width + column :], dqkv[2 * width + column :]
            mean_backward(dvalues, dweights, gradient, weights[at:], values, t, width, head)
            softmax_backward(dweights, weights[at:], t + 1, 1.0 / sqrt(head))
            keys, dkeys = qkv[width + column :], dqkv[width + column :]
            drow = dqkv[t * 3 * width + column :]
            scores_backward(drow, dkeys, dweights, row, keys, t, width, head)


def mean_backward(
    dvalues: Floats,
    dweights: Floats,
    dout: Floats,
    weights: Floats,
    values: Floats,
    t: int,
    width: Size,
    head: Size,
) -> None:
    """dweights of one position's weighted mean; adds to dvalues."""
    for s in range(t + 1):
        weight = weights[s]
        dot = 0.0
        for j in lanes(0, head):
            dot += dout[j] * values[s * 3 * width + j]
            dvalues[s * 3 * width + j] += weight * dout[j]
        dweights[s] = dot


def softmax_backward(dweights: Floats, weights: Floats, count: int, scale: float) -> None:
    """From the gradient of probabilities to that of their logits before scaling, in place."""
    mean = 0.0
    for s in lanes(0, count):
        mean += weights[s] * dweights[s]
    for s in lanes(0, count):
        dweights[s] = weights[s] * (dweights[s] - mean) * scale


def scores_backward(
    dquery: Floats,
    dkeys: Floats,
    dscores: Floats,
    query: Floats,
    keys: Floats,
    t: int,
    width: Size,
    head: Size,
) -> None:
    """dquery of one position's query · key; adds to dkeys."""
    for j in lanes(0, head, 4):
        number = query[j]
        total = 0.0
        for s in range(t + 1):
            dscore = dscores[s]
            total += dscore * keys[s * 3 * width + j]
            dkeys[s * 3 * width + j] += dscore * number
        dquery[j] = total


# ReLU


def relu(x: Floats, count: int) -> None:
    """max(0, x), in place."""
    for i in lanes(0, count, 4):
        x[i] = max(0.0, x[i])


def relu_backward(dx: Floats, x: Floats, count: int) -> None:
    """0 where x was cut off, in place."""
    for i in lanes(0, count, 4):
        dx[i] = dx[i] if x[i] > 0.0 else 0.0


# Cross-entropy


def softmax(x: Floats, count: Size, scale: float) -> float:
    """Probabilities in proportion to e^(x · scale), in place; the logarithm of their sum before."""
    biggest = -1e30
    for i in lanes(0, count):
        biggest = max(biggest, x[i] * scale)
    total = 0.0
    for i in lanes(0, count):
        power = exp(x[i] * scale - biggest)
        x[i] = power
        total += power
    share = 1.0 / total
    for i in lanes(0, count, 4):
        x[i] *= share
    return biggest + log(total)


def cross_entropy(
    logits: Floats, targets: Ints, count: int, scale: float, vocabulary: Size, logits_width: Size
) -> float:
    """The sum of -ln(probability of target); logits become its gradient times scale."""
    loss = 0.0
    for t in range(count):
        row = logits[t * logits_width :]
        target = targets[t]
        logit = row[target]
        log_sum = softmax(row, vocabulary, 1.0)
        # As the scalar engine has it, which gives up where a probability is 0. Singles
        # would come to that e^-104 is 0, which a run that goes well can meet.
        loss += -log(row[target]) if float_bits() == 64 else log_sum - logit
        for i in lanes(0, vocabulary, 4):
            row[i] *= scale
        row[target] -= scale
    return loss


# The model


def forward(tokens: Ints, first: int, count: int, memory: Floats, shape: Shape) -> None:
    """The logits of the positions from first on; those before have been done already."""
    width, skip = shape.width, first * shape.width
    x, normal = memory[shape.x + skip :], memory[shape.x_normal + skip :]
    embed(normal, tokens, memory[shape.wte :], memory[shape.wpe :], first, count, width)
    # In place: nothing needs what it was before.
    rmsnorm(normal, memory[shape.x_scales + first :], normal, count, width)
    copy(x, normal, count * width)
    for layer in range(shape.layers):
        weights = memory[shape.layer_0_t + layer * shape.layer_weights :]
        state = memory[shape.state_0 + layer * shape.layer_state :]
        forward_attention(x, weights, state, first, count, shape)
        forward_mlp(x, weights, state, first, count, shape)
    logits = memory[shape.logits + first * shape.logits_width :]
    linear(logits, x, memory[shape.lm_head_t :], count, width, shape.logits_width, 0)


def forward_attention(
    x: Floats, weights: Floats, state: Floats, first: int, count: int, shape: Shape
) -> None:
    """Adds to x, the residual stream, what the heads have found."""
    width, skip = shape.width, first * shape.width
    normal, qkv = state[shape.normal_1 + skip :], state[shape.qkv :]
    rmsnorm(normal, state[shape.scales_1 + first :], x, count, width)
    linear(qkv[3 * skip :], normal, weights, count, width, 3 * width, 0)
    attention, found = state[shape.attention :], state[shape.found :]
    attend(found, attention, qkv, first, count, shape.heads, shape.head, shape.block)
    linear(x, found[skip:], weights[shape.wo :], count, width, width, 1)


def forward_mlp(
    x: Floats, weights: Floats, state: Floats, first: int, count: int, shape: Shape
) -> None:
    """Adds to x what two linear layers with a ReLU between make of it."""
    width, skip = shape.width, first * shape.width
    normal, hidden = state[shape.normal_2 + skip :], state[shape.hidden + 4 * skip :]
    rmsnorm(normal, state[shape.scales_2 + first :], x, count, width)
    linear(hidden, normal, weights[shape.fc1 :], count, width, 4 * width, 0)
    relu(hidden, count * 4 * width)
    linear(x, hidden, weights[shape.fc2 :], count, 4 * width, width, 1)


def backward(tokens: Ints, count: int, memory: Floats, shape: Shape) -> None:
    """Adds to all gradients, after `forward` from position 0 and `cross_entropy`."""
    width, dweights = shape.width, shape.gradients
    dx = memory[shape.dx :]
    linear_backward(
        dx,
        memory[dweights + shape.lm_head :],
        memory[shape.logits :],
        memory[shape.x :],
        memory[shape.lm_head :],
        count,
        width,
        shape.vocabulary,
        shape.logits_width,
    )
    for upper in range(shape.layers):
        layer = shape.layers - 1 - upper
        at = shape.layer_0 + layer * shape.layer_weights
        state = memory[shape.state_0 + layer * shape.layer_state :]
        weights, gradients = memory[at:], memory[dweights + at :]
        backward_mlp(dx, gradients, weights, state, memory, count, shape)
        backward_attention(dx, gradients, weights, state, memory, count, shape)
    x_0 = memory[shape.x_normal :]
    rmsnorm_backward(dx, dx, x_0, memory[shape.x_scales :], count, width, 0)
    dwte, dwpe = memory[dweights + shape.wte :], memory[dweights + shape.wpe :]
    embed_backward(dwte, dwpe, tokens, dx, count, width)


def backward_mlp(
    dx: Floats,
    gradients: Floats,
    weights: Floats,
    state: Floats,
    memory: Floats,
    count: int,
    shape: Shape,
) -> None:
    """dx: from the gradient after the block to that before it."""
    width = shape.width
    hidden, normal = state[shape.hidden :], state[shape.normal_2 :]
    dhidden, dnormal = memory[shape.dhidden :], memory[shape.dnormal :]
    fc1, fc2 = weights[shape.fc1 :], weights[shape.fc2 :]
    dfc1, dfc2 = gradients[shape.fc1 :], gradients[shape.fc2 :]
    linear_backward(dhidden, dfc2, dx, hidden, fc2, count, 4 * width, width, width)
    relu_backward(dhidden, hidden, count * 4 * width)
    linear_backward(dnormal, dfc1, dhidden, normal, fc1, count, width, 4 * width, 4 * width)
    rmsnorm_backward(dx, dnormal, normal, state[shape.scales_2 :], count, width, 1)


def backward_attention(
    dx: Floats,
    gradients: Floats,
    weights: Floats,
    state: Floats,
    memory: Floats,
    count: int,
    shape: Shape,
) -> None:
    """dx: from the gradient after the block to that before it."""
    width = shape.width
    found, normal, qkv = state[shape.found :], state[shape.normal_1 :], state[shape.qkv :]
    dfound, dnormal = memory[shape.dfound :], memory[shape.dnormal :]
    dqkv, attention = memory[shape.dqkv :], state[shape.attention :]
    dattention = memory[shape.dattention :]
    wo, dwo = weights[shape.wo :], gradients[shape.wo :]
    linear_backward(dfound, dwo, dx, found, wo, count, width, width, width)
    attend_backward(
        dqkv, dattention, dfound, attention, qkv, count, shape.heads, shape.head, shape.block
    )
    linear_backward(dnormal, gradients, dqkv, normal, weights, count, width, 3 * width, 3 * width)
    rmsnorm_backward(dx, dnormal, normal, state[shape.scales_1 :], count, width, 1)


# Training

# Where `settings` has what the optimizer needs.
LEARNING_RATE, STEPS, STEPS_DONE, EPSILON, TINY = 0, 1, 2, 3, 4
BETA1, BETA1_REST, BETA1_SHARE = 5, 6, 7  # beta, 1 - beta, 1 - beta^(steps done + 1)
BETA2, BETA2_REST, BETA2_SHARE = 8, 9, 10
SETTINGS = 12


def adam(memory: Floats, shape: Shape) -> None:
    """One update of all weights; gradients become 0."""
    s = memory[shape.settings :]
    rate = s[LEARNING_RATE] * ((s[STEPS] - s[STEPS_DONE]) / s[STEPS]) / s[BETA1_SHARE]
    adam_update(
        memory[shape.wte :],
        memory[shape.gradients_0 :],
        memory[shape.means :],
        memory[shape.squares :],
        rate,
        1.0 / s[BETA2_SHARE],
        s,
        shape.parameters,
    )
    s[STEPS_DONE] += 1.0
    # The shares of the next step, without the cancellation of 1 - beta^n.
    s[BETA1_SHARE] = s[BETA1_SHARE] * s[BETA1] + s[BETA1_REST]
    s[BETA2_SHARE] = s[BETA2_SHARE] * s[BETA2] + s[BETA2_REST]


def adam_update(
    weights: Floats,
    gradients: Floats,
    means: Floats,
    squares: Floats,
    rate: float,
    correction: float,
    settings: Floats,
    count: Size,
) -> None:
    """The update, given the step's learning rate and the correction of the mean square."""
    beta1, rest1 = settings[BETA1], settings[BETA1_REST]
    beta2, rest2 = settings[BETA2], settings[BETA2_REST]
    epsilon, tiny = settings[EPSILON], settings[TINY]
    for i in lanes(0, count, 2):
        gradient = gradients[i]
        # To add and take off something tiny changes no number that matters, but
        # turns what has almost decayed into 0. Processors are many times slower
        # with numbers too small for a full fraction.
        mean = ((means[i] * beta1 + gradient * rest1) + tiny) - tiny
        square = ((squares[i] * beta2 + gradient * gradient * rest2) + tiny) - tiny
        means[i] = mean
        squares[i] = square
        gradients[i] = 0.0
        weights[i] -= rate * mean / (sqrt(square * correction) + epsilon)


def learn(tokens: Ints, count: int, share: float, memory: Floats, shape: Shape) -> float:
    """A document's loss; adds the gradients of share times the loss.

    Args:
        tokens: count + 1 of them, each to be predicted from those before.
    """
    forward(tokens, 0, count, memory, shape)
    loss = cross_entropy(
        memory[shape.logits :],
        tokens[1:],
        count,
        share / count,
        shape.vocabulary,
        shape.logits_width,
    )
    backward(tokens, count, memory, shape)
    return loss / count


def train(
    steps: int, tokens: Ints, lengths: Ints, losses: Floats, memory: Floats, shape: Shape
) -> int:
    """Steps of training.

    Args:
        tokens: of shape.batch documents a step, one after the other.
        lengths: of each document, in tokens.
        losses: one of each step, filled.

    Returns:
        How many steps were done: fewer if a loss isn't finite. The weights are
        then as they were before that step.
    """
    done, running, document, at = 0, 1, 0, 0
    share = 1.0 / shape.batch
    for _step in range(steps):
        if running:
            transpose_weights(memory, shape)
            loss = 0.0
            for _i in range(shape.batch):
                length = lengths[document]
                loss += learn(tokens[at:], length - 1, share, memory, shape) * share
                at += length
                document += 1
            if loss - loss == 0.0:  # neither infinite nor NaN
                losses[done] = loss
                adam(memory, shape)
                done += 1
            else:
                running = 0
    return done


def document_loss(tokens: Ints, count: int, memory: Floats, shape: Shape) -> float:
    """A document's loss; nothing is learned. Needs `transpose_weights` after a change."""
    forward(tokens, 0, count, memory, shape)
    logits, targets = memory[shape.logits :], tokens[1:]
    loss = cross_entropy(logits, targets, count, 1.0, shape.vocabulary, shape.logits_width)
    return loss / count


def predict(token: Ints, position: int, sharpness: float, memory: Floats, shape: Shape) -> None:
    """The probabilities of what follows a token, where its row of the logits was.

    All positions before must have been predicted from already: their keys and
    values are the cache. Needs `transpose_weights` after a change.
    """
    forward(token, position, 1, memory, shape)
    softmax(memory[shape.logits + position * shape.logits_width :], shape.vocabulary, sharpness)
