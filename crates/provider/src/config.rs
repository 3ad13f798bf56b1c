//! Providers and models as `lumen.toml` names them: `[providers.NAME]` says where a server is, `[models.ALIAS]` which
//! of its models a document means.
//!
//! ```
//! let manifest = r#"
//! [providers.local]
//! kind = "openai"                          # or "anthropic", or "offline", which has no other key
//! api = "chat"                             # or "responses"
//! base_url = "http://127.0.0.1:8080/v1"    # the maker's own where it is absent
//! key_env = "LOCAL_KEY"                    # the name of a variable
//! ca_file = "own.pem"
//! output_limit = "max_completion_tokens"   # or "max_tokens"
//! reply_bytes_max = 1_000_000
//! limits = { requests_per_minute = 60, tokens_per_minute = 100_000, in_flight = 4 }
//! timeouts = { connect_ms = 5_000, first_byte_ms = 60_000, idle_ms = 30_000 }
//!
//! [models.labeller]
//! provider = "local"
//! model = "qwen3"
//! fallback = ["careful"]
//!
//! [models.careful]
//! provider = "local"
//! model = "qwen3-large"
//! "#;
//! let config = provider::Config::parse("lumen.toml", manifest)?;
//! assert_eq!(config.model("labeller")?.model, "qwen3");
//! # Ok::<(), provider::Error>(())
//! ```
//!
//! The caller gives the text, the values of variables and the contents of files; nothing here reads the environment.

mod connect;
mod reader;

use std::collections::BTreeMap;
use std::time::Duration;

use toml_edit::{Document, Item};

use crate::address::Address;
use crate::endpoint::Limits;
use crate::error::{Error, ErrorKind, Result};
use crate::request::Timeouts;
use crate::wire::{Family, OutputLimit};
use reader::{Reader, Source, unknown};

pub use connect::{Connected, World};

/// What `lumen.toml` says of models.
///
/// ```
/// let error = provider::Config::parse("lumen.toml", "[providers.a]\nkind = \"openia\"").unwrap_err();
/// let expected = "lumen.toml:2: providers.a.kind: the kind `openia` is unknown; the nearest is `openai`";
/// assert_eq!(error.message(), expected);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Config {
    /// By name.
    pub providers: BTreeMap<String, ProviderConfig>,
    /// By alias.
    pub models: BTreeMap<String, ModelConfig>,
}

/// `[providers.NAME]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProviderConfig {
    /// A server.
    Http(HttpConfig),
    /// The model of the program itself: `kind = "offline"`.
    Offline,
}

impl ProviderConfig {
    /// The name of the protocol.
    pub fn name(&self) -> &'static str {
        match self {
            ProviderConfig::Http(http) => http.family.name(),
            ProviderConfig::Offline => OFFLINE,
        }
    }

    /// The variable that holds its key.
    pub fn key_env(&self) -> Option<&str> {
        match self {
            ProviderConfig::Http(http) => http.key_env.as_deref(),
            ProviderConfig::Offline => None,
        }
    }

    /// What it may be asked for.
    pub(crate) fn limits(&self) -> Limits {
        match self {
            ProviderConfig::Http(http) => http.limits,
            ProviderConfig::Offline => Limits::default(),
        }
    }

    /// How long each step may take.
    pub(crate) fn timeouts(&self) -> Timeouts {
        match self {
            ProviderConfig::Http(http) => http.timeouts,
            ProviderConfig::Offline => Timeouts::default(),
        }
    }
}

/// A provider that is a server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HttpConfig {
    /// The protocol: `kind`, and for OpenAI's `api`.
    pub family: Family,
    /// Where it is.
    pub base_url: String,
    /// The variable that holds its key.
    pub key_env: Option<String>,
    /// A file with certificates in PEM that are trusted instead of those that browsers trust.
    pub ca_file: Option<String>,
    /// Its name for the limit of a reply's tokens.
    pub output_limit: OutputLimit,
    /// The longest body of a reply that is read.
    pub reply_bytes_max: u64,
    /// What it may be asked for.
    pub limits: Limits,
    /// How long each step may take.
    pub timeouts: Timeouts,
}

