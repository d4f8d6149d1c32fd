use super::samples::{assert_sound, at, site, site_id, text};
use crate::Store;
use std::sync::Arc;
use touchline_domain::{Currency, Scopes, Site, Token, TokenHash, TokenId};

fn token(id: &str) -> Token {
    Token {
        id: TokenId(id.into()),
        name: text("CRM"),
        hash: TokenHash::of(id),
        sites: vec![site_id("s")],
        scopes: Scopes::parse("ingest,read").unwrap(),
        created_at: at(1),
        expires_at: Some(at(9)),
        revoked_at: None,
        session_of: None,
    }
}

pub(super) async fn sites_are_added_once_and_changed(store: Arc<dyn Store>) {
    assert!(store.add_site(site("s")).await.unwrap());
    let mut other = site("s");
    other.currency = Currency::parse("JPY").unwrap();
    assert!(!store.add_site(other.clone()).await.unwrap(), "the id is taken");
    assert_eq!(store.directory().await.unwrap().sites, [site("s")]);
    assert!(store.set_site(other.clone(), at(2)).await.unwrap());
    assert_eq!(store.directory().await.unwrap().sites, [other]);
    assert!(!store.set_site(site("t"), at(2)).await.unwrap(), "there is no such site");
    assert!(store.add_site(site("a")).await.unwrap());
    let sites = store.directory().await.unwrap().sites;
    assert_eq!(sites.iter().map(|site| site.id.as_str()).collect::<Vec<_>>(), ["a", "s"]);
}

pub(super) async fn a_site_is_told_with_the_settings_that_it_had(store: Arc<dyn Store>) {
    let named = |name| Site { name: text(name), created_at: at(5), ..site("s") };
    store.add_site(named("first")).await.unwrap();
    store.add_site(site("other")).await.unwrap();
    store.set_site(named("second"), at(10)).await.unwrap();
    store.set_site(named("second"), at(12)).await.unwrap();
    store.set_site(named("third"), at(20)).await.unwrap();
    store.set_site(named("fourth"), at(20)).await.unwrap();
    // A clock was put back: the last change holds all the same.
    store.set_site(named("fifth"), at(15)).await.unwrap();
    for (second, name) in [
        (4, None),
        (5, Some("first")),
        (9, Some("first")),
        (10, Some("second")),
        (14, Some("second")),
        (15, Some("fifth")),
        (99, Some("fifth")),
    ] {
        let then = store.site_as_of(site_id("s"), at(second)).await.unwrap();
        assert_eq!(then, name.map(named), "at {second}");
    }
    assert_eq!(store.site_as_of(site_id("nobody"), at(99)).await.unwrap(), None);
    assert_sound(&store).await;
}

pub(super) async fn tokens_are_added_and_revoked(store: Arc<dyn Store>) {
    store.add_site(site("s")).await.unwrap();
    store.add_token(token("one")).await.unwrap();
    store.add_token(token("two")).await.unwrap();
    assert_eq!(store.directory().await.unwrap().tokens, [token("one"), token("two")]);
    assert!(store.revoke_token(TokenId("one".into()), at(5)).await.unwrap());
    assert!(store.revoke_token(TokenId("one".into()), at(7)).await.unwrap(), "again: nothing changes");
    assert!(!store.revoke_token(TokenId("three".into()), at(5)).await.unwrap());
    let revoked = Token { revoked_at: Some(at(5)), ..token("one") };
    assert_eq!(store.directory().await.unwrap().tokens, [revoked, token("two")]);
}

pub(super) async fn a_session_ends_with_its_token_and_goes_when_it_is_over(store: Arc<dyn Store>) {
    let session = |id: &str, parent: &str, created: i64, expires: i64| Token {
        created_at: at(created),
        expires_at: Some(at(expires)),
        session_of: Some(TokenId(parent.into())),
        ..token(id)
    };
    store.add_site(site("s")).await.unwrap();
    store.add_token(token("one")).await.unwrap();
    store.add_token(token("two")).await.unwrap();
    let (short, long) = (session("short", "one", 2, 5), session("long", "one", 3, 90));
    let other = session("other", "two", 4, 90);
    for one in [&short, &long, &other] {
        store.add_token(one.clone()).await.unwrap();
    }
    let known = async || store.directory().await.unwrap().tokens;
    assert_eq!(known().await, [token("one"), token("two"), short, long.clone(), other.clone()]);
    let next = session("next", "two", 5, 90);
    store.add_token(next.clone()).await.unwrap();
    assert_eq!(known().await, [token("one"), token("two"), long.clone(), other.clone(), next.clone()]);
    store.revoke_token(TokenId("one".into()), at(6)).await.unwrap();
    let revoked = |token: Token| Token { revoked_at: Some(at(6)), ..token };
    assert_eq!(known().await, [revoked(token("one")), token("two"), revoked(long), other, next]);
    for number in 0..120 {
        store.add_token(session(&format!("{number:03}"), "two", 10 + number, 500)).await.unwrap();
    }
    let tokens = known().await;
    let of_two = tokens.iter().filter(|token| token.session_of == Some(TokenId("two".into())));
    let ids: Vec<&str> = of_two.map(|token| token.id.0.as_str()).collect();
    assert_eq!((ids.len(), ids[0], ids[99]), (100, "020", "119"), "the oldest make room");
}

pub(super) async fn every_change_moves_the_version(store: Arc<dyn Store>) {
    let mut versions = vec![store.directory_version().await.unwrap()];
    store.add_site(site("s")).await.unwrap();
    versions.push(store.directory_version().await.unwrap());
    store.set_site(site("s"), at(2)).await.unwrap();
    versions.push(store.directory_version().await.unwrap());
    store.add_token(token("one")).await.unwrap();
    versions.push(store.directory_version().await.unwrap());
    store.revoke_token(TokenId("one".into()), at(5)).await.unwrap();
    versions.push(store.directory_version().await.unwrap());
    assert!(versions.is_sorted_by(|a, b| a < b), "{versions:?}");
    assert_eq!(store.directory().await.unwrap().version, versions[4]);
}
