//! `GET …/channels/rules`: the rules that decide, in their order.

use super::super::auth::{Caller, Read};
use super::super::schema::SiteIdParam;
use super::rules_out::ChannelRulesOut;
use axum::Json;

/// List the channel rules
///
/// The site's own and the built-in ones, in the order in which they are tried.
#[utoipa::path(get, path = "/api/v1/sites/{siteId}/channels/rules", tag = "Channels",
    params(("siteId" = SiteIdParam, Path, description = "The site")),
    responses((status = 200, description = "The rules", body = ChannelRulesOut)))]
pub(crate) async fn list_channel_rules(caller: Caller<Read>) -> Json<ChannelRulesOut> {
    Json(ChannelRulesOut::from(&caller.site.channels))
}
