//! `lumen.toml`: what it says, and what it may not.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use provider::scripted::{Act, Asked};
use provider::{
    Backoff, Circuit, Config, Endpoints, Error, ErrorKind, Family, HttpConfig, Limits, Manual, OutputLimit,
    Prices, ProviderConfig, Request, World,
};
use secrecy::SecretString;

use crate::{ask, request, serve};

const WHOLE: &str = r#"
[package]
name = "others-read-this"

[providers.hosted]
kind = "openai"
key_env = "HOSTED_KEY"

[providers.local]
kind = "openai"
api = "chat"
base_url = "http://127.0.0.1:8080/v1"
output_limit = "max_completion_tokens"
reply_bytes_max = 1000

[providers.local.limits]
requests_per_minute = 60
tokens_per_minute = 100_000
in_flight = 4

[providers.local.timeouts]
first_byte_ms = 1500

[providers.claude]
kind = "anthropic"

[models.labeller]
provider = "local"
model = "qwen"
fallback = ["writer"]

[models.writer]
provider = "hosted"
model = "gpt-4.1"
"#;

fn server<'c>(config: &'c Config, name: &str) -> &'c HttpConfig {
    match &config.providers[name] {
        ProviderConfig::Http(http) => http,
        other => panic!("{name} is no server but {other:?}"),
    }
}

#[test]
fn the_kind_offline_is_nobodys_server_and_has_no_other_key() {
    let text = "[providers.o]\nkind = \"offline\"\n[models.m]\nprovider = \"o\"\nmodel = \"tiny\"\n";
    let config = Config::parse("lumen.toml", text).unwrap();
    assert_eq!(config.providers["o"], ProviderConfig::Offline);
    assert_eq!((config.providers["o"].name(), config.providers["o"].key_env()), ("offline", None));
    let secret = |_: &str| None;
    let refused = config.connect("m", &world(&secret, &|_| Err(io::ErrorKind::NotFound.into())));
    assert!(refused.is_err_and(|error| error.message().contains("nobody is here")));
    let keyed = text.replace("\"offline\"\n", "\"offline\"\nkey_env = \"A\"\n");
    let error = Config::parse("lumen.toml", &keyed).unwrap_err();
    assert!(error.message().starts_with("lumen.toml:3: providers.o.key_env"), "{error}");
}

#[test]
fn what_a_manifest_says_is_what_is_read() {
    let config = Config::parse("lumen.toml", WHOLE).unwrap();
    let local = server(&config, "local");
    assert_eq!((local.family, local.base_url.as_str()), (Family::Chat, "http://127.0.0.1:8080/v1"));
    assert_eq!((local.output_limit, local.reply_bytes_max), (OutputLimit::MaxCompletionTokens, 1000));
    let limits =
        Limits { requests_per_minute: Some(60), tokens_per_minute: Some(100_000), in_flight: Some(4) };
    assert_eq!(local.limits, limits);
    assert_eq!(local.timeouts.first_byte, Duration::from_millis(1500));
    assert_eq!(local.timeouts.idle, Duration::from_secs(60), "as it is without the table");
    let hosted = server(&config, "hosted");
    assert_eq!(
        (hosted.base_url.as_str(), hosted.key_env.as_deref()),
        ("https://api.openai.com/v1", Some("HOSTED_KEY"))
    );
    let claude = server(&config, "claude");
    assert_eq!(claude.family, Family::Messages);
    assert_eq!(claude.base_url, "https://api.anthropic.com");
    assert_eq!(config.model("labeller").unwrap().fallback, ["writer"]);
    assert_eq!(Config::parse("lumen.toml", "").unwrap(), Config::default());
}

/// Each case changes one line of the manifest; the error names that line and the nearest known word.
#[test]
fn what_has_no_meaning_is_named_with_its_line_and_the_nearest() {
    let cases = [
        (
            "reply_bytes_max = 1000",
            "reply_byte_max = 1000",
            "14: providers.local.reply_byte_max: the key `reply_byte_max` is unknown; the nearest is `reply_bytes_max`",
        ),
        (
            "kind = \"anthropic\"",
            "kind = \"anthropc\"",
            "25: providers.claude.kind: the kind `anthropc` is unknown; the nearest is `anthropic`",
        ),
        ("api = \"chat\"", "api = \"chats\"", "the api `chats` is unknown; the nearest is `chat`"),
        (
            "in_flight = 4",
            "inflight = 4",
            "19: providers.local.limits.inflight: the key `inflight` is unknown; the nearest is `in_flight`",
        ),
        (
            "in_flight = 4",
            "in_flight = 0",
            "19: providers.local.limits.in_flight: expected an integer from 1 on",
        ),
        ("in_flight = 4", "in_flight = 1.5", "expected an integer from 1 on"),
        ("first_byte_ms = 1500", "first_bytes_ms = 1500", "the nearest is `first_byte_ms`"),
        (
            "provider = \"local\"",
            "provider = \"locale\"",
            "28: models.labeller.provider: the provider `locale` is unknown; the nearest is `local`",
        ),
        (
            "fallback = [\"writer\"]",
            "fallback = [\"write\"]",
            "30: models.labeller.fallback: the alias `write` is unknown; the nearest is `writer`",
        ),
        ("fallback = [\"writer\"]", "fallback = [\"labeller\"]", "stands in its own chain twice"),
        (
            "model = \"gpt-4.1\"",
            "model = \"gpt-4.1\"\nfallback = [\"labeller\"]",
            "has a fallback of its own",
        ),
        (
            "model = \"qwen\"",
            "modle = \"qwen\"",
            "29: models.labeller.modle: the key `modle` is unknown; the nearest is `model`",
        ),
        ("model = \"qwen\"", "", "models.labeller.model: is absent"),
        ("model = \"qwen\"", "model = 7", "29: models.labeller.model: expected a text"),
        (
            "base_url = \"http://127.0.0.1:8080/v1\"",
            "base_url = \"ftp://host\"",
            "12: providers.local.base_url",
        ),
        ("kind = \"anthropic\"", "kind = \"anthropic\"\napi = \"chat\"", "26: providers.claude.api"),
        (
            "kind = \"anthropic\"",
            "kind = \"anthropic\"\noutput_limit = \"max_tokens\"",
            "providers.claude.output_limit",
        ),
        ("[providers.claude]", "[providers]\nclaude = 3\n[x]", "no table"),
        ("kind = \"anthropic\"", "kind = ", "lumen.toml:25: "),
    ];
    for (from, to, expected) in cases {
        let text = WHOLE.replacen(from, to, 1);
        assert_ne!(text, WHOLE, "{from} is not in the manifest");
        let error = Config::parse("lumen.toml", &text).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config, "{to}");
        assert!(error.message().contains(expected), "{to}: {error}");
    }
    let error = Config::parse("lumen.toml", WHOLE).unwrap().model("labeler").unwrap_err();
    assert!(error.message().contains("`labeler` is unknown; the nearest is `labeller`"), "{error}");
}

