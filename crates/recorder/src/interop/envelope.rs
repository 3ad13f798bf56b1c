//! The envelope itself: its members, its versions, and what the body of each kind must have.

use std::fmt;

use serde_json::{Map, Value as Json, json};

use super::bucket::Bucket;
use crate::error::{Error, Result};

/// The value of `schema`.
pub const SCHEMA: &str = "lumen.interop";
/// Another major is another form.
pub const MAJOR: u64 = 1;
/// A minor adds optional fields and nothing else.
pub const MINOR: u64 = 0;

/// `major.minor`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Version {
    pub major: u64,
    pub minor: u64,
}

impl Version {
    /// That of this release.
    pub const OURS: Version = Version { major: MAJOR, minor: MINOR };

    fn parse(text: &str) -> Option<Version> {
        let (major, minor) = text.split_once('.')?;
        // One spelling each: `01.0` and `+1.0` are none.
        let version = Version { major: major.parse().ok()?, minor: minor.parse().ok()? };
        (version.to_string() == text).then_some(version)
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

/// What an envelope tells of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// One model call.
    Trajectory,
    /// What a verification of a run found.
    Verification,
    /// Where one value comes from.
    Provenance,
}

impl Kind {
    pub const ALL: [Kind; 3] = [Kind::Trajectory, Kind::Verification, Kind::Provenance];

    pub fn name(self) -> &'static str {
        match self {
            Kind::Trajectory => "trajectory",
            Kind::Verification => "verification",
            Kind::Provenance => "provenance",
        }
    }

    pub fn from_name(name: &str) -> Option<Kind> {
        Kind::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// The fields that a body has in every minor, and what each is.
    fn fields(self) -> &'static [(&'static str, Form)] {
        match self {
            Kind::Trajectory => &[
                ("call_id", Form::Text),
                ("parent", Form::TextOrNull),
                ("depth", Form::Count),
                ("turn", Form::Count),
                ("role", Form::Text),
                ("provider", Form::Text),
                ("model", Form::Text),
                ("tokens", Form::Object),
                ("cost", Form::Object),
                ("latency_ms", Form::Count),
                ("outcome", Form::Text),
            ],
            Kind::Verification => &[
                ("claims", Form::Claims),
                ("confidence", Form::Confidence),
                ("bucket", Form::Bucket),
                ("elapsed_ms", Form::Count),
            ],
            Kind::Provenance => &[
                ("value_id", Form::Text),
                ("source", Form::Text),
                ("input_hashes", Form::Texts),
                ("byte_ranges", Form::Ranges),
                ("call_ids", Form::Texts),
                ("confidence", Form::Confidence),
                ("evidence", Form::Texts),
            ],
        }
    }
}

/// What a field is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Text,
    TextOrNull,
    Texts,
    Count,
    Object,
    Confidence,
    Bucket,
    Claims,
    Ranges,
}

impl Form {
    fn expected(self) -> &'static str {
        match self {
            Form::Text => "a text",
            Form::TextOrNull => "a text or null",
            Form::Texts => "a list of texts",
            Form::Count => "an integer from 0 on",
            Form::Object => "an object",
            Form::Confidence => "a number from 0 to 1",
            Form::Bucket => "the bucket of `confidence`",
            Form::Claims => {
                "a list, not empty, of `statement`, `critical`, `outcome` (holds, fails or not_evaluated), `evidence`"
            }
            Form::Ranges => "a list of `input`, `start`, `end`",
        }
    }

    fn fits(self, value: &Json, body: &Map<String, Json>) -> bool {
        let is_texts = |value: &Json| value.as_array().is_some_and(|all| all.iter().all(Json::is_string));
        match self {
            Form::Text => value.is_string(),
            Form::TextOrNull => value.is_string() || value.is_null(),
            Form::Texts => is_texts(value),
            Form::Count => value.is_u64(),
            Form::Object => value.is_object(),
            Form::Confidence => value.as_f64().and_then(Bucket::of).is_some(),
            Form::Bucket => {
                let bucket = body.get("confidence").and_then(Json::as_f64).and_then(Bucket::of);
                bucket.is_some_and(|bucket| value == bucket.name())
            }
            Form::Claims => value.as_array().is_some_and(|claims| {
                !claims.is_empty()
                    && claims.iter().all(|claim| {
                        let outcome = claim.get("outcome").and_then(Json::as_str).unwrap_or_default();
                        claim.get("statement").is_some_and(Json::is_string)
                            && claim.get("critical").is_some_and(Json::is_boolean)
                            && ["holds", "fails", "not_evaluated"].contains(&outcome)
                            && claim.get("evidence").is_some_and(is_texts)
                    })
            }),
            Form::Ranges => value.as_array().is_some_and(|ranges| {
                ranges.iter().all(|range| {
                    let number = |key: &str| range.get(key).and_then(Json::as_u64);
                    range.get("input").is_some_and(Json::is_string)
                        && number("start").zip(number("end")).is_some_and(|(start, end)| start <= end)
                })
            }),
        }
    }
}

