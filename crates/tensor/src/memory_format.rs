//! Orders in which a new tensor's dimensions lie in memory.

use crate::traverse::strides_in_order;
use crate::{DType, Error, Result, Tensor, contiguous_strides};

/// PyTorch's memory formats.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MemoryFormat {
    /// Row-major.
    Contiguous,
    /// That of the tensor it is made from.
    Preserve,
    /// Images with their channels innermost.
    ChannelsLast,
    /// Volumes with their channels innermost.
    ChannelsLast3d,
}

impl MemoryFormat {
    /// The format of a name, `torch.channels_last`, with or without the module.
    ///
    /// # Errors
    /// `TypeError` for another name.
    pub fn parse(name: &str) -> Result<MemoryFormat> {
        Ok(match name.strip_prefix("torch.").unwrap_or(name) {
            "contiguous_format" => MemoryFormat::Contiguous,
            "preserve_format" => MemoryFormat::Preserve,
            "channels_last" => MemoryFormat::ChannelsLast,
            "channels_last_3d" => MemoryFormat::ChannelsLast3d,
            _ => {
                return Err(
                    Error::type_error("memory_format", format!("'{name}' is no memory format")).found(name)
                );
            }
        })
    }

    /// The format of PyTorch's number in schema texts.
    pub(crate) fn of(code: i64) -> Option<MemoryFormat> {
        Some(match code {
            0 => MemoryFormat::Contiguous,
            1 => MemoryFormat::Preserve,
            2 => MemoryFormat::ChannelsLast,
            3 => MemoryFormat::ChannelsLast3d,
            _ => return None,
        })
    }

    /// The format in which a tensor lies; row-major unless its channels are plainly innermost.
    pub(crate) fn suggested(t: &Tensor) -> MemoryFormat {
        let (format, order): (_, &[usize]) = match t.dim() {
            4 => (MemoryFormat::ChannelsLast, &[1, 3, 2, 0]),
            5 => (MemoryFormat::ChannelsLast3d, &[1, 4, 3, 2, 0]),
            _ => return MemoryFormat::Contiguous,
        };
        let channels = t.strides().get(1).copied().unwrap_or(0);
        let mut least = 0;
        for &d in order {
            let (size, stride) =
                (t.sizes().get(d).copied().unwrap_or(0), t.strides().get(d).copied().unwrap_or(0));
            // Where every other dimension has size 1, the strides say nothing.
            if channels == 0 || size == 0 || stride < least || (d == 0 && least == channels) {
                return MemoryFormat::Contiguous;
            }
            least = stride.saturating_mul(size.max(1));
        }
        format
    }

    /// Strides of a new tensor in this format, made from a model.
    ///
    /// # Errors
    /// `RuntimeError` for a number of dimensions that the format does not have.
    pub fn strides(self, model: &Tensor) -> Result<Vec<usize>> {
        match self {
            MemoryFormat::Preserve => Ok(model.kept_strides()),
            _ => self.strides_for(model.sizes()),
        }
    }

    /// Strides of a new tensor of these sizes in this format; [`Preserve`](MemoryFormat::Preserve) has no model here
    /// and is contiguous.
    ///
    /// # Errors
    /// `RuntimeError` for a number of dimensions that the format does not have.
    pub fn strides_for(self, sizes: &[usize]) -> Result<Vec<usize>> {
        let order: &[usize] = match (self, sizes.len()) {
            (MemoryFormat::Contiguous | MemoryFormat::Preserve, _) => return Ok(contiguous_strides(sizes)),
            (MemoryFormat::ChannelsLast, 4) => &[0, 2, 3, 1],
            (MemoryFormat::ChannelsLast3d, 5) => &[0, 2, 3, 4, 1],
            (MemoryFormat::ChannelsLast, dim) => return Err(rank(4, "channels_last", dim)),
            (MemoryFormat::ChannelsLast3d, dim) => return Err(rank(5, "channels_last_3d", dim)),
        };
        Ok(strides_in_order(sizes, order))
    }
}

fn rank(wanted: usize, format: &str, found: usize) -> Error {
    let text = format!("required rank {wanted} tensor to use {format} format");
    Error::runtime("memory_format", text).expected(wanted.to_string()).found(found.to_string())
}

impl Tensor {
    /// Whether the elements lie in this format already.
    fn is_in(&self, format: MemoryFormat) -> Result<bool> {
        let wanted = format.strides(self)?;
        let mut dims = self.sizes().iter().zip(self.strides().iter().zip(&wanted));
        Ok(self.numel() == 0 || dims.all(|(&size, (found, wanted))| size == 1 || found == wanted))
    }

    /// A copy in a memory format.
    ///
    /// # Errors
    /// As [`MemoryFormat::strides`].
    pub fn copy_in(&self, format: MemoryFormat) -> Result<Tensor> {
        if format == MemoryFormat::Preserve {
            return self.copy();
        }
        self.copy_as(&format.strides(self)?)
    }

    /// This tensor if its elements lie in the format, else a copy.
    ///
    /// # Errors
    /// As [`MemoryFormat::strides`].
    pub fn contiguous_in(&self, format: MemoryFormat) -> Result<Tensor> {
        if format == MemoryFormat::Preserve {
            let text = "preserve memory format is unsupported by the contiguous operator";
            return Err(Error::runtime("contiguous", text));
        }
        if self.is_in(format)? { Ok(self.clone()) } else { self.copy_in(format) }
    }

    /// The elements converted to a dtype, in a memory format: this tensor itself if it has both, unless a copy is asked
    /// for.
    ///
    /// # Errors
    /// As [`MemoryFormat::strides`].
    pub fn converted(&self, dtype: DType, copy: bool, format: Option<MemoryFormat>) -> Result<Tensor> {
        let format = format.unwrap_or(MemoryFormat::Preserve);
        let fits = format == MemoryFormat::Preserve || self.is_in(format)?;
        if dtype == self.dtype() && fits && !copy {
            return Ok(self.clone());
        }
        let strides = format.strides(self)?;
        let converted = if dtype == self.dtype() { self.copy()? } else { self.to_dtype(dtype)? };
        if converted.strides() == strides { Ok(converted) } else { converted.copy_as(&strides) }
    }
}
