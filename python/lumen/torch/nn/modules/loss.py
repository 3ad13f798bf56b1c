"""Losses."""

from .. import functional as F
from .module import Module


def _loss(name, function, options=(), buffers=()):
    """A loss whose options are keywords of the function; `buffers` among them are kept as buffers."""
    defaults = dict(options)
    # PyTorch's deprecated spellings of `reduction` come second and third.
    order = [
        *buffers,
        "size_average",
        *(["ignore_index"] if "ignore_index" in defaults else []),
        "reduce",
        "reduction",
    ]
    order += [option for option in defaults if option not in order]

    def __init__(self, *args, **kwargs):
        Module.__init__(self)
        if len(args) > len(order):
            raise TypeError(f"{name}.__init__() takes at most {len(order) + 1} positional arguments")
        given = dict(zip(order, args, strict=False))
        for option, value in kwargs.items():
            if option not in order:
                raise TypeError(f"{name}.__init__() got an unexpected keyword argument '{option}'")
            if option in given:
                raise TypeError(f"{name}.__init__() got multiple values for argument '{option}'")
            given[option] = value
        if given.get("size_average") is not None or given.get("reduce") is not None:
            raise NotImplementedError(
                f"lumen.torch: {name} with size_average= or reduce=; reduction= says the same"
            )
        self.reduction = given.get("reduction", "mean")
        for option in buffers:
            self.register_buffer(option, given.get(option))
        for option, default in options:
            setattr(self, option, given.get(option, default))

    def forward(self, input, target):
        named = {option: getattr(self, option) for option in (*buffers, *defaults)}
        return getattr(F, function)(input, target, reduction=self.reduction, **named)

    body = {
        "__init__": __init__,
        "forward": forward,
        "__doc__": f"PyTorch's `{name}`.",
        "__module__": __name__,
    }
    return type(name, (Module,), body)


L1Loss = _loss("L1Loss", "l1_loss")
MSELoss = _loss("MSELoss", "mse_loss")
SmoothL1Loss = _loss("SmoothL1Loss", "smooth_l1_loss", [("beta", 1.0)])
SoftMarginLoss = _loss("SoftMarginLoss", "soft_margin_loss")
KLDivLoss = _loss("KLDivLoss", "kl_div", [("log_target", False)])
BCELoss = _loss("BCELoss", "binary_cross_entropy", (), ["weight"])
NLLLoss = _loss("NLLLoss", "nll_loss", [("ignore_index", -100)], ["weight"])
CrossEntropyLoss = _loss(
    "CrossEntropyLoss", "cross_entropy", [("ignore_index", -100), ("label_smoothing", 0.0)], ["weight"]
)
MultiLabelMarginLoss = _loss("MultiLabelMarginLoss", "multilabel_margin_loss")
MultiLabelSoftMarginLoss = _loss("MultiLabelSoftMarginLoss", "multilabel_soft_margin_loss", (), ["weight"])


class HuberLoss(Module):
    """Squares near zero, absolute values further out."""

    def __init__(self, reduction="mean", delta=1.0):
        super().__init__()
        self.reduction, self.delta = reduction, delta

    def forward(self, input, target):
        return F.huber_loss(input, target, reduction=self.reduction, delta=self.delta)


class BCEWithLogitsLoss(Module):
    """Binary cross entropy of sigmoids."""

    def __init__(self, weight=None, size_average=None, reduce=None, reduction="mean", pos_weight=None):
        super().__init__()
        if size_average is not None or reduce is not None:
            raise NotImplementedError("lumen.torch: BCEWithLogitsLoss with size_average= or reduce=")
        self.reduction = reduction
        self.register_buffer("weight", weight)
        self.register_buffer("pos_weight", pos_weight)

    def forward(self, input, target):
        return F.binary_cross_entropy_with_logits(
            input, target, self.weight, pos_weight=self.pos_weight, reduction=self.reduction
        )


class CosineSimilarity(Module):
    """Cosine of the angle between two tensors' vectors."""

    def __init__(self, dim=1, eps=1e-8):
        super().__init__()
        self.dim, self.eps = dim, eps

    def forward(self, x1, x2):
        return F.cosine_similarity(x1, x2, self.dim, self.eps)


class PairwiseDistance(Module):
    """Distance between two tensors' vectors."""

    def __init__(self, p=2.0, eps=1e-6, keepdim=False):
        super().__init__()
        self.norm, self.eps, self.keepdim = p, eps, keepdim

    def forward(self, x1, x2):
        return F.pairwise_distance(x1, x2, self.norm, self.eps, self.keepdim)


