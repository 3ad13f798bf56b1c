"""Functions of layers under PyTorch's names."""

from lumen import _engine

from .._tensor import Tensor, operator
from .._values import int64

_NAMES = """
    adaptive_avg_pool1d adaptive_avg_pool2d adaptive_avg_pool3d adaptive_max_pool1d adaptive_max_pool2d
    adaptive_max_pool3d affine_grid alpha_dropout avg_pool1d avg_pool2d avg_pool3d batch_norm bilinear
    binary_cross_entropy binary_cross_entropy_with_logits celu channel_shuffle conv1d conv2d conv3d conv_transpose1d
    conv_transpose2d conv_transpose3d cosine_embedding_loss cosine_similarity cross_entropy ctc_loss dropout dropout1d
    dropout2d dropout3d elu embedding embedding_bag feature_alpha_dropout fold gaussian_nll_loss gelu glu grid_sample
    group_norm gumbel_softmax hardshrink hardsigmoid hardswish hardtanh hinge_embedding_loss huber_loss instance_norm
    interpolate kl_div l1_loss layer_norm leaky_relu linear local_response_norm log_softmax logsigmoid lp_pool1d
    lp_pool2d lp_pool3d margin_ranking_loss max_pool1d max_pool2d max_pool3d max_unpool1d max_unpool2d max_unpool3d
    mish mse_loss multi_head_attention_forward multi_margin_loss multilabel_margin_loss multilabel_soft_margin_loss
    nll_loss normalize one_hot pad pairwise_distance pdist pixel_shuffle pixel_unshuffle poisson_nll_loss prelu relu
    relu6 rms_norm rrelu scaled_dot_product_attention selu sigmoid silu smooth_l1_loss soft_margin_loss softmax softmin
    softplus softshrink softsign tanh tanhshrink threshold triplet_margin_loss triplet_margin_with_distance_loss unfold
    upsample
    """.split()
__all__ = [name for name in _NAMES if _engine.torch.is_known(f"nn.functional.{name}")]
globals().update({name: operator(f"nn.functional.{name}") for name in __all__})


def ctc_loss(
    log_probs, targets, input_lengths, target_lengths, blank=0, reduction="mean", zero_infinity=False
):
    """PyTorch's `ctc_loss`; the lengths are ints or a tensor of them."""
    lengths = [
        one if isinstance(one, Tensor) else _engine.torch.tensor(list(one), int64)
        for one in (input_lengths, target_lengths)
    ]
    return _engine.torch.call(
        "nn.functional.ctc_loss", (log_probs, targets, *lengths, blank, reduction, zero_infinity), {}
    )


def __getattr__(name):
    if name in _NAMES:
        raise AttributeError(f"lumen.torch: nn.functional.{name} does not exist yet")
    raise AttributeError(f"module 'lumen.torch.nn.functional' has no attribute '{name}'")