/// One message to a program that does not know Lumen.
#[derive(Clone, Debug, PartialEq)]
pub struct Envelope {
    pub version: Version,
    pub kind: Kind,
    pub id: String,
    pub run: String,
    /// RFC 3339 in UTC.
    pub created_at: String,
    pub producer: String,
    pub body: Map<String, Json>,
    /// Members that a later minor added.
    unknown: Map<String, Json>,
}

impl Envelope {
    /// One of this release's version.
    ///
    /// # Errors
    /// A body that its kind does not allow.
    pub fn new(
        kind: Kind,
        id: String,
        run: String,
        created_at: String,
        producer: String,
        body: Map<String, Json>,
    ) -> Result<Envelope> {
        check(kind, &body)?;
        Ok(Envelope {
            version: Version::OURS,
            kind,
            id,
            run,
            created_at,
            producer,
            body,
            unknown: Map::new(),
        })
    }

    /// Reads one, of this major and any minor.
    ///
    /// # Errors
    /// `Storage` for another major; `Damaged` with the member for what is no envelope.
    pub fn parse(bytes: &[u8]) -> Result<Envelope> {
        let json: Json = serde_json::from_slice(bytes)
            .map_err(|why| Error::damaged(format!("an envelope is no JSON: {why}")))?;
        let Json::Object(mut members) = json else { return Err(Error::damaged("an envelope is an object")) };
        let mut text = |name: &str| match members.remove(name) {
            Some(Json::String(text)) => Ok(text),
            _ => Err(Error::damaged(format!("an envelope's `{name}` is a text"))),
        };
        let schema = text("schema")?;
        if schema != SCHEMA {
            return Err(Error::damaged(format!("expected the schema {SCHEMA}, found `{schema}`")));
        }
        // Of another major nothing else is known, not even what the other members are called.
        let found = text("schema_version")?;
        let version = Version::parse(&found).ok_or_else(|| {
            Error::damaged(format!("expected a version such as {}, found `{found}`", Version::OURS))
        })?;
        if version.major != MAJOR {
            let what = format!("an envelope has version {version}, and this release reads {MAJOR}.x");
            return Err(match version.major > MAJOR {
                true => Error::newer(what),
                false => Error::damaged(what),
            });
        }
        let kind = text("kind")?;
        let kind = Kind::from_name(&kind)
            .ok_or_else(|| Error::damaged(format!("{MAJOR}.x has no kind `{kind}` of envelopes")))?;
        let (id, run, created_at, producer) =
            (text("id")?, text("run")?, text("created_at")?, text("producer")?);
        let Some(Json::Object(body)) = members.remove("body") else {
            return Err(Error::damaged("an envelope's `body` is an object"));
        };
        check(kind, &body)?;
        Ok(Envelope { version, kind, id, run, created_at, producer, body, unknown: members })
    }

    /// The envelope with all it came with.
    pub fn json(&self) -> Json {
        let mut json = json!({
            "schema": SCHEMA, "schema_version": self.version.to_string(), "kind": self.kind.name(), "id": self.id,
            "run": self.run, "created_at": self.created_at, "producer": self.producer, "body": self.body,
        });
        if let Some(members) = json.as_object_mut() {
            members.extend(self.unknown.clone());
        }
        json
    }
}

fn check(kind: Kind, body: &Map<String, Json>) -> Result<()> {
    for (name, form) in kind.fields() {
        let fits = body.get(*name).is_some_and(|value| form.fits(value, body));
        if !fits {
            let found = body.get(*name).map_or("nothing".to_string(), |value| {
                let text = value.to_string();
                let cut: String = text.chars().take(80).collect();
                if cut.len() < text.len() { format!("{cut}…") } else { cut }
            });
            return Err(Error::damaged(format!(
                "the body of a {} envelope: `{name}` is {}, found {found}",
                kind.name(),
                form.expected()
            )));
        }
    }
    Ok(())
}