class _Margin(Module):
    """A loss with a margin and PyTorch's deprecated spellings of `reduction`."""

    def _keep(self, size_average, reduce, reduction, **options):
        Module.__init__(self)
        if size_average is not None or reduce is not None:
            name = type(self).__name__
            raise NotImplementedError(
                f"lumen.torch: {name} with size_average= or reduce=; reduction= says the same"
            )
        self.reduction = reduction
        for option, value in options.items():
            setattr(self, option, value)


class HingeEmbeddingLoss(_Margin):
    """Distances, small where the label is 1 and beyond a margin where it is -1."""

    def __init__(self, margin=1.0, size_average=None, reduce=None, reduction="mean"):
        self._keep(size_average, reduce, reduction, margin=margin)

    def forward(self, input, target):
        return F.hinge_embedding_loss(input, target, margin=self.margin, reduction=self.reduction)


class CosineEmbeddingLoss(_Margin):
    """Angles, small where the label is 1 and beyond a margin where it is -1."""

    def __init__(self, margin=0.0, size_average=None, reduce=None, reduction="mean"):
        self._keep(size_average, reduce, reduction, margin=margin)

    def forward(self, input1, input2, target):
        return F.cosine_embedding_loss(input1, input2, target, margin=self.margin, reduction=self.reduction)


class MarginRankingLoss(_Margin):
    """One input above the other by a margin, as the label says."""

    def __init__(self, margin=0.0, size_average=None, reduce=None, reduction="mean"):
        self._keep(size_average, reduce, reduction, margin=margin)

    def forward(self, input1, input2, target):
        return F.margin_ranking_loss(input1, input2, target, margin=self.margin, reduction=self.reduction)


class MultiMarginLoss(_Margin):
    """The right class above each other one by a margin."""

    def __init__(self, p=1, margin=1.0, weight=None, size_average=None, reduce=None, reduction="mean"):
        if p not in (1, 2):
            raise ValueError("only p == 1 and p == 2 supported")
        if weight is not None and weight.dim() != 1:
            raise AssertionError(f"weight must be 1-dimensional, got {weight.dim()}")
        self._keep(size_average, reduce, reduction, p=p, margin=margin)
        self.register_buffer("weight", weight)

    def forward(self, input, target):
        return F.multi_margin_loss(
            input, target, p=self.p, margin=self.margin, weight=self.weight, reduction=self.reduction
        )


class TripletMarginLoss(_Margin):
    """The anchor nearer to the positive than to the negative by a margin."""

    def __init__(
        self, margin=1.0, p=2.0, eps=1e-6, swap=False, size_average=None, reduce=None, reduction="mean"
    ):
        if margin <= 0:
            raise ValueError(f"TripletMarginLoss: expected margin to be greater than 0, got {margin} instead")
        self._keep(size_average, reduce, reduction, margin=margin, p=p, eps=eps, swap=swap)

    def forward(self, anchor, positive, negative):
        return F.triplet_margin_loss(
            anchor,
            positive,
            negative,
            margin=self.margin,
            p=self.p,
            eps=self.eps,
            swap=self.swap,
            reduction=self.reduction,
        )


class PoissonNLLLoss(_Margin):
    """The negative logarithm of Poisson's distribution."""

    def __init__(
        self, log_input=True, full=False, size_average=None, eps=1e-8, reduce=None, reduction="mean"
    ):
        self._keep(size_average, reduce, reduction, log_input=log_input, full=full, eps=eps)

    def forward(self, log_input, target):
        return F.poisson_nll_loss(
            log_input,
            target,
            log_input=self.log_input,
            full=self.full,
            eps=self.eps,
            reduction=self.reduction,
        )


class GaussianNLLLoss(Module):
    """The negative logarithm of the normal distribution."""

    def __init__(self, *, full=False, eps=1e-6, reduction="mean"):
        super().__init__()
        self.full, self.eps, self.reduction = full, eps, reduction

    def forward(self, input, target, var):
        return F.gaussian_nll_loss(input, target, var, full=self.full, eps=self.eps, reduction=self.reduction)


class CTCLoss(Module):
    """The negative logarithm of all alignments of a sequence with its labels."""

    def __init__(self, blank=0, reduction="mean", zero_infinity=False):
        super().__init__()
        self.blank, self.reduction, self.zero_infinity = blank, reduction, zero_infinity

    def forward(self, log_probs, targets, input_lengths, target_lengths):
        return F.ctc_loss(
            log_probs, targets, input_lengths, target_lengths, self.blank, self.reduction, self.zero_infinity
        )
