//! Copies of views: the `_copy` twin of each view operator, row-major in a storage of its own.

use tensor::{Args, MemoryFormat, Result};

use crate::composite::Composite;
use crate::dispatch::{call, call_one};
use crate::variable::Variable;

fn copy(x: &Variable) -> Result<Variable> {
    call_one("clone", vec![x.into(), MemoryFormat::Contiguous.into()])
}

fn copied(a: &Args<'_, Variable>, view: &str) -> Result<Vec<Variable>> {
    call(view, a.values().to_vec())?.iter().map(copy).collect()
}

macro_rules! copies {
    ($($schema:literal => $view:literal;)*) => {
        pub(super) const ROWS: &[Composite] = &[
            $(Composite { schema: $schema, body: |a| copied(a, $view) },)*
            Composite { schema: "alias_copy(Tensor self) -> Tensor", body: |a| Ok(vec![copy(a.tensor(0)?)?]) },
        ];
    };
}

copies! {
    "view_copy(Tensor self, SymInt[] size) -> Tensor" => "view";
    "expand_copy(Tensor self, SymInt[] size, *, bool implicit=False) -> Tensor" => "expand";
    "permute_copy(Tensor self, int[] dims) -> Tensor" => "permute";
    "transpose_copy.int(Tensor self, int dim0, int dim1) -> Tensor" => "transpose.int";
    "t_copy(Tensor self) -> Tensor" => "t";
    "squeeze_copy(Tensor self) -> Tensor" => "squeeze";
    "squeeze_copy.dim(Tensor self, int dim) -> Tensor" => "squeeze.dim";
    "squeeze_copy.dims(Tensor self, int[] dim) -> Tensor" => "squeeze.dims";
    "unsqueeze_copy(Tensor self, int dim) -> Tensor" => "unsqueeze";
    "select_copy.int(Tensor self, int dim, SymInt index) -> Tensor" => "select.int";
    "slice_copy.Tensor(Tensor self, int dim=0, SymInt? start=None, SymInt? end=None, SymInt step=1) -> Tensor" => "slice.Tensor";
    "narrow_copy(Tensor self, int dim, SymInt start, SymInt length) -> Tensor" => "narrow";
    "diagonal_copy(Tensor self, int offset=0, int dim1=0, int dim2=1) -> Tensor" => "diagonal";
    "unfold_copy(Tensor self, int dimension, int size, int step) -> Tensor" => "unfold";
    "as_strided_copy(Tensor self, SymInt[] size, SymInt[] stride, SymInt? storage_offset=None) -> Tensor" => "as_strided";
    "detach_copy(Tensor self) -> Tensor" => "detach";
    "split_copy.Tensor(Tensor self, SymInt split_size, int dim=0) -> Tensor[]" => "split.Tensor";
    "split_with_sizes_copy(Tensor self, SymInt[] split_sizes, int dim=0) -> Tensor[]" => "split_with_sizes";
    "unbind_copy.int(Tensor self, int dim=0) -> Tensor[]" => "unbind.int";
}
