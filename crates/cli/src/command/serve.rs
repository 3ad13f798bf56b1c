//! `lumen serve`

use crate::args::ServeOptions;
use crate::serve::{mcp, stdio};
use crate::terminal::Failure;
use crate::workers;

pub fn serve(options: &ServeOptions) -> Result<u8, Failure> {
    workers::set(&options.threads)?;
    if options.mcp { mcp::serve() } else { stdio::serve() }
}
