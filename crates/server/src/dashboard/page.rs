//! The frame around every page.

use super::assets;
use super::session::{Theme, Viewer};
use crate::dashboard::asked::CARRIED;
use maud::{DOCTYPE, Markup, html};

/// The pages, in the order in which they are listed: address, name, icon.
const PAGES: [(&str, &str, &str); 8] = [
    ("overview", "Overview", "M3 13h5v8H3zM10 8h5v13h-5zM17 3h5v18h-5z"),
    ("attribution", "Attribution", "M3 5h8v3H3zM3 10.5h14v3H3zM3 16h18v3H3z"),
    (
        "paths",
        "Paths",
        "M4 5a2 2 0 1 1 0 4 2 2 0 0 1 0-4zm16 10a2 2 0 1 1 0 4 2 2 0 0 1 0-4zM7 6h6c5 0 5 4 2 5l-6 2c-3 1-2 3 1 3h6v2h-6c-6 0-7-5-2-7l6-2c2-1 1-1-1-1H7z",
    ),
    ("opportunities", "Opportunities", "M4 4h16v4H4zM4 10h16v4H4zM4 16h10v4H4z"),
    ("people", "People", "M12 4a4 4 0 1 1 0 8 4 4 0 0 1 0-8zM4 20c0-4 3.5-6 8-6s8 2 8 6z"),
    (
        "quality",
        "Data quality",
        "M12 3 21 7v5c0 5-4 8-9 10-5-2-9-5-9-10V7zM11 16l6-6-1.5-1.5L11 13l-2.5-2.5L7 12z",
    ),
    ("channels", "Channels", "M4 4h7v7H4zM13 4h7v7h-7zM4 13h7v7H4zM13 13h7v7h-7z"),
    (
        "set-up",
        "Set-up",
        "M10 2h4l.6 3 2.6 1.5 2.9-1 2 3.4-2.3 2 0 2.2 2.3 2-2 3.4-2.9-1L14.600 19l-.6 3h-4l-.6-3-2.600-1.500-2.900 1-2-3.400 2.300-2V10.900l-2.300-2 2-3.400 2.900 1L9.400 5zM12 9a3 3 0 1 0 0 6 3 3 0 0 0 0-6z",
    ),
];

/// A whole document.
pub(super) fn document(title: &str, theme: Option<Theme>, body: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" data-theme=[theme.map(Theme::name)] {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (title) " · Touchline" }
                link rel="icon" href=(assets::ICON) type="image/svg+xml";
                link rel="stylesheet" href=(assets::style());
                script src=(assets::script()) defer {}
            }
            body { (body) }
        }
    }
}

/// A site's page: `name` is its address below the site.
pub(crate) fn page(viewer: &Viewer, name: &str, title: &str, content: &Markup) -> Markup {
    let body = html! {
        a.skip href="#main" { "Skip to the content" }
        div.frame {
            (sidebar(viewer, name))
            main #main tabindex="-1" { (content) }
        }
    };
    document(&format!("{title} · {}", viewer.site.name), viewer.theme, &body)
}

fn sidebar(viewer: &Viewer, current: &str) -> Markup {
    let to = |name: &str| viewer.address.to(viewer.page(name).to_string(), &CARRIED);
    html! {
        header.side {
            a.brand href=(to("overview")) { (mark()) "Touchline" }
            (sites(viewer))
            nav aria-label="Pages" {
                ul {
                    @for (name, title, icon) in PAGES {
                        li {
                            a href=(to(name)) aria-current=[(name == current).then_some("page")] {
                                svg.icon viewBox="0 0 24 24" aria-hidden="true" { path d=(icon) {} }
                                span { (title) }
                            }
                        }
                    }
                }
            }
            div.foot {
                (themes(viewer))
                a href="/docs" { "API" }
                form method="post" action="/sign-out" {
                    (super::parts::form_key(viewer))
                    button.plain type="submit" { "Sign out" }
                }
            }
        }
    }
}

/// The touch line, and where it leads.
fn mark() -> Markup {
    html! {
        svg.mark viewBox="0 0 24 24" aria-hidden="true" {
            path d="M3 18 9 11l4 4 8-9" {}
            circle cx="3" cy="18" r="2" {}
            circle cx="9" cy="11" r="2" {}
            circle cx="13" cy="15" r="2" {}
            circle.goal cx="21" cy="6" r="2.6" {}
        }
    }
}

fn sites(viewer: &Viewer) -> Markup {
    if viewer.sites.len() < 2 {
        return html! { p.site { (viewer.site.name) } };
    }
    html! {
        details.site {
            summary { (viewer.site.name) }
            ul {
                @for site in &viewer.sites {
                    li { a href=(format!("/sites/{}/overview", site.id)) { (site.name) } }
                }
            }
        }
    }
}

fn themes(viewer: &Viewer) -> Markup {
    let choices = [("", "As the system", "◐"), ("light", "Light", "☀"), ("dark", "Dark", "☾")];
    let chosen = viewer.theme.map_or("", Theme::name);
    html! {
        form.themes method="post" action="/theme" aria-label="Theme" {
            input type="hidden" name="back" value=(viewer.address);
            @for (value, title, sign) in choices {
                button.plain type="submit" name="theme" value=(value) title=(title)
                    aria-pressed=(if value == chosen { "true" } else { "false" }) {
                    span aria-hidden="true" { (sign) }
                    span.unseen { (title) }
                }
            }
        }
    }
}
