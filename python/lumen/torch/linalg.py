"""Linear algebra under PyTorch's names."""

from lumen import _engine

from ._tensor import operator

_NAMES = """
    cholesky cholesky_ex cond cross det diagonal eig eigh eigvals eigvalsh householder_product inv inv_ex ldl_factor
    ldl_factor_ex ldl_solve lstsq lu lu_factor lu_factor_ex lu_solve matmul matrix_exp matrix_norm matrix_power
    matrix_rank multi_dot norm pinv qr slogdet solve solve_ex solve_triangular svd svdvals tensorinv tensorsolve vander
    vecdot vector_norm
    """.split()
__all__ = [name for name in _NAMES if _engine.torch.is_known(f"linalg.{name}")]
globals().update({name: operator(f"linalg.{name}") for name in __all__})


class LinAlgError(RuntimeError):
    """A matrix for which the factorisation does not exist."""
