"""The contrast: a cell is to be more like its match than like anything else."""

from keras import ops

FAR = -1e9  # a logit that adds nothing


def info_nce(match, cosines, apart, temperature):
    """How surprising it is that the match is the match, among all that were offered.

    -log(exp(m / t) / (exp(m / t) + sum of exp(c / t) over the cosines c that count))

    Args:
        match: (...) float, cosine of a cell and its match.
        cosines: (..., N) float, of the same cell and of others.
        apart: (..., N) bool, which of these are no match, and count.
        temperature: t; the lower, the more the likeliest mistakes weigh.

    Returns:
        (...) float, 0 at best; log(1 + n) where n that count are as like as the match.

    Source: InfoNCE, eq. 4 of van den Oord et al. 2018 (arXiv:1807.03748), on cosines as in SimCLR, Chen et al. 2020
        (arXiv:2002.05709).
    """
    logit = match / temperature
    others = ops.where(apart, cosines / temperature, FAR)
    every = ops.concatenate([logit[..., None], others], axis=-1)
    return ops.logsumexp(every, axis=-1) - logit
