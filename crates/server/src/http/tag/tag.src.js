// Touchline's tag: tells its server of visits and conversions. docs/tag.md says what it reads and what it never does.
// What is served is tag.js, made from this file by `npm run minify` in scripts/browser-tests.
(script => {
  'use strict';
  const ID = '_tl_id', VISIT = '_tl_visit';
  const CAMPAIGN =
    /^(utm_\w+|gclid|[gw]braid|dclid|gad_\w+|msclkid|fbclid|ttclid|li_fat_id|twclid|rdt_cid|epik|sccid|yclid)=./i;
  const NEVER_READ = /pass|pwd|card|cvc|cvv|csc|cvn|security.?code|verification|iban|ssn|secret|token|csrf|^_|^cc|sort.?code|account.?n/i;
  const page = window, doc = document, here = location;

  // The page must not notice us: what fails, fails in silence.
  const safe = f => function () {
    try { return f.apply(this, arguments); } catch (e) {}
  };
  const on = (target, event, f) => target.addEventListener(event, safe(f), true);
  const seconds = () => Math.floor(Date.now() / 1000);

  safe(() => {
    const options = script.dataset, collector = new URL(script.src).origin + '/tag/' + options.site + '/';
    // A tag that is pasted twice works once.
    if (!options.site || page.touchline && page.touchline.id) return;
    const calls = [].concat(page.touchline || []), memory = {};
    const refused = options.dnt != 'ignore' && (navigator.globalPrivacyControl || navigator.doNotTrack == 1);
    let granted = options.consent != 'required', live = false;
    const off = () => refused || !granted || !live;

    // Cookies; where they are blocked localStorage; where that is too, memory.
    const cookie = name => (doc.cookie.match('(?:^|; )' + name + '=([^;]*)') || [])[1];
    const put = (name, value, age, domain) => {
      doc.cookie = name + '=' + value + ';path=/;SameSite=Lax;max-age=' + age +
        (domain ? ';domain=' + domain : '') + (here.protocol == 'https:' ? ';Secure' : '');
    };
    const read = name => safe(cookie)(name) || safe(() => localStorage.getItem(name))() || memory[name];
    // Widest first, and at last no domain. A browser refuses those that others share, like co.uk.
    const domains = () => here.hostname.split('.').map((_, i, all) => all.slice(-1 - i).join('.')).concat('');
    let widest = options.domain;
    const store = (name, value) => {
      safe(() => {
        if (widest == null) {
          widest = domains().find(domain => {
            put('_tl_try', 1, 9, domain);
            const taken = cookie('_tl_try');
            put('_tl_try', '', 0, domain);
            return taken;
          }) || '';
        }
        put(name, value, 34560000, widest);
      })();
      if (safe(cookie)(name) != value) {
        memory[name] = value;
        safe(() => localStorage.setItem(name, value))();
      }
    };
    const forget = () => [ID, VISIT].forEach(name => {
      delete memory[name];
      safe(() => domains().forEach(domain => put(name, '', 0, domain)))();
      safe(() => localStorage.removeItem(name))();
    });

    const random = () => btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(12))))
      .replace(/\+/g, '-').replace(/\//g, '_');
    const visitor = () => {
      const known = read(ID);
      if (/^[\w-]{16}$/.test(known)) return known;
      const id = random();
      store(ID, id);
      return id;
    };

    // Half a surrogate pair, as cutting leaves it, is not JSON that a server takes.
    const send = (what, fact) => {
      fact.raId = visitor();
      fact.cookie = (safe(cookie)('_ga') || '').replace(/^GA1\.[\d-]+\./, '') || undefined;
      fact.title = doc.title.slice(0, 255);
      const body = JSON.stringify(fact).replace(/\\ud[89a-f]../g, '\\ufffd'), to = collector + what;
      // sendBeacon wants a type that needs no preflight.
      if (safe(() => navigator.sendBeacon(to, new Blob([body], {type: 'text/plain'})))()) return;
      fetch(to, {method: 'POST', body, keepalive: body.length < 2e4, mode: 'no-cors', credentials: 'omit'})
        .catch(() => {});
    };
    const tags = text => text.split(/[?&#]/).slice(1).filter(pair => CAMPAIGN.test(pair)).sort();
    const address = href => {
      const url = tags(href.replace(/^[^#]*/, ''))[0] ? href : href.split('#')[0];
      return (url[2048] ? url.split(/[?#]/)[0] + '?' + tags(url).join('&') : url).slice(0, 2048);
    };

    // A visitor whom another site of ours sent brings the id along, for two minutes.
    const unlinked = href => href.replace(/([?&])_tl=[^&#]*&?/, '$1').replace(/[?&](?=#|$)/, '');
    const linked = here.search.match(/[?&]_tl=([\w-]{16})\.(\w+)/) || [];
    if (linked[1]) safe(() => history.replaceState(history.state, '', unlinked(here.href)))();
    let adopted = Math.abs(seconds() - parseInt(linked[2], 36)) < 121 && linked[1];

    // The landing page counts even if consent comes when the page has moved on.
    let landing = here.href, seen = landing;
    const navigation = performance.getEntriesByType('navigation')[0] || {};
    const isArrival = !/^(reload|back)/.test(navigation.type);
    // Begins a visit if one is due. `moved`: the page went to another address by itself.
    const visit = moved => {
      if (off()) return;
      const href = landing || here.href, arrives = landing && isArrival;
      landing = '';
      if (adopted) {
        // The visit that was reported there goes on here: our own site is not a referrer.
        store(ID, adopted);
        store(VISIT, seconds() + '.');
        adopted = 0;
      }
      const [last, campaign] = (read(VISIT) || '').split('.'), now = seconds(), found = tags(href);
      const signature = found[0] ?
        [...found.join()].reduce((hash, c) => (hash * 33 ^ c.codePointAt()) >>> 0, 5381).toString(36) : '';
      const isOther = (arrives || moved) && signature && signature != campaign;
      const isNew = !last || isOther || Math.abs(now - last) > (options.timeout || 30) * 60;
      if (isNew || now - last > 9) store(VISIT, now + '.' + (isNew ? signature : campaign));
      if (!isNew) return;
      store(ID, visitor());
      // Who comes back to an open or reloaded page was not sent by the ad in its address again.
      const isSent = arrives || isOther || !last;
      send('visit', {
        url: isSent ? address(href) : address(href.split(/[?#]/)[0]),
        referrer: isSent ? doc.referrer.slice(0, 2048) : '',
        screen: screen.width + 'x' + screen.height
      });
    };

    const api = {
      id: () => off() ? null : safe(visitor)() || null,
      conversion: safe((payload, name) => {
        if (off()) return;
        visit();
        const flat = {};
        for (const key of Object.keys(payload || {})) {
          const value = payload[key];
          if (value != null && typeof value != 'object' && Object.keys(flat).length < 50) {
            flat[key.slice(0, 100)] = String(value).slice(0, 512);
          }
        }
        send('conversion', {
          id: random(),
          url: address(here.href),
          name: name ? String(name).slice(0, 255) : undefined,
          payload: flat
        });
      }),
      consent: safe(state => {
        granted = state == 'granted';
        if (granted) visit(); else forget();
        fill();
      }),
      push: safe((...more) => more.forEach(safe(call => live ? api[call[0]](...call.slice(1)) : calls.push(call))))
    };
    page.touchline = api;
    const fill = () => doc.querySelectorAll('input[data-touchline=id]').forEach(field => {
      field.value = api.id() || '';
    });

    const isCard = value => (value.replace(/[\s.-]/g, '').match(/(^|[^+\d])[1-9]\d{12,18}(?!\d)/g) || []).some(run =>
      [...run.replace(/\D/g, '')].reverse().reduce((sum, d, i) => sum + (i % 2 ? d * 2 - (d > 4 ? 9 : 0) : +d), 0) % 10 == 0);
    let lastForm, lastFields;
    on(page, 'submit', ({target: form}) => {
      fill();
      const name = form.getAttribute('data-touchline-form');
      if (name == null && options.forms != 'on' || form.closest('search,[role=search]')) return;
      const fields = Object.create(null);
      for (const field of form.elements) {
        const key = field.name, value = field.value;
        if (!key || !value || /^(password|hidden|file|search|submit|button|image|reset)$/.test(field.type) ||
          /^(checkbox|radio)$/.test(field.type) && !field.checked || NEVER_READ.test(key) || NEVER_READ.test(field.id) ||
          /\bcc-|one-time|password/i.test(field.getAttribute('autocomplete')) ||
          field.matches(':disabled') || field.closest('[data-touchline-ignore]') || isCard(value)) continue;
        fields[key] = fields[key] ? fields[key] + ', ' + value : value;
      }
      const read = JSON.stringify(fields);
      // A second click on the button is the same form; a form with nothing to read is a log-out or the like.
      if (read == '{}' || form == lastForm && read == lastFields) return;
      lastForm = form; lastFields = read;
      api.conversion(fields, name || form.getAttribute('name') || form.getAttribute('id'));
    });

    const hosts = (options.link || '').split(/[\s,]+/).filter(Boolean);
    const decorate = ({target}) => {
      const link = target.closest('a[href]');
      if (off() || !link || !hosts.some(host => ('.' + link.hostname).endsWith('.' + host))) return;
      const href = unlinked(link.href), mark = (href.split('#')[0].includes('?') ? '&' : '?') + '_tl=';
      link.href = href.replace(/#|$/, mark + visitor() + '.' + seconds().toString(36) + '$&');
    };
    on(page, 'click', decorate);
    on(page, 'auxclick', decorate);

    ['pushState', 'replaceState'].forEach(name => {
      const original = history[name], check = safe(() => {
        if (here.href != seen) visit(true);
        seen = here.href;
      });
      history[name] = function () {
        const result = original.apply(this, arguments);
        check();
        return result;
      };
    });
    on(page, 'popstate', () => visit());
    on(page, 'pageshow', event => { if (event.persisted) visit(); });
    on(doc, 'visibilitychange', () => { if (doc.visibilityState == 'visible') visit(); });

    const start = () => {
      live = true;
      if (refused) forget();
      api.push(...calls);
      visit();
      fill();
    };
    if (doc.prerendering) on(doc, 'prerenderingchange', start);
    else start();
  })();
})(document.currentScript);
