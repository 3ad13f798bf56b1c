//! Networks from their description: initial draws, forward pass, parameters and buffers.

use evidence::compare::{Rule, Tolerance};
use evidence::json::Json;
use evidence::value::Value;
use nn::{
    Activation, BatchNorm1d, Dropout, Embedding, Flatten, Generator, LayerNorm, Linear, Module, NormOptions,
    Sequential,
};
use serde::Deserialize;

use super::convert::{Given, Storages};
use crate::call::{Call, Failure};
use crate::row::{Input, Kind, Params, Reference, Row};

/// Many small steps, each rounded.
pub(super) const STEPS: Rule = Rule::Within(&[
    ("torch.float32", Tolerance { rtol: 3e-6, atol: 1e-6 }),
    ("torch.float64", Tolerance { rtol: 1e-12, atol: 1e-15 }),
]);

pub(super) const ROWS: &[Row] = &[Row {
    op: "tensor.network",
    reference: Reference::Torch("torch.nn.Sequential"),
    inputs: &[Input::one("x", &[Kind::Tensor])],
    params: Params::of::<Network>(),
    run: network,
    rule: STEPS,
    hardened: &[],
    api: &["torch.nn.Sequential", "torch.nn.Module.parameters", "torch.nn.Module.buffers"],
}];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Network {
    seed: u64,
    training: bool,
    layers: Vec<Json>,
}

fn network(call: &Call<'_>) -> Result<Value, Failure> {
    let Network { seed, training, layers } = call.params()?;
    let mut net = stack(&layers, seed)?;
    net.train(training);
    let output = net.forward(&Storages::default().variable(call.tensor("x")?)?)?;
    // The bytes hold the whole network: a result from anything less would differ.
    let net = Module::from_bytes(&net.to_bytes()?, &Generator::new(0))?;
    let mut found = vec![Given::from(output)];
    found.extend(net.parameters().into_iter().map(Given::from));
    found.extend(net.named_buffers().into_iter().map(|(_, buffer)| Given::from(buffer)));
    Given::Items(found).into_value()
}

/// Layers in sequence, drawn from a seed.
pub(super) fn stack(layers: &[Json], seed: u64) -> Result<Module, Failure> {
    let generator = Generator::new(seed);
    let layer = |json: &Json| {
        let layer: Layer = serde_json::from_value(json.clone())
            .map_err(|why| Failure::Malformed(format!("params: layers: {why}")))?;
        layer.build(&generator)
    };
    Ok(Sequential::new(layers.iter().map(layer).collect::<Result<_, _>>()?).into())
}

/// A layer by PyTorch's names, every option written out.
#[derive(Deserialize)]
#[serde(tag = "layer", content = "options", deny_unknown_fields)]
#[expect(clippy::enum_variant_names, reason = "PyTorch's names")]
enum Layer {
    Linear(LinearOptions),
    ReLU(NoOptions),
    #[serde(rename = "GELU")]
    Gelu(GeluOptions),
    Sigmoid(NoOptions),
    Tanh(NoOptions),
    LeakyReLU(LeakyOptions),
    Softmax(DimOptions),
    LogSoftmax(DimOptions),
    Dropout(DropoutOptions),
    LayerNorm(LayerNormOptions),
    BatchNorm1d(BatchNormOptions),
    Embedding(EmbeddingOptions),
    Flatten(FlattenOptions),
    Identity(NoOptions),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NoOptions {}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LinearOptions {
    in_features: usize,
    out_features: usize,
    bias: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct GeluOptions {
    approximate: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LeakyOptions {
    negative_slope: f64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DimOptions {
    dim: i64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DropoutOptions {
    p: f64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LayerNormOptions {
    normalized_shape: Vec<i64>,
    eps: f64,
    elementwise_affine: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct BatchNormOptions {
    num_features: usize,
    eps: f64,
    momentum: Option<f64>,
    affine: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct EmbeddingOptions {
    num_embeddings: usize,
    embedding_dim: usize,
    padding_idx: Option<usize>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FlattenOptions {
    start_dim: i64,
    end_dim: i64,
}

impl Layer {
    fn build(self, generator: &Generator) -> Result<Module, Failure> {
        Ok(match self {
            Layer::Linear(o) => Linear::new(o.in_features, o.out_features, o.bias, generator)?.into(),
            Layer::ReLU(_) => Activation::Relu.into(),
            Layer::Gelu(o) => match o.approximate.as_str() {
                "none" => Activation::Gelu { tanh: false }.into(),
                "tanh" => Activation::Gelu { tanh: true }.into(),
                other => return Err(Failure::unsupported(format!("GELU(approximate={other:?})"))),
            },
            Layer::Sigmoid(_) => Activation::Sigmoid.into(),
            Layer::Tanh(_) => Activation::Tanh.into(),
            Layer::LeakyReLU(o) => Activation::LeakyRelu { negative_slope: o.negative_slope }.into(),
            Layer::Softmax(o) => Activation::Softmax { dim: o.dim }.into(),
            Layer::LogSoftmax(o) => Activation::LogSoftmax { dim: o.dim }.into(),
            Layer::Dropout(o) => Dropout::new(o.p, generator)?.into(),
            Layer::LayerNorm(o) => {
                let options = NormOptions { eps: o.eps, affine: o.elementwise_affine, ..Default::default() };
                LayerNorm::new(&o.normalized_shape, options)?.into()
            }
            Layer::BatchNorm1d(o) => {
                let options = NormOptions { eps: o.eps, momentum: o.momentum, affine: o.affine };
                BatchNorm1d::new(o.num_features, options)?.into()
            }
            Layer::Embedding(o) => {
                Embedding::new(o.num_embeddings, o.embedding_dim, o.padding_idx, generator)?.into()
            }
            Layer::Flatten(o) => Flatten { start_dim: o.start_dim, end_dim: o.end_dim }.into(),
            Layer::Identity(_) => Module::Identity,
        })
    }
}
