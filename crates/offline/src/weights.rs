//! Weights in a file: safetensors of f16, as a model of this size is passed on.

use autograd::Tensor;
use checkpoint::safetensors::{self, View};
use half::f16;
use nn::{Error, Generator, Result};

use crate::network::Network;

fn damaged(what: String) -> Error {
    Error::runtime("offline", what)
}

/// The weights of a network as a file, each rounded to the nearest f16.
///
/// # Errors
/// Those of the allocator.
pub fn write(network: &Network, metadata: &[(String, String)]) -> Result<Vec<u8>> {
    let mut rounded = Vec::new();
    for (name, value) in network.parameters() {
        let values = value.data().to_vec_as::<f32>()?;
        let bytes: Vec<u8> =
            values.into_iter().flat_map(|value| f16::from_f32(value).to_le_bytes()).collect();
        rounded.push((name, value.sizes().to_vec(), bytes));
    }
    let views: Vec<View<'_>> = rounded
        .iter()
        .map(|(name, sizes, bytes)| View {
            name: name.clone(),
            dtype: "F16".into(),
            sizes: sizes.clone(),
            bytes,
        })
        .collect();
    safetensors::write_views(&views, metadata).map_err(|error| damaged(error.to_string()))
}

/// The network of a file.
///
/// # Errors
/// `RuntimeError` for a damaged file, and for one that holds other tensors than a network's.
pub fn read(bytes: &[u8]) -> Result<Network> {
    let network = Network::new(&Generator::new(0))?;
    let (views, _) = safetensors::views(bytes).map_err(|error| damaged(error.to_string()))?;
    let parameters = network.parameters();
    if views.len() != parameters.len() {
        return Err(damaged(format!(
            "the file holds {} tensors, expected {}",
            views.len(),
            parameters.len()
        )));
    }
    for (name, value) in &parameters {
        let view = views
            .iter()
            .find(|view| view.name == *name && view.dtype == "F16" && view.sizes == value.sizes());
        let view =
            view.ok_or_else(|| damaged(format!("the file has no `{name}` of F16 and {:?}", value.sizes())))?;
        let values: Vec<f32> =
            view.bytes.chunks_exact(2).map(|pair| f16::from_le_bytes([pair[0], pair[1]]).to_f32()).collect();
        let values = Tensor::from_vec(values, value.sizes())?;
        value.requires_grad_(false)?;
        value.data().copy_(&values)?;
    }
    Ok(network)
}
