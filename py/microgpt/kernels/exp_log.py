"""Functions of one number: e^x and ln x, to 2 units in the last place of the C library's.

Both bring x close to where a short series suffices. Written without branches, so
that they can be computed for several numbers at a time.
"""

from __future__ import annotations

from math import inf

from microgpt.compiler.language import exponent, float_bits, fraction, nearest, power_of_two

LOG2_E = 1.4426950408889634
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
    """(ln((1+s)/(1-s)) - 2s) / s for z = s²: 2z/3 + 2z²/5 + ..., fitted so that it ends early."""
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
