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
HingeEmbeddingLoss = _loss("HingeEmbeddingLoss", "hinge_embedding_loss")


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
