//! What a program says of its models: `providers` of its front matter, and the nearest `lumen.toml`.

use std::collections::BTreeMap;

use provider::{Config, ErrorKind};

/// Which model each alias of a program means.
#[derive(Clone, Debug, Default)]
pub struct Table {
    pub(crate) config: Config,
    /// Aliases of the front matter, and what the configuration calls them.
    names: BTreeMap<String, String>,
}

/// Kinds that a front matter may name without a manifest, with the variables of their keys: their servers are their
/// makers' own, or nobody's.
const MAKERS: &[(&str, Option<&str>)] =
    &[("openai", Some("OPENAI_API_KEY")), ("anthropic", Some("ANTHROPIC_API_KEY")), ("offline", None)];

impl Table {
    /// Reads what the front matter says of aliases (`alias: NAME` of the manifest's `[models.NAME]`, or
    /// `alias: KIND/MODEL`), and the manifest with its path.
    ///
    /// # Errors
    /// What is wrong, as a reason.
    pub fn read(providers: &[(String, String)], manifest: Option<(&str, &str)>) -> Result<Table, String> {
        let parse =
            |name: &str, text: &str| Config::parse(name, text).map_err(|error| error.message().to_string());
        let mut table = Table::default();
        if let Some((path, text)) = manifest {
            table.config = parse(path, text)?;
        }
        for (alias, target) in providers {
            let name = match target.split_once('/') {
                None => target.clone(),
                Some((kind, model)) => {
                    let Some((kind, key)) = MAKERS.iter().find(|(known, _)| *known == kind) else {
                        let known: Vec<String> =
                            MAKERS.iter().map(|(kind, _)| format!("`{kind}/MODEL`")).collect();
                        return Err(format!(
                            "providers: `{alias}` is `{target}`, expected a name of `[models.NAME]` in lumen.toml, or {}",
                            known.join(" or ")
                        ));
                    };
                    let quoted = |text: &str| serde_json::Value::from(text).to_string();
                    let key = key.map_or(String::new(), |key| format!("key_env = {}\n", quoted(key)));
                    let made = parse(
                        "front matter",
                        &format!(
                            "[providers.{name}]\nkind = {kind}\n{key}[models.{name}]\nprovider = {name}\nmodel = {model}\n",
                            name = quoted(target),
                            kind = quoted(kind),
                            model = quoted(model)
                        ),
                    )?;
                    table.config.providers.extend(made.providers);
                    table.config.models.extend(made.models);
                    target.clone()
                }
            };
            table
                .config
                .model(&name)
                .map_err(|error| format!("providers: `{alias}`: {}", error.message()))?;
            table.names.insert(alias.clone(), name);
        }
        Ok(table)
    }

    /// What the configuration calls an alias.
    pub(crate) fn name<'t>(&'t self, alias: &'t str) -> &'t str {
        self.names.get(alias).map_or(alias, String::as_str)
    }

    /// Whether an alias means a model.
    ///
    /// # Errors
    /// Why not, with the nearest alias.
    pub fn check(&self, alias: &str) -> Result<(), String> {
        match self.config.model(self.name(alias)) {
            Ok(_) => Ok(()),
            Err(error) if error.kind() == ErrorKind::Config => {
                let known: Vec<&str> =
                    self.names.keys().chain(self.config.models.keys()).map(String::as_str).collect();
                Err(match syntax::suggest::nearest(alias, known.iter().copied()) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None if known.is_empty() => {
                        "no model is configured: name it under `providers` in the front matter, or in lumen.toml"
                            .to_string()
                    }
                    None => format!("there are {}", known.join(", ")),
                })
            }
            Err(error) => Err(error.message().to_string()),
        }
    }

    /// The protocol of the server that an alias's model is on.
    pub(crate) fn family(&self, alias: &str) -> Option<&'static str> {
        let model = self.config.model(self.name(alias)).ok()?;
        Some(self.config.providers.get(&model.provider)?.name())
    }

    /// What the aliases mean, for the keys of results: protocol and model of each, without places and keys.
    pub fn fingerprint(&self) -> String {
        let aliases = self.names.iter().map(|(alias, name)| (alias.as_str(), name.as_str()));
        let own = self.config.models.keys().map(|name| (name.as_str(), name.as_str()));
        let one = |(alias, name): (&str, &str)| match self.config.model(name) {
            Ok(model) => {
                let family = self.config.providers.get(&model.provider).map_or("", |p| p.name());
                format!("{alias}={family} {};", model.model)
            }
            Err(_) => String::new(),
        };
        aliases.chain(own).map(one).collect()
    }
}
