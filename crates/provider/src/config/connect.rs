//! From names to a provider that can be asked.

use std::sync::Arc;

use secrecy::SecretString;

use super::{Config, HttpConfig, ModelConfig, ProviderConfig};
use crate::backoff::Backoff;
use crate::clock::Clock;
use crate::endpoint::{Circuit, Endpoints};
use crate::error::{Error, ErrorKind, Result};
use crate::http::{Http, HttpOptions};
use crate::price::Prices;
use crate::provider::Provider;
use crate::redact::Redactor;
use crate::request::Timeouts;
use crate::resilient::{Resilient, Route};

/// What a configuration needs of the world; the caller decides what of it may be seen.
pub struct World<'w> {
    /// The value of a variable that `key_env` names.
    pub secret: &'w dyn Fn(&str) -> Option<SecretString>,
    /// The contents of a file that `ca_file` names.
    pub file: &'w dyn Fn(&str) -> std::io::Result<String>,
    /// The limits that calls share; [`Endpoints::process`] but in tests.
    pub endpoints: Arc<Endpoints>,
    /// The time of timeouts and pauses.
    pub clock: Arc<dyn Clock>,
    /// How failed calls are tried again.
    pub backoff: Backoff,
    /// When a failing server is left alone.
    pub circuit: Circuit,
    /// What tokens cost.
    pub prices: Arc<Prices>,
    /// Answers for providers of the kind `offline`.
    pub offline: &'w dyn Fn() -> Result<Arc<dyn Provider>>,
}

/// A model that can be asked.
pub struct Connected {
    /// Asks the alias' provider, then those of its fallbacks.
    pub provider: Arc<Resilient>,
    /// What [`crate::Request::model`] is to be.
    pub model: String,
    /// What [`crate::Request::timeouts`] is to be.
    pub timeouts: Timeouts,
    /// Knows the keys of the whole chain; for a cassette.
    pub redactor: Redactor,
}

impl Config {
    /// Prepares the provider of an alias with its fallbacks. Nothing is sent yet.
    ///
    /// # Errors
    /// Of the class `config` for an alias, a file or certificates that are not there, `auth` for a variable that is not
    /// set.
    pub fn connect(&self, alias: &str, world: &World<'_>) -> Result<Connected> {
        let model = self.model(alias)?;
        let mut keys = Vec::new();
        let first = self.route(alias, world, &mut keys)?;
        let fallbacks: Result<Vec<Route>> =
            model.fallback.iter().map(|name| self.route(name, world, &mut keys)).collect();
        let (_, provider) = self.pair(alias)?;
        Ok(Connected {
            provider: Arc::new(Resilient::new(first, fallbacks?, world.backoff, world.clock.clone())),
            model: model.model.clone(),
            timeouts: provider.timeouts(),
            redactor: Redactor::new(keys),
        })
    }

    fn pair(&self, alias: &str) -> Result<(&ModelConfig, &ProviderConfig)> {
        let model = self.model(alias)?;
        let provider = self.providers.get(&model.provider).ok_or_else(|| {
            Error::new(
                ErrorKind::Config,
                format!("models.{alias}: there is no provider `{}`", model.provider),
            )
        })?;
        Ok((model, provider))
    }

    fn route(&self, alias: &str, world: &World<'_>, keys: &mut Vec<SecretString>) -> Result<Route> {
        let (model, provider) = self.pair(alias)?;
        let answers: Arc<dyn Provider> = match provider {
            ProviderConfig::Http(provider) => Arc::new(http(&model.provider, provider, world, keys)?),
            ProviderConfig::Offline => (world.offline)()?,
        };
        let named = Some(model.model.clone());
        Ok(Route::new(answers, named, &world.endpoints, provider.limits(), world.circuit))
    }
}

fn http(name: &str, provider: &HttpConfig, world: &World<'_>, keys: &mut Vec<SecretString>) -> Result<Http> {
    let key = provider.key_env.as_ref().map(|variable| {
        (world.secret)(variable).ok_or_else(|| {
            let what = format!("the variable {variable}, which providers.{name}.key_env names, is not set");
            Error::new(ErrorKind::Auth, what)
        })
    });
    let key = key.transpose()?;
    keys.extend(key.clone());
    let roots = provider.ca_file.as_ref().map(|path| {
        (world.file)(path).map_err(|error| {
            let what =
                format!("the file {path}, which providers.{name}.ca_file names, cannot be read: {error}");
            Error::new(ErrorKind::Config, what)
        })
    });
    Http::new(HttpOptions {
        base_url: provider.base_url.clone(),
        family: provider.family,
        key,
        output_limit: provider.output_limit,
        reply_bytes_max: provider.reply_bytes_max,
        roots: roots.transpose()?,
        prices: world.prices.clone(),
        clock: world.clock.clone(),
    })
}
