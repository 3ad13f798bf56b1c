//! The models of a program as one provider, so that one cassette holds what all of them said.

use std::collections::BTreeMap;
use std::sync::Arc;

use provider::{
    Answer, Capabilities, Error, ErrorKind, Price, Provider, Request, Resilient, Sink, TokenCount,
};

/// Sends each request to the provider of its model.
pub(crate) struct Router {
    family: &'static str,
    routes: BTreeMap<String, Arc<Resilient>>,
}

impl Router {
    /// # Errors
    /// Models that one cassette cannot tell apart.
    pub(crate) fn new(models: Vec<(String, Arc<Resilient>)>) -> Result<Router, String> {
        let mut router = Router { family: "", routes: BTreeMap::new() };
        for (model, provider) in models {
            if router.family.is_empty() {
                router.family = provider.family();
            }
            if router.family != provider.family() {
                return Err(format!(
                    "a cassette for models of two protocols ({} and {}) is not built yet; give them runs of their own",
                    router.family,
                    provider.family()
                ));
            }
            router.routes.entry(model).or_insert(provider);
        }
        Ok(router)
    }

    fn route(&self, model: &str) -> Option<&Arc<Resilient>> {
        self.routes.get(model)
    }
}

impl Provider for Router {
    fn complete<'a>(&'a self, request: &'a Request, sink: &'a mut dyn Sink) -> Answer<'a> {
        match self.route(&request.model) {
            Some(provider) => provider.complete(request, sink),
            None => {
                let what = format!("nobody answers for the model `{}`", request.model);
                Box::pin(std::future::ready(Err(Error::new(ErrorKind::Config, what))))
            }
        }
    }

    fn count_tokens(&self, request: &Request) -> TokenCount {
        match self.route(&request.model) {
            Some(provider) => provider.count_tokens(request),
            None => TokenCount { tokens: 0, is_exact: false },
        }
    }

    fn capabilities(&self, model: &str) -> Capabilities {
        match self.route(model) {
            Some(provider) => provider.capabilities(model),
            None => Capabilities {
                streaming: false,
                structured: false,
                stop: false,
                seed: false,
                exact_count: false,
            },
        }
    }

    fn price(&self, model: &str, input_tokens: u64) -> Option<Price> {
        self.route(model)?.price(model, input_tokens)
    }

    fn family(&self) -> &'static str {
        self.family
    }

    fn endpoint(&self) -> String {
        "models of a program".to_string()
    }
}
