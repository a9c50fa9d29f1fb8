//! Cursor's command line, one turn per process: stream-json out, our tools over a server that it starts.

pub(crate) mod codec;
pub(crate) mod launch;