/// `[models.ALIAS]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModelConfig {
    /// The provider's name.
    pub provider: String,
    /// The model as its provider names it.
    pub model: String,
    /// Aliases that are asked in this order once this one has failed.
    pub fallback: Vec<String>,
}

/// The kind whose model is the program's own, and the name of what it speaks.
const OFFLINE: &str = "offline";
const KINDS: [&str; 3] = ["openai", "anthropic", OFFLINE];
const APIS: [&str; 2] = ["chat", "responses"];
const OUTPUT_LIMITS: [&str; 2] = ["max_tokens", "max_completion_tokens"];

/// Bytes of a reply where `reply_bytes_max` is absent.
const REPLY_BYTES_MAX: u64 = 16 << 20;

impl Config {
    /// Reads the text of a manifest; tables that are not `providers` or `models` are others'. `name` is how errors
    /// call the file.
    ///
    /// # Errors
    /// Of the class `config`: the line, what was expected, and for an unknown key, kind, provider or alias the nearest
    /// one that is known.
    pub fn parse(name: &str, text: &str) -> Result<Config> {
        let source = Source { name, text };
        let document = Document::parse(text)
            .map_err(|error| source.error(error.span().map(|span| span.start), error.message()))?;
        let mut config = Config::default();
        for (key, item) in entries(&source, document.get("providers"), "providers")? {
            // Servers of tools, which are others'.
            if key == "mcp" {
                continue;
            }
            config
                .providers
                .insert(key.to_string(), provider(Reader::new(&source, format!("providers.{key}"), item)?)?);
        }
        let models = entries(&source, document.get("models"), "models")?;
        for (key, item) in &models {
            let reader = Reader::new(&source, format!("models.{key}"), item)?;
            config.models.insert(key.to_string(), model(reader, &config.providers)?);
        }
        for (key, item) in &models {
            check_fallback(Reader::new(&source, format!("models.{key}"), item)?, key, &config.models)?;
        }
        Ok(config)
    }

    /// The model of an alias.
    ///
    /// # Errors
    /// Of the class `config`, with the nearest alias.
    pub fn model(&self, alias: &str) -> Result<&ModelConfig> {
        self.models.get(alias).ok_or_else(|| {
            let aliases = self.models.keys().map(String::as_str);
            Error::new(ErrorKind::Config, format!("models: {}", unknown("alias", alias, aliases)))
        })
    }
}

fn entries<'a>(source: &Source<'_>, item: Option<&'a Item>, name: &str) -> Result<Vec<(&'a str, &'a Item)>> {
    let Some(item) = item else { return Ok(Vec::new()) };
    let table = item.as_table_like().ok_or_else(|| {
        let start = item.span().map(|span| span.start);
        source.error(start, &format!("`{name}` is no table; expected `[{name}.NAME]`"))
    })?;
    Ok(table.iter().collect())
}

