//! Forms of a page, where one may be sent instead of JSON: answers and decisions about a pair.
//!
//! Any web site can make a browser post a form without asking. Over TCP a form is therefore taken only from a page of this daemon's own that
//! presents the token, which is decided in `auth`; the Unix socket is out of a browser's reach.

use super::failure::Failure;
use crate::wire::body::BadRequest;
use actix_web::web::Bytes;
use actix_web::{HttpMessage, HttpRequest, HttpResponse};
use serde::Serialize;
use serde_json::{Map, Value};

/// What a page sends by itself.
pub const FORM: &str = "application/x-www-form-urlencoded";

/// Whether the request carries a form.
pub fn is_form(request: &HttpRequest) -> bool {
    request.content_type() == FORM
}

/// The body as JSON, whatever it was sent as. Of a field that comes several times the first one counts.
pub fn read(request: &HttpRequest, body: Bytes) -> Result<Bytes, Failure> {
    if !is_form(request) {
        return Ok(body);
    }
    let fields: Vec<(String, String)> = serde_urlencoded::from_bytes(&body).map_err(|_| BadRequest::Form)?;
    let mut object = Map::new();
    for (name, text) in fields {
        object.entry(name).or_insert(Value::String(text));
    }
    Ok(Value::Object(object).to_string().into())
}

/// What was done, as JSON; for a form, the way back to the page.
pub fn reply(request: &HttpRequest, done: &impl Serialize) -> HttpResponse {
    if is_form(request) {
        HttpResponse::SeeOther().insert_header(("location", "/")).finish()
    } else {
        HttpResponse::Ok().json(done)
    }
}
