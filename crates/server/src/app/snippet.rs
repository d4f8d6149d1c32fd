use touchline_domain::{Site, VisitSettings};

/// The line for a site's pages; `attributes` begin with a space. Neither an origin nor a site's id has anything to escape.
pub(crate) fn line(address: &str, site: &Site, attributes: &str) -> String {
    let minutes = site.visits.timeout_minutes;
    let timeout = if minutes == VisitSettings::default().timeout_minutes {
        String::new()
    } else {
        format!(" data-timeout=\"{minutes}\"")
    };
    format!("<script defer src=\"{address}/tag.js\" data-site=\"{}\"{attributes}{timeout}></script>", site.id)
}
