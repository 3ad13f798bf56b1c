//! `[tools]` of `lumen.toml`: the files of tools, and the servers that have several.
//!
//! A text names a tool's own file, a table a server of the Model Context Protocol, whose name is the first part of its
//! tools' paths. The older `[providers.mcp.NAME]` says the same of a server, with its command as one text.

use toml_edit::{Document, Item, TableLike};

use super::{Provider, Speaks};

/// What a manifest says of a tool.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Named {
    /// The file that describes it.
    File(String),
    /// The server that has it, and the tool's name there.
    Of(Server, String),
}

/// A program that speaks the Model Context Protocol.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Server {
    /// The first part of its tools' paths.
    pub name: String,
    pub program: String,
    pub args: Vec<String>,
    /// The variables of the environment that it is given beside what every program needs.
    pub environment: Vec<String>,
    /// The file that holds what its tools take and give.
    pub schema: Option<String>,
    /// What the server calls tools whose names there are no words, by their names here.
    names: Vec<(String, String)>,
    /// The only paths that may be used; all where there is none.
    only: Option<Vec<String>>,
}

impl Server {
    /// What carries out the tool that the server calls so.
    pub fn provider(self, tool: String, promise: Option<String>, folder: String) -> Provider {
        let Server { program, args, environment, .. } = self;
        Provider { tool, speaks: Speaks::Mcp { promise }, program, args, environment, folder }
    }
}

/// What a manifest names for a tool.
///
/// # Errors
/// What is wrong with the manifest, as a reason.
pub fn named(manifest: &str, tool: &str) -> Result<Option<Named>, String> {
    let document = parse(manifest)?;
    if let Some(tools) = document.get("tools") {
        let tools = tools.as_table_like().ok_or("lumen.toml: `tools` is no table")?;
        if let Some(file) = tools.get(tool).filter(|item| item.as_table_like().is_none()) {
            return match file.as_str() {
                Some(file) => Ok(Some(Named::File(file.to_string()))),
                None => Err(format!("lumen.toml: `{tool}` under `[tools]` names no file, as a text")),
            };
        }
    }
    let (first, rest) = tool.split_once('.').unwrap_or((tool, ""));
    let Some(server) = of_document(&document, first)? else { return Ok(None) };
    if rest.is_empty() {
        return Err(format!("`{tool}` is a server: say which of its tools, `{tool}.NAME`"));
    }
    if let Some(only) = server.only.as_ref().filter(|only| !only.iter().any(|path| path == tool)) {
        return Err(format!("`tools` of the server `{first}` in lumen.toml names only {}", only.join(", ")));
    }
    let there = server.names.iter().find(|(here, _)| here == rest);
    let there = there.map_or_else(|| rest.to_string(), |(_, there)| there.clone());
    Ok(Some(Named::Of(server, there)))
}

/// The server of a name; nothing where the manifest has none.
///
/// # Errors
/// What is wrong with the manifest, as a reason.
pub fn server(manifest: &str, name: &str) -> Result<Option<Server>, String> {
    of_document(&parse(manifest)?, name)
}

fn parse(manifest: &str) -> Result<Document<&str>, String> {
    Document::parse(manifest).map_err(|why| format!("lumen.toml: {}", why.message()))
}

fn of_document(document: &Document<&str>, name: &str) -> Result<Option<Server>, String> {
    let table = |of: Option<&Item>, key: &str| {
        of.and_then(Item::as_table_like).and_then(|table| table.get(key)).cloned()
    };
    if let Some(item) = table(document.get("tools"), name) {
        let Some(fields) = item.as_table_like() else { return Ok(None) };
        return Reader { at: format!("tools.{name}"), fields }.server(name).map(Some);
    }
    let older = table(document.get("providers"), "mcp");
    let Some(item) = table(older.as_ref(), name) else { return Ok(None) };
    let at = format!("providers.mcp.{name}");
    let fields = item.as_table_like().ok_or_else(|| format!("lumen.toml: `{at}` is no table"))?;
    Reader { at, fields }.older(name).map(Some)
}

struct Reader<'t> {
    /// The table's name.
    at: String,
    fields: &'t dyn TableLike,
}

