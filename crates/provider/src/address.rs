//! Where a server is.

use hyper::Uri;

use crate::error::{Error, ErrorKind, Result};

/// A base URL, taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Address {
    pub(crate) is_tls: bool,
    pub(crate) host: String,
    pub(crate) port: u16,
    /// Host and port as the header `Host` has them.
    pub(crate) authority: String,
    /// What stands before a protocol's path; without a slash at its end.
    pub(crate) path: String,
}

impl Address {
    /// Reads `http://host:port/path` or `https://...`.
    ///
    /// # Errors
    /// Of the class `config`, for anything else: another scheme, a name and password, a query.
    pub(crate) fn parse(base_url: &str) -> Result<Address> {
        let wrong = |why: &str| Error::new(ErrorKind::Config, format!("base_url `{base_url}`: {why}"));
        // A password in a message would be a key in a log.
        if base_url.contains('@') {
            return Err(Error::new(ErrorKind::Config, "base_url names a user; put the key in `key_env`"));
        }
        let uri: Uri = base_url.parse().map_err(|_| wrong("expected a URL such as https://host/path"))?;
        let is_tls = match uri.scheme_str() {
            Some("https") => true,
            Some("http") => false,
            _ => return Err(wrong("expected the scheme http or https")),
        };
        if uri.query().is_some() || base_url.contains('#') {
            return Err(wrong("expected neither a query nor a fragment"));
        }
        let authority = uri.authority().ok_or_else(|| wrong("expected a host"))?;
        let bare = authority.host();
        let host = bare.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(bare);
        Ok(Address {
            is_tls,
            host: host.to_string(),
            port: authority.port_u16().unwrap_or(if is_tls { 443 } else { 80 }),
            authority: authority.to_string(),
            path: uri.path().trim_end_matches('/').to_string(),
        })
    }

    /// Scheme, host and port: what shares a server's limits.
    pub(crate) fn origin(&self) -> String {
        let scheme = if self.is_tls { "https" } else { "http" };
        format!("{scheme}://{}:{}", self.host.to_ascii_lowercase(), self.port)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_base_url_is_taken_apart() {
        let address = Address::parse("https://api.openai.com/v1/").unwrap();
        assert!(address.is_tls && address.port == 443);
        assert_eq!((address.host.as_str(), address.path.as_str()), ("api.openai.com", "/v1"));
        let local = Address::parse("http://[::1]:8080").unwrap();
        assert_eq!((local.host.as_str(), local.port, local.path.as_str()), ("::1", 8080, ""));
        assert_eq!(local.authority, "[::1]:8080");
        assert_eq!(Address::parse("http://HOST").unwrap().origin(), "http://host:80");
    }

    #[test]
    fn what_is_no_base_url_is_named() {
        for url in ["", "host/v1", "ftp://host", "https://host/v1?a=b", "https://host/#f", "https://"] {
            assert_eq!(Address::parse(url).unwrap_err().kind(), ErrorKind::Config, "{url}");
        }
        let error = Address::parse("https://user:secret@host").unwrap_err();
        assert!(!error.to_string().contains("secret"), "{error}");
    }
}
