//! The page and its files. They tell nothing about the project; what the page shows it asks for with a token.

use super::failure::Failure;
use crate::dashboard::{self, Asset};
use actix_web::http::header::{self, ETag, EntityTag, Header, IfNoneMatch};
use actix_web::web::Path;
use actix_web::{HttpRequest, HttpResponse};

/// What the page may do: run and ask for what this daemon serves, and nothing else. No script or style in the page's text counts, and no text
/// becomes markup.
const CONTENT_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; \
                              manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; \
                              require-trusted-types-for 'script'; trusted-types 'none'";

/// The dashboard; needs no token, for it tells nothing.
#[utoipa::path(get, path = "/", responses((status = 200, body = String, content_type = "text/html")))]
pub async fn page(request: HttpRequest) -> Result<HttpResponse, Failure> {
    answer("index.html", &request)
}

/// A file of the dashboard; needs no token.
#[utoipa::path(
    get, path = "/assets/{path}",
    params(("path" = String, Path, description = "Below the page's directory.")),
    responses((status = 200, body = String, content_type = "text/javascript"), (status = 404))
)]
pub async fn asset(path: Path<String>, request: HttpRequest) -> Result<HttpResponse, Failure> {
    answer(&path, &request)
}

fn answer(path: &str, request: &HttpRequest) -> Result<HttpResponse, Failure> {
    let asset = dashboard::asset(path).ok_or_else(Failure::not_found)?;
    let tag = EntityTag::new_strong(asset.tag.clone());
    let mut answer = if is_known(&tag, request) { HttpResponse::NotModified() } else { HttpResponse::Ok() };
    answer
        .insert_header((header::CONTENT_TYPE, asset.kind))
        // Asked for again each time, and answered with nothing when it is the same: a new daemon brings a new page.
        .insert_header((header::CACHE_CONTROL, "no-cache"))
        .insert_header(ETag(tag.clone()))
        .insert_header((header::CONTENT_SECURITY_POLICY, CONTENT_POLICY))
        .insert_header((header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .insert_header((header::REFERRER_POLICY, "no-referrer"))
        .insert_header(("cross-origin-opener-policy", "same-origin"))
        .insert_header(("cross-origin-resource-policy", "same-origin"));
    Ok(if is_known(&tag, request) { answer.finish() } else { answer.body(bytes(asset)) })
}

fn bytes(asset: &Asset) -> &'static [u8] {
    asset.bytes
}

/// Whether the client has this content already.
fn is_known(tag: &EntityTag, request: &HttpRequest) -> bool {
    match IfNoneMatch::parse(request) {
        Ok(IfNoneMatch::Any) => false,
        Ok(IfNoneMatch::Items(tags)) => tags.iter().any(|known| known.weak_eq(tag)),
        Err(_) => false,
    }
}