impl Reader<'_> {
    fn server(&self, name: &str) -> Result<Server, String> {
        self.known(&["program", "args", "env", "schema", "names"])?;
        let program = self.text("program")?;
        let program = program.ok_or_else(|| self.wrong("has no `program`, as a text"))?;
        let args = self.texts("args")?.unwrap_or_default();
        self.rest(Server { name: name.to_string(), program, args, ..Server::default() })
    }

    fn older(&self, name: &str) -> Result<Server, String> {
        self.known(&["uri", "tools", "env", "schema", "names"])?;
        let uri = self.text("uri")?.ok_or_else(|| self.wrong("has no `uri`, as a text"))?;
        if uri.contains("://") {
            return Err(
                self.wrong(&format!("has the `uri` {uri}, and only servers that are programs are built"))
            );
        }
        if uri.contains(['"', '\'', '\\', '$', '`']) {
            let form = "where a shell would read more than words; write `program` and `args`";
            return Err(self.wrong(&format!("has the `uri` {uri}, {form} under `[tools.{name}]`")));
        }
        let mut words = uri.split_whitespace().map(str::to_string);
        let program = words.next().ok_or_else(|| self.wrong("has an empty `uri`"))?;
        let only = self.texts("tools")?;
        let args = words.collect();
        self.rest(Server { name: name.to_string(), program, args, only, ..Server::default() })
    }

    /// What both forms say.
    fn rest(&self, server: Server) -> Result<Server, String> {
        let environment = self.texts("env")?.unwrap_or_default();
        if let Some(name) = environment.iter().find(|name| name.is_empty() || name.contains(['=', '\0'])) {
            return Err(self.wrong(&format!("names in `env` {name:?}, which is no variable's name")));
        }
        let mut names = Vec::new();
        if let Some(item) = self.fields.get("names") {
            let wrong = || self.wrong("has `names` that are no table of texts");
            for (here, there) in item.as_table_like().ok_or_else(wrong)?.iter() {
                names.push((here.to_string(), there.as_str().ok_or_else(wrong)?.to_string()));
            }
        }
        Ok(Server { environment, schema: self.text("schema")?, names, ..server })
    }

    fn wrong(&self, what: &str) -> String {
        format!("lumen.toml: `[{}]` {what}", self.at)
    }

    fn known(&self, all: &[&str]) -> Result<(), String> {
        match self.fields.iter().find(|(key, _)| !all.contains(key)) {
            Some((key, _)) => Err(self.wrong(&format!("has the key `{key}`, expected {}", all.join(", ")))),
            None => Ok(()),
        }
    }

    fn text(&self, key: &str) -> Result<Option<String>, String> {
        match self.fields.get(key) {
            None => Ok(None),
            Some(item) => match item.as_str() {
                Some(text) => Ok(Some(text.to_string())),
                None => Err(self.wrong(&format!("has a `{key}` that is no text"))),
            },
        }
    }

    fn texts(&self, key: &str) -> Result<Option<Vec<String>>, String> {
        let Some(item) = self.fields.get(key) else { return Ok(None) };
        let texts = item.as_array().and_then(|items| {
            items.iter().map(|item| item.as_str().map(str::to_string)).collect::<Option<Vec<String>>>()
        });
        texts.map(Some).ok_or_else(|| self.wrong(&format!("has `{key}` that is no list of texts")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MANIFEST: &str = r#"
[tools]
"text.count" = "tools/count.json"
[tools.shop]
program = "python3"
args = ["shop.py"]
env = ["SHOP_TOKEN"]
schema = "tools/shop.json"
names = { find_all = "find-all" }
[providers.mcp.files]
uri = "npx -y  server-files /tmp"
tools = ["files.read"]
"#;

    #[test]
    fn a_tool_has_a_file_or_a_server() {
        assert_eq!(named(MANIFEST, "text.count"), Ok(Some(Named::File("tools/count.json".to_string()))));
        assert_eq!(named(MANIFEST, "text.other"), Ok(None));
        assert_eq!(named(MANIFEST, "others.count"), Ok(None));
        let Ok(Some(Named::Of(server, there))) = named(MANIFEST, "shop.find_all") else { panic!("a server") };
        assert_eq!((server.program.as_str(), there.as_str()), ("python3", "find-all"));
        assert_eq!((server.args, server.environment), (vec!["shop.py".into()], vec!["SHOP_TOKEN".into()]));
        assert_eq!(server.schema.as_deref(), Some("tools/shop.json"));
        let Ok(Some(Named::Of(_, there))) = named(MANIFEST, "shop.buy") else { panic!("a server") };
        assert_eq!(there, "buy");
    }

    #[test]
    fn the_older_form_is_read() {
        let Ok(Some(Named::Of(server, there))) = named(MANIFEST, "files.read") else { panic!("a server") };
        assert_eq!((server.program.as_str(), there.as_str()), ("npx", "read"));
        assert_eq!(server.args, ["-y", "server-files", "/tmp"]);
        let refused = named(MANIFEST, "files.write").expect_err("it is not among them");
        assert!(refused.contains("names only files.read"), "{refused}");
    }

    #[test]
    fn what_means_nothing_is_refused() {
        for (manifest, part) in [
            ("[tools.a]\nargs = []", "`[tools.a]` has no `program`"),
            ("[tools.a]\nprogram = 3", "a `program` that is no text"),
            ("[tools.a]\nprogram = \"x\"\nargs = \"y\"", "`args` that is no list of texts"),
            ("[tools.a]\nprogram = \"x\"\ncolor = 1", "the key `color`"),
            ("[tools.a]\nprogram = \"x\"\nenv = [\"A=B\"]", "no variable's name"),
            ("[tools]\n\"a.b\" = 3", "names no file"),
            ("[providers.mcp.a]\nuri = \"https://example.org\"", "only servers that are programs"),
            ("[providers.mcp.a]\nuri = \"sh -c 'x y'\"", "write `program` and `args`"),
            ("[providers.mcp.a]\nuri = \" \"", "an empty `uri`"),
        ] {
            let why = named(manifest, "a.b").expect_err(manifest);
            assert!(why.contains(part), "{manifest}: {why}");
        }
        let why = named(MANIFEST, "shop").expect_err("a server is no tool");
        assert!(why.contains("`shop.NAME`"), "{why}");
    }
}
