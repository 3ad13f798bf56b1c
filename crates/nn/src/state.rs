//! A network's parameters and buffers by name, and their values from elsewhere.

use autograd::{Error, Result, Tensor, Variable, no_grad};

use crate::Module;

/// Keys that a state and a network do not share.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KeyReport {
    /// Keys of the network that the state lacks.
    pub missing: Vec<String>,
    /// Keys of the state that the network lacks.
    pub unexpected: Vec<String>,
}

impl Module {
    /// Every parameter and buffer by its dotted name, layer by layer, sharing storage.
    pub fn state_dict(&self) -> Vec<(String, Tensor)> {
        let mut found = Vec::new();
        self.each_layer("", &mut |prefix, layer| {
            found.extend(
                layer.own_state().into_iter().map(|(name, tensor)| (format!("{prefix}{name}"), tensor)),
            );
        });
        found
    }

    /// Copies values into parameters and buffers. Where some do not fit, the others are copied even so.
    ///
    /// # Errors
    /// One `RuntimeError` with PyTorch's text that names all missing and unexpected keys, if `strict`, and all of
    /// another shape.
    pub fn load_state_dict(&self, state: &[(String, Tensor)], strict: bool) -> Result<KeyReport> {
        let (mut report, mut problems) = (KeyReport::default(), Vec::new());
        let mut done = Ok(());
        self.each_layer("", &mut |prefix, layer| {
            let own = layer.own_state();
            for (name, target) in &own {
                let key = format!("{prefix}{name}");
                match state.iter().find(|(given, _)| *given == key) {
                    Some((_, value)) if value.sizes() != target.sizes() => {
                        problems.push(mismatch(&key, value.sizes(), target.sizes()));
                    }
                    Some((_, value)) => {
                        let copied = no_grad(|| target.copy_(value));
                        done = std::mem::replace(&mut done, Ok(())).and(copied);
                    }
                    // States from before the counter existed go without it.
                    None if name == "num_batches_tracked" => {}
                    None => report.missing.push(key),
                }
            }
            for (key, _) in state {
                let Some(rest) = key.strip_prefix(prefix) else { continue };
                let head = rest.split('.').next().unwrap_or_default();
                let known = match rest.contains('.') {
                    true => layer.has_child(head),
                    false => own.iter().any(|(name, _)| name == head),
                };
                if !known {
                    report.unexpected.push(key.clone());
                }
            }
        });
        done?;
        let listed =
            |keys: &[String]| keys.iter().map(|key| format!("\"{key}\"")).collect::<Vec<_>>().join(", ");
        if strict && !report.unexpected.is_empty() {
            problems.insert(0, format!("Unexpected key(s) in state_dict: {}. ", listed(&report.unexpected)));
        }
        if strict && !report.missing.is_empty() {
            problems.insert(0, format!("Missing key(s) in state_dict: {}. ", listed(&report.missing)));
        }
        if problems.is_empty() {
            return Ok(report);
        }
        let text =
            format!("Error(s) in loading state_dict for {}:\n\t{}", self.name(), problems.join("\n\t"));
        Err(Error::runtime("load_state_dict", text)
            .expected(listed(&report.missing))
            .found(listed(&report.unexpected)))
    }

    /// Visits each layer before those inside it.
    fn each_layer(&self, prefix: &str, visit: &mut dyn FnMut(&str, &Module)) {
        visit(prefix, self);
        if let Module::Sequential(layers) = self {
            for (position, layer) in layers.modules.iter().enumerate() {
                layer.each_layer(&format!("{prefix}{position}."), visit);
            }
        }
    }

    fn has_child(&self, name: &str) -> bool {
        match self {
            // A position without leading zeros.
            Module::Sequential(layers) => name
                .parse::<usize>()
                .is_ok_and(|position| position < layers.modules.len() && position.to_string() == name),
            _ => false,
        }
    }

    /// Parameters, then buffers, of the layer itself.
    fn own_state(&self) -> Vec<(String, Tensor)> {
        if matches!(self, Module::Sequential(_)) {
            return Vec::new();
        }
        let parameters = self.named_parameters().into_iter();
        let parameters = parameters.map(|(name, parameter)| (name, Variable::into_data(parameter)));
        parameters.chain(self.named_buffers()).collect()
    }
}

fn mismatch(key: &str, found: &[usize], expected: &[usize]) -> String {
    format!(
        "size mismatch for {key}: copying a param with shape torch.Size({found:?}) from checkpoint, the shape in \
         current model is torch.Size({expected:?})."
    )
}