fn provider(reader: Reader<'_>) -> Result<ProviderConfig> {
    if reader.one_of("kind", &KINDS, true)? == Some(OFFLINE) {
        reader.only(&["kind"])?;
        return Ok(ProviderConfig::Offline);
    }
    let known = [
        "kind",
        "api",
        "base_url",
        "key_env",
        "ca_file",
        "output_limit",
        "reply_bytes_max",
        "limits",
        "timeouts",
    ];
    reader.only(&known)?;
    let kind = reader.one_of("kind", &KINDS, true)?.unwrap_or_default();
    let api = reader.one_of("api", &APIS, false)?;
    let output_limit = reader.one_of("output_limit", &OUTPUT_LIMITS, false)?;
    let (family, home) = match (kind, api) {
        ("anthropic", None) => (Family::Messages, "https://api.anthropic.com"),
        ("anthropic", Some(_)) => return Err(reader.error("api", "only the kind `openai` has more than one")),
        (_, Some("responses")) => (Family::Responses, "https://api.openai.com/v1"),
        _ => (Family::Chat, "https://api.openai.com/v1"),
    };
    if output_limit.is_some() && family != Family::Chat {
        return Err(
            reader.error("output_limit", "only the kind `openai` with the api `chat` has more than one")
        );
    }
    let base_url = reader.text("base_url", false)?.unwrap_or_else(|| home.to_string());
    Address::parse(&base_url).map_err(|error| reader.error("base_url", error.message()))?;
    let key_env = reader.text("key_env", false)?;
    if key_env.as_ref().is_some_and(|name| !is_variable(name)) {
        // Not repeated: somebody may have written the key itself.
        return Err(reader.error("key_env", "expected the name of a variable, such as OPENAI_API_KEY"));
    }
    let limits = match reader.table("limits")? {
        None => Limits::default(),
        Some(limits) => {
            limits.only(&["requests_per_minute", "tokens_per_minute", "in_flight"])?;
            Limits {
                requests_per_minute: limits.count("requests_per_minute")?,
                tokens_per_minute: limits.count("tokens_per_minute")?,
                in_flight: limits.count("in_flight")?,
            }
        }
    };
    let mut timeouts = Timeouts::default();
    if let Some(table) = reader.table("timeouts")? {
        table.only(&["connect_ms", "first_byte_ms", "idle_ms"])?;
        let set = |name, timeout: &mut Duration| -> Result<()> {
            *timeout = table.count(name)?.map_or(*timeout, Duration::from_millis);
            Ok(())
        };
        set("connect_ms", &mut timeouts.connect)?;
        set("first_byte_ms", &mut timeouts.first_byte)?;
        set("idle_ms", &mut timeouts.idle)?;
    }
    Ok(ProviderConfig::Http(HttpConfig {
        family,
        base_url,
        key_env,
        ca_file: reader.text("ca_file", false)?,
        output_limit: match output_limit {
            Some("max_completion_tokens") => OutputLimit::MaxCompletionTokens,
            _ => OutputLimit::MaxTokens,
        },
        reply_bytes_max: reader.count("reply_bytes_max")?.unwrap_or(REPLY_BYTES_MAX),
        limits,
        timeouts,
    }))
}

fn is_variable(name: &str) -> bool {
    let mut bytes = name.bytes();
    bytes.next().is_some_and(|byte| byte.is_ascii_alphabetic() || byte == b'_')
        && bytes.all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

fn model(reader: Reader<'_>, providers: &BTreeMap<String, ProviderConfig>) -> Result<ModelConfig> {
    reader.only(&["provider", "model", "fallback"])?;
    let provider = reader.text("provider", true)?.unwrap_or_default();
    if !providers.contains_key(&provider) {
        let names = providers.keys().map(String::as_str);
        return Err(reader.error("provider", &unknown("provider", &provider, names)));
    }
    Ok(ModelConfig {
        provider,
        model: reader.text("model", true)?.unwrap_or_default(),
        fallback: reader.texts("fallback")?,
    })
}

/// A chain is written in one place, so that nobody has to follow it.
fn check_fallback(reader: Reader<'_>, alias: &str, models: &BTreeMap<String, ModelConfig>) -> Result<()> {
    let named = models.get(alias).map(|model| model.fallback.as_slice()).unwrap_or_default();
    for (index, name) in named.iter().enumerate() {
        let Some(model) = models.get(name) else {
            let aliases = models.keys().map(String::as_str).filter(|known| *known != alias);
            return Err(reader.error("fallback", &unknown("alias", name, aliases)));
        };
        if name == alias || named.iter().take(index).any(|before| before == name) {
            return Err(reader.error("fallback", &format!("`{name}` stands in its own chain twice")));
        }
        if !model.fallback.is_empty() {
            let why =
                format!("`{name}` has a fallback of its own; write the whole chain here, and none there");
            return Err(reader.error("fallback", &why));
        }
    }
    Ok(())
}