#[test]
fn a_key_that_was_written_into_the_manifest_is_not_repeated() {
    for line in [
        "key = \"sk-canary\"",
        "api_key = \"sk-canary\"",
        "key_env = \"sk-canary\"",
        "base_url = \"https://u:canary@h\"",
    ] {
        let text = format!("[providers.a]\nkind = \"openai\"\n{line}\n");
        let error = Config::parse("lumen.toml", &text).unwrap_err();
        assert!(!error.to_string().contains("canary"), "{error}");
        assert!(error.message().starts_with("lumen.toml:3: "), "{error}");
    }
}

fn world<'w>(
    secret: &'w dyn Fn(&str) -> Option<SecretString>,
    file: &'w dyn Fn(&str) -> io::Result<String>,
) -> World<'w> {
    let clock = Manual::skipping(Duration::from_secs(5));
    World {
        secret,
        file,
        endpoints: Endpoints::new(Arc::new(clock)),
        clock: crate::system(),
        backoff: Backoff { retries: 0, ..Backoff::new(1) },
        circuit: Circuit::default(),
        prices: Arc::new(Prices::built_in().unwrap()),
        offline: &|| Err(Error::new(ErrorKind::Config, "nobody is here")),
    }
}

#[test]
fn an_alias_becomes_a_chain_of_providers_with_their_keys() {
    let first = serve(|_: &Asked| Act::status(503));
    let second = serve(|_: &Asked| Act::say("yes"));
    let text = format!(
        "[providers.a]\nkind = \"openai\"\nbase_url = \"{}\"\nkey_env = \"A_KEY\"\n\
         [providers.b]\nkind = \"anthropic\"\nbase_url = \"{}\"\nkey_env = \"B_KEY\"\ntimeouts = {{ idle_ms = 5000 }}\n\
         [models.one]\nprovider = \"a\"\nmodel = \"small\"\nfallback = [\"two\"]\n\
         [models.two]\nprovider = \"b\"\nmodel = \"claude-haiku-4-5\"\n",
        first.base_url(Family::Chat),
        second.base_url(Family::Messages),
    );
    let config = Config::parse("lumen.toml", &text).unwrap();
    let secret = |name: &str| Some(SecretString::from(format!("the key in {name}")));
    let connected = config.connect("one", &world(&secret, &|_| Err(io::ErrorKind::NotFound.into()))).unwrap();
    let asked = Request { model: connected.model.clone(), timeouts: connected.timeouts, ..request("k") };
    let reply = ask(&*connected.provider, &asked).unwrap();
    assert_eq!((reply.text.as_str(), reply.model.as_str()), ("yes", "claude-haiku-4-5"));
    assert_eq!(first.asked()[0].authorization, "Bearer the key in A_KEY");
    assert_eq!(first.asked()[0].body["model"], "small");
    assert_eq!(second.asked()[0].authorization, "the key in B_KEY");
    for key in ["the key in A_KEY", "the key in B_KEY"] {
        assert_eq!(connected.redactor.text(key), "[redacted]");
    }
}

#[test]
fn what_the_world_lacks_is_named() {
    let text = "[providers.a]\nkind = \"openai\"\nkey_env = \"A_KEY\"\nca_file = \"own.pem\"\n\
                [models.one]\nprovider = \"a\"\nmodel = \"m\"\n";
    let config = Config::parse("lumen.toml", text).unwrap();
    let none = |_: &str| None;
    let key = |_: &str| Some(SecretString::from("k"));
    let absent = |_: &str| -> io::Result<String> { Err(io::ErrorKind::NotFound.into()) };
    let error = config.connect("one", &world(&none, &absent)).err().unwrap();
    assert_eq!(error.kind(), ErrorKind::Auth);
    assert!(error.message().contains("A_KEY") && error.message().contains("providers.a.key_env"), "{error}");
    let error = config.connect("one", &world(&key, &absent)).err().unwrap();
    assert!(error.message().contains("own.pem"), "{error}");
    let error = config.connect("one", &world(&key, &|_| Ok("no certificate".into()))).err().unwrap();
    assert_eq!(error.kind(), ErrorKind::Config);
}
